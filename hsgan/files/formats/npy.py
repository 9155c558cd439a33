"""NPY: one array of three axes, which says nothing about itself. Only read."""

from pathlib import Path

from hsgan.disk import arrays
from hsgan.files.formats.npz import from_file
from hsgan.files.stored import Choice, Stored

SUFFIXES = (".npy",)


def targets(path: Path) -> list[Path]:
    """Returns the one file."""
    return [path]


def read(path: Path, choice: Choice) -> Stored:
    """Reads such a file; the cube stays in it."""
    return Stored(from_file(path, arrays.npy_header(path)))
