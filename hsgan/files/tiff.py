"""TIFF pages as arrays, after a look at what their tags announce.

Pages that are compressed as photos are (LZW, deflate, PackBits, Zstandard, JPEG) or not at all. A JPEG within has a
size of its own, which must be that of its strip or tile: a few bytes may state any.
"""

import io
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from hsgan.disk import guard
from hsgan.errors import DataError

_JPEG = 7
_COMPRESSIONS = {1: "none", 5: "LZW", _JPEG: "JPEG", 8: "deflate", 32946: "deflate", 32773: "PackBits", 50000: "Zstd"}
_KINDS = "uif"


def read_page(path: str | Path, page: tifffile.TiffPage, most: int = guard.MAX_BYTES) -> np.ndarray:
    """Returns the array of a page.

    Args:
      path: the file, for error messages.
      page: of the open file.
      most: bytes at most.

    Raises:
      DataError: another compression, depth or kind of numbers; more values than `most` bytes.
      ValueError, RuntimeError and others: as tifffile on damaged files.
    """
    check_page(path, page, most)
    return page.asarray(maxworkers=1)


def check_page(path: str | Path, page: tifffile.TiffPage, most: int = guard.MAX_BYTES) -> None:
    """Refuses a page that `read_page` would not read, by its tags alone; raises as that."""
    if page.compression not in _COMPRESSIONS:
        known = ", ".join(dict.fromkeys(_COMPRESSIONS.values()))
        raise DataError(
            f"{path}: must be a TIFF file compressed by {known}. "
            f"Received: {getattr(page.compression, 'name', page.compression)}"
        )
    if page.dtype is None or page.dtype.kind not in _KINDS or page.imagedepth != 1:
        raise DataError(f"{path}: must hold numbers, one plane deep. Received: {page.dtype}, {page.imagedepth} planes")
    guard.check_bytes(path, page.dtype.itemsize * int(np.prod(page.shape, dtype=object)), most=most)
    # A strip or tile may be announced larger than its image, and is decoded whole.
    guard.check_bytes(path, page.dtype.itemsize * int(np.prod(page.chunks, dtype=object)), most=most)
    if page.compression == _JPEG:
        _check_jpeg(path, page)


def _check_jpeg(path, page):
    height, width = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, page.imagewidth)
    rows = min(height, page.imagelength) if not page.is_tiled else height
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        if count:
            page.parent.filehandle.seek(offset)
            with Image.open(io.BytesIO(page.parent.filehandle.read(count)), formats=("JPEG",)) as image:
                if image.width > width or image.height > rows:
                    raise DataError(
                        f"{path}: is damaged: a strip or tile of {width} x {rows} pixels holds a JPEG image of "
                        f"{image.width} x {image.height}"
                    )
