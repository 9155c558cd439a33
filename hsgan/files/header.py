"""What a cube file says beside the numbers: size, wavelengths, camera, and free facts."""

import re
from dataclasses import dataclass, field

import numpy as np

_NAME = re.compile(r"[^\x00-\x1f=;{}]+")  # an ENVI header gives the others a meaning
UNITS = "relative linear radiance"
RESERVED = ("srf", "units")  # attributes of an open cube that no fact may replace


@dataclass(frozen=True, eq=False)
class CubeHeader:
    """Everything about a cube but its values.

    Attributes:
      height, width: pixels.
      wavelengths_nm: float32 [bands], nm, ascending.
      srf: float32 [3, bands], R, G, B rows, that belongs to the cube; None where none is known.
      facts: flat dictionary of strings and numbers, e.g. photo, camera, model and license.

    Raises:
      ValueError: sizes that are not positive, arrays that do not fit together, wavelengths that are not finite or not
        ascending, an SRF that is not finite, facts that are neither strings nor finite numbers, or called `srf` or
        `units`.
    """

    height: int
    width: int
    wavelengths_nm: np.ndarray
    srf: np.ndarray | None = None
    facts: dict = field(default_factory=dict)

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
        object.__setattr__(self, "wavelengths_nm", wavelengths_nm)
        object.__setattr__(self, "srf", srf)
        object.__setattr__(self, "facts", checked_facts(self.facts))

    @property
    def shape(self):
        """(height, width, bands)."""
        return self.height, self.width, self.wavelengths_nm.size

    @property
    def bytes(self):
        """Size of the values."""
        return 4 * self.height * self.width * self.wavelengths_nm.size

    @property
    def band_names(self):
        """ "400 nm", ..., one a band."""
        return [f"{wavelength:g} nm" for wavelength in self.wavelengths_nm]

    @property
    def default_bands(self):
        """Indices of the bands that show the cube as R, G, B on a screen."""
        return [int(np.abs(self.wavelengths_nm - wanted).argmin()) for wanted in (640, 550, 460)]


def checked_facts(facts):
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
