"""`python -m hsgan.evaluate` as a user runs it."""

import json
import subprocess
import sys

import pytest
from trained_run import make_records, make_run


def run_program(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "hsgan.evaluate", *map(str, arguments)], capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluate_cli")
    make_run(folder / "run")
    make_records(folder / "records")
    return folder


def test_prints_the_table_and_writes_metrics(folder, tmp_path):
    arguments = f"--run={folder / 'run'}", f"--data={folder / 'records'}", f"--output={tmp_path / 'out'}"
    done = run_program(*arguments, "--camera=Sigma SDMerill", "--known_srf", "--figures=1")
    assert done.returncode == 0, done.stderr
    assert "Sigma SDMerill, camera known; 2 scenes" in done.stdout
    assert "Traceback" not in done.stderr and "metrics.json, 2 figures" in done.stdout
    results = json.loads((tmp_path / "out" / "metrics.json").read_text())
    for name, method in results["methods"].items():
        assert f"{method['mean']['psnr']:.2f}" in done.stdout and name in done.stdout


def test_unknown_camera_is_one_line(folder, tmp_path):
    arguments = f"--run={folder / 'run'}", f"--data={folder / 'records'}", f"--output={tmp_path / 'out'}"
    done = run_program(*arguments, "--camera=Nikon 5200")
    assert done.returncode == 1 and not done.stdout
    errors = [line for line in done.stderr.splitlines() if line.startswith("hsgan.evaluate: ")]
    assert len(errors) == 1 and errors[0].startswith("hsgan.evaluate: error: camera: no 'Nikon 5200'")
    assert "near: Nikon 5100" in errors[0] and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
