"""Frames as cubes: every RGB frame reconstructed by one method, and integrated to the bands of a mosaic camera."""

from pathlib import Path

import ml_collections
import numpy as np

from hsgan.errors import DataError
from hsgan.files import mosaic, photos
from hsgan.files.origin import Origin
from hsgan.prior import pretrained
from hsgan.reconstruct.camera import Camera, choose
from hsgan.reconstruct.fitted import fitted
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.methods import CLOSED_FORMS
from hsgan.reconstruct.models import NetworkMethod, SavedModel
from hsgan.reconstruct.pretrained import pretrained_method
from hsgan.run.folder import RunFolder
from hsgan.spectra.bands import gaussian_filters
from hsgan.track.sequences import VIDEO

# Of the mosaic's filters at half of their height: what the makers of such sensors give as typical.
FILTER_WIDTH_NM = 15.0


def mosaic_filters(wavelengths_nm: np.ndarray) -> np.ndarray:
    """Returns what a mosaic camera takes of a cube, float64 [16, bands]: Gaussian filters at its 16 wavelengths.

    Raises:
      DataError: a cube that does not reach from 470 to 620 nm.
    """
    return gaussian_filters(wavelengths_nm, mosaic.WAVELENGTHS_NM, FILTER_WIDTH_NM)


class FrameCubes:
    """Turns the frames of one video into cubes of 16 bands; the camera is that of the first frame throughout.

    Args:
      method: what reconstructs.
      wish: the camera, as for `hsgan.reconstruct.camera.choose`; "" takes the best evidence.
      origin: where the frames' values come from (`Sequence.origin`).
      camera: that is told, whatever is wished; None: none is.

    Attributes:
      camera: that the frames are read with; None before the first.
    """

    def __init__(self, method: Method, wish: str = "", origin: Origin = VIDEO, camera: Camera | None = None):
        self.method, self.wish, self.origin, self.camera = method, wish, origin, camera
        self.filters = mosaic_filters(method.wavelengths_nm).T.astype(np.float32)

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        """Returns float32 [height, width, 16], linear, of a frame uint8 [height, width, 3], sRGB-encoded."""
        rgb = photos.to_linear(frame)
        if self.camera is None:
            self.camera = choose(self.wish, self.method, rgb, self.origin)
        return self.method.cube(rgb, self.camera.srf) @ self.filters


def find_method(text: str, config: ml_collections.ConfigDict) -> Method:
    """Returns what makes cubes: a trained run, an exported model, pretrained weights, or a method without a network.

    Args:
      text: a name in `hsgan.reconstruct.methods.CLOSED_FORMS` or `hsgan.prior.pretrained.NAMES`, or the folder of a run
        (whose best weights are taken) or of a SavedModel.
      config: whose training cubes a method without a network is fitted to.

    Raises:
      DataError: no such method or folder; cubes that cannot be read.
      RunError: a folder of something else.
    """
    if text in CLOSED_FORMS:
        return fitted(config, [text])[0]
    if text in pretrained.NAMES:
        return pretrained_method(text)
    path = Path(text)
    if not path.is_dir():
        raise DataError(
            f"cubes: must be none, a run's folder, an exported model's, or one of "
            f"{', '.join((*CLOSED_FORMS, *pretrained.NAMES))}. "
            f"Received: {text}"
        )
    if (path / "config.json").is_file():
        return NetworkMethod.from_run(RunFolder.open(path))
    return SavedModel(path)
