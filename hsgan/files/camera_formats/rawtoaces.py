"""The JSON of AMPAS rawtoaces, one camera a file: `header` and `spectral_data`, [r, g, b] for each wavelength."""

import json
from pathlib import Path

import numpy as np

from hsgan.disk.plain import read_text
from hsgan.errors import DataError
from hsgan.files.camera_formats import Cameras

SUFFIXES = (".json",)


def read(path: Path) -> Cameras:
    """Returns the camera, named by its manufacturer and model."""
    try:
        content = json.loads(read_text(path))
        name = f"{content['header']['manufacturer']} {content['header']['model']}"
        data = content["spectral_data"]["data"]["main"]
        grid = np.array(sorted(float(key) for key in data))
        values = np.array([data[key] for key in sorted(data, key=float)], np.float64)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: must be rawtoaces' JSON of a camera ({type(error).__name__}: {error})") from error
    if values.ndim != 2 or values.shape[1] != 3:
        raise DataError(f"{path}: must hold [r, g, b] for each wavelength. Received: shape {list(values.shape)}")
    return [(name, grid, values.T)]
