"""Checks and encodings of what goes into records: counts of cubes, label maps, encoded images. Needs no TensorFlow."""

import io

import imagecodecs
import numpy as np
import PIL.Image

from hsgan.errors import DataError

VOID = 255
_SIGNATURES = (b"\xff\xd8", b"\x89PNG\r\n\x1a\n")
# What Pillow's decoders raise on damaged files, beside OSError.
_DECODER_ERRORS = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError)


def quantize(cube):
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


def check_labels(labels, size, classes, where):
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


def encode_labels(labels):
    """Returns a label map, uint8 [height, width], as PNG bytes."""
    return imagecodecs.png_encode(np.ascontiguousarray(labels))


def image_size(data, where):
    """Returns `(height, width)` of JPEG or PNG bytes after decoding them whole.

    Raises:
      DataError: `where` and the reason, if the bytes are no sound JPEG or PNG.
    """
    if not data.startswith(_SIGNATURES):
        raise DataError(f"{where}: must be a JPEG or PNG image. Received: {len(data)} bytes of something else")
    try:
        with PIL.Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            image.load()
            return image.height, image.width
    except _DECODER_ERRORS as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{where}: the image does not decode: {reason}") from error
