"""What the package writes itself is what TensorFlow's own libraries write and read."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from hsgan.errors import DataError
from hsgan.records import schema, wire

FEATURES = {
    "text": "Käse",
    "empty": "",
    "number": 0,
    "large": 2**40 + 5,
    "real": -0.1,
    "reals": [1.5, 2.25, 1e-9],
    "array": np.arange(300, dtype="<u2"),
}


def test_example_is_what_protobuf_parses():
    example = tf.train.Example.FromString(b"".join(wire.example(FEATURES)))
    found = example.features.feature
    assert set(found) == set(FEATURES)
    assert found["text"].bytes_list.value[0].decode() == "Käse"
    assert found["empty"].bytes_list.value[0] == b""
    assert [found[name].int64_list.value[0] for name in ("number", "large")] == [0, 2**40 + 5]
    np.testing.assert_array_equal(found["reals"].float_list.value, np.float32(FEATURES["reals"]))
    assert found["real"].float_list.value[0] == np.float32(-0.1)
    assert found["array"].bytes_list.value[0] == FEATURES["array"].tobytes()


def test_file_is_byte_for_byte_tensorflows(tmp_path):
    records = [b"", b"abc", np.random.default_rng(0).bytes(3_000_001)]
    with wire.TFRecordFile(tmp_path / "ours") as file:
        for record in records:
            file.write([record[:2], record[2:]])
    with tf.io.TFRecordWriter(str(tmp_path / "theirs")) as theirs:
        for record in records:
            theirs.write(record)
    data = (tmp_path / "theirs").read_bytes()
    assert (tmp_path / "ours").read_bytes() == data
    assert (file.records, file.bytes, file.sha256) == (3, len(data), hashlib.sha256(data).hexdigest())


def test_writing_records_needs_no_tensorflow():
    """It takes half a gigabyte a process."""
    program = (
        "import sys; import hsgan.records.writer, hsgan.records.schema; "
        "sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras')))"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def _frame(**changes):
    mosaic = np.arange(8 * 12, dtype=np.uint16).reshape(8, 12)
    import imagecodecs

    fields = {"image": imagecodecs.png_encode(mosaic), "boxes": np.array([[1, 2, 3, 4]]), "height": 8, "width": 12}
    fields |= {"mosaic": 4, "sequence": "car", "frame": 0, "scene": "car/00000", "source": "hotc"}
    return schema.FrameRecord(**{**fields, **changes})


def test_frame_round_trip_and_mosaic():
    found = schema.decode_frame(schema.encode_frame(_frame()))
    assert (found.sequence, found.frame, found.scene, found.false_color) == ("car", 0, "car/00000", None)
    np.testing.assert_array_equal(found.boxes, [[1, 2, 3, 4]])
    cube = found.cube()
    assert cube.shape == (2, 3, 16)
    # Pixel (1, 2) of band 4 * row + column is pixel (4 + row, 8 + column) of the mosaic.
    np.testing.assert_array_equal(cube[1, 2], [(4 + row) * 12 + 8 + column for row in range(4) for column in range(4)])
    jpeg = tf.io.encode_jpeg(np.zeros((2, 3, 3), np.uint8)).numpy()
    none = schema.decode_frame(schema.encode_frame(_frame(boxes=np.zeros((0, 4)), false_color=jpeg)))
    assert none.boxes.shape == (0, 4) and none.false_color == jpeg


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"boxes": np.zeros((1, 3))}, r"boxes must be \[targets, 4\]"),
        ({"mosaic": 5}, "must divide the image"),
        ({"height": 4}, r"must have the stated size \[4, 12\]"),
    ],
)
def test_unsound_frames_are_refused(changes, message):
    with pytest.raises(DataError, match=message):
        schema.decode_frame(schema.encode_frame(_frame(**changes)))


def test_color_frame_has_no_bands():
    with pytest.raises(DataError, match="is a color image"):
        _frame(mosaic=0).cube()
