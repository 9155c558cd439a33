"""Radiance or reflectance: cubes divided by the spectrum of a neutral patch, or by the light of the scene.

What a method gives is radiance, relative to the light whose white the camera's values show as neutral: daylight for a
developed picture (`hsgan.spectra.developed`), the flat light for a sensor's own values. Divided by the light of the
scene it becomes reflectance. A cube's file says which of the two it holds.

A cube divided by `d` is seen by the SRF `C d`: projected through it, it still gives the photo.
"""

from dataclasses import dataclass

import numpy as np
import xarray

from hsgan.errors import DataError
from hsgan.files import lights
from hsgan.files.cubes import DEVIATION
from hsgan.files.header import REFLECTANCE, radiance_facts
from hsgan.spectra.illuminants import FLAT, illuminant

PATCH = 5  # side of a neutral patch, pixels, where the user gives none


@dataclass(frozen=True)
class White:
    """A neutral patch of a photo.

    Attributes:
      row: of its middle, from 0 at the top.
      column: of its middle, from 0 at the left.
      size: its side, pixels.
    """

    row: int
    column: int
    size: int = PATCH

    def part(self, height: int, width: int) -> tuple[slice, slice]:
        """Returns the patch as (row slice, column slice) of a photo.

        Raises:
          DataError: it is not within the photo.
        """
        first = [middle - (self.size - 1) // 2 for middle in (self.row, self.column)]
        last = [start + self.size for start in first]
        if min(first) < 0 or last[0] > height or last[1] > width:
            raise DataError(
                f"white: must lie within the photo, which has {height} rows and {width} columns. Received: {self}"
            )
        return slice(first[0], last[0]), slice(first[1], last[1])

    def __str__(self) -> str:
        return f"{self.size} x {self.size} pixels about row {self.row}, column {self.column}"


def parse_white(text: str) -> White | None:
    """Returns the patch that "ROW,COLUMN" or "ROW,COLUMN,SIZE" means; None for "".

    Raises:
      DataError: anything else.
    """
    if not text:
        return None
    parts = [part.strip() for part in text.split(",")]
    whole = all(part.isdecimal() and part.isascii() and len(part) < 9 for part in parts)
    if len(parts) not in (2, 3) or not whole or any(not int(part) for part in parts[2:]):
        raise DataError(f"white: must be ROW,COLUMN or ROW,COLUMN,SIZE, whole numbers of pixels. Received: {text!r}")
    return White(*map(int, parts))


@dataclass(frozen=True, eq=False)
class Division:
    """What a cube is divided by.

    Attributes:
      spectrum: float32 [bands].
      facts: what the cube's file says of it.
    """

    spectrum: np.ndarray
    facts: dict


def none(bands: int, own_light: str) -> Division:
    """Returns the division by nothing.

    Args:
      bands: of the cube.
      own_light: that its radiance is relative to.
    """
    return Division(np.ones(bands, np.float32), radiance_facts(own_light))


def by_light(light: str, wavelengths_nm: np.ndarray, own_light: str = FLAT) -> Division:
    """Returns the division by the light of the scene.

    Args:
      light: as `hsgan.files.lights.find`.
      wavelengths_nm: float [bands].
      own_light: that the cube's radiance is relative to.

    Raises:
      DataError: as `hsgan.files.lights.find`.
    """
    power = lights.find(light, wavelengths_nm)
    own = 1.0 if own_light == FLAT else illuminant(own_light, wavelengths_nm)
    return Division((power / own).astype(np.float32), {"quantity": REFLECTANCE, "divided_by": f"light {light}"})


def described(facts: dict) -> str:
    """Returns what a cube's facts say of this in words; "" of a cube that says nothing."""
    if "divided_by" in facts:
        return f"{facts['quantity']}, divided by {facts['divided_by']}"
    return f"{facts['quantity']}, relative to {facts['relative_to']}" if "relative_to" in facts else ""


def whitened(cube: xarray.DataArray, place: tuple[slice, slice], label: str) -> xarray.DataArray:
    """Returns an open cube divided by the mean spectrum of a neutral place in it, with its deviations.

    Args:
      cube: as `hsgan.open_cube` gives it.
      place: (row slice, column slice).
      label: what to call it.

    Raises:
      DataError: the place is too dark in a band.
    """
    spectrum = cube[place].values.mean(axis=(0, 1), dtype=np.float64)
    division = by_white(spectrum, cube["wavelength"].values, label)
    made = cube.copy(data=cube.values / division.spectrum)
    if DEVIATION in cube.coords:
        deviation = cube.coords[DEVIATION]
        made = made.assign_coords({DEVIATION: deviation.copy(data=deviation.values / division.spectrum)})
    attributes = {name: value for name, value in cube.attrs.items() if name != "relative_to"}
    made.attrs = attributes | division.facts
    if "srf" in made.attrs:
        made.attrs["srf"] = np.asarray(made.attrs["srf"]) * division.spectrum
    return made


def by_white(spectrum: np.ndarray, wavelengths_nm: np.ndarray, place: object) -> Division:
    """Returns the division by a neutral patch, which becomes 1 in all bands.

    Args:
      spectrum: float [bands], its mean.
      wavelengths_nm: float [bands].
      place: of the patch, for the facts.

    Raises:
      DataError: it is too dark in a band.
    """
    lights.divisible(spectrum, wavelengths_nm, f"white: {place}")
    return Division(np.asarray(spectrum, np.float32), {"quantity": REFLECTANCE, "divided_by": f"white, {place}"})
