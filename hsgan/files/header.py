"""What a cube file says beside the numbers: size, wavelengths, camera, and free facts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hsgan.files.dtypes import DTYPES, FLOAT32, Dtype

_NAME = re.compile(r"[^\x00-\x1f=;{}]+")  # an ENVI header gives the others a meaning
UNITS = "relative linear radiance"
RADIANCE, REFLECTANCE = "radiance", "reflectance"  # of the fact "quantity"
RESERVED = ("srf", "units", "scale_factor", "add_offset")  # attributes that no fact may replace


def radiance_facts(light: str) -> dict[str, str]:
    """Returns what a file says of radiance: that it is, and the light that it is relative to."""
    return {"quantity": RADIANCE, "relative_to": f"light {light}"}


def quantity_label(quantity: str) -> str:
    """Returns what stands at the axis of a cube's values: what they are, and what their 1 is."""
    return f"{quantity} ({'white' if quantity == REFLECTANCE else 'full scale'} 1)"


@dataclass(frozen=True, eq=False)
class CubeHeader:
    """Everything about a cube but its values.

    Attributes:
      height, width: pixels.
      wavelengths_nm: float32 [bands], nm, ascending.
      srf: float32 [3, bands], R, G, B rows, that belongs to the cube; None where none is known.
      facts: flat dictionary of strings and numbers, e.g. photo, camera, model and license.
      dtype: in which a file holds the values, in `hsgan.files.dtypes.DTYPES`.

    Raises:
      ValueError: no such dtype, sizes that are not positive, arrays that do not fit together, wavelengths that are not
        finite or not ascending, an SRF that is not finite, facts that are neither strings nor finite numbers, or called
        as one of `RESERVED`.
    """

    height: int
    width: int
    wavelengths_nm: np.ndarray
    srf: np.ndarray | None = None
    facts: dict = field(default_factory=dict)
    dtype: str = FLOAT32

    def __post_init__(self):
        wavelengths_nm = np.asarray(self.wavelengths_nm, np.float32)
        srf = None if self.srf is None else np.asarray(self.srf, np.float32)
        bands = wavelengths_nm.size
        fits = wavelengths_nm.shape == (bands,) and (srf is None or srf.shape == (3, bands))
        if not fits or min(self.height, self.width, bands) < 1:
            raise ValueError(
                "cube, wavelengths_nm, srf: must be [height, width, bands], [bands], [3, bands] or None. "
                f"Received: {(self.height, self.width)} pixels, {wavelengths_nm.shape}, {np.shape(srf)}"
            )
        if not (np.diff(wavelengths_nm) > 0).all() or not np.isfinite(wavelengths_nm).all():
            raise ValueError(f"wavelengths_nm: must ascend. Received: {wavelengths_nm.tolist()}")
        if srf is not None and not np.isfinite(srf).all():
            raise ValueError(f"srf: must be finite. Received: {int((~np.isfinite(srf)).sum())} values that are not")
        check_dtype(self.dtype)
        object.__setattr__(self, "wavelengths_nm", wavelengths_nm)
        object.__setattr__(self, "srf", srf)
        object.__setattr__(self, "facts", checked_facts(self.facts))

    def __repr__(self) -> str:
        first, last = self.wavelengths_nm[[0, -1]]
        sides = " x ".join(map(str, self.shape))
        camera = "without an SRF" if self.srf is None else "with an SRF"
        return f"<CubeHeader: {sides} bands, {first:g}-{last:g} nm, {self.dtype}, {camera}, {len(self.facts)} facts>"

    @property
    def stored(self) -> Dtype:
        """How a file holds the values."""
        return DTYPES[self.dtype]

    def of_bands(self, bands: Sequence[int]) -> "CubeHeader":
        """Returns the header of a cube of some of the bands; an SRF belongs to all of them, and none is left.

        Args:
          bands: their indices, ascending.
        """
        return replace(self, wavelengths_nm=self.wavelengths_nm[list(bands)], srf=None)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, bands)."""
        return self.height, self.width, self.wavelengths_nm.size

    @property
    def bytes(self) -> int:
        """Size of the values in a file."""
        return self.stored.numpy.itemsize * self.height * self.width * self.wavelengths_nm.size

    @property
    def band_names(self) -> list[str]:
        """ "400 nm", ..., one a band."""
        return [f"{wavelength:g} nm" for wavelength in self.wavelengths_nm]

    @property
    def default_bands(self) -> list[int]:
        """Indices of the bands that show the cube as R, G, B on a screen."""
        return [int(np.abs(self.wavelengths_nm - wanted).argmin()) for wanted in (640, 550, 460)]


def check_dtype(dtype: str) -> None:
    """Raises `ValueError` for a dtype that is not in `DTYPES`."""
    if dtype not in DTYPES:
        raise ValueError(f"dtype: must be one of {', '.join(DTYPES)}. Received: {dtype!r}")


def checked_facts(facts: dict) -> dict:
    """Returns `facts` as a dictionary of strings, whole and floating-point numbers of Python.

    Raises:
      ValueError: another type, a number that is not finite, a name in `RESERVED`.
    """
    plain = {
        str(name): _printable(value.item() if isinstance(value, np.generic) else value) for name, value in facts.items()
    }
    for name, value in plain.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"facts: a name must be a plain word or several. Received: {name!r}")
        if name in RESERVED:
            raise ValueError(f"facts: {name} is no fact, but stands beside the cube by itself")
        if not isinstance(value, str | int | float) or (isinstance(value, float) and not np.isfinite(value)):
            raise ValueError(f"facts: {name} must be a text or a finite number. Received: {value!r}")
    return plain


def _printable(value):
    """Returns a text without what no encoding can hold: bytes of a file's name that are no UTF-8."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value
