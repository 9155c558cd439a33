"""Wavelength grids: cubes resampled from one to another."""

import dataclasses

import numpy as np

from hsgan import config as config_lib
from hsgan.errors import DataError

_TOLERANCE_NM = 0.01
_BLOCK = 1 << 21


def configured():
    """Returns the grid of the default configuration, float32 [bands], nm."""
    return config_lib.wavelengths_nm(config_lib.default_config())


def same(a, b):
    """Whether two grids are equal to 0.01 nm."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=0, atol=_TOLERANCE_NM))


def check_within(found, wanted, where):
    """Raises `DataError` unless the grid `wanted` lies within `found`: nothing is extrapolated."""
    low, high = float(np.min(found)) - _TOLERANCE_NM, float(np.max(found)) + _TOLERANCE_NM
    if np.min(wanted) < low or np.max(wanted) > high:
        inside = [value for value in np.asarray(wanted, np.float64) if low <= value <= high]
        hint = f"; --grid={inside[0]:g}:{inside[-1]:g}:{np.diff(inside)[0]:g} lies within" if len(inside) > 1 else ""
        raise DataError(
            f"{where}: its bands span {np.min(found):g}-{np.max(found):g} nm and are not extrapolated{hint} (set "
            f"config.wavelengths alike). Received: a grid of {np.min(wanted):g}-{np.max(wanted):g} nm"
        )


def resample(record, wavelengths_nm):
    """Returns a `CubeRecord` on another grid, by linear interpolation over the bands; within their range only.

    Bands that the record has are taken over exactly.

    Raises:
      DataError: a grid beyond the record's.
    """
    found, wanted = np.asarray(record.wavelengths_nm, np.float64), np.asarray(wavelengths_nm, np.float64)
    if same(found, wanted):
        return dataclasses.replace(record, wavelengths_nm=np.asarray(wavelengths_nm, np.float32))
    check_within(found, wanted, f"scene {record.scene}")
    upper = np.clip(np.searchsorted(found, wanted), 1, len(found) - 1)
    share = np.clip((wanted - found[upper - 1]) / (found[upper] - found[upper - 1]), 0, 1).astype(np.float32)
    share[np.abs(share) < 1e-4] = 0
    share[np.abs(share - 1) < 1e-4] = 1
    height, width, _ = record.values.shape
    values = np.empty((height, width, len(wanted)), np.uint16)
    whole = bool(np.isin(share, (0, 1)).all())
    # Interpolated counts lie within the old ones: stretched to the full range, they keep their last bit.
    gain = 1.0 if whole else 65535 / max(int(record.values.max()), 1)
    step = max(1, _BLOCK // (width * len(wanted)))
    for start in range(0, height, step):
        block = record.values[start : start + step]
        mixed = (1 - share) * block[..., upper - 1] + share * block[..., upper]
        values[start : start + step] = np.minimum(np.rint(mixed * gain), 65535)
    grid = np.asarray(wavelengths_nm, np.float32)
    return dataclasses.replace(record, values=values, scale=record.scale / gain, wavelengths_nm=grid)
