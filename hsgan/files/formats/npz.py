"""NPZ: `cube`, `wavelengths_nm`, `srf` (float32) and `metadata` (JSON text). Not compressed; needs no pickle."""

import json
import shutil
import zipfile

import numpy as np
from numpy.lib import format as npy

from hsgan.disk import arrays
from hsgan.errors import DataError
from hsgan.files.raw_array import DTYPE, RawArray, mapped

SUFFIXES = (".npz",)
_COPY_BYTES = 1 << 20
_SMALL_BYTES = 1 << 24  # of all that is not the cube


class Writer:
    """Writes the cube as an .npy file, and packs it at the end (a ZIP member begins with its checksum)."""

    def __init__(self, paths, header):
        (self.path,) = paths
        self.array_path = self.path.with_name("cube.npy")
        with open(self.array_path, "wb") as file:
            npy.write_array_header_1_0(file, {"descr": DTYPE.str, "fortran_order": False, "shape": header.shape})
            offset = file.tell()
        self.array = RawArray(self.array_path, offset, header.shape)

    def put(self, place, block):
        self.array.put(place, block)

    def finish(self, header):
        small = {
            "wavelengths_nm": header.wavelengths_nm,
            "srf": header.srf,
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


def targets(path):
    """Returns the one file."""
    return [path]


def read(path):
    """Reads such a file; the cube stays in the file where it is not compressed."""
    headers = arrays.npz_headers(path)
    missing = {"cube", "wavelengths_nm", "srf"} - set(headers)
    if missing:
        raise DataError(f"{path}: holds no {', '.join(sorted(missing))}; is not a cube of hsgan.reconstruct")
    small = arrays.read_npz(path, ("wavelengths_nm", "srf", "metadata"), most=_SMALL_BYTES)
    facts = json.loads(str(small["metadata"])) if "metadata" in small else {}
    header = headers["cube"]
    if header.offset is None:
        cube = arrays.read_npz(path, ("cube",))["cube"]
    elif header.fortran:
        cube = mapped(path, header.dtype, header.offset, header.shape[::-1]).T
    else:
        cube = mapped(path, header.dtype, header.offset, header.shape)
    return cube, small["wavelengths_nm"], small["srf"], facts
