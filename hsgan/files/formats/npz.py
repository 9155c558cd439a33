"""NPZ: `cube`, `wavelengths_nm`, `srf` (float32) and `metadata` (JSON text). Not compressed; needs no pickle.

Of a cube of whole numbers `white` is the one that stands for radiance 1.

Of others' files the cube may have any name, if it is the only array of three axes, and the bands may come first.
"""

import json
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
from numpy.lib import format as npy

from hsgan.disk import arrays
from hsgan.files.header import CubeHeader
from hsgan.files.raw_array import RawArray, mapped
from hsgan.files.stored import Choice, Stored, in_nm, name_of_cube, name_of_wavelengths

SUFFIXES = (".npz",)
HOLDS = ("float32", "float16", "uint16")
_COPY_BYTES = 1 << 20
_SMALL_BYTES = 1 << 24  # of all that is not the cube


class Writer:
    """Writes the cube as an .npy file, and packs it at the end (a ZIP member begins with its checksum)."""

    def __init__(self, paths: Sequence[Path], header: CubeHeader):
        (self.path,) = paths
        self.array_path = self.path.with_name("cube.npy")
        with open(self.array_path, "wb") as file:
            npy.write_array_header_1_0(
                file, {"descr": header.stored.numpy.str, "fortran_order": False, "shape": header.shape}
            )
            offset = file.tell()
        self.array = RawArray(self.array_path, offset, header.shape, header.stored.numpy)

    def put(self, place: tuple[slice, slice], block: np.ndarray) -> None:
        self.array.put(place, block)

    def finish(self, header: CubeHeader) -> None:
        small = {
            "wavelengths_nm": header.wavelengths_nm,
            **({} if header.srf is None else {"srf": header.srf}),
            **({} if header.stored.white_level == 1 else {"white": np.array(header.stored.white_level, np.float32)}),
            "metadata": np.array(json.dumps(header.facts)),
        }
        with zipfile.ZipFile(self.path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            # Not with the file's date, which a clock may have set to before what ZIP can say.
            cube = zipfile.ZipInfo("cube.npy")
            with archive.open(cube, "w", force_zip64=True) as member, open(self.array_path, "rb") as file:
                shutil.copyfileobj(file, member, _COPY_BYTES)
            for name, values in small.items():
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as member:
                    npy.write_array(member, values, allow_pickle=False)
        self.array_path.unlink()


def targets(path: Path) -> list[Path]:
    """Returns the one file."""
    return [path]


def read(path: Path, choice: Choice) -> Stored:
    """Reads such a file, or another; a cube that is not compressed stays in it."""
    headers = arrays.npz_headers(path)
    shapes = {name: header.shape for name, header in headers.items()}
    name = name_of_cube(path, shapes, choice.variable)
    grid = name_of_wavelengths(shapes, name)
    wanted = [part for part in (grid, "srf", "metadata", "white") if part in headers]
    small = arrays.read_npz(path, tuple(wanted), most=_SMALL_BYTES) if wanted else {}
    wavelengths_nm = None if grid is None else in_nm(path, small[grid])
    facts = json.loads(str(small["metadata"])) if "metadata" in small else {}
    header, white_level = headers[name], 1.0 if "metadata" in small else None
    if "white" in small:
        white_level = float(small["white"])
    values = arrays.read_npz(path, (name,))[name] if header.offset is None else from_file(path, header)
    return Stored(values, wavelengths_nm, small.get("srf"), facts, white_level)


def from_file(path: Path, header: arrays.Array) -> np.ndarray:
    """Returns the array of a `hsgan.disk.arrays.Array` that is not compressed, mapped."""
    offset = cast(int, header.offset)
    if header.fortran:
        return mapped(path, header.dtype, offset, header.shape[::-1]).T
    return mapped(path, header.dtype, offset, header.shape)
