"""NTIRE's `filters` and `bands` in a MATLAB file."""

from pathlib import Path

from hsgan.errors import DataError
from hsgan.files.camera_formats import Cameras
from hsgan.files.camera_formats.ntire_npz import from_filters

SUFFIXES = (".mat",)


def read(path: Path) -> Cameras:
    """Returns the camera, named after the file.

    Raises:
      DataError: what reads such files is not installed, as on a device that has NumPy alone.
    """
    try:
        from hsgan.files import matlab
    except ModuleNotFoundError as error:
        raise DataError(
            f"{path}: a MATLAB file needs {error.name}, which is not installed; give the camera as CSV, JSON or NPZ"
        ) from error
    bands = matlab.read(path, "bands") if "bands" in matlab.variables(path) else None
    return from_filters(path, matlab.read(path, "filters"), bands)
