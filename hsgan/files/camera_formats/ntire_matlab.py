"""NTIRE's `filters` and `bands` in a MATLAB file."""

from pathlib import Path

from hsgan.files.camera_formats import Cameras
from hsgan.files.camera_formats.ntire_npz import from_filters

SUFFIXES = (".mat",)


def read(path: Path) -> Cameras:
    """Returns the camera, named after the file."""
    from hsgan.files import matlab  # h5py, which a device need not have

    bands = matlab.read(path, "bands") if "bands" in matlab.variables(path) else None
    return from_filters(path, matlab.read(path, "filters"), bands)
