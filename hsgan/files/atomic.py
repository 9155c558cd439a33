"""Files that appear whole or not at all: written beside their place, synced to disk, then moved into it."""

import json
import os
from pathlib import Path

import numpy as np


def write_atomically(path, write, reserve=0):
    """Calls `write(temporary path)`, then moves the result to `path`: a failure leaves what was there before.

    Args:
      path: the file to write or replace.
      write: function of the temporary path, a string.
      reserve: bytes that must be free first; for libraries that do not survive a disk that fills up while they write.

    Raises:
      OSError: as `write` raises it, or no space for `reserve` bytes; its `filename` is `path`.
    """
    path = Path(path)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        if reserve:
            check_room(temporary, reserve)
        write(str(temporary))
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if error.errno is None:  # a library's own words, without a number
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path, text):
    """Writes a text file atomically."""
    write_atomically(path, lambda temporary: Path(temporary).write_text(text))


def write_json(path, values):
    """Writes `values` as JSON, atomically; a number that JSON does not have (NaN) is a `ValueError`."""
    write_text(path, json.dumps(values, indent=2, allow_nan=False) + "\n")


def write_weights(path, model, outdated=None):
    """Writes a Keras model's weights (`.weights.h5`) atomically.

    The space is reserved first: where a disk fills up under HDF5, it ends the process without an error.

    Args:
      path: the file. model: a built Keras model.
      outdated: a file that speaks of the old weights; it is removed once the new ones are on disk, before they take
        the old ones' place.
    """

    def write(temporary):
        model.save_weights(temporary)
        if outdated is not None:
            Path(outdated).unlink(missing_ok=True)

    values = sum(int(np.prod(variable.shape)) * 4 for variable in model.variables)
    # HDF5 adds a few kilobytes a group and variable.
    write_atomically(path, write, reserve=values + 8192 * len(model.variables) + 65536)


def sync_tree(folder):
    """Puts all files in a folder, and the folder's own entries, on disk; before it is moved into its place."""
    for path in (*Path(folder).rglob("*"), Path(folder)):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def check_room(path, size):
    """Raises `OSError` unless `size` bytes can be had at `path`; leaves nothing there."""
    try:
        with open(path, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
    finally:
        path.unlink(missing_ok=True)
