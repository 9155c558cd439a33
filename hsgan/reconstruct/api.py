"""What a notebook uses: `hsgan.Reconstructor`, from a photo to a cube with its wavelengths.

model = hsgan.Reconstructor.pretrained()  # or .from_run("runs/demo")
cube = model.reconstruct("photo.jpg")
cube.sel(wavelength=550, method="nearest").plot()
"""

import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import xarray

from hsgan.config import ENCODINGS
from hsgan.errors import DataError, RunError
from hsgan.files import photos
from hsgan.files.cubes import as_data_array
from hsgan.files.header import CubeHeader
from hsgan.files.origin import Origin, of_encoding
from hsgan.reconstruct import AUTO
from hsgan.reconstruct.camera import GIVEN, Camera, choose
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.models import SavedModel, method_of
from hsgan.reconstruct.photos import Work, read_image
from hsgan.reconstruct.pretrained import pretrained_method
from hsgan.reconstruct.reflectance import White
from hsgan.reconstruct.self_ensemble import SelfEnsemble
from hsgan.run.folder import RunFolder
from hsgan.spectra import exposure
from hsgan.spectra import srf as srf_lib


class Reconstructor:
    """Makes hyperspectral cubes of photos: photo in, `xarray.DataArray` out, by one method.

    Args:
      method: usually that of `from_run` or `from_saved_model`.

    Raises:
      RunError: something else than a method.
    """

    def __init__(self, method: Method):
        if not isinstance(method, Method):
            raise RunError(
                "method: must be a hsgan.reconstruct.method.Method; of a folder take Reconstructor.from_run(folder) or "
                f"Reconstructor.from_saved_model(folder). Received: {method!r}"
            )
        self.method = method

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.method!r})"

    @classmethod
    def pretrained(cls, name: str = "", method: str = "") -> "Reconstructor":
        """Returns a model of the weights that come with the package; no training is needed.

        Args:
          name: "cave_and_materials" or "materials"; "" is the first. `hsgan.prior.pretrained.card(name)` says what
            they are, and on which terms they may be used.
          method: "mixture", "wiener", "smooth", "ridge" or "bi"; "" is the first.

        Raises:
          RunError: no such weights or method; an installation without them.
        """
        return cls(pretrained_method(name, method))

    @classmethod
    def from_run(
        cls,
        run: str | Path,
        checkpoint: str = "best",
        engine: str = AUTO,
        method: str = "",
        self_ensemble: bool = False,
    ) -> "Reconstructor":
        """Returns the model of a run folder of `python -m hsgan.train`.

        Args:
          run: the folder.
          checkpoint: "best" or "last".
          engine: "auto", the fastest on this machine, or a name in `hsgan.reconstruct.ENGINES`.
          method: "" for the run's network, or a method without one: "mixture", "wiener", "smooth", "ridge", "bi".
          self_ensemble: cubes are means over 8 flips and quarter turns of the photo, in 8 times the time.

        Raises:
          RunError: no run, or one without such weights or method; an engine that is not installed or cannot run it; a
            self-ensemble of a method that sees each pixel by itself.
        """
        found = method_of(RunFolder.open(run), method, checkpoint, engine)
        return cls(SelfEnsemble(found) if self_ensemble else found)

    @classmethod
    def from_saved_model(cls, path: str | Path) -> "Reconstructor":
        """Returns a model of `python -m hsgan.export`: the folder of a version, or of all: the newest.

        Raises:
          RunError: no such model.
          DataError: its metadata is damaged or of another schema.
        """
        return cls(SavedModel(path))

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names of the cameras that `reconstruct` knows."""
        return self.method.dictionary.names

    @property
    def wavelengths_nm(self) -> np.ndarray:
        """Band centers, float32 [bands], nm."""
        return self.method.wavelengths_nm

    @property
    def facts(self) -> dict:
        """Strings about the model, as its cubes have them among their attributes."""
        return dict(self.method.facts)

    def reconstruct(
        self,
        photo: str | Path | np.ndarray,
        camera: str | Path | np.ndarray | None = None,
        encoding: str = "srgb",
        consistent: bool = False,
        progress: Callable[[float], None] | None = None,
        origin: Origin | None = None,
        uncertainty: bool = False,
        white: tuple[int, ...] | None = None,
        light: str = "",
    ) -> xarray.DataArray:
        """Returns the cube of a photo.

        Args:
          photo: path of an image file; or RGB [height, width, 3]: float in [0, 1] is linear light, uint8 and uint16 are
            stored as `encoding` says.
          camera: a name of `cameras`, a file of camera sensitivities, or an SRF [3, bands] whose rows sum to 1; "srgb"
            for a developed picture, "estimate" for what the method supposes; None for the best evidence
            (`hsgan.reconstruct.camera`).
          encoding: "srgb" or "linear", of 8 and 16 bit values.
          consistent: change the cube as little as can be so that it gives back the photo exactly, without negative
            values.
          progress: called with the share done, in (0, 1], after every tile; an exception from it stops the work.
          origin: where an array comes from; None knows it by its encoding alone. A file says it itself.
          uncertainty: also give the standard deviation of every value, as the coordinate `deviation`; of a model that
            says how uncertain it is (`mixture`).
          white: (row, column) or (row, column, size) of a neutral patch: the cube is divided by its spectrum.
          light: of the scene, by name ("D65", "A") or a CSV file of wavelength and power: the cube is divided by it.

        Returns:
          `xarray.DataArray` as `hsgan.open_cube` gives it: float32, ("y", "x", "wavelength"), with `srf`, `camera`,
          `camera_source` and the `round_trip_...` measures among its attributes.

        Raises:
          DataError: a photo, an array, an encoding, a camera, a patch or a light that cannot be used.
          RunError: uncertainty of a model that does not give it.

        Warns of a dark photo (`hsgan.spectra.exposure`).
        """
        if encoding not in ENCODINGS:
            raise DataError(f"encoding: must be one of {', '.join(ENCODINGS)}. Received: {encoding!r}")
        rgb, facts, found = _linear_rgb(photo, encoding)
        if camera is None or isinstance(camera, str | Path):
            chosen = choose(str(camera or ""), self.method, rgb, origin or found)
        else:
            chosen = Camera(GIVEN, srf_lib.check(camera, self.method.bands), "as asked for")
        if dark := exposure.warning_of(rgb):
            warnings.warn(f"{photo if isinstance(photo, str | Path) else 'photo'}: {dark}", stacklevel=2)
        patch = None if white is None else White(*white)
        work = Work(self.method, rgb, chosen, consistent, facts, uncertainty, patch, light)
        cubes = [np.empty(work.header.shape, np.float32) for _ in range(1 + uncertainty)]
        for rows, columns, blocks, share in work.blocks():
            for cube, block in zip(cubes, blocks, strict=True):
                cube[rows, columns] = block
            if progress is not None:
                progress(share)
        header = work.header
        about = header.facts | work.round_trip_facts()
        header = CubeHeader(header.height, header.width, header.wavelengths_nm, header.srf, about)
        return as_data_array(cubes[0], header, *cubes[1:])

    def reconstruct_each(
        self,
        photos: Iterable[str | Path | np.ndarray],
        camera: str | Path | np.ndarray | None = None,
        encoding: str = "srgb",
        consistent: bool = False,
        uncertainty: bool = False,
        light: str = "",
    ) -> Iterator[xarray.DataArray]:
        """Yields the cubes of several photos, in their order, each when it is asked for.

        Args:
          photos: as for `reconstruct`, and so are the others.
          camera: see above.
          encoding: see above.
          consistent: see above.
          uncertainty: see above.
          light: see above.

        Raises:
          DataError, RunError: as `reconstruct`, when the photo's turn comes; a path in place of several photos.
        """
        if isinstance(photos, str | Path):
            raise DataError(f"photos: must be several; reconstruct takes one. Received: {str(photos)!r}")
        for photo in photos:
            yield self.reconstruct(photo, camera, encoding, consistent=consistent, uncertainty=uncertainty, light=light)


def _linear_rgb(photo, encoding):
    """Returns (linear image [height, width, 3], facts, `Origin`) of a path or an array."""
    if isinstance(photo, str | Path):
        return read_image(photo, encoding)
    if isinstance(photo, list | tuple) and any(isinstance(one, str | Path) for one in photo):
        raise DataError(f"photo: must be one photo; reconstruct_each takes several. Received: {len(photo)}")
    values = np.asarray(photo)
    if values.ndim != 3 or values.shape[-1] != 3 or not all(values.shape):
        raise DataError(f"photo: must be [height, width, 3], or a path. Received: an array {list(values.shape)}")
    if values.dtype in (np.uint8, np.uint16):
        return photos.to_linear(values, encoding), {"encoding": encoding}, of_encoding(encoding)
    if not np.issubdtype(values.dtype, np.floating) or not (values.min() >= 0 and values.max() <= 1):  # NaN fails too
        raise DataError(
            "photo: an array must be uint8, uint16, or float of linear light in [0, 1]; convert or scale it. "
            f"Received: {values.dtype}, {values.min()} to {values.max()}"
        )
    return values.astype(np.float32), {"encoding": "linear"}, of_encoding("linear")
