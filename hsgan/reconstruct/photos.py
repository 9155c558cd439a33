"""A photo on its way to a cube: how it is read, divided, checked and described, block by block in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hsgan.errors import DataError
from hsgan.files import photos
from hsgan.files.convert import Conversion
from hsgan.files.dtypes import FLOAT32
from hsgan.files.evidence import read_origin
from hsgan.files.header import CubeHeader
from hsgan.files.origin import Origin
from hsgan.reconstruct import reflectance
from hsgan.reconstruct.camera import Camera
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.reflectance import White
from hsgan.reconstruct.region import Region
from hsgan.reconstruct.round_trip import RoundTrip
from hsgan.reconstruct.tiling import Decoded, Image
from hsgan.spectra.consistency import make_consistent

PREVIEW_SUFFIX = "_preview.png"


@dataclass(frozen=True)
class Options:
    """How photos become cubes.

    Attributes:
      encoding: how 8 and 16 bit values are stored (`hsgan.files.photos.read_photo`).
      camera: that took the photos, as for `hsgan.reconstruct.camera.choose`; "" takes the best evidence in each file.
      consistent: whether cubes are changed, as little as can be, so that they give back the photo exactly and have no
        negative values (`hsgan.spectra.consistency`).
      every: of a video's frames, 1 for all, 2 for every other.
      previews: whether pictures are written beside the cubes.
      uncertainty: whether the standard deviations of the values are written beside the cubes.
      dtype: in which files hold the values (`hsgan.files.dtypes`).
      bands_nm: ascending wavelengths of the bands to write; () writes all.
      white: a neutral patch to divide the cubes by; None: none.
      light: of the scene, to divide the cubes by (`hsgan.files.lights.find`); "": none.
      region: what of each photo, or of a video's frame, is reconstructed; rows and columns of `white` are those of it.
      conversion: as `hsgan.files.photos.read_codes`.
    """

    encoding: str = "srgb"
    camera: str = ""
    consistent: bool = False
    every: int = 1
    previews: bool = True
    uncertainty: bool = False
    dtype: str = FLOAT32
    bands_nm: tuple[float, ...] = ()
    white: White | None = None
    light: str = ""
    region: Region = field(default_factory=Region)
    conversion: Conversion | None = None


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """What is known of a cube after it was made.

    Attributes:
      header: `hsgan.files.header.CubeHeader`, with all facts.
      check: `hsgan.reconstruct.round_trip.RoundTrip.result`.
      warning: what is to be told of the photo; "" for nothing.
    """

    header: CubeHeader
    check: dict
    warning: str = ""


class Work:
    """One image on its way to a cube.

    Args:
      method: that makes the cube.
      rgb: the image (`hsgan.reconstruct.method`).
      camera: that it is read with.
      consistent: as in `Options`.
      facts: for the header, to which the round trip's are added when the blocks have been read.
      uncertainty: as in `Options`.
      white: as in `Options`; the image is reconstructed down to it, to know its spectrum.
      light: as in `Options`.

    Raises:
      RunError: uncertainty of a method that does not give it.
      DataError: a white or a light that cannot be divided by, or both.
    """

    def __init__(
        self,
        method: Method,
        rgb: Image,
        camera: Camera,
        consistent: bool = False,
        facts: dict | None = None,
        uncertainty: bool = False,
        white: White | None = None,
        light: str = "",
    ):
        if uncertainty:
            method.check_deviation()
        check_division(white, light)
        self.method, self.rgb, self.consistent, self.check = method, rgb, consistent, RoundTrip()
        self.uncertainty, self.srf = uncertainty, camera.srf
        grid = method.wavelengths_nm
        if white is not None:
            division = reflectance.by_white(self.mean_over(white.part(*rgb.shape[:2])), grid, white)
        elif light:
            division = reflectance.by_light(light, grid, camera.light)
        else:
            division = reflectance.none(method.bands, camera.light)
        self.divides = white is not None or bool(light)  # a cube is 38 MB a frame of video: no pass over it for nothing
        self.divisor, done = division.spectrum, {"consistent": "yes" if consistent else "no", **division.facts}
        about = {**method.facts, **(facts or {}), **camera.facts, **done}
        self.header = CubeHeader(*rgb.shape[:2], grid, camera.srf * self.divisor, about)

    def blocks(self) -> Iterator[tuple[slice, slice, list[np.ndarray], float]]:
        """Yields (row slice, column slice, blocks, share of the image done).

        The blocks are a list: the float32 values, and with `uncertainty` their standard deviations.
        """
        done, pixels = 0, self.rgb.shape[0] * self.rgb.shape[1]
        for rows, columns, part, blocks in self.radiance(self.uncertainty):
            self.check.add(blocks[0], self.srf, part)
            done += part.shape[0] * part.shape[1]
            yield rows, columns, [block / self.divisor for block in blocks] if self.divides else blocks, done / pixels

    def radiance(self, uncertainty: bool) -> Iterator[tuple[slice, slice, np.ndarray, list[np.ndarray]]]:
        """Yields (row slice, column slice, that part of the image, blocks as `blocks`, before the division)."""
        reconstruct = self.method.reconstruct_uncertain if uncertainty else self.method.reconstruct
        for (rows, columns), block, *deviation in reconstruct(self.rgb, self.srf):
            part = self.rgb[rows, columns]
            if self.consistent:
                block = make_consistent(block, part, self.srf)
            yield rows, columns, part, [block, *deviation]

    def mean_over(self, place: tuple[slice, slice]) -> np.ndarray:
        """Returns the mean spectrum float64 [bands] over a part of the image, before the division."""
        left = (place[0].stop - place[0].start) * (place[1].stop - place[1].start)
        total, pixels = np.zeros(self.method.bands), left
        for rows, columns, _, (block,) in self.radiance(uncertainty=False):
            shared = tuple(
                slice(max(want.start - have.start, 0), max(min(want.stop, have.stop) - have.start, 0))
                for want, have in zip(place, (rows, columns), strict=True)
            )
            found = block[shared].reshape(-1, self.method.bands)
            total, left = total + found.sum(axis=0, dtype=np.float64), left - len(found)
            if not left:
                break
        return total / pixels

    def round_trip_facts(self) -> dict[str, float]:
        """Returns the round trip's measures by the names that they have in files."""
        return {f"round_trip_{name}": value for name, value in self.check.result().items()}


def check_division(white: White | None, light: str) -> None:
    """Raises `DataError` if a cube is to be divided both by a patch and by a light."""
    if white is not None and light:
        raise DataError(f"white, light: a cube is divided by one of them. Received: {white}, and {light}")


def read_image(path: str | Path, encoding: str, conversion: Conversion | None = None) -> tuple[Decoded, dict, Origin]:
    """Reads a photo for `Work`: it stays as it is stored, and what is needed of it becomes linear when it is.

    Args:
      path: the file.
      encoding: as in `Options`.
      conversion: as in `Options`.

    Returns:
      (the image, facts about it, what its file says of the camera).

    Raises:
      DataError: as `hsgan.files.photos.read_photo`.
    """
    codes, stored = photos.read_codes(path, encoding, conversion=conversion)
    facts = {"photo": Path(path).name, "encoding": "camera RAW" if photos.is_raw(path) else stored}
    return decoded(codes, stored), facts, read_origin(path, stored)


def decoded(codes: np.ndarray, encoding: str) -> Decoded:
    """Returns the linear image of stored values (`hsgan.files.photos.to_linear`), made part by part."""
    return Decoded(codes, lambda part: photos.to_linear(part, encoding))
