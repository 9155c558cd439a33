"""Exposure: how bright an image is, and the factor that brings it to a fixed brightness. NumPy alone.

A method that knows how bright spectra are, and not only which shapes they have, turns them when a photo is darker than
what it was made from. So an image is brought to a fixed brightness before the method, and its cube back after it
(`hsgan.reconstruct.method.Method`): one factor for the whole image. The same scene in less light then gives the same
cube but for that factor.

The brightness of an image is `(mean v^p)^(1/p)` over its pixels, `v` being the largest of a pixel's channels and `p`
the `ORDER`: about that of its brightest parts, as a photographer exposes by them, and yet no single pixel decides. A
cube's channels are the means of three equal parts of its bands. The measure was chosen among others on scenes left out
in turn (`benchmarks/exposure.py`). Larger images are read at every so many rows and columns.
`hsgan.spectra.imaging.brightness` is the same in TensorFlow.
"""

import functools
from typing import Any

import numpy as np

_SQUARINGS = 4  # a power of two is as many squarings, a fifth of the time of `pow`
ORDER = 2**_SQUARINGS
CHANNELS = 3
PIXELS = 2**18  # of a larger image about so many are looked at
DARK = 0.03  # of a photo of less, 8 bits keep too little (docs/exposure.md)
BLACK = 1e-7  # an image of less has no exposure to speak of


def step(height: int, width: int) -> int:
    """Returns which rows and columns of an image are looked at: every so many."""
    return max(int(np.ceil(np.sqrt(height * width / PIXELS))), 1)


def brightness(image: Any) -> float:
    """Returns the brightness of an image.

    Args:
      image: float [height, width, channels], linear: RGB or a cube; an array, or anything else that has a `shape` and
        gives its rows and columns when sliced (`hsgan.reconstruct.tiling`).
    """
    apart = step(*image.shape[:2])
    values = np.asarray(image[::apart, ::apart])
    parts = np.array_split(values, CHANNELS, axis=-1)
    # The mean of one channel is that channel.
    means = [part[..., 0] if part.shape[-1] == 1 else part.mean(axis=-1, dtype=np.float64) for part in parts]
    powers = np.maximum(functools.reduce(np.maximum, means), 0).astype(np.float64)
    for _ in range(_SQUARINGS):
        powers *= powers
    return float(np.mean(powers) ** (1 / ORDER))


def warning_of(image: Any) -> str:
    """Returns what to tell who gives a dark image, without its name; "" where it is bright enough."""
    found = brightness(image)
    if not found < DARK:
        return ""
    return (
        f"is dark: its brightest parts have {found:.3f} of full scale, less than {DARK:g}; noise and rounding leave "
        "little of its spectra: expose more, or give the RAW file"
    )


def gain(image: Any, level: float) -> np.float32:
    """Returns the factor that brings an image to the brightness `level`; 1 where that is 0, or a value is not finite.

    Args:
      image: as for `brightness`.
      level: brightness to bring it to, 0 for what it has.
    """
    found = brightness(image) if level else 0.0
    if not level or not np.isfinite(found):  # who reads the image tells what is wrong with it
        return np.float32(1)
    return np.float32(level / max(found, BLACK))
