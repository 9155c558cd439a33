"""NPZ: `cube`, `wavelengths_nm`, `srf` (float32) and `metadata` (JSON text). Not compressed; needs no pickle."""

import json
import zipfile

import numpy as np
from numpy.lib import format as npy

from hsgan.errors import DataError
from hsgan.files.raw_array import DTYPE, RawArray, mapped

SUFFIXES = (".npz",)
_LOCAL_HEADER = 30  # bytes, before a member's name


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
            archive.write(self.array_path, "cube.npy")
            for name, values in small.items():
                with archive.open(f"{name}.npy", "w") as member:
                    npy.write_array(member, values, allow_pickle=False)
        self.array_path.unlink()


def read(path):
    """Reads such a file; the cube stays in the file where it is not compressed."""
    try:
        with open(path, "rb") as opened, np.load(opened) as file:
            missing = {"cube", "wavelengths_nm", "srf"} - set(file.files)
            if missing:
                raise DataError(f"{path}: holds no {', '.join(sorted(missing))}; is not a cube of hsgan.reconstruct")
            wavelengths_nm, srf = file["wavelengths_nm"], file["srf"]
            facts = json.loads(str(file["metadata"])) if "metadata" in file.files else {}
        cube = _mapped_member(path)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: is damaged or no .npz file ({' '.join(str(error).split())})") from error
    return cube, wavelengths_nm, srf, facts


def _mapped_member(path, name="cube.npy"):
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(name)
        if info.compress_type != zipfile.ZIP_STORED:
            with archive.open(name) as member:
                return npy.read_array(member, allow_pickle=False)
    with open(path, "rb") as file:
        file.seek(info.header_offset + _LOCAL_HEADER - 4)
        lengths = np.frombuffer(file.read(4), "<u2")
        file.seek(int(lengths.sum()), 1)
        version = npy.read_magic(file)
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read_header(file)
        if fortran:
            return mapped(path, dtype, file.tell(), shape[::-1]).T
        return mapped(path, dtype, file.tell(), shape)
