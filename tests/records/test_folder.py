"""Folders of records: all or nothing when written, proved by checksums, errors that name shard and record."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from hsgan.errors import DataError
from hsgan.records import index, reader, schema
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.writer import RecordWriter

WAVELENGTHS = (400.0, 410.0, 420.0)
ROOT = Path(__file__).parents[2]


def _record(index):
    values = np.full((4, 5, 3), index, np.uint16)
    return schema.CubeRecord(values, 0.5, np.array(WAVELENGTHS, np.float32), f"scene{index}", "test")


def _write(directory, count=5, shards=2):
    with RecordWriter(
        directory, Manifest("cubes", "test", WAVELENGTHS, note="n", command=("a", "b")), shards
    ) as writer:
        for index in range(count):
            writer.write("validation" if index == 0 else "train", _record(index))
    return directory


@pytest.fixture
def folder(tmp_path):
    return _write(tmp_path / "records")


def test_folder_holds_what_was_written(folder):
    manifest = read_manifest(folder)
    assert (manifest.kind, manifest.source, manifest.wavelengths_nm) == ("cubes", "test", WAVELENGTHS)
    assert manifest.split("train").scenes == ("scene1", "scene2", "scene3", "scene4")
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "manifest.json",
        "test-train-00000-of-00002.tfrecord",
        "test-train-00001-of-00002.tfrecord",
        "test-validation-00000-of-00001.tfrecord",  # never more files than records
    ]
    assert manifest.verify() == 5
    cubes = dict(reader.iterate_cubes(folder, "train"))
    assert sorted(cubes) == ["scene1", "scene2", "scene3", "scene4"]
    for scene, cube in cubes.items():
        np.testing.assert_array_equal(cube, np.full((4, 5, 3), 0.5 * int(scene[-1]), np.float32))
    assert os.listdir(folder.parent) == ["records"]


def test_error_in_the_middle_leaves_nothing(tmp_path):
    with (
        pytest.raises(ZeroDivisionError),
        RecordWriter(tmp_path / "out", Manifest("cubes", "t", WAVELENGTHS)) as writer,
    ):
        writer.write("train", _record(1))
        raise ZeroDivisionError
    assert os.listdir(tmp_path) == []


def test_nothing_written_is_an_error(tmp_path):
    with pytest.raises(DataError, match="not one record"), RecordWriter(tmp_path / "out", Manifest("cubes", "t")):
        pass
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("occupied", ["folder", "file"])
def test_occupied_output_is_refused_untouched(tmp_path, occupied):
    output = tmp_path / "out"
    if occupied == "folder":
        output.mkdir()
        (output / "precious").write_text("x")
    else:
        output.write_text("x")
    with pytest.raises(DataError, match="out: exists and is not empty"):
        _write(output)
    assert (output / "precious").read_text() if occupied == "folder" else output.read_text() == "x"


def test_empty_output_folder_is_taken(tmp_path):
    (tmp_path / "out").mkdir()
    assert read_manifest(_write(tmp_path / "out")).verify() == 5


def _python(program, tmp_path):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{Path(__file__).parent}", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=tmp_path, env=environment, capture_output=True, text=True
    )


def test_killed_writer_leaves_no_output_folder(tmp_path):
    answer = _python(
        """
        import os, signal
        from test_folder import *
        from test_folder import _record
        with RecordWriter("out", Manifest("cubes", "t", WAVELENGTHS)) as writer:
            for index in range(3):
                writer.write("train", _record(index))
            os.kill(os.getpid(), signal.SIGKILL)
        """,
        tmp_path,
    )
    assert answer.returncode == -signal.SIGKILL
    assert not (tmp_path / "out").exists()
    assert [name.startswith(".out-") for name in os.listdir(tmp_path)] == [True]


def test_full_disk_leaves_nothing(tmp_path):
    """A limit on the size of files stands in for the full disk: the write fails just so."""
    answer = _python(
        """
        import resource, signal
        from test_folder import *
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        values = np.zeros((300, 300, 3), np.uint16)
        try:
            with RecordWriter("out", Manifest("cubes", "t", WAVELENGTHS)) as writer:
                for index in range(9):
                    name = f"scene{index}"
                    writer.write("train", schema.CubeRecord(values, 1.0, np.array(WAVELENGTHS), name, "t"))
        except DataError as error:
            print("DataError:", error)
        """,
        tmp_path,
    )
    assert "out: cannot be written" in answer.stdout, answer.stderr
    assert os.listdir(tmp_path) == []


def test_scene_names_are_unique_and_headers_hold(tmp_path):
    with RecordWriter(tmp_path / "out", Manifest("cubes", "t", WAVELENGTHS)) as writer:
        writer.write("train", _record(1))
        with pytest.raises(DataError, match="scene1: there are two"):
            writer.write("validation", _record(1))
        other = schema.CubeRecord(_record(2).values, 1.0, np.array([1.0, 2.0, 3.0]), "scene2", "t")
        with pytest.raises(DataError, match="scene2: its wavelengths differ"):
            writer.write("train", other)


def _flip(path, position):
    data = bytearray(path.read_bytes())
    data[position] ^= 0xFF
    path.write_bytes(bytes(data))


def test_corrupted_record_is_named_by_file_and_index(folder):
    manifest = read_manifest(folder)
    path = manifest.files("train")[1]
    second = index.record_offsets(path, 2)[1]
    _flip(path, second + 40)
    with pytest.raises(DataError, match=rf"{path.name}: record 1: unreadable: its checksum differs"):
        reader.diagnose(folder, "train")
    reader.diagnose(folder, "validation")
    with pytest.raises(DataError, match=f"{path.name}: its checksum differs"):
        manifest.verify()


def test_truncated_shard_is_named(folder):
    manifest = read_manifest(folder)
    path = manifest.files("train")[0]
    whole = path.stat().st_size
    with open(path, "r+b") as file:
        file.truncate(whole - 10)
    with pytest.raises(DataError, match=rf"{path.name}: truncated.*{whole} bytes. Received: {whole - 10}"):
        manifest.files("train")
    # With a manifest that does not know, the record is found.
    values = json.loads((folder / "manifest.json").read_text())
    values["splits"]["train"]["shards"][0]["bytes"] = whole - 10
    del values["sha256"]
    (folder / "manifest.json").write_text(json.dumps(values))
    with pytest.raises(DataError, match=f"{path.name}: record 1: unreadable"):
        reader.diagnose(folder, "train")
    with pytest.raises(DataError, match=f"{path.name}: record 1: truncated"):
        index.record_offsets(path, 2)


def test_record_of_another_version_is_named(folder):
    path = read_manifest(folder).files("validation")[0]
    example = tf.train.Example.FromString(schema.encode_cube(_record(0)))
    example.features.feature["schema_version"].int64_list.value[:] = [2]
    with tf.io.TFRecordWriter(str(path)) as file:
        file.write(example.SerializeToString())
    with pytest.raises(DataError, match=f"{path.name}: record 0: is of schema version 2, this program reads version 1"):
        list(reader.iterate_cubes(folder, "validation"))


def test_missing_and_damaged_manifests_are_told_apart(folder, tmp_path):
    with pytest.raises(DataError, match="no such folder of records"):
        read_manifest(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"no manifest.json: not a folder of records"):
        read_manifest(tmp_path)
    with pytest.raises(DataError, match=r"split 'test'; there are: validation \(1\), train \(4\)"):
        read_manifest(folder).split("test")
    with pytest.raises(DataError, match=r"must hold photos. Received: cubes"):
        next(reader.iterate_records(folder, "train", "photos"))
    path = folder / "manifest.json"
    whole = path.read_text()
    path.write_text(whole.replace('"schema_version": 1', '"schema_version": 9'))
    with pytest.raises(DataError, match="schema version 9, this program reads version 1"):
        read_manifest(folder)
    path.write_text(whole[:100])
    with pytest.raises(DataError, match=r"manifest.json: is not JSON"):
        read_manifest(folder)
    for text in ("[]", whole.replace('"sha256"', '"md5"')):
        path.write_text(text)
        with pytest.raises(DataError, match=r"manifest.json: is damaged or truncated, or not a manifest of records"):
            read_manifest(folder)


@pytest.mark.parametrize("change", [
    lambda values: values.update(note="changed"),
    lambda values: values["splits"]["train"]["scenes"].reverse(),
    lambda values: values["splits"].pop("validation"),
    lambda values: values.update(sha256="0" * 64),
    lambda values: values.update(sha256=1),
])  # fmt: skip
def test_a_manifest_changed_by_hand_is_refused(folder, change):
    path = folder / "manifest.json"
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))
    with pytest.raises(DataError, match=r"manifest.json: was changed: its checksum differs"):
        read_manifest(folder)


def test_a_manifest_of_an_older_version_is_read(folder):
    path = folder / "manifest.json"
    assert read_manifest(folder).proved
    values = json.loads(path.read_text())
    del values["sha256"]
    path.write_text(json.dumps(values))
    assert not read_manifest(folder).proved and read_manifest(folder).verify() == 5


@pytest.mark.parametrize("change, message", [
    (lambda values: values["splits"]["train"]["shards"][0].update(file="../other"), "a file beside the manifest"),
    (lambda values: values["splits"]["train"]["shards"][0].update(records=-1), "a number of records"),
    (lambda values: values["splits"]["train"]["shards"][0].update(bytes=1.5), "a number of records and of bytes"),
    (lambda values: values.update(kind="numbers"), "no record builder writes"),
    (lambda values: values.update(source=3), "no record builder writes"),
    (lambda values: values.update(wavelengths_nm=[500, 400, float("nan")]), "wavelengths must ascend"),
    (lambda values: values.update(wavelengths_nm=[]), "cubes have wavelengths"),
    (lambda values: values["splits"]["train"].update(details={"a": {"shape": [1], "fingerprint": "00"}}), "32 bytes"),
    (lambda values: values["splits"]["train"].update(details={"a": {"shape": ["x"], "fingerprint": ""}}), "a shape"),
])  # fmt: skip
def test_a_manifest_of_impossible_values_is_refused(folder, change, message):
    path = folder / "manifest.json"
    values = json.loads(path.read_text())
    del values["sha256"]
    change(values)
    path.write_text(json.dumps(values))
    with pytest.raises(DataError, match=rf"manifest.json: is damaged.*{message}"):
        read_manifest(folder)


def test_missing_shard_is_named(folder):
    path = read_manifest(folder).files("train")[1]
    path.unlink()
    with pytest.raises(DataError, match=f"{path.name}: missing, though"):
        list(reader.iterate_cubes(folder, "train"))


@pytest.mark.parametrize("wanted", [(400, 410), (400, 410, 430), (400.0, 410.0, 420.1)])
def test_other_wavelengths_are_refused(folder, wanted):
    with pytest.raises(DataError, match=r"other wavelengths.*3 bands, 400-420 nm"):
        read_manifest(folder).check_wavelengths(wanted)
    read_manifest(folder).check_wavelengths(WAVELENGTHS)
