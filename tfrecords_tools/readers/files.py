"""What readers share: folders, 16-bit PNG bands, photos and label maps; every error names the file."""

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import PIL.Image

from hsgan.disk import guard
from hsgan.disk.plain import read_bytes
from hsgan.errors import DataError
from hsgan.records.values import VOID, png_size

_GRAY = 0


def existing_folder(path, what):
    """Returns `path` as a `Path`, or raises `DataError` if it is no folder."""
    folder = Path(path)
    if not folder.is_dir():
        raise DataError(f"{path}: no such folder; give {what}")
    return folder


def read_gray16(path):
    """Returns a 16-bit grayscale PNG as uint16 [height, width].

    Raises:
      DataError: no such file, no PNG, another bit depth or channels, damaged data.
    """
    data = read_bytes(path)
    size = png_size(data)
    if size is None or len(data) < 26:
        raise DataError(f"{path}: must be a PNG image. Received: {len(data)} bytes of something else")
    depth, color = struct.unpack(">BB", data[24:26])
    if depth != 16 or color != _GRAY:
        raise DataError(f"{path}: must be a 16-bit grayscale PNG. Received: {depth} bits a channel, color type {color}")
    guard.check_pixels(path, size[1], size[0])
    with guard.reading(path, "a PNG image"):
        return imagecodecs.png_decode(data)


def read_labels(path, table):
    """Returns a label map as uint8 [height, width], its ids replaced through `table`.

    Args:
      path: PNG file of ids (grayscale or palette).
      table: {id in the file: class, or `VOID`}.

    Raises:
      DataError: no such file, no 8-bit label map, ids that `table` lacks.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file: every photo needs its label map")
    with guard.reading(path, "a label map"), PIL.Image.open(path, formats=("PNG",)) as image:
        if image.mode not in ("L", "P"):
            raise DataError(
                f"{path}: must be an 8-bit grayscale or palette PNG of labels. "
                f"Received: {image.format}, mode {image.mode}"
            )
        guard.check_pixels(path, image.width, image.height)
        ids = np.array(image)
    strange = sorted(set(np.unique(ids).tolist()) - set(table))
    if strange:
        raise DataError(f"{path}: labels outside the classes: ids {strange}; there are {sorted(table)}")
    lookup = np.full(256, VOID, np.uint8)
    for number, label in table.items():
        lookup[number] = label
    return lookup[ids]
