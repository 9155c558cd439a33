"""Videos frame by frame: colors, numbers, and what is refused."""

import numpy as np
import pytest
from raw_files import write_video

from hsgan.errors import DataError
from hsgan.files import photos, video

COLORS = [(200, 60, 60), (60, 200, 60), (60, 60, 200), (120, 120, 120)]
# Two 8-bit codes: of Y'CbCr, whose steps are a little larger than R'G'B's, and of the codec.
CODES = 2


def frames(path, every=1):
    return dict(video.iterate_frames(path, photos.check_size, every))


@pytest.mark.parametrize("size, stated", [((48, 32), True), ((48, 32), False), ((64, 720), True)])
def test_colors_by_the_files_matrix(tmp_path, size, stated):
    path = write_video(tmp_path / "a.mp4", COLORS, size, stated)
    found = frames(path)
    assert list(found) == [0, 1, 2, 3]
    for color, frame in zip(COLORS, found.values(), strict=True):
        assert frame.dtype == np.uint8 and frame.shape == (size[1], size[0], 3)
        assert np.abs(frame.astype(int) - color).max() <= CODES


def test_every_other_frame(tmp_path):
    path = write_video(tmp_path / "a.mkv", COLORS[:3])
    assert list(frames(path, 2)) == [0, 2]
    assert video.count_frames(write_video(tmp_path / "a.mp4", COLORS[:3]), 2) == 2
    assert video.count_frames(path) >= 1  # Matroska does not state it


def test_too_many_pixels_are_refused_before_decoding(tmp_path, monkeypatch):
    path = write_video(tmp_path / "a.mp4", COLORS)
    monkeypatch.setattr(photos, "MAX_PIXELS", 1000)
    with pytest.raises(DataError, match="Received: 48 x 32"):
        frames(path)


def test_without_the_package_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(video, "find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"a\.mp4: videos need the package av: pip install 'hsgan\[video\]'"):
        frames(tmp_path / "a.mp4")


@pytest.mark.parametrize("content, message", [
    (None, "no such file"),
    (b"", "is damaged or truncated, or not a video"),
    (b"not a video\n" * 100, "is damaged or truncated, or not a video"),
])  # fmt: skip
def test_what_is_no_video_gets_one_line(tmp_path, content, message):
    path = tmp_path / "a.mp4"
    if content is not None:
        path.write_bytes(content)
    for read in (frames, video.count_frames):
        with pytest.raises(DataError, match=message) as caught:
            read(path)
        assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


def test_frames_before_the_damage_are_given(tmp_path):
    path = write_video(tmp_path / "a.mp4", COLORS * 10)
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 4
    path.write_bytes(bytes(content[: start + 600]))  # the index behind the data is lost
    with pytest.raises(DataError, match="is damaged or truncated, or not a video"):
        frames(path)
