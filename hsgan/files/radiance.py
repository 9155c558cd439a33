"""Numbers as a cube's file holds them, seen as float32 radiance."""

import numpy as np
import xarray
from xarray.core import indexing


class Radiance(xarray.backends.BackendArray):
    """Stored numbers as float32 radiance, for xarray: what is needed of them is made when it is.

    Args:
      values: [height, width, bands].
      white_level, dark: as `Stored`.
    """

    dtype = np.dtype(np.float32)

    def __init__(
        self, values: np.ndarray | xarray.Variable, white_level: float | np.ndarray, dark: float | np.ndarray = 0.0
    ):
        self._values, self.shape = values, values.shape
        self._white_level, self._dark = (
            np.broadcast_to(np.asarray(value, np.float32), self.shape[2:]) for value in (white_level, dark)
        )

    def variable(self, names: tuple[str, ...]) -> xarray.Variable:
        """Returns the `xarray.Variable` with these names of dimensions."""
        return xarray.Variable(names, indexing.LazilyIndexedArray(self))

    def __getitem__(self, key):
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC, self._read)

    def _read(self, key):
        part = np.asarray(self._values[key]).astype(np.float32)
        dark, white_level = self._dark[key[2]], self._white_level[key[2]]
        with np.errstate(all="ignore"):  # a file may say anything
            return (part - dark) / white_level if np.any(dark) else part / white_level
