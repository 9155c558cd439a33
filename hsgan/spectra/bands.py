"""Wavelength grids as flags give them, and bands on them."""

import math

import numpy as np

from hsgan.errors import DataError


def edges(wavelengths_nm: np.ndarray) -> np.ndarray:
    """Returns the limits of the bands, float64 [bands + 1]: half-way between neighbors, the outer ones mirrored.

    Args:
      wavelengths_nm: float [bands], ascending, at least two.

    Raises:
      ValueError: fewer than two bands.
    """
    wavelengths_nm = np.asarray(wavelengths_nm, np.float64)
    if wavelengths_nm.ndim != 1 or len(wavelengths_nm) < 2:
        raise ValueError(f"wavelengths_nm: must be two or more. Received: shape {wavelengths_nm.shape}")
    middle = (wavelengths_nm[:-1] + wavelengths_nm[1:]) / 2
    first, last = 2 * wavelengths_nm[0] - middle[0], 2 * wavelengths_nm[-1] - middle[-1]
    return np.concatenate([[first], middle, [last]])


def band_at(wavelengths_nm: np.ndarray, wanted_nm: float) -> int:
    """Returns the index of the band that holds the wavelength `wanted_nm`.

    Raises:
      DataError: a wavelength that no band holds.
    """
    limits = edges(wavelengths_nm)
    if not limits[0] <= wanted_nm <= limits[-1]:
        raise DataError(
            f"wavelength: must lie in the cube's bands, {wavelengths_nm[0]:g}-{wavelengths_nm[-1]:g} nm. "
            f"Received: {wanted_nm:g} nm"
        )
    return int(np.abs(np.asarray(wavelengths_nm, np.float64) - wanted_nm).argmin())


def mosaic_bands(mosaic: np.ndarray, side: int) -> np.ndarray:
    """Returns the bands of a mosaic sensor's frame, [height / side, width / side, side^2], row by row of the mosaic.

    Args:
      mosaic: [height, width], whose pixel (side r + i, side c + j) is band side i + j of pixel (r, c).
      side: of the mosaic, which divides both sides of the frame.
    """
    height, width = mosaic.shape
    blocks = mosaic.reshape(height // side, side, width // side, side).transpose(0, 2, 1, 3)
    return blocks.reshape(height // side, width // side, side * side)


def bands_at(wavelengths_nm: np.ndarray, wanted_nm: np.ndarray) -> list[int]:
    """Returns the indices, ascending, of the bands that hold each of `wanted_nm` (ascending).

    Raises:
      DataError: a wavelength that no band holds, or two in one band.
    """
    found = [band_at(wavelengths_nm, float(wanted)) for wanted in wanted_nm]
    twice = [band for band in found if found.count(band) > 1]
    if twice:
        raise DataError(
            f"wavelength: must lie in different bands. Received: two in that of {wavelengths_nm[twice[0]]:g} nm"
        )
    return found


def gaussian_filters(wavelengths_nm: np.ndarray, centers_nm: np.ndarray, width_nm: float) -> np.ndarray:
    """Returns what Gaussian filters make of a spectrum's bands, float64 [filters, bands]; each row sums to 1.

    Args:
      wavelengths_nm: float [bands], ascending.
      centers_nm: float [filters].
      width_nm: of the filters at half of their height.

    Raises:
      DataError: a filter whose center no band holds.
    """
    wavelengths_nm = np.asarray(wavelengths_nm, np.float64)
    for center in centers_nm:
        band_at(wavelengths_nm, center)
    deviation = width_nm / (2 * np.sqrt(2 * np.log(2)))
    distance = (np.asarray(centers_nm, np.float64)[:, None] - wavelengths_nm) / deviation
    weights = np.exp(-0.5 * distance**2) * np.diff(edges(wavelengths_nm))
    return weights / weights.sum(axis=1, keepdims=True)


def parse_grid(text: str, flag: str) -> np.ndarray:
    """Returns float32 [bands] of "START:STOP:STEP" (stop included) or "W1,W2,...", nm, ascending.

    Args:
      text: what the user wrote.
      flag: its name, for error messages.

    Raises:
      DataError: something else; names the flag.
    """
    try:
        if ":" in text:
            start, stop, step = (float(part) for part in text.split(":"))
            if not (step > 0 and stop > start and math.isclose((stop - start) % step, 0, abs_tol=1e-6)):
                raise ValueError("stop must exceed start by a whole number of steps")
            grid = start + step * np.arange(round((stop - start) / step) + 1)
        else:
            grid = np.array([float(part) for part in text.split(",")])
        if not (np.isfinite(grid).all() and (grid > 0).all() and (np.diff(grid) > 0).all()):
            raise ValueError("wavelengths must be positive and ascend")
    except ValueError as error:
        raise DataError(f"{flag}: must be START:STOP:STEP or W1,W2,... in nm: {error}. Received: {text!r}") from error
    return grid.astype(np.float32)
