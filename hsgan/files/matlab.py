"""MATLAB files: up to version 7 by SciPy, version 7.3 (HDF5, axes stored in reverse) by h5py; axes as in MATLAB."""

import contextlib
import struct
import zlib

import h5py
import numpy as np
import scipy.io

from hsgan.errors import DataError
from hsgan.files import hdf5

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_USER_BLOCK = 512
# What SciPy's and h5py's readers raise on damaged files; both raise bare Exception nowhere. NotImplementedError:
# SciPy's for a file whose header says version 7.3 where HDF5's signature is damaged or cut off.
_DAMAGE = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    struct.error,
    zlib.error,
    scipy.io.matlab.MatReadError,
)


def shape_of(path, name):
    """Returns the shape of a variable, read from the file's headers alone.

    Raises:
      DataError: no MATLAB file, a damaged one, no such variable (lists those present).
    """
    with _errors(path):
        if _is_hdf5(path):
            with h5py.File(path, "r") as file:
                return tuple(reversed(_dataset(file, path, name).shape))
        shapes = {variable: shape for variable, shape, _ in scipy.io.whosmat(path, appendmat=False)}
        _present(path, name, shapes)
        return tuple(shapes[name])


def variables(path):
    """Returns {name: shape} of the numeric variables of a MATLAB file.

    Raises:
      DataError: no MATLAB file, or a damaged one.
    """
    with _errors(path):
        if _is_hdf5(path):
            with h5py.File(path, "r") as file:
                return {
                    name: tuple(reversed(item.shape)) for name, item in file.items() if isinstance(item, h5py.Dataset)
                }
        return {name: tuple(shape) for name, shape, _ in scipy.io.whosmat(path, appendmat=False)}


def read(path, name):
    """Returns a variable as an array in MATLAB's axis order; large ones of version 7.3 as float32 or uint16 at most.

    Raises:
      DataError: no MATLAB file, a damaged one, no such variable (lists those present), one that is not numeric.
    """
    with _errors(path):
        if _is_hdf5(path):
            with h5py.File(path, "r") as file:
                return _read_hdf5(_dataset(file, path, name)).T
        found = scipy.io.loadmat(path, variable_names=[name], appendmat=False)
        _present(path, name, found)
        values = found[name]
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiub":
        raise DataError(f"{path}: variable {name!r} must be an array of numbers. Received: {type(values).__name__}")
    return values


def _read_hdf5(dataset):
    small = dataset.dtype.kind == "u" and dataset.dtype.itemsize <= 2
    return hdf5.read(dataset, dataset.dtype if small else np.float32)


def _dataset(file, path, name):
    _present(path, name, [key for key in file if key != "#refs#"])
    if not isinstance(file[name], h5py.Dataset) or file[name].dtype.kind not in "fiub":
        raise DataError(f"{path}: variable {name!r} must be an array of numbers. Received: {file[name]}")
    return file[name]


def _present(path, name, names):
    if name not in names:
        there = ", ".join(sorted(key for key in names if not key.startswith("__"))) or "none"
        raise DataError(f"{path}: no variable {name!r}; present: {there}")


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


@contextlib.contextmanager
def _errors(path):
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except _DAMAGE as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: truncated or damaged MATLAB file ({type(error).__name__}: {reason})") from error
