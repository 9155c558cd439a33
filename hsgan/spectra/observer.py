"""The CIE 1931 standard observer, and the color space of screens and photos that is built on it.

XYZ are CIE 1931 tristimulus values (2 degrees), relative. Linear sRGB is in [0, 1] for colors that a screen can show.
Source: CIE 15:2018 for the observer, as colour-science ships it; IEC 61966-2-1 for sRGB.
"""

from functools import lru_cache

import numpy as np

# Linear sRGB from XYZ. The standard has four decimals.
XYZ_TO_SRGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
# Relative XYZ of the white of sRGB, D65.
SRGB_WHITE = np.linalg.inv(XYZ_TO_SRGB).sum(axis=1)


def observer(wavelengths_nm: np.ndarray) -> np.ndarray:
    """Returns the color matching functions x, y, z at the wavelengths, float64 [3, bands]; 0 where nobody sees.

    Args:
      wavelengths_nm: float [bands].
    """
    return _observer(tuple(np.asarray(wavelengths_nm, float).tolist()))


@lru_cache(maxsize=4)
def _observer(wavelengths_nm):
    import colour

    functions = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    return np.stack(
        [np.interp(wavelengths_nm, functions.wavelengths, row, left=0, right=0) for row in functions.values.T]
    )
