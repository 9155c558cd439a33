"""Videos out: H.264 in an MP4 file (extra `[video]`)."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from hsgan.disk import whole
from hsgan.errors import DataError
from hsgan.files.video import library

CAREFUL, FAST = "medium", "superfast"  # x264's words for how long it seeks the fewest bytes
_LAYOUT = "yuv420p"
_BT709 = 1  # AVCOL_SPC_BT709, AVCOL_PRI_BT709, AVCOL_TRC_BT709


class VideoWriter:
    """Takes the frames of one video, one by one.

    Attributes:
      path: of the file, which appears when all is written.
      frames: how many there are.
    """

    def __init__(self, path: str | Path, av: ModuleType, temporary: Path, rate: float, effort: str):
        self.path, self.frames = Path(path), 0
        self._av, self._rate, self._effort = av, rate, effort
        self._stream: Any = None  # it has the first frame's size
        self._container = av.open(str(temporary), "w", format="mp4")

    def write(self, frame: np.ndarray) -> None:
        """Writes a frame uint8 [height, width, 3], sRGB-encoded, of the first one's size.

        Raises:
          DataError: an image smaller than 2 x 2.
        """
        even = np.ascontiguousarray(frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2])
        if not even.size:
            raise DataError(f"{self.path}: frames must be 2 x 2 pixels or more. Received: {frame.shape[:2]}")
        self._stream = self._stream or _open_stream(self._container, even.shape, self._rate, self._effort)
        self._container.mux(self._stream.encode(_encoded(self._av, even)))
        self.frames += 1

    def finish(self) -> None:
        """Completes the file; called at the end of the `with`.

        Raises:
          DataError: no frames.
        """
        if self._stream is None:
            raise DataError(f"{self.path}: a video needs frames. Received: none")
        self._container.mux(self._stream.encode())

    def close(self) -> None:
        """Lets go of the file, finished or not."""
        self._container.close()


@contextmanager
def open_video(path: str | Path, rate: float = 25, effort: str = CAREFUL) -> Iterator[VideoWriter]:
    """Gives a `VideoWriter`; its file appears when the `with` ends without an exception, and only then.

    Args:
      path: the file, .mp4. Odd sides lose their last line, which the encoding cannot hold.
      rate: frames a second.
      effort: `CAREFUL`, or `FAST`: less time and more bytes.

    Raises:
      DataError: PyAV is not installed; no frames, or one that cannot be encoded.
      OSError: no room, or no right to write.
    """
    av = library(path)
    with whole.naming(path), whole.staged([path]) as (temporary,):
        writer = VideoWriter(path, av, temporary, rate, effort)
        try:
            yield writer
            writer.finish()
        finally:
            writer.close()


def write_video(path: str | Path, frames: Iterable[np.ndarray], rate: float = 25) -> int:
    """Writes a video that appears whole or not at all; returns its number of frames.

    Args:
      path: as for `open_video`.
      frames: as for `VideoWriter.write`; taken one by one.
      rate: frames a second.

    Raises:
      DataError: as `open_video`.
    """
    with open_video(path, rate) as writer:
        for frame in frames:
            writer.write(frame)
    return writer.frames


def _open_stream(container, shape, rate, effort):
    stream = container.add_stream("libx264", rate=Fraction(rate).limit_denominator(1000))
    stream.height, stream.width = shape[:2]
    stream.pix_fmt = _LAYOUT
    # Near-lossless to the eye.
    stream.options = {"crf": "18", "preset": effort}
    # Said in the file, so that no player has to guess the matrix from the size.
    context = stream.codec_context
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    return stream


def _encoded(av, pixels):
    """Returns the frame in the encoder's layout, Y'CbCr of BT.709."""
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    frame = frame.reformat(format=_LAYOUT, dst_colorspace=av.video.reformatter.Colorspace.ITU709)
    frame.colorspace = _BT709
    return frame
