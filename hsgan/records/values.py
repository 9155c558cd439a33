"""Checks and encodings of what goes into records: counts of cubes, label maps, encoded images. Needs no TensorFlow."""

import io
import struct
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import imagecodecs
import numpy as np
import PIL.Image

from hsgan.disk import guard
from hsgan.errors import DataError

VOID = 255
_JPEG, _PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
# What Pillow's decoders raise on damaged files, beside OSError.
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    TypeError,
    KeyError,
    RuntimeError,
    struct.error,
    PIL.Image.DecompressionBombError,
)


def quantize(cube: np.ndarray) -> tuple[np.ndarray, float]:
    """Returns `(values uint16, scale)` with `values * scale` within half a count of `cube`; the peak becomes 65535.

    Args:
      cube: float [height, width, bands], linear radiance.

    Raises:
      DataError: values that are not finite, or negative.
    """
    cube = np.asarray(cube)
    if not np.isfinite(cube).all():
        raise DataError(f"a cube must be finite. Received: {int((~np.isfinite(cube)).sum())} values NaN or infinite")
    if cube.min() < 0:
        raise DataError(f"a cube must not be negative. Received: a least value of {cube.min():g}")
    scale = np.float32((cube.max() or 1.0) / 65535)
    return np.minimum(np.rint(cube / scale), 65535).astype(np.uint16), float(scale)


def check_labels(labels: np.ndarray | None, size: Sequence[int], classes: int, where: str | Path) -> None:
    """Raises `DataError` unless `labels` is None, or uint8 of `size` with ids below `classes` or `VOID`."""
    if labels is None:
        return
    if labels.dtype != np.uint8 or labels.shape != tuple(size):
        raise DataError(
            f"{where}: the label map must be uint8 of the image's size {list(size)}. "
            f"Received: {labels.dtype} {list(labels.shape)}"
        )
    ids = np.unique(labels)
    strange = ids[(ids >= classes) & (ids != VOID)]
    if strange.size:
        raise DataError(f"{where}: labels must be below {classes}, or {VOID} (void). Received: {strange.tolist()}")


def encode_labels(labels: np.ndarray) -> bytes:
    """Returns a label map, uint8 [height, width], as PNG bytes."""
    return cast(bytes, imagecodecs.png_encode(np.ascontiguousarray(labels)))


def decode_labels(data: bytes, size: Sequence[int], classes: int, where: str | Path) -> np.ndarray:
    """Returns the label map of PNG bytes, uint8 [height, width].

    Raises:
      DataError: `where` and the reason, if it does not decode, has another size or labels outside the classes.
    """
    if png_size(data) != tuple(size):
        raise DataError(f"{where}: the label map must be a PNG of the image's size {list(size)}")
    try:
        labels = imagecodecs.png_decode(data)
    except (imagecodecs.PngError, ValueError) as error:
        raise DataError(f"{where}: the label map does not decode: {error}") from error
    check_labels(labels, size, classes, where)
    return labels


def png_size(data: bytes) -> tuple[int, int] | None:
    """Returns the (height, width) that the header of PNG bytes states, or None."""
    if not data.startswith(_PNG) or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return height, width


def image_size(data: bytes, where: str | Path) -> tuple[int, int]:
    """Returns `(height, width)` of JPEG or PNG bytes after decoding them whole.

    Raises:
      DataError: `where` and the reason, if the bytes are no sound JPEG or PNG, or too many pixels.
    """
    if not data.startswith((_JPEG, _PNG)):
        raise DataError(f"{where}: must be a JPEG or PNG image. Received: {len(data)} bytes of something else")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large images, which are counted here
            with PIL.Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
                guard.check_pixels(where, image.width, image.height)
                image.load()
                return image.height, image.width
    except _DECODER_ERRORS as error:
        raise DataError(f"{where}: the image does not decode: {guard.reason(error)}") from error
