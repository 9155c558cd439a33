"""Videos: frames as published, in order, each with its boxes."""

import imagecodecs
import numpy as np
import PIL.Image
import pytest
from absl import flags

from hsgan.errors import DataError
from hsgan.records.manifest import read_manifest
from hsgan.records.reader import iterate_records
from tfrecords_tools import build_video, contact_sheet
from tfrecords_tools.readers import VIDEO_READERS

FRAMES = 12


def build(source, folder, output, **arguments):
    values = build_video.define_flags(flags.FlagValues())
    arguments = {"source": source, "input": folder, "output": output, "workers": 1, **arguments}
    values(["program", *(f"--{name}={value}" for name, value in arguments.items())])
    build_video.main([], values)
    return read_manifest(output)


def boxes_of(targets):
    return np.arange(targets * FRAMES * 4).reshape(targets, FRAMES, 4) + 1


def write_boxes(path, boxes, separator):
    path.write_text("\n".join(separator.join(map(str, row)) for row in boxes.tolist()) + "\n")


def save(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(np.random.default_rng(seed).integers(0, 256, (20, 24, 3)).astype(np.uint8)).save(path)


@pytest.fixture
def sequences(tmp_path):
    """Two videos, one of two targets; frame numbers without leading zeros."""
    for name, targets in (("car", 1), ("run", 2)):
        for index in range(FRAMES):
            save(tmp_path / "in" / name / "img" / f"{index + 1}.jpg", index)
        for target, boxes in enumerate(boxes_of(targets), 1):
            suffix = f".{target}" if targets > 1 else ""
            write_boxes(tmp_path / "in" / name / f"groundtruth_rect{suffix}.txt", boxes, "\t,"[target - 1])
    return tmp_path / "in"


def test_sequences_keep_order_bytes_and_boxes(sequences, tmp_path):
    manifest = build("sequences", sequences, tmp_path / "out", workers=2)
    assert manifest.kind == "videos" and len(manifest.split("test").shards) == 2
    records = list(iterate_records(tmp_path / "out", "test", "videos"))
    assert [(record.sequence, record.frame) for record in records] == [
        (name, index) for name in ("car", "run") for index in range(FRAMES)
    ]
    for record in records:
        assert record.image == (sequences / record.sequence / "img" / f"{record.frame + 1}.jpg").read_bytes()
        expected = boxes_of(1 if record.sequence == "car" else 2)[:, record.frame]
        np.testing.assert_array_equal(record.boxes, expected)
    assert manifest.verify() == 2 * FRAMES


@pytest.fixture
def hotc(tmp_path):
    """One training and one test video; returns the folder and the mosaics of the test video."""
    rng, mosaics = np.random.default_rng(0), []
    for split, name in (("training", "ball"), ("test", "kangaroo")):
        folder = tmp_path / "in" / split / name
        for index in range(FRAMES):
            mosaic = rng.integers(0, 65536, (16, 24)).astype(np.uint16)
            save(folder / "HSI-FalseColor" / f"{index + 1:04d}.jpg", index)
            (folder / "HSI").mkdir(exist_ok=True)
            (folder / "HSI" / f"{index + 1:04d}.png").write_bytes(imagecodecs.png_encode(mosaic))
            mosaics += [mosaic] if name == "kangaroo" else []
        write_boxes(folder / "HSI" / "groundtruth_rect.txt", boxes_of(1)[0], " ")
    return tmp_path / "in", mosaics


def test_hotc_mosaics_are_kept_and_become_16_bands(hotc, tmp_path):
    folder, mosaics = hotc
    manifest = build("hotc", folder, tmp_path / "out")
    assert {name: split.records for name, split in manifest.splits.items()} == {"test": FRAMES, "train": FRAMES}
    records = list(iterate_records(tmp_path / "out", "test"))
    for record, mosaic in zip(records, mosaics, strict=True):
        cube = record.cube()
        assert cube.shape == (4, 6, 16) and record.mosaic == 4
        np.testing.assert_array_equal(cube[..., 6], mosaic[1::4, 2::4])
        assert record.false_color.startswith(b"\xff\xd8")
        np.testing.assert_array_equal(record.boxes, boxes_of(1)[:, record.frame])
    figure = contact_sheet.draw([("test", record) for record in records[:2]])
    assert len(figure.axes[0].patches) == 1


def _break(folder, how):
    boxes = folder / "car" / "groundtruth_rect.txt"
    if how == "missing":
        boxes.unlink()
    elif how == "short":
        boxes.write_text("1 2 3 4\n")
    elif how == "three":
        boxes.write_text("1 2 3\n" * FRAMES)
    elif how == "text":
        boxes.write_text("1 2 x 4\n" * FRAMES)
    elif how == "frame":
        (folder / "car" / "img" / "3.jpg").write_bytes(b"text")
    elif how == "duplicate":
        save(folder / "more" / "car" / "img" / "1.jpg", 0)


FAULTS = {
    "missing": r"car: no groundtruth_rect\*.txt",
    "short": r"groundtruth_rect.txt: must have a line for each of 12 frames. Received: 1 lines",
    "three": r"groundtruth_rect.txt: line 1: must be x, y, width, height in pixels. Received: '1 2 3'",
    "text": r"groundtruth_rect.txt: line 1: must be x, y, width, height in pixels. Received: .*x",
    "frame": r"car/00002: .*3.jpg: must be a JPEG or PNG image",
    "duplicate": r"more/car: a second sequence of this name",
}


@pytest.mark.parametrize("how", FAULTS)
def test_bad_videos_are_one_line_and_leave_nothing(sequences, tmp_path, how):
    _break(sequences, how)
    with pytest.raises(DataError, match=FAULTS[how]):
        build("sequences", sequences, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_mosaic_must_have_16_bits(hotc, tmp_path):
    folder, _ = hotc
    (folder / "test/kangaroo/HSI/0002.png").write_bytes(imagecodecs.png_encode(np.zeros((16, 24), np.uint8)))
    with pytest.raises(DataError, match=r"0002.png: must be a 16-bit grayscale PNG. Received: 8 bits"):
        build("hotc", folder, tmp_path / "out")


@pytest.mark.data
def test_real_sequences(real_data, tmp_path):
    build("sequences", real_data / "tracking", tmp_path / "out")
    records = list(iterate_records(tmp_path / "out", "test"))
    counts = {name: [len(r.boxes) for r in records if r.sequence == name] for name in ("Crossing", "jogging")}
    assert counts == {"Crossing": 120 * [1], "jogging": 307 * [2]}
    np.testing.assert_array_equal(records[0].boxes, [[205, 151, 17, 50]])


def test_dictionary_names_readers_by_their_source():
    assert all(name == reader.source for name, reader in VIDEO_READERS.items())
