"""Videos in, frame by frame (MP4, MOV, MKV, ... by FFmpeg through PyAV, extra `[video]`).

Frames are decoded to 8-bit R'G'B' with the matrix that the file states (where it states none BT.601, and
from 720 lines on BT.709), turned upright, and taken as sRGB-encoded, as players show them.
"""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np

from hsgan.disk import guard
from hsgan.errors import DataError

SUFFIXES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm")
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,m4v,h264,hevc"
_HIGH_DEFINITION = 720  # lines
_USUAL_RATE, _SLOWEST, _FASTEST = 25, 0.1, 240  # frames a second; headers may say anything
_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED


def iterate_frames(
    path: str | Path, check_size: Callable[[str | Path, int, int], None], every: int = 1
) -> Iterator[tuple[int, np.ndarray]]:
    """Yields (number from 0, uint8 [height, width, 3] sRGB) of every `every`-th frame.

    Args:
      path: the file. check_size: function (path, width, height), called before anything is decoded.
      every: 1 for all frames, 2 for every other.

    Raises:
      DataError: PyAV is not installed; no such file; not a video; damaged, after the frames before the damage.
    """
    av = library(path)
    guard.check_kind(path)
    with guard.translated(path, "a video"), _opened(av, path) as container:
        stream = _stream(path, container, check_size)
        for number, frame in enumerate(container.decode(stream)):
            check_size(path, frame.width, frame.height)  # they may change on the way
            if number % every == 0:
                yield number, _upright_rgb(av, frame)


def count_frames(path: str | Path, every: int = 1) -> int:
    """Returns how many frames `iterate_frames` gives, from the file's header: 1 where that does not tell.

    Raises:
      DataError: as `iterate_frames`.
    """
    return max(-(-_stated(path, "frames") // every), 1)


def frame_rate(path: str | Path, every: int = 1) -> float:
    """Returns how many frames a second `iterate_frames` gives, from the file's header: 25 where that does not tell.

    Raises:
      DataError: as `iterate_frames`.
    """
    return min(max(float(_stated(path, "average_rate") or _USUAL_RATE) / every, _SLOWEST), _FASTEST)


def _stated(path, name):
    """Returns what the header of a video says of its pictures, by PyAV's name of it."""
    av = library(path)
    with guard.reading(path, "a video"), _opened(av, path) as container:
        return getattr(_stream(path, container, lambda *_: None), name)


def library(path: str | Path) -> ModuleType:
    """Returns PyAV, or raises a `DataError` that says how to install it; `path` is the video that needs it."""
    if find_spec("av") is None:
        raise DataError(f"{path}: videos need the package av: pip install 'hsgan[video]'")
    import av

    return av


def _opened(av, path):
    """Opens a video that is in the file itself: a list of others (HLS, concat) may name any file or address."""
    options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
    return av.open(str(path), options=options)


def _stream(path, container, check_size):
    if not container.streams.video:
        raise DataError(f"{path}: holds no video stream")
    stream = container.streams.video[0]
    check_size(path, stream.width, stream.height)
    stream.codec_context.options = {"max_pixels": str(guard.MAX_PIXELS)}
    return stream


def _upright_rgb(av, frame):
    spaces, source = av.video.reformatter.Colorspace, None
    if int(frame.colorspace) == _UNSPECIFIED and not frame.format.is_rgb:
        source = spaces.ITU709 if frame.height >= _HIGH_DEFINITION else spaces.ITU601
    rgb = frame.to_ndarray(format="rgb24", src_colorspace=source)
    return np.rot90(rgb, frame.rotation // 90)  # both count counterclockwise
