"""The types of numbers in which cubes are written: float32, or smaller ones that are read back as float32.

`uint16` holds radiance times `WHITE_LEVEL`, rounded: steps of 1 / 16384 from 0 up to 4, since single bands of a
saturated color exceed 1. `float16` holds 11 significant bits. What a type cannot hold is moved to the nearest that it
can.
"""

from dataclasses import dataclass

import numpy as np

WHITE_LEVEL = 16384
FLOAT32 = "float32"


@dataclass(frozen=True)
class Dtype:
    """A type as files hold it.

    Attributes:
      numpy: little-endian type.
      white_level: the stored value that stands for radiance 1.
      low, high: stored values at most.
    """

    numpy: np.dtype
    white_level: float
    low: float
    high: float

    def encode(self, values: np.ndarray) -> tuple[np.ndarray, int]:
        """Returns (radiance as this type holds it, how many values it could not hold).

        Args:
          values: float32, linear radiance; NaN is held by floats alone, and 0 elsewhere.
        """
        if self.numpy == np.float32:
            return values, 0
        scaled = np.asarray(values, np.float32) * np.float32(self.white_level)
        if self.numpy.kind == "u":
            scaled = np.rint(scaled)
            outside = ~((scaled >= self.low) & (scaled <= self.high))
        else:
            outside = np.isfinite(scaled) & (np.abs(scaled) > self.high)
        count = int(outside.sum())
        if count:
            scaled = np.where(outside, np.clip(np.nan_to_num(scaled), self.low, self.high), scaled)
        return scaled.astype(self.numpy), count


_HALF = float(np.finfo(np.float16).max)
DTYPES = {
    FLOAT32: Dtype(np.dtype("<f4"), 1.0, -np.inf, np.inf),
    "float16": Dtype(np.dtype("<f2"), 1.0, -_HALF, _HALF),
    "uint16": Dtype(np.dtype("<u2"), float(WHITE_LEVEL), 0.0, 65535.0),
}
