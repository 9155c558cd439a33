"""NTIRE's `filters` [bands, 3] and, where it is there, `bands`, in an NPZ; or a dictionary of `build_srf`."""

from pathlib import Path

import numpy as np

from hsgan.disk.arrays import read_npz
from hsgan.errors import DataError
from hsgan.files.camera_formats import Cameras

SUFFIXES = (".npz",)
_GRID_NM = np.arange(400.0, 701.0, 10.0)
_MAX_BYTES = 1 << 22  # unpacked; 28 cameras take 60 kB


def read(path: Path) -> Cameras:
    """Returns the camera, named after the file, or those of the dictionary."""
    arrays = read_npz(path, most=_MAX_BYTES)
    if {"names", "wavelengths_nm", "responses"} <= set(arrays):
        return [
            (str(name), arrays["wavelengths_nm"], curves)
            for name, curves in zip(arrays["names"], arrays["responses"], strict=True)
        ]
    if "filters" not in arrays:
        raise DataError(f"{path}: no variable 'filters'; present: {', '.join(arrays) or 'none'}")
    return from_filters(path, arrays["filters"], arrays.get("bands"))


def from_filters(path: Path, filters: np.ndarray, bands: np.ndarray | None) -> Cameras:
    """Returns the camera of NTIRE's variables.

    Args:
      path: of the file, whose name is the camera's.
      filters: [bands, 3].
      bands: their wavelengths in nm; None: 400 to 700 in steps of 10.

    Raises:
      DataError: shapes that do not belong together.
    """
    grid = _GRID_NM if bands is None else np.asarray(bands, np.float64).ravel()
    if filters.shape != (len(grid), 3):
        raise DataError(f"{path}: 'filters' must be [{len(grid)}, 3]. Received: {list(filters.shape)}")
    return [(path.stem, grid, filters.T)]
