"""Sequences as the benchmarks lay them out, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from hsgan.errors import DataError
from hsgan.track.sequences import find_sequences, read_boxes

BOX = "11,9,6,8"


def write_frames(folder, numbers=(1, 2, 3), size=(32, 24), suffix=".png", mode="RGB"):
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        Image.new(mode, size, number).save(folder / f"{number:04d}{suffix}")
    return folder


def otb(tmp_path, lines=(BOX,) * 3, **frames):
    write_frames(tmp_path / "Ball" / "img", **frames)
    (tmp_path / "Ball" / "groundtruth_rect.txt").write_text("\n".join(lines) + "\n")
    return tmp_path / "Ball"


@pytest.mark.parametrize("separator", [",", "\t", " ", ", ", "  "])
def test_otb_folders_and_all_separators(tmp_path, separator):
    (sequence,) = find_sequences([otb(tmp_path, [BOX.replace(",", separator)] * 3)])
    assert sequence.name == "Ball" and sequence.bands == 3
    # Files count from 1.
    np.testing.assert_array_equal(sequence.truth, [[10, 8, 6, 8]] * 3)
    frames = list(sequence.frames())
    assert [frame.shape for frame in frames] == [(24, 32, 3)] * 3 and frames[0].dtype == np.uint8
    assert [frame[0, 0, 0] for frame in frames] == [1, 2, 3]


def test_several_targets_of_one_video(tmp_path):
    folder = otb(tmp_path)
    (folder / "groundtruth_rect.txt").rename(folder / "groundtruth_rect.1.txt")
    (folder / "groundtruth_rect.2.txt").write_text("1,1,4,4\n" * 3)
    sequences = find_sequences([tmp_path, folder])  # each once
    assert [sequence.name for sequence in sequences] == ["Ball-1", "Ball-2"]


def test_hotc_folders(tmp_path):
    for kind, mode, size in (("HSI", "I;16", (128, 96)), ("RGB", "RGB", (32, 24)), ("HSI-FalseColor", "RGB", (32, 24))):
        folder = tmp_path / "ball" / kind
        folder.mkdir(parents=True)
        for number in (1, 2):
            pixels = np.full(size[::-1], 7, np.uint16) if mode == "I;16" else np.full((*size[::-1], 3), 7, np.uint8)
            Image.fromarray(pixels).save(folder / f"{number:04d}.png")
        (folder / "groundtruth_rect.txt").write_text("11\t9\t6\t8\n" * 2)
    found = {sequence.name: sequence for sequence in find_sequences([tmp_path])}
    assert sorted(found) == ["ball-HSI", "ball-HSI-FalseColor", "ball-RGB"]
    assert [found[name].bands for name in sorted(found)] == [16, 3, 3]
    assert next(found["ball-HSI"].frames()).shape == (24, 32, 16)


def test_a_given_box_in_place_of_a_file(tmp_path):
    (sequence,) = find_sequences([write_frames(tmp_path / "walk")], "3,4,5,6")
    assert sequence.name == "walk" and len(list(sequence.frames())) == 3
    np.testing.assert_array_equal(sequence.truth, [[2, 3, 5, 6]])


def test_numbers_without_zeros_are_in_order(tmp_path):
    folder = tmp_path / "walk"
    folder.mkdir()
    for number in (8, 9, 10):
        Image.new("RGB", (16, 16), number).save(folder / f"{number}.png")
    (sequence,) = find_sequences([folder], "1,1,4,4")
    assert [frame[0, 0, 0] for frame in sequence.frames()] == [8, 9, 10]


def test_frames_where_the_target_is_not_to_be_seen(tmp_path):
    (sequence,) = find_sequences([otb(tmp_path, [BOX, "0,0,0,0", "NaN,NaN,NaN,NaN"])])
    assert np.isnan(sequence.truth[1:]).all()
    assert len(list(sequence.frames())) == 3


MISTAKES = {
    "nothing": (lambda path: [], "", "SEQUENCE: give at least one folder"),
    "no folder": (lambda path: [path / "none"], "", "none: no such file or folder"),
    "empty folder": (lambda path: [path], "", "holds no frames"),
    "no video": (lambda path: [_text(path / "a.txt", "")], "", "must be a folder of frames, or a video"),
    "video without box": (lambda path: [_text(path / "a.mp4", "")], "", "a.mp4: a video needs the target's first"),
    "bad box": (lambda path: [write_frames(path / "a")], "1,2,3", "--box: must be x, y, width, height.*'1,2,3'"),
    "box without area": (lambda path: [write_frames(path / "a")], "1,2,0,3", "--box: must have an area"),
    "no boxes": (lambda path: [write_frames(path / "a" / "img")], "", "a: has no groundtruth_rect.txt; give"),
    "empty boxes": (lambda path: [otb(path, [""])], "", "groundtruth_rect.txt: holds no boxes"),
    "a line of words": (lambda path: [otb(path, [BOX, "a b", BOX])], "", "rect.txt: line 2: must be x, y.*'a b'"),
    "first box without area": (lambda path: [otb(path, ["0,0,0,0", BOX, BOX])], "", "the first box, from which"),
    "too few boxes": (lambda path: [otb(path, [BOX] * 2)], "", "must hold a box a frame, 3 of .*img. Received: 2"),
    "a missing frame": (lambda path: [otb(path, numbers=(1, 2, 4))], "", "img: frame 3 is missing"),
}  # fmt: skip


def _text(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_no_sequence_gets_one_line(name, tmp_path):
    make, box, message = MISTAKES[name]
    with pytest.raises(DataError, match=message) as caught:
        find_sequences(make(tmp_path), box)
    assert "\n" not in str(caught.value)


def test_boxes_outside_of_the_image(tmp_path):
    (sequence,) = find_sequences([otb(tmp_path, [BOX, "40,9,6,8", BOX])])
    with pytest.raises(DataError, match=r"box 2 of Ball must lie in the image, 32 x 24. Received: 40,9,6,8"):
        next(sequence.frames())


def test_sizes_that_change(tmp_path):
    folder = otb(tmp_path)
    write_frames(folder / "img", (2,), (30, 24))
    (sequence,) = find_sequences([folder])
    with pytest.raises(DataError, match=r"0002.png: all frames.* 32 x 24. Received: 30 x 24"):
        list(sequence.frames())


def test_frames_of_16_bits_are_refused(tmp_path):
    import imagecodecs

    folder = otb(tmp_path)
    (folder / "img" / "0002.png").write_bytes(imagecodecs.png_encode(np.zeros((24, 32, 3), np.uint16)))
    (sequence,) = find_sequences([folder])
    with pytest.raises(DataError, match=r"0002.png: frames must have 8 bits a channel. Received: uint16"):
        list(sequence.frames())


def test_the_published_sequences(real_data):
    sequences = find_sequences([real_data / "tracking"])
    assert {sequence.name: len(sequence.truth) for sequence in sequences} == {
        "Crossing": 120, "jogging-1": 307, "jogging-2": 307,
    }  # fmt: skip
    np.testing.assert_array_equal(
        read_boxes(real_data / "tracking" / "Crossing" / "groundtruth_rect.txt")[0], [204, 150, 17, 50]
    )
