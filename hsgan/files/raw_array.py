"""A large array of numbers inside a file, written and read in parts without ever being held in memory."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hsgan.errors import DataError

DTYPE = np.dtype("<f4")


class RawArray:
    """The values of an array at `offset` in a file, in C order.

    All of its room is taken from the disk at once: a disk too full is an `OSError` before any work, and none can occur
    at a `put` (where it would end the process: a mapped file knows no errors).

    Args:
      path: the file, which is made if need be.
      offset: bytes before the array.
      shape: its sides.
      dtype: of its values.
      beside: bytes to take behind the array, for what is written there at the end.

    Raises:
      OSError: no room.
    """

    def __init__(self, path: str | Path, offset: int, shape: Sequence[int], dtype: np.dtype = DTYPE, beside: int = 0):
        self.path, self.offset, self.shape, self.dtype = path, offset, tuple(shape), dtype
        with open(path, "ab") as file:
            os.posix_fallocate(file.fileno(), 0, offset + dtype.itemsize * int(np.prod(shape)) + beside)

    def put(self, index: Any, values: np.ndarray) -> None:
        """Writes `values` to a part of the array."""
        # Mapped anew each time: what was written before no longer counts as this process's memory.
        np.memmap(self.path, self.dtype, "r+", self.offset, self.shape)[index] = values


def mapped(path: str | Path, dtype: Any, offset: int, shape: Sequence[int]) -> np.memmap:
    """Returns an array in a file, read when it is used: a read-only `numpy.memmap` in C order.

    Raises:
      DataError: the file is shorter than the array.
    """
    needed = offset + np.dtype(dtype).itemsize * int(np.prod(shape))
    size = os.path.getsize(path)
    if size < needed:
        raise DataError(f"{path}: is truncated: its header announces {needed} bytes. Received: {size}; make it again")
    return np.memmap(path, dtype, "r", offset, tuple(shape))
