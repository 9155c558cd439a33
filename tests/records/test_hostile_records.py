"""Records that were damaged or forged: refused by shard and index in Python, and in the graph that trains on them."""

import struct
import zlib

import imagecodecs
import numpy as np
import pytest
import tensorflow as tf

from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.records import graph, index, reader, schema, values, wire
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.writer import RecordWriter

WAVELENGTHS = np.array([400.0, 410.0, 420.0], np.float32)


def cube_record(**changes):
    fields = {"values": np.ones((4, 5, 3), np.uint16), "scale": 0.5, "wavelengths_nm": WAVELENGTHS}
    return schema.CubeRecord(**(fields | {"scene": "s", "source": "t"} | changes))


def photo_record(**changes):
    fields = {"image": png(6, 9), "labels": np.zeros((6, 9), np.uint8), "height": 6, "width": 9, "classes": 2}
    return schema.PhotoRecord(**(fields | {"encoding": "srgb", "scene": "s", "source": "t"} | changes))


def png(height, width):
    return imagecodecs.png_encode(np.full((height, width, 3), 90, np.uint8))


def changed(serialized, **features):
    """Returns a record with other features, as a forger would write it."""
    example = tf.train.Example.FromString(serialized)
    for name, value in features.items():
        example.features.feature[name].Clear()
        feature = example.features.feature[name]
        if isinstance(value, bytes):
            feature.bytes_list.value.append(value)
        elif all(isinstance(number, int) for number in np.atleast_1d(value).tolist()):
            feature.int64_list.value.extend(np.atleast_1d(value).tolist())
        else:
            feature.float_list.value.extend(np.atleast_1d(value).tolist())
    return example.SerializeToString(deterministic=True)  # features by name: `values` are not the last ones


def announced(height, width):
    """PNG bytes whose header announces a size."""
    data = bytearray(png(6, 9))
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    return bytes(data)


CUBES = {
    "scale NaN": {"scale": float("nan")},
    "scale 0": {"scale": 0.0},
    "scale negative": {"scale": -1.0},
    "scale infinite": {"scale": float("inf")},
    "negative sides": {"height": -4, "width": -5},
    "a side of -1": {"height": -1},
    "no height": {"height": 0},
    "sides that multiply beyond 64 bits": {"height": 2**40, "width": 2**40},
    "sides exchanged with nothing": {"height": 5, "width": 5},
    "wavelengths that descend": {"wavelengths_nm": [420.0, 410.0, 400.0]},
    "wavelengths NaN": {"wavelengths_nm": [400.0, float("nan"), 420.0]},
    "a wavelength infinite": {"wavelengths_nm": [400.0, 410.0, float("inf")]},
    "one wavelength more": {"wavelengths_nm": [400.0, 410.0, 420.0, 430.0]},
    "values as numbers": {"values": [1.0, 2.0]},
    "height as text": {"height": b"4"},
    "scale as text": {"scale": b"1"},
    "another version": {"schema_version": 2},
}
PHOTOS = {
    "labels beyond the classes": {"classes": 0},
    "labels of another size": {"labels": imagecodecs.png_encode(np.zeros((9, 6), np.uint8))},
    "labels of 16 bits": {"labels": imagecodecs.png_encode(np.full((6, 9), 300, np.uint16))},
    "labels that are no PNG": {"labels": b"no png"},
    "an image that announces 400 megapixels": {"image": announced(20000, 20000), "height": 20000, "width": 20000},
    "an image larger than stated": {"image": announced(20000, 20000)},
    "labels that announce 400 megapixels": {"labels": announced(20000, 20000)},
    "an image that is no image": {"image": b"text"},
    "no image": {"image": b""},
    "negative sides": {"height": -6, "width": -9},
    "text as number": {"classes": b"2"},
}


@pytest.mark.parametrize("name", CUBES)
def test_a_forged_cube_is_refused_in_python_and_in_the_graph(name):
    serialized = changed(schema.encode_cube(cube_record()), **CUBES[name])
    with pytest.raises(DataError) as caught:
        schema.decode_cube(serialized)
    assert "\n" not in str(caught.value)
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.function(graph.parse_cube)(tf.constant(serialized))


def test_a_forged_cube_is_refused_wherever_its_values_lie():
    """The key of the values is, in one of these, where it would be if the stated number of values ended the record."""
    parse, serialized = tf.function(graph.parse_cube), schema.encode_cube(cube_record())
    for padding in range(400):
        forged = changed(serialized, height=8, z=b"z" * padding)
        with pytest.raises(tf.errors.InvalidArgumentError):
            parse(tf.constant(forged))


@pytest.mark.parametrize("last", [405.0, float("inf"), float("nan")])
def test_a_cube_is_not_written_with_wavelengths_that_do_not_ascend(last):
    with pytest.raises(DataError, match="scene s: wavelengths must ascend, one for each of 3 bands"):
        schema.encode_cube(cube_record(wavelengths_nm=np.array([400.0, 410.0, last], np.float32)))


@pytest.mark.parametrize("name", PHOTOS)
def test_a_forged_photo_is_refused_in_python_and_in_the_graph(name):
    serialized = changed(schema.encode_photo(photo_record()), **PHOTOS[name])
    with guard.translated("record", "a record"), pytest.raises(DataError) as caught:
        schema.decode_photo(serialized)
    assert "\n" not in str(caught.value)
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.function(graph.parse_photo)(tf.constant(serialized))


def test_an_unknown_encoding_is_refused():
    with pytest.raises(DataError, match="encoding must be one of"):
        schema.decode_photo(changed(schema.encode_photo(photo_record()), encoding=b"gamma"))


@pytest.mark.parametrize("features", [
    {"mosaic": 5}, {"mosaic": -4}, {"frame": -1}, {"boxes": [1.0, 2.0, 3.0]}, {"boxes": [float("inf"), 1.0, 1.0, 1.0]},
    {"false_color": b"no jpeg"}, {"height": 12},
], ids=str)  # fmt: skip
def test_a_forged_frame_is_refused(features):
    frame = schema.FrameRecord(png(8, 12), np.ones((1, 4), np.float32), 8, 12, 0, "v", 0, "v/0", "t")
    with pytest.raises(DataError):
        schema.decode_frame(changed(schema.encode_frame(frame), **features))


@pytest.fixture
def shard(tmp_path):
    """(manifest, path of the one shard) of a folder with two records."""
    header = Manifest("cubes", "t", wavelengths_nm=tuple(WAVELENGTHS.tolist()))
    with RecordWriter(tmp_path / "records", header, shards=1) as writer:
        for scene in ("a", "b"):
            writer.write("train", cube_record(scene=scene))
    manifest = read_manifest(tmp_path / "records")
    return manifest, manifest.files("train")[0]


def records_of(shard):
    manifest, path = shard
    return list(reader.iterate_shard(path, manifest.split("train").shards[0], manifest))


@pytest.mark.parametrize("length", [10**12, 2**62, 2**64 - 16, 0])
def test_a_forged_length_is_not_allocated(shard, length):
    """Its checksum holds: TensorFlow's reader allocates it, and ends the process."""
    header = struct.pack("<Q", length)
    data = shard[1].read_bytes()
    shard[1].write_bytes(header + wire._masked(wire._extend(0, header)) + data[12:])
    with pytest.raises(DataError, match=r"record 0: unreadable: (it is truncated|its checksum differs)"):
        records_of(shard)
    with pytest.raises(DataError, match=r"record \d: truncated, or its length is damaged"):
        index.record_offsets(shard[1], 2 if length else 40)


def test_a_record_of_another_folder_is_refused(shard):
    other = cube_record(wavelengths_nm=WAVELENGTHS + 5)
    with wire.TFRecordFile(shard[1]) as file:
        file.write(schema.buffers(other))
    with pytest.raises(DataError, match="record 0: scene s: its wavelengths differ from those of its folder"):
        records_of(shard)
    with wire.TFRecordFile(shard[1]) as file:
        file.write([schema.encode_photo(photo_record())])
    with pytest.raises(DataError, match="record 0: is no cube record"):
        records_of(shard)


def test_records_read_as_tensorflow_reads_them(shard):
    expected = [data.numpy() for data in tf.data.TFRecordDataset(str(shard[1]))]
    assert list(wire.read_records(shard[1])) == expected and len(records_of(shard)) == 2


def test_an_image_beyond_the_limit_is_not_decoded():
    with pytest.raises(DataError, match="x: more than 150 million pixels"):
        values.image_size(announced(13000, 13000), "x")
    with pytest.raises(DataError, match="x: the label map must be a PNG of the image's size"):
        values.decode_labels(announced(13000, 13000), (6, 9), 2, "x")
