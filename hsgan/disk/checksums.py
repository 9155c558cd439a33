"""Checksums (sha256, hexadecimal): of a file, of all files of a folder, and whether they still hold."""

import hashlib
from pathlib import Path

from hsgan.disk import guard
from hsgan.errors import DataError, HsganError


def of_file(path: str | Path, size: int | None = None) -> str:
    """Returns the checksum of a file, or of its first `size` bytes."""
    digest, left = hashlib.sha256(), size
    with open(path, "rb") as file:
        while data := file.read(1 << 20 if left is None else min(left, 1 << 20)):
            digest.update(data)
            left = None if left is None else left - len(data)
    return digest.hexdigest()


def of_text(text: str) -> str:
    """Returns the checksum of a text, as UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def of_folder(folder: str | Path) -> dict[str, str]:
    """Returns {path in the folder: checksum} of all its files."""
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): of_file(path) for path in paths}


def check_folder(folder: str | Path, stated: dict[str, str], error: type[HsganError] = DataError) -> None:
    """Compares the files of a folder with what `of_folder` said of them.

    Raises:
      HsganError: of the class `error`: a file that is missing or was changed.
    """
    for name, checksum in stated.items():
        path = Path(folder) / name
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise error(f"{folder}: a checksum must be of a file in it. Received: {name!r}")
        with guard.reading(path, "a file", error):
            if of_file(path) != checksum:
                raise error(f"{path}: is damaged: its checksum differs from the one that was written with it")
