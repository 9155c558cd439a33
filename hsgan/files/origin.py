"""Where a photo's values come from, as far as its camera goes. NumPy alone; `hsgan.files.evidence` reads it from files.

A developed picture (anything sRGB-encoded) says by that alone what its values are. A RAW file says which camera it came
from, and mostly how that camera sees colors.
"""

from dataclasses import dataclass, field

import numpy as np

RAW, DEVELOPED, LINEAR = "raw", "developed", "linear"
ANY_DAYLIGHT = "D65"


@dataclass(frozen=True, eq=False)
class Origin:
    """Where values come from.

    Attributes:
      kind: `RAW`, a sensor's own values; `DEVELOPED`, sRGB by a camera's processor or a program; `LINEAR`, linear light
        of which nothing else is known.
      make: of the camera, as EXIF has it; "" where the file does not say.
      model: of the camera, likewise.
      matrix: float64 [3, 3], from XYZ to the sensor's R, G, B; None where there is none.
      light: that the matrix was made for, a name of `hsgan.spectra.illuminants`.
    """

    kind: str
    make: str = ""
    model: str = ""
    matrix: np.ndarray | None = field(default=None, repr=False)
    light: str = ANY_DAYLIGHT

    @property
    def camera(self) -> str:
        """Make and model as one would say them; "" where the file does not say."""
        again = self.make and self.model.lower().startswith(self.make.split()[0].lower())
        return self.model if again else f"{self.make} {self.model}".strip()


def of_encoding(encoding: str) -> Origin:
    """Returns the `Origin` of values of which the encoding, "srgb" or "linear", is all that is known."""
    return Origin(DEVELOPED if encoding == "srgb" else LINEAR)
