"""Normalized differences of two bands, `(a - b) / (a + b)`: the exposure and the brightness of the light drop out.

What is left of the light is its color: an index of radiance equals one of reflectance under flat light only.
"""

import math
from dataclasses import dataclass

import numpy as np

from hsgan.errors import DataError
from hsgan.spectra.bands import band_at

# Where the two bands' mean is below this share of full scale there is only noise to compare.
DARK = 0.005


@dataclass(frozen=True)
class Index:
    """A normalized difference.

    Attributes:
      name: short name, or "A-B" of the wavelengths.
      first_nm: wavelength a.
      second_nm: wavelength b.
      about: what it is known for, with its source.
    """

    name: str
    first_nm: float
    second_nm: float
    about: str = ""


INDICES = {
    index.name: index
    for index in (
        Index("grvi", 550, 670, "green against red: green vegetation above 0, soil below (Tucker 1979)"),
        Index("pri", 531, 570, "photochemical reflectance of leaves (Gamon et al. 1992)"),
        Index("npci", 680, 430, "chlorophyll against all pigments of leaves (Peñuelas et al. 1994)"),
        Index("ndti", 665, 560, "turbidity of water (Lacaux et al. 2007)"),
        Index("bgi", 450, 550, "blue against green, pigments of leaves (after Zarco-Tejada et al. 2005)"),
        # Not within 400-700 nm: for cubes of other cameras.
        Index("ndvi", 800, 670, "vegetation (Rouse et al. 1974)"),
        Index("ndwi", 560, 860, "open water (McFeeters 1996)"),
    )
}


def parse(text: str) -> Index:
    """Returns the `Index` of a name in `INDICES`, or of two wavelengths "A,B" in nm.

    Raises:
      DataError: neither.
    """
    if text.lower() in INDICES:
        return INDICES[text.lower()]
    try:
        first, second = (float(part) for part in text.split(","))
    except ValueError:
        first = second = math.nan
    if not (math.isfinite(first) and math.isfinite(second)) or first == second:
        raise DataError(
            f"index: must be one of {', '.join(INDICES)}, or two wavelengths in nm, e.g. 550,670. Received: {text!r}"
        )
    return Index(f"{first:g}-{second:g}", first, second)


def bands_of(index: Index, wavelengths_nm: np.ndarray) -> tuple[int, int]:
    """Returns the two bands' numbers (a, b).

    Raises:
      DataError: a wavelength outside the bands, or both in one.
    """
    try:
        first, second = (band_at(wavelengths_nm, wanted) for wanted in (index.first_nm, index.second_nm))
    except DataError as error:
        raise DataError(f"index {index.name}: {error}") from error
    if first == second:
        raise DataError(
            f"index {index.name}: {index.first_nm:g} and {index.second_nm:g} nm lie in one band, of "
            f"{wavelengths_nm[first]:g} nm; choose wavelengths further apart"
        )
    return first, second


def normalized_difference(first: np.ndarray, second: np.ndarray, full: float = 1.0) -> np.ndarray:
    """Returns `(first - second) / (first + second)`, float64, in [-1, 1]; NaN where it is too dark to tell.

    Args:
      first: float [height, width], linear; negative values count as 0.
      second: as `first`.
      full: what is bright in them; below `DARK` times it nothing is told.
    """
    first, second = (np.maximum(np.asarray(plane, np.float64), 0) for plane in (first, second))
    total = first + second
    lit = total > 2 * DARK * full
    return np.divide(first - second, total, out=np.full(total.shape, np.nan), where=lit)
