"""Weights of Keras models (`.weights.h5`): written whole, with a checksum that is compared when they are read.

The checksum is the attribute `sha256` of the file: over the names, types, shapes and bytes of all its arrays. A file
without one, as older versions wrote them, is read all the same.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from hsgan.disk import whole
from hsgan.errors import DataError
from hsgan.files import hdf5

if TYPE_CHECKING:
    import keras

_CHECKSUM = "sha256"


def write_weights(path: str | Path, record: str | Path, model: "keras.Model", values: object) -> None:
    """Writes a Keras model's weights, and a JSON file about them; both are replaced together.

    The space is reserved first: where a disk fills up under HDF5, it ends the process without an error.

    Args:
      path: the file, ending in `.weights.h5`.
      record: the JSON file, in the same folder.
      model: a built Keras model.
      values: what the record says.

    Raises:
      OSError: no room, or no right to write.
    """
    size = sum(int(np.prod(variable.shape)) * 4 for variable in model.variables)
    try:
        with whole.staged([path, record]) as parts:
            # HDF5 adds a few kilobytes a group and variable.
            whole.check_room(parts[0], size + 8192 * len(model.variables) + 65536)
            model.save_weights(str(parts[0]))
            with h5py.File(parts[0], "r+") as file:
                file.attrs[_CHECKSUM] = np.bytes_(checksum(file))
            parts[1].write_text(whole.json_text(values))
    except OSError as error:
        if error.errno is None:  # a library's own words, without a number
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def load_weights(path: str | Path, model: "keras.Model") -> None:
    """Loads a file of weights into a built Keras model, after checking that it is as it was written.

    Raises:
      DataError: no such file, a damaged one, links out of it, a wrong checksum.
      ValueError, KeyError: as Keras, for weights of another network.
    """
    with hdf5.opened(path) as file:
        stated, found = hdf5.attribute(file, _CHECKSUM), checksum(file)
    if stated is not None and stated != found.encode():
        raise DataError(f"{path}: is damaged: the checksum of its values differs from the one in it; copy it again")
    model.load_weights(path)


def checksum(file: h5py.File) -> str:
    """Returns the sha256, in hexadecimal, of all arrays of an open file.

    Raises:
      DataError: links, or arrays that are kept outside the file.
    """
    digest = hashlib.sha256()
    for name, data in hdf5.datasets(file):
        digest.update(repr((name, data.dtype.str, data.shape)).encode())
        digest.update(np.ascontiguousarray(hdf5.read(data, data.dtype)).tobytes())
    return digest.hexdigest()
