"""A large float32 array inside a file, written and read in parts without ever being held in memory."""

import os

import numpy as np

from hsgan.errors import DataError

DTYPE = np.dtype("<f4")


class RawArray:
    """The values of an array at `offset` in a file, in C order, little-endian float32.

    All of its room is taken from the disk at once: a disk too full is an `OSError` before any work, and none can occur
    at a `put` (where it would end the process: a mapped file knows no errors).

    Args:
      path: the file, which is made if need be. offset: bytes before the array. shape: its sides.
      beside: bytes to take behind the array, for what is written there at the end.

    Raises:
      OSError: no room.
    """

    def __init__(self, path, offset, shape, beside=0):
        self.path, self.offset, self.shape = path, offset, tuple(shape)
        with open(path, "ab") as file:
            os.posix_fallocate(file.fileno(), 0, offset + DTYPE.itemsize * int(np.prod(shape)) + beside)

    def put(self, index, values):
        """Writes `values` to a part of the array."""
        # Mapped anew each time: what was written before no longer counts as this process's memory.
        np.memmap(self.path, DTYPE, "r+", self.offset, self.shape)[index] = values


def mapped(path, dtype, offset, shape):
    """Returns an array in a file, read when it is used: a read-only `numpy.memmap` in C order.

    Raises:
      DataError: the file is shorter than the array.
    """
    needed = offset + np.dtype(dtype).itemsize * int(np.prod(shape))
    size = os.path.getsize(path)
    if size < needed:
        raise DataError(f"{path}: is truncated: its header announces {needed} bytes. Received: {size}; make it again")
    return np.memmap(path, dtype, "r", offset, tuple(shape))
