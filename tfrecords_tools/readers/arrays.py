"""Cubes in plain files: NumPy's `.npz`, MATLAB's `.mat`, multi-band TIFF; the wavelengths are given, or in the file.

Axes: [height, width, bands]; of `.npz` and TIFF the bands may come first instead (a TIFF's pages).
"""

import abc
import zipfile

import numpy as np
import tifffile

from hsgan.errors import DataError
from hsgan.files import matlab
from tfrecords_tools.readers import counts
from tfrecords_tools.readers.cubes import CubeFiles

_WAVELENGTHS = "wavelengths_nm"


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
        with self._loaded(path) as file:
            return np.asarray(file[_WAVELENGTHS], np.float32).ravel() if _WAVELENGTHS in file else None

    def array(self, path):
        """Returns the cube."""
        with self._loaded(path) as file:
            arrays = {name: file[name] for name in ([self._variable] if self._variable in file else file.files)}
            name = self._only(path, {name: array.shape for name, array in arrays.items()})
            if name not in arrays:
                raise DataError(f"{path}: no variable {name!r}; present: {', '.join(file.files)}")
            return self._bands_last(arrays[name])

    def _loaded(self, path):
        try:
            return _Errors(path, np.load(path))
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(f"{path}: must be a NumPy .npz file ({error})") from error


class _Errors:
    """An open `.npz` whose damage, found while its arrays are read, names the file."""

    def __init__(self, path, file):
        self._path, self._file = path, file

    def __enter__(self):
        return self._file

    def __exit__(self, kind, error, traceback):
        self._file.close()
        if isinstance(error, OSError | ValueError | EOFError | zipfile.BadZipFile):
            raise DataError(f"{self._path}: truncated or damaged .npz file ({error})") from error


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
        try:
            return self._bands_last(tifffile.imread(path))
        except (OSError, ValueError, RuntimeError, tifffile.TiffFileError) as error:
            reason = " ".join(str(error).split())
            raise DataError(f"{path}: must be a TIFF file, whole ({reason})") from error
