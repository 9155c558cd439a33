"""Measured reflectances that colour-science ships, by set.

"CIE 224:2017" are the 99 test color samples of ANSI/IES TM-30, "rawtoaces" 190 patches measured for the camera
characterization of that name; the others are color charts: two kinds of ColorChecker, ISO 17321-1's, and the 30
patches of "PMC" (pigments, skin, foliage). All cover 400-700 nm.
"""

from functools import cache
from pathlib import Path

import numpy as np

from hsgan.errors import DataError

CHARTS = ("ColorChecker N Ohta", "BabelColor Average", "ISO 17321-1", "PMC")
SETS = ("CIE 224:2017", "rawtoaces", *CHARTS)
_GRID_NM = np.arange(400.0, 701.0, 10.0)


@cache
def measured(name: str) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Returns `(wavelengths_nm [samples], reflectance [samples])` of each material of a set, as measured.

    A few patches fluoresce: they give back more than they receive at 400-700 nm, are no reflectances, and left out.

    Args:
      name: in `SETS`.

    Raises:
      DataError: no such set.
    """
    if name not in SETS:
        raise DataError(f"reflectances: there are {', '.join(SETS)}. Received: {name!r}")
    curves = [(sd.wavelengths, sd.values) for sd in _distributions(name)]
    return tuple(curve for curve in curves if np.interp(_GRID_NM, *curve).max() <= 1)


def cover(wavelengths_nm: np.ndarray, names: tuple[str, ...] = SETS) -> bool:
    """Whether a set of `names` was measured over all of the wavelengths, float [bands], ascending."""
    return any(_covers(measured(name)[0], wavelengths_nm) for name in names)


def _covers(curve, wavelengths_nm):
    return curve[0][0] <= wavelengths_nm[0] and wavelengths_nm[-1] <= curve[0][-1]


def load(wavelengths_nm: np.ndarray, names: tuple[str, ...] = SETS) -> np.ndarray:
    """Returns the reflectances float64 [materials, bands] in [0, 1], of all sets `names` that cover the wavelengths.

    Args:
      wavelengths_nm: float [bands], ascending.
      names: in `SETS`.

    Raises:
      DataError: no such set, or none that covers the wavelengths.
    """
    curves = [curve for name in names for curve in measured(name) if _covers(curve, wavelengths_nm)]
    if not curves:
        raise DataError(
            f"reflectances: none of {', '.join(names)} was measured over all of "
            f"{wavelengths_nm[0]:g}-{wavelengths_nm[-1]:g} nm"
        )
    return np.clip([np.interp(wavelengths_nm, *curve) for curve in curves], 0, 1)


def _distributions(name):
    """Returns the spectral distributions of a set."""
    import colour

    if name == "CIE 224:2017":
        from colour.quality.cfi2017 import load_TCS_CIE2017

        return load_TCS_CIE2017(colour.SpectralShape(380, 780, 5)).to_sds()
    if name == "rawtoaces":
        table = Path(colour.__file__).parent / "characterisation/datasets/rawtoaces/190_Patches.csv"
        return colour.read_sds_from_csv_file(str(table)).values()
    return colour.SDS_COLOURCHECKERS[name].values()
