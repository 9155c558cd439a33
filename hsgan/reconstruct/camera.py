"""Which camera a photo is read with: the best evidence that there is, and a sentence that says which it was.

In this order: what the user says; for camera RAW the measured camera that the file names, else the SRF that its color
matrix tells (`hsgan.spectra.color_matrix`); for a developed picture the responses of sRGB (`hsgan.spectra.developed`);
for anything else what the method supposes. A photo alone hardly tells its camera, since the colors of the scene and of
the camera are confounded: an estimate from the image is the last resort, or a wish.

NumPy alone: a device (`hsgan.lite`) decides by the same rules.
"""

from dataclasses import dataclass

import numpy as np

from hsgan.errors import DataError
from hsgan.files import cameras
from hsgan.files.origin import DEVELOPED, RAW, Origin
from hsgan.reconstruct.method import Image, Method
from hsgan.spectra import camera_names, color_matrix, developed
from hsgan.spectra.illuminants import FLAT

# What a user may wish, beside a name or a file.
ESTIMATE = "estimate"
WISHES = (developed.NAME, ESTIMATE)
_AVERAGES = "averages over the cameras that it knows, and takes none"
ESTIMATED, MEAN, GIVEN = "estimated", "mean camera", "given"


@dataclass(frozen=True, eq=False)
class Camera:
    """The camera that a photo is read with.

    Attributes:
      name: for files and printed lines.
      srf: float32 [3, bands]; a developed picture's has negative values.
      source: how it is known, in words.
      light: whose white it shows as neutral, a name of `hsgan.spectra.illuminants`: cubes are relative to it.
    """

    name: str
    srf: np.ndarray
    source: str
    light: str = FLAT

    @property
    def facts(self) -> dict:
        """What a cube's file says of it."""
        return {"camera": self.name, "camera_source": self.source}


def known(wish: str, method: Method) -> Camera | None:
    """Returns the camera that a user names, without a photo; None where it takes one to say.

    Args:
      wish: "" for the best evidence, `ESTIMATE`, "srgb", a name in the method's dictionary, or a file of sensitivities.
      method: whose bands the SRF is brought to.

    Raises:
      DataError: no such camera (lists the near names), a file that cannot be used, or a method that takes no camera
        but averages over those that it knows.
    """
    if wish in ("", ESTIMATE):
        return None
    if _averages(method):
        raise DataError(f"camera: {method.name} {_AVERAGES}; leave it out, or take --method=mixture. Received: {wish}")
    if wish == developed.NAME:
        return _developed(method, "as asked for")
    return Camera(*cameras.find(wish, method.dictionary), "as asked for")


def choose(wish: str, method: Method, rgb: Image, origin: Origin) -> Camera:
    """Returns the camera of a photo.

    Args:
      wish: as in `known`.
      method: that reconstructs.
      rgb: the photo, linear.
      origin: what its file says.

    Raises:
      DataError: as `known`; an image of the wrong shape, type or values, where it is looked at.
    """
    if (told := known(wish, method)) is not None:
        return told
    if wish == ESTIMATE:
        return _estimated(method, rgb, "as asked for")
    if _averages(method):
        return _estimated(method, rgb, f"{method.name} {_AVERAGES}")
    if origin.kind == DEVELOPED and not method.takes_negative_srf:
        return _estimated(method, rgb, "this export is too old for the responses of a developed picture")
    if origin.kind == DEVELOPED:
        return _developed(method, "a developed picture, not a sensor's own values")
    if origin.kind == RAW:
        return _of_raw(method, rgb, origin)
    return _estimated(method, rgb, "linear light, of which the file says no more")


def _averages(method):
    """Whether a method makes up its own mind about the camera, whatever it is told."""
    return method.estimates_camera and not method.needs_camera


def _developed(method, source):
    """Returns the camera of a developed picture."""
    return Camera(developed.NAME, method.picture_srf, source, developed.LIGHT)


def _of_raw(method, rgb, origin):
    """Returns the camera of a RAW photo: measured, or from its color matrix, or estimated."""
    name = camera_names.match(origin.make, origin.model, method.dictionary.names)
    if name is not None:
        return Camera(name, method.dictionary.srf(name), "measured, and named by the file")
    unmeasured = f"{origin.camera or 'a camera without a name'} is not among the measured"
    if origin.matrix is None:
        return _estimated(method, rgb, f"{unmeasured}, and the file has no color matrix")
    try:
        srf = color_matrix.estimate(origin.matrix, method.dictionary, origin.light)
    except DataError:
        return _estimated(method, rgb, f"{unmeasured}, and the file's color matrix is no camera's")
    return Camera(origin.camera or "unknown", srf, f"from the file's color matrix; {unmeasured}")


def _estimated(method, rgb, reason):
    """Returns what the method supposes of an image."""
    if method.estimates_camera:
        return Camera(ESTIMATED, method.estimate_srf(rgb), f"from the image; {reason}")
    return Camera(MEAN, method.estimate_srf(rgb), f"of the measured; {reason}")
