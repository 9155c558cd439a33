"""Small sound records of every kind, their index, and records under checksums that hold, to be damaged and tried."""

import os

import imagecodecs
import numpy as np
from fault_samples import WAVELENGTHS_NM, Subject, cube, picture

from hsgan.records import reader, schema, wire
from hsgan.records.index import index_path, open_index, record_offsets
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.writer import RecordWriter


def _records(kind):
    def make(folder):
        header = Manifest(kind, "test", **_HEADERS[kind])
        with RecordWriter(folder / "records", header, shards=1) as writer:
            for index in range(2):
                writer.write("train", _record(kind, index))
        return sorted((folder / "records").iterdir())

    return make


def _index(folder):
    """The index of a folder of records that has not changed for a while."""
    _records("cubes")(folder)
    for shard in (folder / "records").glob("*.tfrecord"):
        os.utime(shard, (1e9, 1e9))
    open_index(read_manifest(folder / "records"), "train")
    return [index_path(folder / "records", "train")]


def _read_index(folder):
    manifest = read_manifest(folder / "records")
    found, walked = open_index(manifest, "train"), record_offsets(*manifest.files("train"), 2)
    if found.offsets.tolist() != walked.tolist():
        raise AssertionError(f"a damaged index was trusted: {found.offsets} for {walked}")
    return found


_HEADERS = {
    "cubes": {"wavelengths_nm": tuple(WAVELENGTHS_NM.tolist())},
    "photos": {"class_names": ("a", "b"), "encoding": "srgb"},
    "videos": {"encoding": "srgb"},
}


def _record(kind, index):
    if kind == "cubes":
        values, scale = schema.quantize(cube(seed=index))
        return schema.CubeRecord(values, scale, WAVELENGTHS_NM, f"scene{index}", "test")
    image = imagecodecs.png_encode(picture())
    if kind == "photos":
        labels = np.random.default_rng(index).integers(0, 2, (18, 24)).astype(np.uint8)
        return schema.PhotoRecord(image, labels, 18, 24, 2, "srgb", f"photo{index}", "test")
    boxes = np.array([[1, 2, 3, 4]], np.float32)
    return schema.FrameRecord(image, boxes, 18, 24, 0, "video", index, f"video/{index}", "test")


def _read_records(folder):
    manifest = read_manifest(folder / "records")
    return [record for record in reader.iterate_records(folder / "records", "train")], manifest


def _forged(kind):
    """Records whose own bytes are damaged, under checksums that hold: what a manifest alone can tell apart."""

    def make(folder):
        _records(kind)(folder)
        (folder / "record").write_bytes(b"".join(schema.buffers(_record(kind, 0))))
        return [folder / "record"]

    return make


def _read_forged(folder):
    manifest = read_manifest(folder / "records")
    (shard,) = manifest.split("train").shards
    path = folder / "records" / shard.file
    with wire.TFRecordFile(path) as file:
        file.write([(folder / "record").read_bytes()])
    return next(reader.iterate_shard(path, shard, manifest))


def record_subjects() -> dict[str, Subject]:
    """Returns {name: `Subject`} of the readers of records."""
    found = {"index of records": Subject(_index, _read_index)}
    found |= {f"records {kind}": Subject(_records(kind), _read_records) for kind in _HEADERS}
    return found | {f"forged record, {kind}": Subject(_forged(kind), _read_forged) for kind in _HEADERS}
