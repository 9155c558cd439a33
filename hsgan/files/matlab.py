"""MATLAB files: up to version 7 (`hsgan.files.mat5`), and 7.3 (HDF5, axes stored in reverse); axes as in MATLAB."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.files import hdf5, mat5

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_USER_BLOCK = 512


def shape_of(path: str | Path, name: str) -> tuple:
    """Returns the shape of a variable, read from the file's headers alone.

    Raises:
      DataError: no MATLAB file, a damaged one, no such variable (lists those present).
    """
    with opened(path) as file:
        if file is not None:
            return tuple(reversed(_dataset(file, path, name).shape))
        return tuple(_variable(path, name).shape)


def variables(path: str | Path) -> dict[str, tuple]:
    """Returns {name: shape} of the variables of a MATLAB file that have one.

    Raises:
      DataError: no MATLAB file, or a damaged one.
    """
    with opened(path) as file:
        if file is None:
            return {variable.name: tuple(variable.shape) for variable in mat5.variables(path) if variable.name}
        links = {name: file.get(name, getlink=True) for name in file}
        here = {name: file[name] for name, link in links.items() if isinstance(link, h5py.HardLink)}
        return {name: tuple(reversed(item.shape)) for name, item in here.items() if isinstance(item, h5py.Dataset)}


def read(path: str | Path, name: str) -> np.ndarray:
    """Returns a variable as an array in MATLAB's axis order; large ones of version 7.3 as float32 or uint16 at most.

    Raises:
      DataError: no MATLAB file, a damaged one, no such variable (lists those present), one that is not numeric.
    """
    with opened(path) as file:
        if file is not None:
            dataset = _dataset(file, path, name)
            small = dataset.dtype.kind == "u" and dataset.dtype.itemsize <= 2
            return hdf5.read(dataset, dataset.dtype if small else np.float32).T
        variable = _variable(path, name)
        if not variable.numeric:
            raise DataError(f"{path}: variable {name!r} must be an array of real numbers")
        return mat5.read(path, variable)


def _variable(path, name):
    found = {variable.name: variable for variable in mat5.variables(path)}
    _present(path, name, found)
    return found[name]


def _dataset(file, path, name):
    _present(path, name, [key for key in file if key != "#refs#"])
    return hdf5.dataset(file, name)


def _present(path, name, names):
    if name not in names:
        there = ", ".join(sorted(key for key in names if key)) or "none"
        raise DataError(f"{path}: no variable {name!r}; present: {there}")


@contextmanager
def opened(path: str | Path) -> Iterator[h5py.File | None]:
    """Gives the open file of version 7.3, or None for an older one; what goes wrong inside is a `DataError`."""
    with guard.reading(path, "a MATLAB file"):
        if not _is_hdf5(path):
            yield None
            return
        with h5py.File(path, "r") as file:
            yield file


def _is_hdf5(path):
    with open(path, "rb") as file:
        head = file.read(_USER_BLOCK + 8)
    if head.startswith(_HDF5_SIGNATURE) or head[_USER_BLOCK:] == _HDF5_SIGNATURE:
        return True
    if head.startswith(b"MATLAB 7.3") or len(head) < 128:
        raise DataError(f"{path}: truncated MATLAB file. Received: {len(head)} bytes of header")
    if not head.startswith(b"MATLAB 5.0"):
        raise DataError(f"{path}: must be a MATLAB file of version 5 or newer. Received: {head[:8]!r}...")
    return False
