"""Cubes of the user's own, in any format of files that `hsgan.files.readers` reads, all for training.

What a file does not say the user does: `wavelengths`, `variable`, `white_level`. Wavelengths are those of the first
file, and all others must have them.
"""

from pathlib import Path

import numpy as np

from hsgan.errors import DataError
from hsgan.files.formats import envi, matlab, netcdf, npy, npz, tiff
from hsgan.files.readers import read_stored
from hsgan.files.stored import Choice, Stored
from hsgan.records.schema import CubeRecord
from tfrecords_tools.readers import counts
from tfrecords_tools.readers.cubes import CubeFiles

_TOLERANCE_NM = 0.01


class OwnCubes(CubeFiles):
    """Base of the readers: a reader states `source`, `suffixes` and `what`.

    Args:
      folder: of the files, and of folders of them.
      wavelengths: float [bands], nm, of files that do not state them.
      variable: name of the cube in a file; "" takes the only array that it can be.
      white_level: the value that stands for 1; None takes what the file says, and 1 for floats.
      size: that all must have; None takes any.

    Raises:
      DataError: as `CubeFiles`; no wavelengths.
    """

    suffixes: tuple[str, ...] = ()
    note = "The user's own files."

    def __init__(self, folder, wavelengths=None, variable="", white_level=None, size=None):
        super().__init__(folder, size)
        self.white_level = white_level
        self._choice = Choice(wavelengths, variable)
        self._first = next(iter(self._paths.values()))
        found = read_stored(self._first, self._choice, lambda stored: stored.wavelengths_nm)
        self.wavelengths_nm = np.sort(found).astype(np.float32)

    def find(self):
        """Yields (path, split)."""
        for path in sorted(self.folder.rglob("*")):
            if path.suffix.lower() in self.suffixes:
                yield path, "train"

    def read(self, scene: str) -> CubeRecord:
        """Returns the record of a scene.

        Raises:
          DataError: a damaged file, no such variable, other bands than the first scene's, another size, values that are
            NaN or negative or beyond `white_level`.
        """
        path = self._paths[scene]
        return read_stored(path, self._choice, lambda stored: self._record_of(scene, path, stored))

    def _record_of(self, scene, path, stored: Stored):
        order = np.argsort(stored.wavelengths_nm)
        self._check_bands(path, stored.wavelengths_nm[order])
        counts.check_axes(stored.values.shape, self.size, len(order), path)
        view = stored.values if (order == np.arange(len(order))).all() else stored.values[..., order]
        white_level = self._white_level(path, stored)
        if np.ndim(white_level) or np.any(stored.dark):  # one a band: no longer the file's own numbers
            dark, white_level = (np.broadcast_to(value, order.shape)[order] for value in (stored.dark, white_level))
            view, white_level = ((view - dark) / white_level).astype(np.float32), 1.0
        values, scale = counts.quantize(view, white_level, path, self.wavelengths_nm)
        counts.check_white_level(values, scale, white_level, path)
        return counts.record(values, scale, self.wavelengths_nm, scene, self.source)

    def _check_bands(self, path: Path, found):
        own = self.wavelengths_nm
        if found.shape != own.shape or not np.allclose(found, own, rtol=0, atol=_TOLERANCE_NM):
            raise DataError(
                f"{path}: must have the bands of {self._first}, {len(own)} of {own[0]:g}-{own[-1]:g} nm. "
                f"Received: {len(found)} of {found[0]:g}-{found[-1]:g} nm"
            )

    def _white_level(self, path, stored):
        if self.white_level is not None:
            return self.white_level
        if stored.white_level is None and stored.values.dtype.kind in "ui":
            raise DataError(f"{path}: holds whole numbers; --white_level=N says which stands for 1")
        return 1.0 if stored.white_level is None else stored.white_level


class EnviReader(OwnCubes):
    """Reads `*.hdr` and their data files."""

    source, suffixes = "envi", envi.SUFFIXES[-1:]
    what = "a folder of ENVI headers (.hdr) and their data files"

    def files(self, scene):
        """Returns header and data file."""
        return [self._paths[scene], *sorted(self._paths[scene].parent.glob(f"{scene}.*"))]


class NpzReader(OwnCubes):
    """Reads `.npz`: `cube` and `wavelengths_nm`, as this package writes them, or other names."""

    source, suffixes = "npz", npz.SUFFIXES
    what = "a folder of .npz files"


class NpyReader(OwnCubes):
    """Reads `.npy`."""

    source, suffixes = "npy", npy.SUFFIXES
    what = "a folder of .npy files"


class MatReader(OwnCubes):
    """Reads `.mat` of any version, axes as in MATLAB."""

    source, suffixes = "mat", matlab.SUFFIXES
    what = "a folder of .mat files"


class TiffReader(OwnCubes):
    """Reads `.tif` and `.tiff`: one page a band, or bands as samples of the pixels."""

    source, suffixes = "tiff", (*tiff.SUFFIXES, ".tiff")
    what = "a folder of multi-band .tif files"


class NetcdfReader(OwnCubes):
    """Reads NetCDF of version 3 and 4."""

    source, suffixes = "netcdf", netcdf.SUFFIXES
    what = "a folder of NetCDF files (.nc)"
