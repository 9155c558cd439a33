"""Finding bands on a wavelength grid."""

import numpy as np

from hsgan.errors import DataError


def edges(wavelengths_nm):
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


def band_at(wavelengths_nm, wanted_nm):
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
