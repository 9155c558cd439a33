"""Videos that are written are read again, in their colors, or nothing is left."""

import numpy as np
import pytest

from hsgan.errors import DataError
from hsgan.files import photos, video
from hsgan.files.video_writer import write_video

COLORS = [(200, 60, 60), (60, 200, 60), (60, 60, 200)]


@pytest.mark.parametrize("height", [34, 721])  # from 720 lines on, another matrix is usual
def test_colors_and_sizes_come_back(tmp_path, height):
    frames = [np.full((height, 49, 3), color, np.uint8) for color in COLORS]
    assert write_video(tmp_path / "a.mp4", iter(frames), rate=12.5) == 3
    found = [frame for _, frame in video.iterate_frames(tmp_path / "a.mp4", photos.check_size)]
    assert len(found) == 3
    for frame, color in zip(found, COLORS, strict=True):
        assert frame.shape == (height // 2 * 2, 48, 3)
        # Two codes of Y'CbCr, which are a little larger than R'G'B's, and the encoder's own error.
        assert np.abs(frame.astype(int) - color).max() <= 4


@pytest.mark.parametrize("frames, message", [
    ([], "a video needs frames. Received: none"),
    ([np.zeros((1, 8, 3), np.uint8)], "must be 2 x 2 pixels or more"),
])  # fmt: skip
def test_nothing_is_left_of_what_cannot_be_written(tmp_path, frames, message):
    with pytest.raises(DataError, match=message):
        write_video(tmp_path / "a.mp4", frames)
    assert not list(tmp_path.iterdir())


def test_an_error_of_the_frames_leaves_nothing(tmp_path):
    def broken():
        yield np.zeros((8, 8, 3), np.uint8)
        raise DataError("frame 2: is damaged")

    with pytest.raises(DataError, match="frame 2: is damaged"):
        write_video(tmp_path / "a.mp4", broken())
    assert not list(tmp_path.iterdir())
