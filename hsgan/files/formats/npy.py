"""NPY: one array of three axes, which says nothing about itself. Only read."""

from hsgan.disk import arrays
from hsgan.files.formats.npz import from_file
from hsgan.files.stored import Stored

SUFFIXES = (".npy",)


def targets(path):
    """Returns the one file."""
    return [path]


def read(path, choice):
    """Reads such a file; the cube stays in it."""
    return Stored(from_file(path, arrays.npy_header(path)))
