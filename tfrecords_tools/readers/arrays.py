"""Cubes in plain files: NumPy's `.npz`, MATLAB's `.mat`, multi-band TIFF; the wavelengths are given, or in the file.

Axes: [height, width, bands]; of `.npz` and TIFF the bands may come first instead (a TIFF's pages).
"""

import abc

import numpy as np
import tifffile

from hsgan.disk import guard
from hsgan.disk.arrays import npz_headers, read_npz
from hsgan.errors import DataError
from hsgan.files import matlab
from hsgan.files.tiff import check_page
from tfrecords_tools.readers import counts
from tfrecords_tools.readers.cubes import CubeFiles

_WAVELENGTHS = "wavelengths_nm"
_MAX_BYTES = guard.MAX_BYTES


class ArrayCubes(CubeFiles):
    """Base of the three readers; all scenes train.

    Args:
      folder: of the files.
      wavelengths: float [bands], nm; None takes those of the first file.
      variable: name of the cube in a file; "" takes the only array of three axes.
      white: the value that stands for 1; None takes 1, for floats only.
      size: that all must have; None takes any.
    """

    suffixes, note = (), "The user's own files."

    def __init__(self, folder, wavelengths=None, variable="", white=None, size=None):
        super().__init__(folder, size)
        self._variable, self.white = variable, white
        first = next(iter(self._paths.values()))
        self.wavelengths_nm = self.stated(first) if wavelengths is None else np.asarray(wavelengths, np.float32)
        if self.wavelengths_nm is None:
            raise DataError(f"{first}: states no wavelengths; give --wavelengths=START:STOP:STEP")

    def find(self):
        """Yields (path, split)."""
        for path in sorted(self.folder.rglob("*")):
            if path.suffix.lower() in self.suffixes:
                yield path, "train"

    def stated(self, path):
        """Returns the wavelengths that a file states, or None."""
        return None

    @abc.abstractmethod
    def array(self, path):
        """Returns the numbers of a file, with three axes."""

    def read(self, scene):
        """Returns the `CubeRecord` of a scene.

        Raises:
          DataError: a damaged file, no such variable, another number of bands, transposed axes, values that are NaN or
            negative or beyond `white`.
        """
        path = self._paths[scene]
        view = self.array(path)
        counts.check_axes(view.shape, self.size, len(self.wavelengths_nm), path)
        if self.white is None and view.dtype.kind in "ui":
            raise DataError(f"{path}: holds whole numbers; --white=N says which stands for 1")
        white = self.white or 1.0
        values, scale = counts.quantize(view, white, path, self.wavelengths_nm)
        counts.check_white(values, scale, white, path)
        return counts.record(values, scale, self.wavelengths_nm, scene, self.source)

    def _bands_last(self, view):
        bands = len(self.wavelengths_nm)
        if view.ndim == 3 and view.shape[0] == bands and view.shape[2] != bands:
            return np.moveaxis(view, 0, 2)
        return view

    def _only(self, path, shapes):
        """Returns the name of the cube among {name: shape}."""
        if self._variable:
            return self._variable
        names = [name for name, shape in shapes.items() if len(shape) == 3]
        if len(names) != 1:
            there = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items()) or "none"
            raise DataError(f"{path}: --variable must say which array is the cube; present: {there}")
        return names[0]


class NpzReader(ArrayCubes):
    """Reads `.npz` (`cube` and `wavelengths_nm`, as this package writes them, or other names)."""

    source, suffixes = "npz", (".npz",)
    what = "a folder of .npz files"

    def stated(self, path):
        """Returns `wavelengths_nm`, or None."""
        found = read_npz(path, (_WAVELENGTHS,)).get(_WAVELENGTHS)
        return None if found is None else np.asarray(found, np.float32).ravel()

    def array(self, path):
        """Returns the cube."""
        with guard.reading(path, "a NumPy .npz file"):
            headers = npz_headers(path)
        name = self._only(path, {name: header.shape for name, header in headers.items()})
        if name not in headers:
            raise DataError(f"{path}: no variable {name!r}; present: {', '.join(headers)}")
        return self._bands_last(read_npz(path, (name,))[name])


class MatReader(ArrayCubes):
    """Reads `.mat` of any version, axes as in MATLAB."""

    source, suffixes = "mat", (".mat",)
    what = "a folder of .mat files"

    def array(self, path):
        """Returns the cube."""
        return matlab.read(path, self._variable or self._only(path, matlab.variables(path)))


class TiffReader(ArrayCubes):
    """Reads `.tif` and `.tiff`: one page a band, or bands as samples of the pixels."""

    source, suffixes = "tiff", (".tif", ".tiff")
    what = "a folder of multi-band .tif files"

    def array(self, path):
        """Returns the cube."""
        with guard.reading(path, "a TIFF file"), tifffile.TiffFile(path) as file:
            for page in file.series[0].pages:
                if page is None:
                    raise DataError(f"{path}: a page is missing")
                check_page(path, page.aspage(), _MAX_BYTES)
            guard.check_bytes(path, file.series[0].nbytes, most=_MAX_BYTES)
            return self._bands_last(file.series[0].asarray(maxworkers=1))
