"""The sample: an imagined scene as a photo, and its true cube to compare with."""

from pathlib import Path

import numpy as np
from PIL import Image

from hsgan.demo import materials, records
from hsgan.files.cubes import write_cube
from hsgan.spectra import imaging, srf

CAMERA = "Nikon 5100"
_SCENE, _SIDE = 33, 256  # beyond the demo set: no model trained on that has seen it
_NOTE = "An imagined scene of measured materials; it says nothing about real ones."


def write_sample(wavelengths_nm: np.ndarray, folder: Path) -> tuple[Path, Path]:
    """Writes `sample.png` and `sample.npz` and returns their paths.

    Args:
      wavelengths_nm: float [bands], of the cube.
      folder: to write to.

    Raises:
      DataError: wavelengths at which the materials were not measured.
    """
    wavelengths_nm = np.asarray(wavelengths_nm, np.float32)
    cube = records.draw_cube(_SCENE, materials.load(wavelengths_nm), _SIDE)
    camera = srf.default_dictionary(wavelengths_nm).srf(CAMERA)
    encoded = imaging.srgb_encode(imaging.project(cube, camera)).numpy()
    photo = folder / "sample.png"
    Image.fromarray(np.round(255 * encoded).astype(np.uint8)).save(photo)
    facts = {"source": "sample", "note": _NOTE, "camera": CAMERA}
    return photo, write_cube(folder / "sample", cube, wavelengths_nm, camera, facts)[0]
