"""Frames of a 4x4 mosaic sensor, 16 bands in one gray image (the Hyperspectral Object Tracking Challenge's HSI/).

Pixel (4 r + i, 4 c + j) of the file is band 4 i + j of pixel (r, c), as in the challenge's own program. The challenge
gives 470 to 620 nm for its 16 bands; even steps between are ours.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from hsgan.errors import DataError

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
    try:
        with Image.open(path) as image:
            if image.mode not in _MODES:
                raise DataError(f"{path}: must be a gray mosaic of {BANDS} bands. Received: color mode {image.mode}")
            values = np.asarray(image)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{path}: is damaged or no image ({' '.join(str(error).split())})") from error
    height, width = values.shape
    if height % SIDE or width % SIDE:
        raise DataError(f"{path}: the sides of a mosaic must be multiples of {SIDE}. Received: {width} x {height}")
    blocks = values.reshape(height // SIDE, SIDE, width // SIDE, SIDE).transpose(0, 2, 1, 3)
    return blocks.reshape(height // SIDE, width // SIDE, BANDS).astype(np.float32)
