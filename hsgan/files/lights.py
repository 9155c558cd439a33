"""Lights by name, or out of a file: CSV of wavelength in nm and power."""

import csv
from pathlib import Path

import numpy as np

from hsgan.disk import guard
from hsgan.disk.plain import read_text
from hsgan.errors import DataError
from hsgan.spectra import illuminants

SUFFIX = ".csv"
_MAX_BYTES = 1 << 22
# Of a spectrum's mean: what is darker in a band cannot be divided by.
_LEAST = 1e-2


def find(light: str, wavelengths_nm: np.ndarray) -> np.ndarray:
    """Returns the power of a light to divide cubes by, float64 [bands], relative, mean 1.

    Args:
      light: a name in `hsgan.spectra.illuminants`; or a CSV file, with or without a header line.
      wavelengths_nm: float [bands], ascending.

    Raises:
      DataError: no such light (lists the near names) or file; a light that is not known at all bands, or dark in one.
    """
    if Path(light).suffix.lower() != SUFFIX:
        return illuminants.removable(light, wavelengths_nm)
    grid, power = _read(light)
    if wavelengths_nm[0] < grid[0] or wavelengths_nm[-1] > grid[-1]:
        raise DataError(
            f"{light}: must cover {wavelengths_nm[0]:g}-{wavelengths_nm[-1]:g} nm. "
            f"Received: {grid[0]:g}-{grid[-1]:g} nm"
        )
    return divisible(np.interp(wavelengths_nm, grid, power), wavelengths_nm, light)


def divisible(power: np.ndarray, wavelengths_nm: np.ndarray, name: str) -> np.ndarray:
    """Returns a spectrum divided by its mean, float64 [bands].

    Args:
      power: [bands].
      wavelengths_nm: float [bands].
      name: of what it is, for error messages.

    Raises:
      DataError: it is too dark in a band to divide by.
    """
    power, mean = np.asarray(power, np.float64), float(np.mean(power))
    dark = np.flatnonzero(~(power >= _LEAST * mean)) if mean > 0 else [0]
    if len(dark):
        raise DataError(
            f"{name}: has no light at {wavelengths_nm[dark[0]]:g} nm, so nothing can be divided by it; give another"
        )
    return power / mean


def _read(path):
    """Returns the wavelengths [samples] and the power [samples] of a file."""
    with guard.reading(path, "a light"):
        rows = [row for row in csv.reader(read_text(path, _MAX_BYTES).splitlines()) if any(map(str.strip, row))]
        rule = f"{path}: must hold rows of wavelength in nm and power, finite and ascending"
        try:
            values = np.array([[float(cell) for cell in row] for row in rows[_has_header(rows) :]])
        except ValueError as error:
            raise DataError(f"{rule}: {error}") from error
        if values.ndim != 2 or values.shape[1] != 2 or len(values) < 2:
            raise DataError(f"{rule}. Received: shape {list(values.shape)}")
        if not np.isfinite(values).all() or not (np.diff(values[:, 0]) > 0).all():
            raise DataError(f"{rule}. Received: {values[:2].tolist()} ...")
        return values.T


def _has_header(rows):
    try:
        float(rows[0][0])
    except (ValueError, IndexError):
        return True
    return False
