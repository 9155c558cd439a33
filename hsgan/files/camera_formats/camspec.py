"""`camspec_database.txt`: a camera's name, then a line for each of its channels. Source: Jiang et al., WACV 2013."""

from pathlib import Path

from hsgan.files.camera_formats import Cameras
from hsgan.spectra import srf

SUFFIXES = (".txt",)


def read(path: Path) -> Cameras:
    """Returns the cameras of the file."""
    names, curves = srf.camspec_curves(path)
    return [(name, srf.CAMSPEC_WAVELENGTHS_NM, rows) for name, rows in zip(names, curves, strict=True)]
