"""NumPy's `.npz` and `.npy`: the headers first, then arrays of plain numbers or text; never a pickle.

A member is refused by its header before anything is allocated: objects (bytes of the file would become pointers),
structures, and sizes that the file cannot hold.
"""

import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from hsgan.disk import guard, whole
from hsgan.errors import DataError, HsganError

_LOCAL_HEADER = 30  # bytes, before a member's name
_KINDS = "biufU"  # truth values, numbers, text
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


@dataclass(frozen=True)
class Array:
    """What the header of an array says.

    Attributes:
      shape: its sides.
      dtype: of its values.
      fortran: whether the first axis runs fastest.
      offset: of the values in the file; None where they are compressed.
    """

    shape: tuple
    dtype: np.dtype
    fortran: bool
    offset: int | None

    @property
    def bytes(self) -> int:
        """Size of the values."""
        return self.dtype.itemsize * int(np.prod(self.shape, dtype=object))


def read_npz(path: str | Path, names: tuple = (), what: str = "a NumPy .npz file", most: int = guard.MAX_BYTES,
             error: type[HsganError] = DataError) -> dict[str, np.ndarray]:  # fmt: skip
    """Returns {name: array} of an .npz file.

    Args:
      path: the file.
      names: of the arrays to read; () reads all. One that is not there is left out.
      what: the kind of file, for error messages.
      most: bytes of all arrays together at most.
      error: the class of the error.

    Raises:
      HsganError: of the class `error`: no such file, a damaged one, other arrays than of numbers or text, too large.
    """
    with guard.reading(path, what, error):
        headers = npz_headers(path)
        wanted = {name: headers[name] for name in names or headers if name in headers}
        guard.check_bytes(path, sum(header.bytes for header in wanted.values()), most=most)
        with zipfile.ZipFile(path) as archive:
            found = {}
            for name in wanted:
                with archive.open(f"{name}.npy") as member:
                    found[name] = npy.read_array(member, allow_pickle=False)
                    if member.read(1):
                        raise ValueError(f"bytes behind the values of {name!r}")
            return found


def write_npz(path: str | Path, arrays: Mapping[str, Any]) -> None:
    """Writes {name: array} as an .npz file, not compressed; equal arrays give equal bytes, at any time of any clock.

    Raises:
      OSError: as `hsgan.disk.whole.write_file`.
    """

    def write(part):
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for name, values in arrays.items():
                # The date is ZipInfo's own, 1980: NumPy's is the clock's, which may be before what ZIP can say.
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                    npy.write_array(member, np.asanyarray(values), allow_pickle=False)

    whole.write_file(path, write)


def npz_headers(path: str | Path) -> dict[str, Array]:
    """Returns {name: `Array`} of an .npz file, reading no values.

    Raises:
      DataError: arrays of other than numbers or text, or larger than what holds them.
      OSError, ValueError, zipfile.BadZipFile and others: a damaged file.
    """
    found = {}
    with zipfile.ZipFile(path) as archive, open(path, "rb") as file:
        for info in archive.infolist():
            if not info.filename.endswith(".npy"):
                raise DataError(f"{path}: must hold NumPy's arrays alone. Received: {info.filename!r}")
            with archive.open(info) as member:
                header, length = _header(member, f"{path}: {info.filename}")
            if length + header.bytes > info.file_size:
                raise DataError(f"{path}: {info.filename} is truncated: {info.file_size} bytes for {header.shape}")
            guard.check_bytes(path, header.bytes, info.compress_size, most=1 << 62)
            offset = None
            if info.compress_type == zipfile.ZIP_STORED:
                file.seek(info.header_offset + _LOCAL_HEADER - 4)
                lengths = np.frombuffer(file.read(4), "<u2")
                offset = info.header_offset + _LOCAL_HEADER + int(lengths.sum()) + length
            found[info.filename.removesuffix(".npy")] = Array(header.shape, header.dtype, header.fortran, offset)
    return found


def npy_header(path: str | Path) -> Array:
    """Returns the `Array` of an .npy file, reading no values; raises as `npz_headers`."""
    with open(path, "rb") as file:
        header, length = _header(file, path)
    if length + header.bytes > os.path.getsize(path):
        raise DataError(f"{path}: is truncated: {os.path.getsize(path)} bytes for {header.shape}")
    return Array(header.shape, header.dtype, header.fortran, length)


def _header(file: IO[bytes], where):
    """Returns (`Array` without an offset, length of the header)."""
    version = npy.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"version {version} of the .npy format")
    shape, fortran, dtype = _HEADERS[version](file)
    if dtype.kind not in _KINDS or min(shape, default=0) < 0:
        raise DataError(f"{where}: must be an array of numbers or text. Received: {dtype} {shape}")
    return Array(tuple(shape), dtype, fortran, None), file.tell()
