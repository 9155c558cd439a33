"""Lights by name: the CIE's illuminants, as colour-science ships them (CIE 15:2018)."""

import difflib
from functools import lru_cache

import numpy as np

from hsgan.errors import DataError
from hsgan.spectra.bands import edges

FLAT = "E"
# Those of everyday scenes, the equal-energy one first; a menu has no room for all.
COMMON = (FLAT, "D50", "D65", "A", "FL2", "FL11", "LED-B3", "HP1")
_SAMPLES = 40  # of a band


@lru_cache(maxsize=1)
def _curves():
    import colour

    return {name: (light.wavelengths, light.values) for name, light in colour.SDS_ILLUMINANTS.items()}


def names() -> tuple[str, ...]:
    """Returns the names of all lights: A, D50, D65, E, FL2, LED-B3, HP1 and others."""
    return tuple(_curves())


def check(name: str) -> None:
    """Raises `DataError` unless there is a light of that name; lists the near ones."""
    if name not in _curves():
        near = difflib.get_close_matches(name.upper(), _curves(), n=4, cutoff=0.4)
        raise DataError(f"illuminant: no {name!r}; {'near: ' if near else 'e.g. '}{', '.join(near or COMMON)}")


def illuminant(name: str, wavelengths_nm: np.ndarray) -> np.ndarray:
    """Returns the light `name`, float64 [bands]: its mean power over each band, relative, mean 1 over the bands.

    A fluorescent lamp's lines are narrower than a band: its mean over the band counts, not its value at the center.

    Args:
      name: in `names()`.
      wavelengths_nm: float [bands], at least two, ascending.

    Raises:
      DataError: no such light, or it was not measured at all bands.
    """
    check(name)
    grid, power = _curves()[name]
    wavelengths_nm = np.asarray(wavelengths_nm, np.float64)
    if wavelengths_nm[0] < grid[0] or wavelengths_nm[-1] > grid[-1]:
        raise DataError(
            f"illuminant: {name} is known at {grid[0]:g}-{grid[-1]:g} nm; choose another. "
            f"Received: bands at {wavelengths_nm[0]:g}-{wavelengths_nm[-1]:g} nm"
        )
    limits = edges(wavelengths_nm)
    middles = (np.arange(_SAMPLES)[:, None] + 0.5) / _SAMPLES
    mean = np.interp(limits[:-1] + middles * np.diff(limits), grid, power).mean(axis=0)
    return mean / mean.mean()


def removable(name: str, wavelengths_nm: np.ndarray) -> np.ndarray:
    """Returns `illuminant(name, wavelengths_nm)` to divide a cube by.

    Raises:
      DataError: as `illuminant`, or a light that leaves a band dark: what it does not show cannot be relit.
    """
    power = illuminant(name, wavelengths_nm)
    dark = np.flatnonzero(power < 0.01)
    if dark.size:
        raise DataError(
            f"illuminant: {name} has no light at {wavelengths_nm[dark[0]]:g} nm, so it cannot be divided out; "
            "give the light that the scene was taken in"
        )
    return power
