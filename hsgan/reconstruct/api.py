"""What a notebook uses: `hsgan.Reconstructor`, from a photo to a cube with its wavelengths.

model = hsgan.Reconstructor.from_run("runs/demo")
cube = model.reconstruct("photo.jpg")
cube.sel(wavelength=550, method="nearest").plot()
"""

from pathlib import Path

import numpy as np

from hsgan.errors import DataError
from hsgan.files import photos
from hsgan.files.cubes import as_data_array
from hsgan.files.header import CubeHeader
from hsgan.reconstruct import TENSORFLOW
from hsgan.reconstruct.models import ExportedModel, NetworkModel
from hsgan.reconstruct.photos import Work, camera_of, read_image


class Reconstructor:
    """A model that makes hyperspectral cubes of RGB images.

    Args:
      model: `hsgan.reconstruct.models`; usually by `from_run` or `from_saved_model`.
    """

    def __init__(self, model):
        self.model = model

    @classmethod
    def from_run(cls, run, checkpoint="best", engine=TENSORFLOW):
        """Returns the model of a run folder of `python -m hsgan.train`.

        Args:
          run: the folder. checkpoint: "best" or "last".
          engine: "tensorflow", "openvino-float32", "openvino-bfloat16" or "openvino-float16".

        Raises:
          RunError: no run, or one without such weights; an engine that is not installed or cannot run it.
        """
        return cls(NetworkModel.from_run(run, checkpoint, engine))

    @classmethod
    def from_saved_model(cls, path):
        """Returns a model of `python -m hsgan.export`: the folder of a version, or of all: the newest.

        Raises:
          RunError: no such model.
        """
        return cls(ExportedModel(path))

    @property
    def cameras(self):
        """Names of the cameras that `reconstruct` knows, a tuple."""
        return self.model.dictionary.names

    @property
    def wavelengths_nm(self):
        """Band centers, float32 [bands], nm."""
        return self.model.wavelengths_nm

    @property
    def facts(self):
        """Strings about the model, as its cubes have them among their attributes."""
        return dict(self.model.facts)

    def reconstruct(self, photo, camera=None, encoding="srgb", consistent=False, progress=None):
        """Returns the cube of a photo.

        Args:
          photo: path of an image file; or RGB [height, width, 3]: float in [0, 1] is linear light, uint8 and uint16 are
            stored as `encoding` says.
          camera: a name of `cameras`, a file of camera sensitivities, or an SRF [3, bands]; None estimates it.
          encoding: "srgb" or "linear", of 8 and 16 bit values.
          consistent: change the cube as little as can be so that it gives back the photo exactly, without negative
            values.
          progress: called with the share done, in (0, 1], after every tile; an exception from it stops the work.

        Returns:
          `xarray.DataArray` as `hsgan.open_cube` gives it: float32, ("y", "x", "wavelength"), with `srf`, `camera` and
          the `round_trip_...` measures among its attributes.

        Raises:
          DataError: a photo, an array or a camera that cannot be used.
        """
        rgb, facts = _linear_rgb(photo, encoding)
        if camera is None or isinstance(camera, str | Path):
            name, srf = camera_of(self.model, str(camera or ""), rgb)
        else:
            name, srf = "given", _checked_srf(camera, len(self.wavelengths_nm))
        work = Work(self.model, rgb, srf, consistent, facts | {"camera": name})
        cube = np.empty(work.header.shape, np.float32)
        for rows, columns, block, share in work.blocks():
            cube[rows, columns] = block
            if progress is not None:
                progress(share)
        header = work.header
        about = header.facts | work.round_trip_facts()
        return as_data_array(cube, CubeHeader(header.height, header.width, header.wavelengths_nm, header.srf, about))


def _linear_rgb(photo, encoding):
    """Returns (linear image [height, width, 3], facts) of a path or an array."""
    if isinstance(photo, str | Path):
        return read_image(photo, encoding)
    values = np.asarray(photo)
    if values.ndim != 3 or values.shape[-1] != 3 or not all(values.shape):
        raise DataError(f"photo: must be [height, width, 3], or a path. Received: an array {list(values.shape)}")
    if values.dtype in (np.uint8, np.uint16):
        return photos.to_linear(values, encoding), {"encoding": encoding}
    if not np.issubdtype(values.dtype, np.floating) or not (values.min() >= 0 and values.max() <= 1):  # NaN fails too
        raise DataError(
            "photo: an array must be uint8, uint16, or float of linear light in [0, 1]; convert or scale it. "
            f"Received: {values.dtype}, {values.min()} to {values.max()}"
        )
    return values.astype(np.float32), {"encoding": "linear"}


def _checked_srf(srf, bands):
    srf = np.asarray(srf, np.float32)
    if srf.shape != (3, bands) or not np.isfinite(srf).all() or (srf < 0).any() or not (srf.sum(axis=1) > 0).all():
        raise DataError(
            f"camera: an SRF must be [3, {bands}], finite and not negative, no row all zero. "
            f"Received: {list(srf.shape)}"
        )
    return srf
