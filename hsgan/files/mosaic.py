"""Frames of a 4x4 mosaic sensor, 16 bands in one gray image (the Hyperspectral Object Tracking Challenge's HSI/).

The bands are in the order of the mosaic, row by row, as in the challenge's own program. The challenge gives 470 to 620
nm for its 16 bands and no more: that they ascend in even steps is an assumption.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.spectra.bands import mosaic_bands

SIDE = 4
BANDS = SIDE * SIDE
WAVELENGTHS_NM = np.linspace(470, 620, BANDS)
_MODES = ("L", "I", "I;16", "I;16B", "I;16L")


def read_mosaic(path: str | Path) -> np.ndarray:
    """Returns the cube of a frame, float32 [height / 4, width / 4, 16], in the camera's counts.

    Args:
      path: a gray image of 8 or 16 bits.

    Raises:
      DataError: no such file, damaged, not gray, or with sides that are no multiples of 4.
    """
    with guard.reading(path, "a mosaic of 16 bands"), Image.open(path) as image:
        if image.mode not in _MODES:
            raise DataError(f"{path}: must be a gray mosaic of {BANDS} bands. Received: color mode {image.mode}")
        guard.check_pixels(path, *image.size)
        values = np.asarray(image)
    height, width = values.shape
    if height % SIDE or width % SIDE:
        raise DataError(f"{path}: the sides of a mosaic must be multiples of {SIDE}. Received: {width} x {height}")
    return mosaic_bands(values, SIDE).astype(np.float32)
