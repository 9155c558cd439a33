"""What a file of a cube holds, as it is stored: ours says all of it, others' files less.

Radiance is `(value - dark) / white_level`. Needs NumPy alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from hsgan.errors import DataError

if TYPE_CHECKING:
    import xarray

# Names under which others keep the wavelengths, and the cube itself.
WAVELENGTHS = ("wavelengths_nm", "wavelength_nm", "wavelengths", "wavelength", "bands", "band", "lambda", "wl", "waves")
CUBE = "cube"
_MICROMETERS = ("um", "µm", "μm", "micrometer", "micrometers", "micron", "microns", "micrometre", "micrometres")
_NANOMETERS = ("nm", "nanometer", "nanometers", "nanometre", "nanometres")
_UNSTATED = ("", "unknown", "none", "index")
_SHORTEST_NM = 20.0  # numbers below it are micrometers, where no unit is stated
_MOST_BYTES = 8  # of a number


@dataclass(frozen=True)
class Choice:
    """What a user says of a cube's file, as far as the file does not say it.

    Attributes:
      wavelengths_nm: of the bands, nm; None where the file must say them.
      variable: name of the cube among several arrays; "" for the only one that it can be.
      white_level: the stored value that stands for radiance 1.
    """

    wavelengths_nm: np.ndarray | None = None
    variable: str = ""
    white_level: float | None = None


@dataclass(frozen=True, eq=False)
class Stored:
    """What a file holds.

    Attributes:
      values: real numbers [height, width, bands], or with the bands first: an array, mapped or in memory, or what
        has `shape`, `dtype` and `transpose` as an array.
      wavelengths_nm: float [bands] in nm, in the order of the bands; None where the file does not say them.
      srf: float [3, bands], or None.
      facts: flat dictionary of strings and numbers.
      white_level: the stored value that stands for radiance 1, one or one a band; None where the file does not say it.
      dark: the stored value that stands for radiance 0, one or one a band.
    """

    values: "np.ndarray | xarray.Variable"
    wavelengths_nm: np.ndarray | None = None
    srf: np.ndarray | None = None
    facts: dict = field(default_factory=dict)
    white_level: float | np.ndarray | None = None
    dark: float | np.ndarray = 0.0

    def completed(self, path: object, choice: Choice) -> "Stored":
        """Returns it with what the user says in place of what the file does not, bands last.

        Args:
          path: of the file, for error messages.
          choice: the user's.

        Raises:
          DataError: values that are no cube of real numbers; wavelengths that nobody says, or of another number of
            bands; a white level that is not positive.
        """
        values = self.values
        if values.dtype.kind not in "iuf" or values.dtype.itemsize > _MOST_BYTES or len(values.shape) != 3:
            raise DataError(
                f"{path}: must hold a cube of real numbers, [height, width, bands]. "
                f"Received: {values.dtype}, {list(values.shape)}"
            )
        wavelengths_nm = choice.wavelengths_nm if self.wavelengths_nm is None else self.wavelengths_nm
        if wavelengths_nm is None:
            raise DataError(
                f"{path}: states no wavelengths; give --wavelengths=START:STOP:STEP (wavelengths_nm in Python). "
                f"Received: an array {list(values.shape)}"
            )
        wavelengths_nm = np.asarray(wavelengths_nm, np.float64).ravel()
        white_level = choice.white_level if self.white_level is None else self.white_level
        if white_level is not None and not (np.isfinite(white_level) & (np.asarray(white_level) > 0)).all():
            raise DataError(
                f"{path}: white_level, the value that stands for 1, must be positive. Received: {np.min(white_level):g}"
            )
        values = bands_last(values, len(wavelengths_nm))
        if values.shape[2] != len(wavelengths_nm):
            raise DataError(
                f"{path}: must hold {len(wavelengths_nm)} bands, {wavelengths_nm.min():g}-{wavelengths_nm.max():g} nm. "
                f"Received: shape {list(values.shape)}"
            )
        return Stored(values, wavelengths_nm, self.srf, self.facts, white_level, self.dark)

    @property
    def full_scale(self) -> float:
        """What stands for 1 where nobody says it: 1 for floats, the type's largest value for whole numbers."""
        return 1.0 if self.values.dtype.kind == "f" else float(np.iinfo(self.values.dtype).max)


def bands_last(values: Any, bands: int) -> Any:
    """Returns an array of three axes with the bands last, if they are first and their number tells."""
    if values.shape[0] == bands and values.shape[2] != bands:
        return values.transpose(1, 2, 0)
    return values


def in_nm(path: object, values: Any, unit: str = "") -> np.ndarray:
    """Returns wavelengths float64 in nm.

    Args:
      path: of the file, for error messages.
      values: numbers. unit: as stated; where none is, small numbers are micrometers.

    Raises:
      DataError: another unit, or values that are no numbers.
    """
    values, name = np.asarray(values, np.float64).ravel(), str(unit).strip().lower()
    if name in _NANOMETERS:
        return values
    if name in _MICROMETERS:
        return 1000 * values
    if name not in _UNSTATED:
        raise DataError(f"{path}: must state 'wavelength' in nm or micrometers. Received: unit {unit!r}")
    return 1000 * values if values.size and values.max() < _SHORTEST_NM else values


def name_of_cube(path: object, shapes: Mapping[str, tuple], variable: str) -> str:
    """Returns which of several arrays is the cube: `variable`, "cube", or the only one of three axes.

    Args:
      path: of the file, for error messages.
      shapes: {name: shape} of its arrays.
      variable: as `Choice`.

    Raises:
      DataError: none, or several.
    """
    there = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items()) or "none"
    if variable:
        if variable not in shapes:
            raise DataError(f"{path}: no variable {variable!r}; present: {', '.join(shapes) or 'none'}")
        return variable
    names = [name for name, shape in shapes.items() if len(shape) == 3]
    if CUBE in names:
        return CUBE
    if len(names) != 1:
        raise DataError(f"{path}: --variable must say which array is the cube; present: {there}")
    return names[0]


def name_of_wavelengths(shapes: Mapping[str, tuple], cube: str) -> str | None:
    """Returns which array holds the cube's wavelengths, by its name and length; None where there is none."""
    by_name = {name.lower(): name for name in shapes}
    for wanted in WAVELENGTHS:
        name = by_name.get(wanted)
        if name is None or name == cube:
            continue
        sides = [side for side in shapes[name] if side != 1]
        if len(sides) == 1 and sides[0] in shapes[cube]:
            return name
    return None
