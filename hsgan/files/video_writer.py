"""Videos out: H.264 in an MP4 file (extra `[video]`)."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np

from hsgan.disk.whole import write_file
from hsgan.errors import DataError
from hsgan.files.video import library

_LAYOUT = "yuv420p"
_BT709 = 1  # AVCOL_SPC_BT709, AVCOL_PRI_BT709, AVCOL_TRC_BT709


def write_video(path: str | Path, frames: Iterable[np.ndarray], rate: float = 25) -> int:
    """Writes a video that appears whole or not at all; returns its number of frames.

    Args:
      path: the file, .mp4.
      frames: uint8 [height, width, 3], sRGB-encoded, all of one size; taken one by one. Odd sides lose their last line,
        which the encoding cannot hold.
      rate: frames a second.

    Raises:
      DataError: PyAV is not installed; no frames, or an image smaller than 2 x 2.
    """
    av, count = library(path), 0

    def write(temporary):
        nonlocal count
        with av.open(temporary, "w", format="mp4") as container:
            stream = None
            for frame in frames:
                count += 1
                even = np.ascontiguousarray(frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2])
                if not even.size:
                    raise DataError(f"{path}: frames must be 2 x 2 pixels or more. Received: {frame.shape[:2]}")
                stream = stream or _open_stream(container, even.shape, rate)
                container.mux(stream.encode(_encoded(av, even)))
            if stream is None:
                raise DataError(f"{path}: a video needs frames. Received: none")
            container.mux(stream.encode())

    write_file(path, write)
    return count


def _open_stream(container, shape, rate):
    stream = container.add_stream("libx264", rate=Fraction(rate).limit_denominator(1000))
    stream.height, stream.width = shape[:2]
    stream.pix_fmt = _LAYOUT
    # Near-lossless to the eye.
    stream.options = {"crf": "18"}
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
