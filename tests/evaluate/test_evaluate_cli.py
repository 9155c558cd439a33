"""`python -m hsgan.evaluate` as a user runs it."""

import json

import pytest
from trained_run import make_records, make_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluate_cli")
    make_run(folder / "run")
    make_records(folder / "records")
    return folder


def test_prints_the_table_and_writes_metrics(folder, tmp_path, program):
    arguments = f"--run={folder / 'run'}", f"--data={folder / 'records'}", f"--output={tmp_path / 'out'}"
    status, stdout, stderr = program(
        "hsgan.evaluate", *arguments, "--camera=Sigma SDMerill", "--known_srf", "--figures=1"
    )
    assert status == 0, stderr
    assert "Sigma SDMerill, camera known; 2 scenes" in stdout
    assert "metrics.json, 2 figures" in stdout
    results = json.loads((tmp_path / "out" / "metrics.json").read_text())
    for name, method in results["methods"].items():
        assert f"{method['mean']['psnr']:.2f}" in stdout and name in stdout


def test_unknown_camera_is_one_line(folder, tmp_path, program):
    arguments = f"--run={folder / 'run'}", f"--data={folder / 'records'}", f"--output={tmp_path / 'out'}"
    status, stdout, stderr = program("hsgan.evaluate", *arguments, "--camera=Nikon 5200")
    assert status == 1 and not stdout and stderr.count("\n") == 1
    assert stderr.startswith("hsgan.evaluate: error: camera: no 'Nikon 5200'") and "near: Nikon 5100" in stderr
    assert not (tmp_path / "out").exists()
