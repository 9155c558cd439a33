"""NetCDF 4 (HDF5) and 3: a variable of three axes, and its wavelengths in one of their names. Only read.

The CF conventions' `scale_factor` and `add_offset` are applied. Wavelengths are in nm, or in micrometers if `units`
says so or they are small; `units` of variable length are not read (`hsgan.files.hdf5.attribute`).
"""

from pathlib import Path

import numpy as np
import scipy.io

from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.files import hdf5
from hsgan.files.raw_array import mapped
from hsgan.files.stored import Choice, Stored, in_nm, name_of_cube, name_of_wavelengths

SUFFIXES = (".nc", ".nc4", ".cdf")
_CLASSIC = b"CDF"
_CLASSIC_BYTES = 1 << 32  # of a whole file of version 3


def targets(path: Path) -> list[Path]:
    """Returns the one file."""
    return [path]


def read(path: Path, choice: Choice) -> Stored:
    """Reads such a file; the cube stays in one of version 4, if it is neither compressed nor in chunks there."""
    with open(path, "rb") as file:
        classic = file.read(len(_CLASSIC)) == _CLASSIC
    if classic:
        return _read_classic(path, choice)
    with hdf5.opened(path, "a NetCDF file") as file:
        variables = dict(_variables(file))
        name, grid = _names(path, {name: found.shape for name, found in variables.items()}, choice)
        found = variables[name]
        wavelengths_nm = None
        if grid is not None:
            wavelengths_nm = in_nm(path, hdf5.read(variables[grid], np.float64), _text(variables[grid], "units"))
        white_level, dark = _scale({key: hdf5.attribute(found, key) for key in ("scale_factor", "add_offset")})
        offset, dtype = found.id.get_offset(), found.dtype
        if offset is None or found.chunks:
            values = hdf5.read(found, dtype if dtype.kind in "iu" else np.float32)
        else:
            values = mapped(path, dtype, offset, found.shape)
    return Stored(values, wavelengths_nm, white_level=white_level, dark=dark)


def _variables(file):
    """Yields (name, data set) of the root group's arrays of numbers."""
    for name in file:
        try:
            yield name, hdf5.dataset(file, name)
        except DataError:  # a group, text, or what this package does not read
            continue


def _read_classic(path, choice):
    guard.check_bytes(path, path.stat().st_size, most=_CLASSIC_BYTES)
    with scipy.io.netcdf_file(path, mmap=False) as file:
        shapes = {name: variable.shape for name, variable in file.variables.items()}
        name, grid = _names(path, shapes, choice)
        found = file.variables[name]
        wavelengths_nm = None
        if grid is not None:
            wavelengths_nm = in_nm(path, file.variables[grid][:], _decode(getattr(file.variables[grid], "units", "")))
        white_level, dark = _scale({key: getattr(found, key, None) for key in ("scale_factor", "add_offset")})
        return Stored(found[:].copy(), wavelengths_nm, white_level=white_level, dark=dark)


def _names(path, shapes, choice):
    name = name_of_cube(path, shapes, choice.variable)
    return name, name_of_wavelengths(shapes, name)


def _scale(attributes):
    """Returns (white_level, dark) of a scale and an offset, either of which may be missing."""
    given = {key: float(np.ravel(value)[0]) for key, value in attributes.items() if value is not None}
    if not given:
        return None, 0.0
    gain = given.get("scale_factor", 1.0)
    return 1 / gain, -given.get("add_offset", 0.0) / gain


def _text(variable, name):
    text = hdf5.attribute(variable, name)
    return "" if text is None else _decode(text)


def _decode(text):
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)
