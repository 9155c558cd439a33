"""MATLAB version 7.3: `cube` (single, [height, width, bands]) and `bands` (wavelengths in nm, [1, bands]).

Beside them `units`, `metadata` (JSON, for `jsondecode`), `srf` [3, bands] if there is one, and of whole numbers
`white`, the one that stands for radiance 1. Such a file is HDF5 behind a block of 512 bytes in which MATLAB looks for
its own text, and every variable names its class. MATLAB's arrays are in column order, HDF5's in row order: the axes are
stored in reverse. Others' files of any version are read, too.
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from hsgan.files import hdf5, matlab
from hsgan.files.header import UNITS, CubeHeader
from hsgan.files.raw_array import RawArray, mapped
from hsgan.files.stored import Choice, Stored, in_nm, name_of_cube, name_of_wavelengths

SUFFIXES = (".mat",)
HOLDS = {"float32": ("single", h5py.h5t.IEEE_F32LE), "uint16": ("uint16", h5py.h5t.STD_U16LE)}  # MATLAB's class, HDF5's
_USER_BLOCK = 512
_SUBSYSTEM_OFFSET = 116  # what is before it in the user block is text
_ENOUGH = 1 << 20  # bytes, for what is written after the cube


class Writer:
    """Lays the file out with the cube's room in it, and writes what is small at the end."""

    def __init__(self, paths: Sequence[Path], header: CubeHeader):
        (self.path,) = paths
        height, width, bands = header.shape
        with h5py.File(self.path, "w", userblock_size=_USER_BLOCK) as file:
            layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            layout.set_layout(h5py.h5d.CONTIGUOUS)
            layout.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            layout.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
            space = h5py.h5s.create_simple((bands, width, height))
            name, kind = HOLDS[header.dtype]
            made = h5py.h5d.create(file.id, b"cube", kind, space, layout)
            h5py.Dataset(made).attrs["MATLAB_class"] = np.bytes_(name)
            offset = made.get_offset()
        with open(self.path, "r+b") as file:
            file.write(_user_block())
        self.array = RawArray(self.path, offset, (bands, width, height), header.stored.numpy, _ENOUGH)

    def put(self, place: tuple[slice, slice], block: np.ndarray) -> None:
        rows, columns = place
        # Band by band: a column of a block is a page of the file or two, and all bands' would be many.
        for band in range(block.shape[2]):
            self.array.put((band, columns, rows), block[..., band].T)

    def finish(self, header: CubeHeader) -> None:
        with h5py.File(self.path, "r+") as file:
            white_level = header.stored.white_level
            small = {"bands": header.wavelengths_nm[None], "srf": header.srf}
            small["white"] = None if white_level == 1 else np.array([[white_level]])
            for name, values in ((name, values) for name, values in small.items() if values is not None):
                variable = file.create_dataset(name, data=values.T.astype(np.float64))
                variable.attrs["MATLAB_class"] = np.bytes_("double")
            for name, text in (("units", UNITS), ("metadata", json.dumps(header.facts))):
                codes = np.frombuffer(text.encode("utf-16-le"), "<u2")
                variable = file.create_dataset(name, data=codes[:, None])
                variable.attrs["MATLAB_class"] = np.bytes_("char")
                variable.attrs["MATLAB_int_decode"] = np.int32(2)


def targets(path: Path) -> list[Path]:
    """Returns the one file."""
    return [path]


def read(path: Path, choice: Choice) -> Stored:
    """Reads such a file, or any other of MATLAB's; the cube stays in a file of version 7.3, if it is neither compressed
    nor in chunks there.
    """
    shapes = matlab.variables(path)
    name = name_of_cube(path, shapes, choice.variable)
    grid = name_of_wavelengths(shapes, name)
    wavelengths_nm = None if grid is None else in_nm(path, matlab.read(path, grid))
    bands = 1 if wavelengths_nm is None else wavelengths_nm.size
    srf = matlab.read(path, "srf") if shapes.get("srf") == (3, bands) else None
    values: np.ndarray | None = None
    facts, white_level = {}, None
    with matlab.opened(path) as file:
        if file is not None:
            about, units = (_text(file, name) if name in shapes else "" for name in ("metadata", "units"))
            facts, white_level = json.loads(about or "{}"), 1.0 if units == UNITS else None
            if units == UNITS and shapes.get("white") == (1, 1):
                white_level = hdf5.read(hdf5.dataset(file, "white"), np.float64).item()
            found = hdf5.dataset(file, name)
            if found.id.get_offset() is not None and not found.chunks:
                values = mapped(path, found.dtype, found.id.get_offset(), found.shape).T
    values = matlab.read(path, name) if values is None else values
    return Stored(values, wavelengths_nm, srf, facts, white_level)


def _text(file, name):
    """Returns a text that MATLAB keeps as whole numbers of 16 bits; "" for another variable."""
    if file[name].dtype != np.uint16:
        return ""
    return hdf5.read(hdf5.dataset(file, name), "<u2", most=_ENOUGH).tobytes().decode("utf-16-le")


def _user_block():
    made = time.strftime("%a %b %d %H:%M:%S %Y")
    text = f"MATLAB 7.3 MAT-file, Platform: hsgan, Created on: {made} HDF5 schema 1.00 .".encode()
    # Eight zeros: no subsystem data. Then the version 0x0200, and the letters that tell the byte order.
    return text.ljust(_SUBSYSTEM_OFFSET) + bytes(8) + b"\x00\x02IM" + bytes(_USER_BLOCK - _SUBSYSTEM_OFFSET - 12)
