"""The one reader of cubes' files, ours and others': it gives what is stored (`hsgan.files.stored`).

`hsgan.files.cubes.open_cube` makes radiance of it, and the builders of records whole numbers. Needs NumPy and the
libraries of the formats alone, not xarray.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hsgan.disk import guard, whole
from hsgan.errors import DataError
from hsgan.files import formats
from hsgan.files.formats import pictures
from hsgan.files.stored import Choice, Stored
from hsgan.files.suffixes import by_suffix, load

MODULES = load(formats, (*formats.WRITTEN, *formats.READ))
_READERS = by_suffix(MODULES.values())
SUFFIXES = tuple(_READERS)  # of what `open_cube` opens; folders of pictures have none
Result = TypeVar("Result")


def read_stored(path: str | Path, choice: Choice, use: Callable[[Stored], Result]) -> Result:
    """Returns what `use` makes of the numbers in a cube's file as they are stored (`hsgan.files.stored`).

    Args:
      path: as `open_cube`.
      choice: what the user says of it.
      use: function of what is `completed`; a `ValueError` of it is the file's fault.

    Raises:
      DataError: no such file, an unknown suffix, a file that is damaged or holds no cube, or one that does not say its
        wavelengths, where the user does not either.
    """
    path = Path(path)
    module = _READERS.get(path.suffix.lower(), pictures if path.is_dir() else None)
    if module is None:
        raise DataError(f"{path}: must end in one of {', '.join(SUFFIXES)}. Received: {path.suffix or 'no suffix'}")
    return whole.read_whole(module.targets(path), lambda *parts: _read(path, module, parts, choice, use))


def same_format(path: Path, other: Path) -> bool:
    """Whether two files are of one format, by their suffixes."""
    module = _READERS.get(path.suffix.lower())
    return module is not None and _READERS.get(other.suffix.lower()) is module


def _read(path, module, parts, choice, use):
    """The border, where whatever is wrong with a cube's files becomes one line."""
    given = next((part for part in parts if part.name == path.name), path)
    with guard.reading(given, "a cube", folder=getattr(module, "FOLDER", False)):
        return use(module.read(*parts, choice).completed(given, choice))
