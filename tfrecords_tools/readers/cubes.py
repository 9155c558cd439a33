"""What the readers of cubes share: finding scenes, published sizes, checks before reading, counts."""

import abc

import numpy as np

from hsgan.errors import DataError
from hsgan.files import matlab
from tfrecords_tools.readers import counts, files


class CubeFiles(abc.ABC):
    """Base of the readers of data sets with one file a scene.

    A reader states `source`, `note`, `wavelengths_nm`, `size` (height, width as published; None for any), `white_level`
    (the value that stands for 1), and finds its files with `find`.

    Args:
      folder: of the data set.
      size: in place of the published one: (height, width), or "any".

    Raises:
      DataError: no such folder, no scene in it, two scenes of one name.
    """

    source = note = what = ""
    wavelengths_nm = np.arange(400, 701, 10, dtype=np.float32)
    size = None
    white_level = 1.0

    def __init__(self, folder, size=None):
        self.folder = files.existing_folder(folder, self.what)
        if size is not None:
            self.size = None if size == "any" else tuple(size)
        self._paths, self._splits = {}, {}
        for path, split in self.find():
            name = self.name(path)
            if name in self._paths:
                raise DataError(f"{path}: a second scene of this name, beside {self._paths[name]}; remove one")
            self._paths[name], self._splits[name] = path, split
        if not self._paths:
            raise DataError(f"{folder}: no scene of {self.source}; give {self.what}")

    @abc.abstractmethod
    def find(self):
        """Yields (path, split) of all scenes, in a fixed order."""

    def name(self, path):
        """Returns the name of the scene in a file."""
        return path.stem

    def scenes(self):
        """Returns (scene, split) for all scenes."""
        return list(self._splits.items())

    def files(self, scene):
        """Returns the files that a scene is read from."""
        return [self._paths[scene]]

    def record(self, scene, view):
        """Returns the `CubeRecord` of numbers [height, width, bands] as published."""
        values, scale = counts.quantize(view, self.white_level, self._paths[scene], self.wavelengths_nm)
        return counts.record(values, scale, self.wavelengths_nm, scene, self.source)


class MatlabCubes(CubeFiles):
    """Base of the readers of MATLAB files: `variable` is the cube's name, `bands` that of its wavelengths or None."""

    variable, bands = "cube", "bands"

    def read(self, scene):
        """Returns the `CubeRecord` of a scene.

        Raises:
          DataError: a truncated file, a missing variable (lists those present), transposed axes, another number of
            bands or size, other wavelengths, values that are NaN or negative.
        """
        path = self._paths[scene]
        counts.check_axes(matlab.shape_of(path, self.variable), self.size, len(self.wavelengths_nm), path)
        if self.bands:
            self._check_bands(path)
        return self.record(scene, matlab.read(path, self.variable))

    def _check_bands(self, path):
        found = matlab.read(path, self.bands).ravel()
        if found.shape != self.wavelengths_nm.shape or not np.allclose(found, self.wavelengths_nm, rtol=0, atol=0.5):
            raise DataError(
                f"{path}: {self.bands!r} must be {self.wavelengths_nm[0]:g} to {self.wavelengths_nm[-1]:g} nm, "
                f"{len(self.wavelengths_nm)} bands. Received: {found.size} values, {found.min():g} to {found.max():g}"
            )


def numbered_split(path, limits, default):
    """Returns the split of a file by the number at the end of its name.

    Args:
      path: of the file, e.g. ARAD_1K_0901.mat.
      limits: {split: last number}, ascending.
      default: split of larger numbers.
    """
    number = int(path.stem.rsplit("_", 1)[1])
    return next((split for split, last in limits.items() if number <= last), default)
