"""Color channels: how near a pixel is to each of the eleven basic colors.

Source: the idea is that of van de Weijer et al., "Learning Color Names for Real-World Applications", TIP 2009, whose
table was learned from pictures. Ours is not learned: the colors are CSS's of these names (W3C, CSS Color Module Level
4), nearness is a Gaussian of the distance in CIE Lab, and the eleven sum to 1.
"""

import functools

import numpy as np

BASIC_COLORS = {
    "black": (0, 0, 0),
    "blue": (0, 0, 255),
    "brown": (165, 42, 42),
    "gray": (128, 128, 128),
    "green": (0, 128, 0),
    "orange": (255, 165, 0),
    "pink": (255, 192, 203),
    "purple": (128, 0, 128),
    "red": (255, 0, 0),
    "white": (255, 255, 255),
    "yellow": (255, 255, 0),
}
# Lab units: about the distance at which two colors begin to bear different names.
WIDTH = 20.0
_LEVELS = 32


def color_names(pixels: np.ndarray) -> np.ndarray:
    """Returns the nearness of every pixel to the basic colors, float32 [height, width, 11], which sums to 1.

    Args:
      pixels: uint8 or float [height, width, 3], sRGB-encoded, [0, 255].
    """
    levels = np.clip(pixels * np.float32(_LEVELS / 256), 0, _LEVELS - 1).astype(np.int32)
    return _table()[(levels[..., 0] * _LEVELS + levels[..., 1]) * _LEVELS + levels[..., 2]]


@functools.cache
def _table():
    """Returns the nearness of all colors of 5 bits a channel, float32 [32768, 11]."""
    import colour

    middle = (np.arange(_LEVELS) + 0.5) / _LEVELS
    colors = np.stack(np.meshgrid(middle, middle, middle, indexing="ij"), axis=-1).reshape(-1, 3)
    names = np.array(list(BASIC_COLORS.values())) / 255
    lab, names = (colour.XYZ_to_Lab(colour.sRGB_to_XYZ(values)) for values in (colors, names))
    square = ((lab[:, None] - names[None]) ** 2).sum(axis=-1)
    exponent = -square / (2 * WIDTH**2)
    near = np.exp(exponent - exponent.max(axis=1, keepdims=True))
    return (near / near.sum(axis=1, keepdims=True)).astype(np.float32)
