"""What a stranger gets wrong, through the programs themselves: one line on stderr, a status, nothing lost.

Bad files are tested beside their readers (`tests/files`, `tests/records`, `tests/tfrecords_tools`); here is that their
errors reach the screen whole, and what only a whole program can get wrong.
"""

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import full_disk
from trained_run import as_file, make_records, make_run

from hsgan import cli
from hsgan import config as config_lib
from hsgan.errors import DataError
from hsgan.records.index import record_offsets
from hsgan.records.manifest import read_manifest
from hsgan.train.loop import train
from hsgan.train.state import checkpoints as saved

ROOT = Path(__file__).parents[1]
DATA = ("--config.data.cubes={}/cubes", "--config.data.rgb={}/photos", "--config.semantic.parser=",
        "--config.semantic.pretrain_steps=0")  # fmt: skip
# Program, its arguments ({} is the `folder`), and what it says after "PROGRAM: error: ", a line for each mistake.
CASES = {
    "no configuration": ("hsgan.train", ["--config={}/no.py"], "--config: no such file: {}/no.py; configurations that"),
    "bad fields and data": (
        "hsgan.train",
        ["--config.train.batch=0", "--config.trian.steps=3", "--config.data.cubes={}/no", "--config.data.rgb={}"],
        "configuration: 4 problems:\n"
        "  trian.steps: no such field (near: train.steps, train.strategy)\n"
        "  train.batch: must be positive. Received: 0\n"
        "  {}/no: no such folder of records; tfrecords_tools makes one\n"
        "  {}: no manifest.json: not a folder of records",
    ),
    "another run": ("hsgan.train", ["--workdir={}/run", *DATA], "{}/run: holds a run with another configuration ("),
    "workdir is a file": ("hsgan.train", ["--workdir={}/file.txt", *DATA], "{}/file.txt: "),
    "record of another length": (
        "hsgan.evaluate",
        ["--run={}/run", "--data={}/truncated", "--output={}/out"],
        "{}/truncated/test-validation-00000-of-00001.tfrecord: truncated or changed: ",
    ),
    "damaged record": (
        "hsgan.evaluate",
        ["--run={}/run", "--data={}/damaged", "--output={}/out", "--figures=0"],
        "{}/damaged/test-validation-00000-of-00001.tfrecord: record 1: unreadable: its checksum differs; ",
    ),
    "not a photo": ("hsgan.reconstruct", ["--run={}/run", "--output={}/out", "{}/no.jpg"], "1 of 1 photos could not"),
    "flags against each other": (
        "hsgan.reconstruct",
        ["photo.jpg", "--run=a", "--saved_model=b"],
        "flags run=a, saved_model=b, model=None: give one of them at most: a training's folder, an exported model, or "
        "weights of the package; --help lists the flags",
    ),
    "unknown flag": (
        "hsgan.pretrain_parser",
        ["--output=x", "--step=3"],
        "Unknown command line flag 'step'. Did you mean: steps ?; --help lists the flags",
    ),
    "flag of another name": (
        "hsgan.plot",
        ["cube.npy", "--output={}/out", "--white=4095"],
        "flag --white=4095: this flag is called --white_level; --help lists the flags",
    ),
    "flag of another name, of the records": (
        "tfrecords_tools.build_hsi",
        ["--source=npz", "--input={}/no", "--output={}/out", "--white=4095"],
        "flag --white=4095: this flag is called --white_level; --help lists the flags",
    ),
    "several flags": (
        "hsgan.plot",
        ["--scale=x", "--outputt=y", "--port=2"],
        "4 mistakes; --help lists the flags:\n"
        "  flag --scale=x: value should be one of <none|best>\n"
        "  Unknown command line flag 'outputt'. Did you mean: output ?\n"
        "  Unknown command line flag 'port'\n"
        "  flag --output: must be given: Folder for the pictures; those of the same name are replaced",
    ),
    "stray argument": ("hsgan.train", ["configs/demo.py"], "unexpected arguments: configs/demo.py; --help"),
    "no data set": (
        "tfrecords_tools.build_rgb",
        ["--source=camvid", "--input={}/no", "--output={}/out"],
        "{}/no: no such folder; give CamVid's folder",
    ),
}
# Programs that tell of each file before their last line.
EARLIER_LINES = {"not a photo": ["error: {}/no.jpg: no such file"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, demo_records):
    """A folder with a run, records whole, cut and damaged, a file, and links to the demo records."""
    folder = tmp_path_factory.mktemp("cli_errors")
    make_run(folder / "run")
    (folder / "file.txt").write_text("not a folder")
    for name in ("records", "truncated", "damaged"):
        make_records(folder / name)
    shard = "test-validation-00000-of-00001.tfrecord"
    cut(folder / "truncated" / shard)
    damage(folder / "damaged" / shard, record=1)
    for name, records in zip(("cubes", "photos"), demo_records, strict=True):
        (folder / name).symlink_to(records)
    return folder


def cut(shard):
    shard.write_bytes(shard.read_bytes()[:-40])


def damage(shard, record):
    """Changes one byte inside a record."""
    data = bytearray(shard.read_bytes())
    data[record_offsets(shard, record + 1)[record] + 100] ^= 0xFF
    shard.write_bytes(data)


@pytest.mark.parametrize("case", CASES)
def test_one_line_a_mistake_and_a_status(case, folder, program):
    name, arguments, message = CASES[case]
    there = sorted(path.name for path in folder.iterdir())
    status, stdout, stderr = program(name, *(text.replace("{}", str(folder)) for text in arguments))
    expected = "".join(f"{line}\n" for line in EARLIER_LINES.get(case, [])) + f"{name}: error: {message}"
    expected = expected.replace("{}", str(folder))
    assert status == 1 and stdout == ""
    assert stderr.startswith(expected) and stderr.count("\n") == expected.count("\n") + 1
    # Nothing was begun, nothing lost.
    assert sorted(path.name for path in folder.iterdir()) == there
    assert (folder / "file.txt").read_text() == "not a folder"
    assert read_manifest(folder / "records").verify() == 3
    assert config_lib.from_dict(json.loads((folder / "run" / "config.json").read_text())).name == "hsgan"


@pytest.mark.parametrize(
    ("records", "harm", "message"),
    [
        ("cubes", damage, r"cubes/demo-train-0000\d-of-0000\d\.tfrecord: record 0: unreadable: its checksum differs"),
        ("photos", damage, r"photos/demo-train-0000\d-of-0000\d\.tfrecord: record 0: unreadable: its checksum differs"),
        (
            "photos",
            lambda shard, _: cut(shard),
            r"photos/demo-train-0000\d-of-0000\d\.tfrecord: truncated or changed",
        ),
    ],
)
def test_training_names_the_record_that_it_cannot_read(small_config, demo_records, tmp_path, records, harm, message):
    for name, folder in zip(("cubes", "photos"), demo_records, strict=True):
        shutil.copytree(folder, tmp_path / name)
    small_config.data.cubes, small_config.data.rgb = str(tmp_path / "cubes"), str(tmp_path / "photos")
    small_config.model, small_config.dbf.widths = "dbf", (8, 8, 8)  # quick to trace
    small_config.dbf.rgb = "photos"
    shard = read_manifest(tmp_path / records).files("train")[-1]
    harm(shard, 0)
    with pytest.raises(DataError, match=message) as error:
        train(small_config, tmp_path / "run")
    assert str(error.value).startswith(str(shard)) and "\n" not in str(error.value)


def test_full_disk_keeps_the_last_good_checkpoint(small_config, tmp_path, program):
    small_config.model, small_config.dbf.widths = "dbf", (16, 16, 16)  # by far the largest file is the checkpoint
    small_config.train.steps, small_config.train.checkpoint_every, small_config.train.validate_every = 3, 1, 3
    small_config.train.max_minutes = 1e-6  # after one step
    checkpoints = train(small_config, tmp_path / "run").path / "checkpoints"
    there = {path: path.read_bytes() for path in checkpoints.rglob("*") if path.is_file()}

    small_config.train.max_minutes = 0.0
    config_file = as_file(small_config, tmp_path)
    with full_disk(max(map(len, there.values())) // 2):
        status, _, stderr = program("hsgan.train", f"--config={config_file}", f"--workdir={tmp_path / 'run'}")
    (line,) = stderr.splitlines()
    assert status == 1
    assert line.startswith(f"hsgan.train: error: {checkpoints}: the checkpoint could not be written (")
    assert "the last good one stays" in line and "state-1" in line
    assert {path: path.read_bytes() for path in checkpoints.rglob("*") if path.is_file()} == there
    assert saved(checkpoints) == [(1, checkpoints / "state-1" / "state")]


def test_what_tensorflow_says_of_a_full_disk_is_one_line(tmp_path, capsys):
    import tensorflow as tf

    def main(_):
        tf.io.write_file(str(tmp_path / "variables"), b"0" * 8192)

    with full_disk(1024), pytest.raises(SystemExit) as ended:
        cli.run(lambda: None, main, ["program"])
    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 1
    assert line.endswith("error: output: File too large; make room and run the same command again")

    def wrong(_):
        tf.io.read_file(str(tmp_path / "nothing"))

    with pytest.raises(tf.errors.NotFoundError):
        cli.run(lambda: None, wrong, ["program"])


def test_only_tensorflows_log_is_held_back_while_it_is_imported(tmp_path):
    (tmp_path / "tensorflow.py").write_text(
        "import os, warnings\n"
        "os.write(2, b'I0000 00:00:1.5 1 port.cc:153] oneDNN custom operations are on.\\n')\n"
        "os.write(2, b'F0000 00:00:1.5 1 cpu.cc:7] no AVX\\n')\n"
        "warnings.warn('old NumPy')\n"
        "raise ImportError('libcudart is missing')\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    program = "from hsgan import cli; cli.import_tensorflow()"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1 and "oneDNN" not in done.stderr
    assert "no AVX" in done.stderr and "UserWarning: old NumPy" in done.stderr
    assert done.stderr.endswith("ImportError: libcudart is missing\n")
    environment["TF_CPP_MIN_LOG_LEVEL"] = "0"
    done = subprocess.run([sys.executable, "-c", f"{program}; import tensorflow"], env=environment, cwd=tmp_path,
                          capture_output=True, text=True)  # fmt: skip
    assert "oneDNN" in done.stderr


@pytest.mark.parametrize("asked, expected", [(None, "1"), ("0", "0")])
def test_trainings_ask_for_onednn_unless_the_environment_says_otherwise(monkeypatch, asked, expected):
    monkeypatch.delitem(sys.modules, "tensorflow")
    monkeypatch.setattr(cli, "import_tensorflow", lambda: None)
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    if asked is not None:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", asked)
    cli.import_tensorflow_to_train()
    found = os.environ.pop("TF_ENABLE_ONEDNN_OPTS")
    assert found == expected


def test_a_tensorflow_that_is_there_keeps_its_kernels(monkeypatch):
    importlib.import_module("tensorflow")
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    cli.import_tensorflow_to_train()
    assert "TF_ENABLE_ONEDNN_OPTS" not in os.environ
