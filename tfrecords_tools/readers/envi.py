"""ENVI cubes: any `.hdr` with wavelengths beside its data file, read by the Spectral Python library."""

import numpy as np
import spectral.io.envi
from spectral.io.spyfile import FileNotFoundError as DataFileNotFoundError

from hsgan.disk import guard
from hsgan.errors import DataError
from tfrecords_tools.readers import counts
from tfrecords_tools.readers.cubes import CubeFiles

_UNITS = {
    "nm": 1.0,
    "nanometers": 1.0,
    "nanometer": 1.0,
    "um": 1e3,
    "micrometers": 1e3,
    "micrometer": 1e3,
    "microns": 1e3,
}


class EnviReader(CubeFiles):
    """Reads `*.hdr` in any folders; all train. The first header's wavelengths are those of all.

    Args:
      folder: of the files.
      size: that all must have; None takes any.
      white: the value that stands for 1; None takes the header's `reflectance scale factor`, and 1 for floats.
    """

    source = "envi"
    note = "ENVI files of the user's own."
    what = "a folder of ENVI headers (.hdr) and their data files"

    def __init__(self, folder, size=None, white=None):
        super().__init__(folder, size)
        self.white = white
        self.wavelengths_nm = self._open(next(iter(self._paths.values())))[1]

    def find(self):
        """Yields (path, split)."""
        for path in sorted(self.folder.rglob("*.hdr")):
            yield path, "train"

    def files(self, scene):
        """Returns header and data file."""
        return [self._paths[scene], *sorted(self._paths[scene].parent.glob(f"{scene}.*"))]

    def read(self, scene):
        """Returns the `CubeRecord` of a scene.

        Raises:
          DataError: a damaged header, no data file or a truncated one, no wavelengths, other ones than the first
            scene's, another size, values that are NaN or negative or beyond `white`.
        """
        path = self._paths[scene]
        image, wavelengths = self._open(path)
        if wavelengths.shape != self.wavelengths_nm.shape or not np.allclose(
            wavelengths, self.wavelengths_nm, atol=0.01
        ):
            raise DataError(
                f"{path}: must have the bands of {next(iter(self._paths.values()))}, {len(self.wavelengths_nm)} of "
                f"{self.wavelengths_nm[0]:g}-{self.wavelengths_nm[-1]:g} nm. Received: {len(wavelengths)} of "
                f"{wavelengths[0]:g}-{wavelengths[-1]:g} nm"
            )
        counts.check_axes(image.shape, self.size, len(wavelengths), path)
        with guard.reading(path, "an ENVI header with its data file"):
            view = image.open_memmap(interleave="bip")
            if view is None:
                raise DataError(f"{path}: its data file is truncated")
        order = np.argsort(self._unsorted(image))
        if not (order == np.arange(len(order))).all():
            view = view[..., order]
        return self.scaled(scene, view, self._white(path, image, view))

    def scaled(self, scene, view, white):
        """Returns the record of numbers that `white` turns into [0, 1]."""
        path = self._paths[scene]
        values, scale = counts.quantize(view, white, path, self.wavelengths_nm)
        counts.check_white(values, scale, white, path)
        return counts.record(values, scale, self.wavelengths_nm, scene, self.source)

    def _white(self, path, image, view):
        if self.white is not None:
            return self.white
        stated = image.metadata.get("reflectance scale factor")
        if stated is None and view.dtype.kind in "ui":
            raise DataError(
                f"{path}: whole numbers without 'reflectance scale factor'; --white=N says what stands for 1"
            )
        return float(stated or 1.0)

    def _unsorted(self, image):
        factor = _UNITS[str(image.metadata.get("wavelength units", "nm")).strip().lower()]
        return np.array([float(value) * factor for value in image.metadata["wavelength"]])

    def _open(self, path):
        with guard.reading(path, "an ENVI header"):
            guard.check_bytes(path, path.stat().st_size, most=guard.MAX_TEXT)
            try:
                image = spectral.io.envi.open(str(path))
            except DataFileNotFoundError as error:
                raise DataError(f"{path}: its data file is missing (.img, .dat, .raw, ... of the same name)") from error
            unit = str(image.metadata.get("wavelength units", "nm")).strip().lower()
            if "wavelength" not in image.metadata or unit not in _UNITS:
                raise DataError(f"{path}: must state 'wavelength' in nm or micrometers. Received: unit {unit!r}")
            return image, np.sort(self._unsorted(image)).astype(np.float32)
