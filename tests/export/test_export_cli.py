"""`python -m hsgan.export`: a version that is whole or not there, and one line for what goes wrong."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from trained_run import make_records, make_run

from hsgan.errors import DataError, HsganError
from hsgan.export import checks
from hsgan.export import export as library
from hsgan.reconstruct.models import SavedModel
from hsgan.reconstruct.pretrained import pretrained_method
from hsgan.spectra import developed

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """(run folder, records, records of other wavelengths)."""
    folder = tmp_path_factory.mktemp("inputs")
    others = make_records(folder / "others", np.arange(400, 601, 10, dtype=np.float32))
    return make_run(folder / "run"), make_records(folder / "records"), others


def start(inputs, output, *arguments):
    run, records, _ = inputs
    command = [sys.executable, "-m", "hsgan.export", f"--run={run}", f"--output={output}", f"--records={records}"]
    return subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_versions_follow_each_other_and_a_killed_export_leaves_none(inputs, tmp_path):
    output = tmp_path / "small"
    (output / "1").mkdir(parents=True)
    killed = start(inputs, output)
    deadline = time.monotonic() + 60
    while not list(output.glob(".2-*.unfinished/0/2/saved_model.pb")):
        assert killed.poll() is None and time.monotonic() < deadline, killed.communicate()
        time.sleep(0.02)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    (left,) = output.glob(".2-*.unfinished")
    assert names(output) == [left.name, "1"]

    done = start(inputs, output, "--tflite=float32")
    stdout, stderr = done.communicate(timeout=120)
    assert done.returncode == 0, stderr
    assert names(output) == ["1", "2"]  # and what was left behind is gone
    assert names(output / "2") == [
        "assets", "assets.extra", "fingerprint.pb", "float32.tflite", "metadata.json", "saved_model.pb", "variables",
    ]  # fmt: skip
    assert re.search(r"│ float32 +│ +0\.\d\d │ +[\d.]+ │", stdout) and "Keras model" in stdout
    assert stdout.splitlines()[-1] == f"{output}/2: saved_model.pb, float32.tflite, metadata.json"


def test_one_line_and_a_status(inputs, tmp_path):
    cases = {
        "--tflite=int4": "--tflite: must be all, none, or of float32, float16, dynamic, int8, int16x8. Received: ",
        f"--records={tmp_path}/no": f"{tmp_path}/no: no such folder of records",
    }
    running = {argument: start(inputs, tmp_path / "out", argument) for argument in cases}
    for argument, process in running.items():
        stdout, stderr = process.communicate(timeout=120)
        (line,) = stderr.splitlines()
        assert line.startswith(f"hsgan.export: error: {cases[argument]}"), line
        assert process.returncode == 1 and stdout == ""
    assert names(tmp_path) == []


def test_an_artefact_beyond_its_limit_fails_the_export(inputs, tmp_path, monkeypatch):
    run, records, _ = inputs
    monkeypatch.setitem(checks.LIMITS, "saved_model", 1e-9)
    with pytest.raises(HsganError, match=r"export: saved_model differs from the Keras model by .*: deleted, nothing"):
        library.export(run, tmp_path / "out", (), records)
    assert names(tmp_path) == []


def test_what_is_refused_before_any_work(inputs, tmp_path, monkeypatch):
    run, records, others = inputs
    with pytest.raises(DataError, match="its cubes have other wavelengths than the configuration"):
        library.export(run, tmp_path / "out", (), others)
    with pytest.raises(HsganError, match=r"max_pixels: must be at least 8192\. Received: 5"):
        library.export(run, tmp_path / "out", (), records, max_pixels=5)
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(HsganError, match="file: is a file; an export needs a folder"):
        library.export(run, tmp_path / "file", (), records)
    (tmp_path / "there" / "4").mkdir(parents=True)
    with pytest.raises(HsganError, match="there/4: is there already; choose another --version"):
        library.export(run, tmp_path / "there", (), records, version=4)
    assert library.free_version(tmp_path / "there", None) == 5
    monkeypatch.setattr(library, "_NEEDED", ("ai_edge_no_such_thing",))
    with pytest.raises(HsganError, match=r"needs ai-edge-no-such-thing; install them: pip install 'hsgan\[export\]'"):
        library.export(run, tmp_path / "out", (), records)
    assert names(tmp_path) == ["file", "there"]


def test_a_version_made_meanwhile_is_not_written_over(tmp_path):
    refusal = pytest.raises(HsganError, match="out/1: another export made it meanwhile")
    with refusal, library.staged(tmp_path / "out", 1) as stage:
        (stage / "ours").write_text("")
        (tmp_path / "out" / "1").mkdir()
        (tmp_path / "out" / "1" / "theirs").write_text("")
    assert names(tmp_path / "out") == ["1"] and names(tmp_path / "out" / "1") == ["theirs"]


def test_without_a_run_the_packages_weights_are_exported(tmp_path, demo_records, program):
    output = tmp_path / "materials"
    arguments = f"--output={output}", f"--records={demo_records[0]}", "--model=materials"
    status, stdout, stderr = program("hsgan.export", *arguments, "--scenes=1")
    assert status == 0 and "metadata.json" in stdout, stderr
    # It has no convolutions: another precision would be the same file, and an integer one cannot be made.
    assert names(output / "1") == [
        "assets", "assets.extra", "fingerprint.pb", "float32.tflite", "metadata.json", "saved_model.pb", "variables",
    ]  # fmt: skip
    status, _, stderr = program("hsgan.export", *arguments, "--tflite=float32,int8")
    assert status == 1 and stderr.count("\n") == 1 and names(output) == ["1"]
    assert "same in every precision; give --tflite=float32. Received: int8" in stderr
    model = SavedModel(output)
    assert "colour-science" in model.facts["license"] and model.facts["model"] == "mixture"
    rgb = np.random.default_rng(0).uniform(0.1, 0.6, (8, 9, 3)).astype(np.float32)
    srf = developed.responses(model.wavelengths_nm)
    # Weights in float32, logits of some thousands.
    np.testing.assert_allclose(model.cube(rgb, srf), pretrained_method("materials").cube(rgb, srf), atol=2e-3)
    status, _, stderr = program("hsgan.export", f"--output={output}", "--model=materials", "--run=a")
    assert status == 1 and "give one of them at most" in stderr and stderr.count("\n") == 1
