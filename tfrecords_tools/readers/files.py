"""What readers share: folders and label maps; every error names the file."""

from pathlib import Path

import numpy as np
import PIL.Image

from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.records.values import VOID


def existing_folder(path, what):
    """Returns `path` as a `Path`, or raises `DataError` if it is no folder."""
    folder = Path(path)
    if not folder.is_dir():
        raise DataError(f"{path}: no such folder; give {what}")
    return folder


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
