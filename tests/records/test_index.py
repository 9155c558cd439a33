"""The index of records: used while it holds, made again when it does not, and never needed."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from hsgan.disk import arrays
from hsgan.errors import DataError
from hsgan.records import index
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.schema import CubeRecord
from hsgan.records.writer import RecordWriter

WAVELENGTHS = (400.0, 410.0, 420.0)


@pytest.fixture
def folder(tmp_path):
    """A folder of 7 records in 3 shards, made an hour ago."""
    with RecordWriter(tmp_path / "records", Manifest("cubes", "t", WAVELENGTHS), shards=3) as writer:
        for number in range(7):
            values = np.full((3 + number, 5, 3), number, np.uint16)
            writer.write("train", CubeRecord(values, 0.5, np.float32(WAVELENGTHS), f"scene{number}", "t"))
    age(tmp_path / "records")
    return tmp_path / "records"


@pytest.fixture
def walks(monkeypatch):
    """The names of the shards that are walked."""
    found, walk = [], index.record_offsets

    def noted(path, records):
        found.append(path.name)
        return walk(path, records)

    monkeypatch.setattr(index, "record_offsets", noted)
    return found


def age(folder, seconds=3600):
    then = time.time() - seconds
    for shard in folder.glob("*.tfrecord"):
        os.utime(shard, (then, then))


def opened(folder):
    return index.open_index(read_manifest(folder), "train")


def test_every_record_is_where_the_index_says(folder):
    for _ in ("walked", "from the index"):
        found = opened(folder)
        assert found.ends.tolist() == [3, 5, 7]
        for shard, (path, first) in enumerate(zip(found.files, (0, 3, 5), strict=True)):
            data, expected = Path(path).read_bytes(), [record.numpy() for record in tf.data.TFRecordDataset(path)]
            for offset, record in zip(found.offsets[first : found.ends[shard]], expected, strict=True):
                assert data[offset + 12 : offset + 12 + len(record)] == record


def test_it_is_walked_once_and_written_whole(folder, walks):
    first = opened(folder)
    assert len(walks) == 3 and index.index_path(folder, "train").is_file()
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]
    again = opened(folder)
    assert len(walks) == 3
    np.testing.assert_array_equal(again.offsets, first.offsets)
    assert again.files == first.files


def test_shards_that_have_just_changed_are_not_kept(folder, walks):
    age(folder, 0)
    opened(folder)
    assert not index.index_path(folder, "train").exists()


def _newer(folder):
    os.utime(next(folder.glob("*00001-of*")))


def _grown(folder):
    """Another folder of records takes the place of this one, and its index stays."""
    for path in folder.glob("*.*"):
        if path.suffix != ".npz":
            path.unlink()
    spare = folder.with_name("spare")
    with RecordWriter(spare, Manifest("cubes", "t", WAVELENGTHS), shards=3) as writer:
        for number in range(8):
            values = np.full((9 - number, 5, 3), number, np.uint16)
            writer.write("train", CubeRecord(values, 0.5, np.float32(WAVELENGTHS), f"scene{number}", "t"))
    for path in spare.iterdir():
        path.rename(folder / path.name)
    age(folder)


def _flipped(folder):
    path = index.index_path(folder, "train")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def _cut(folder):
    path = index.index_path(folder, "train")
    path.write_bytes(path.read_bytes()[:-30])


def _changed(name, change):
    def damage(folder):
        stored = arrays.read_npz(index.index_path(folder, "train"))
        arrays.write_npz(index.index_path(folder, "train"), {**stored, name: change(stored[name])})

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        _newer, _grown, _flipped, _cut,
        _changed("offsets", lambda offsets: offsets + 1),
        _changed("offsets", lambda offsets: offsets[::-1].copy()),
        _changed("offsets", lambda offsets: offsets[:-1]),
        _changed("offsets", lambda offsets: np.where(offsets > 0, 1 << 40, 0)),
        _changed("offsets", lambda offsets: offsets.astype(np.float64)),
        _changed("sha256", lambda checksums: checksums[::-1].copy()),
        _changed("mtime_ns", lambda times: times.astype("U30")),
    ],
)  # fmt: skip
def test_an_index_that_does_not_hold_is_made_again(folder, walks, damage):
    opened(folder)
    damage(folder)
    walks.clear()
    found = opened(folder)
    assert len(walks) == 3
    expected = [index.record_offsets(path, shard.records)
                for path, shard in zip(read_manifest(folder).files("train"),
                                       read_manifest(folder).split("train").shards, strict=True)]  # fmt: skip
    np.testing.assert_array_equal(found.offsets, np.concatenate(expected))
    if damage is not _newer:  # whose shard has just changed
        walks.clear()
        opened(folder)
        assert not walks


def test_a_folder_that_cannot_be_written_is_walked(folder, walks, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(index.arrays, "write_npz", refuse)
    assert opened(folder).ends.tolist() == opened(folder).ends.tolist() == [3, 5, 7]
    assert len(walks) == 6 and not index.index_path(folder, "train").exists()


def test_a_damaged_shard_is_named_while_the_index_is_made(folder):
    shard = next(folder.glob("*00001-of*"))
    data = bytearray(shard.read_bytes())
    data[2] ^= 0xFF
    shard.write_bytes(bytes(data))
    with pytest.raises(DataError, match=f"{shard.name}: record 0: truncated, or its length is damaged"):
        opened(folder)
    assert not index.index_path(folder, "train").exists()
