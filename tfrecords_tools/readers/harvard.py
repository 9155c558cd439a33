"""Harvard: 50 scenes under daylight and 27 under other light, 1040x1392x31, 420-720 nm.

Source: Chakrabarti and Zickler, "Statistics of Real-World Hyperspectral Images", CVPR 2011. MATLAB 5 files: `ref`, the
cube, and `lbl`, a mask of the pixels that did not move while the bands were taken one after the other. The cube holds
the camera's own sensitivity (`calib.txt`, one number a band), which is divided out on request.
"""

import numpy as np

from hsgan.disk import guard
from hsgan.disk.plain import read_text
from hsgan.errors import DataError
from hsgan.files import matlab
from tfrecords_tools.readers.cubes import MatlabCubes


class HarvardReader(MatlabCubes):
    """Reads `*.mat` in the folder and its sub-folders `CZ_hsdb`, `CZ_hsdbi`; all train, there is no published split.

    Pixels that moved are kept: a record holds no mask.

    Args:
      folder: of the files.
      size: in place of 1040x1392.
      calibration: path of `calib.txt`; "" leaves the cubes as they were measured, as most papers do.
    """

    source = "harvard"
    note = "Harvard real-world hyperspectral images, Chakrabarti and Zickler 2011; research use, cite the source."
    what = "the folder that holds Harvard's CZ_hsdb and CZ_hsdbi"
    wavelengths_nm = np.arange(420, 721, 10, dtype=np.float32)
    size = (1040, 1392)
    variable, bands = "ref", None

    def __init__(self, folder, size=None, calibration=""):
        super().__init__(folder, size)
        self._sensitivity = _sensitivity(calibration, len(self.wavelengths_nm)) if calibration else None
        self.note += " Divided by calib.txt." if calibration else " As measured, not divided by calib.txt."

    def find(self):
        """Yields (path, split)."""
        for path in sorted(self.folder.rglob("*.mat")):
            yield path, "train"

    def record(self, scene, view):
        """Returns the `CubeRecord` of a scene, after a look at its mask.

        Raises:
          DataError: no mask, or one of another size.
        """
        path = self._paths[scene]
        mask = matlab.shape_of(path, "lbl")
        if mask != view.shape[:2]:
            raise DataError(
                f"{path}: 'lbl' must have the size of 'ref', {list(view.shape[:2])}. Received: {list(mask)}"
            )
        return super().record(scene, view if self._sensitivity is None else view / self._sensitivity)


def _sensitivity(path, bands):
    """Returns the camera's sensitivities, float [bands], the largest 1."""
    with guard.reading(path, "Harvard's calib.txt"):
        values = np.loadtxt(read_text(path).splitlines(), ndmin=1).ravel()
    if values.shape != (bands,) or not (np.isfinite(values) & (values > 0)).all():
        raise DataError(f"{path}: must hold {bands} positive numbers. Received: {values.size} values")
    return values / values.max()
