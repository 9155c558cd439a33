"""MATLAB version 7.3: `cube` (single, [height, width, bands]) and `bands` (wavelengths in nm, [1, bands]).

Beside them `srf` [3, bands], `units` and `metadata` (JSON, for `jsondecode`). Such a file is HDF5 behind a block of 512
bytes in which MATLAB looks for its own text, and every variable names its class. MATLAB's arrays are in column order,
HDF5's in row order: the axes are stored in reverse.
"""

import json
import time

import h5py
import numpy as np

from hsgan.errors import DataError
from hsgan.files import hdf5
from hsgan.files.header import UNITS
from hsgan.files.raw_array import RawArray, mapped

SUFFIXES = (".mat",)
_USER_BLOCK = 512
_SUBSYSTEM_OFFSET = 116  # what is before it in the user block is text
_ENOUGH = 1 << 20  # bytes, for what is written after the cube


class Writer:
    """Lays the file out with the cube's room in it, and writes what is small at the end."""

    def __init__(self, paths, header):
        (self.path,) = paths
        height, width, bands = header.shape
        with h5py.File(self.path, "w", userblock_size=_USER_BLOCK) as file:
            layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            layout.set_layout(h5py.h5d.CONTIGUOUS)
            layout.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            layout.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
            space = h5py.h5s.create_simple((bands, width, height))
            made = h5py.h5d.create(file.id, b"cube", h5py.h5t.IEEE_F32LE, space, layout)
            h5py.Dataset(made).attrs["MATLAB_class"] = np.bytes_("single")
            offset = made.get_offset()
        with open(self.path, "r+b") as file:
            file.write(_user_block())
        self.array = RawArray(self.path, offset, (bands, width, height), _ENOUGH)

    def put(self, place, block):
        rows, columns = place
        # Band by band: a column of a block is a page of the file or two, and all bands' would be many.
        for band in range(block.shape[2]):
            self.array.put((band, columns, rows), block[..., band].T)

    def finish(self, header):
        with h5py.File(self.path, "r+") as file:
            for name, values in (("bands", header.wavelengths_nm[None]), ("srf", header.srf)):
                variable = file.create_dataset(name, data=values.T.astype(np.float64))
                variable.attrs["MATLAB_class"] = np.bytes_("double")
            for name, text in (("units", UNITS), ("metadata", json.dumps(header.facts))):
                codes = np.frombuffer(text.encode("utf-16-le"), "<u2")
                variable = file.create_dataset(name, data=codes[:, None])
                variable.attrs["MATLAB_class"] = np.bytes_("char")
                variable.attrs["MATLAB_int_decode"] = np.int32(2)


def targets(path):
    """Returns the one file."""
    return [path]


def read(path):
    """Reads such a file; the cube stays in the file where it is neither compressed nor in chunks."""
    with h5py.File(path, "r") as file:
        missing = {"cube", "bands", "srf"} - set(file)
        if missing:
            raise DataError(f"{path}: holds no {', '.join(sorted(missing))}; is not a cube of hsgan.reconstruct")
        small = {
            name: hdf5.read(found := hdf5.dataset(file, name), found.dtype, most=_ENOUGH)
            for name in ("bands", "srf", "metadata")
            if name in file
        }
        wavelengths_nm, srf = small["bands"][:, 0].astype(np.float32), small["srf"].T.astype(np.float32)
        facts = json.loads(small["metadata"].astype("<u2").tobytes().decode("utf-16-le")) if "metadata" in small else {}
        cube = hdf5.dataset(file, "cube")
        offset, shape, dtype = cube.id.get_offset(), cube.shape, cube.dtype
        if offset is None or cube.chunks:
            return hdf5.read(cube, dtype).T, wavelengths_nm, srf, facts
    return mapped(path, dtype, offset, shape).T, wavelengths_nm, srf, facts


def _user_block():
    made = time.strftime("%a %b %d %H:%M:%S %Y")
    text = f"MATLAB 7.3 MAT-file, Platform: hsgan, Created on: {made} HDF5 schema 1.00 .".encode()
    # Eight zeros: no subsystem data. Then the version 0x0200, and the letters that tell the byte order.
    return text.ljust(_SUBSYSTEM_OFFSET) + bytes(8) + b"\x00\x02IM" + bytes(_USER_BLOCK - _SUBSYSTEM_OFFSET - 12)
