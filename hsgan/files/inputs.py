"""Which photos and videos a command line means: files, folders and patterns."""

import glob
from collections.abc import Iterable, Sequence
from pathlib import Path

from hsgan.errors import DataError
from hsgan.files import photos, video


def find_inputs(arguments: Iterable[str | Path]) -> list[Path]:
    """Returns the files that are meant, each once, in the order of `arguments`, a folder's and a pattern's by name.

    Args:
      arguments: paths of files (which need not exist: whoever reads them says so), of folders (the photos and videos
        directly in them, by suffix), and patterns (`*`, `?`, `[...]`, and `**` for all folders below).

    Raises:
      DataError: no arguments, or a folder or pattern without photos.
    """
    if not arguments:
        raise DataError("PHOTO: give at least one photo, video, folder or pattern")
    found: dict[Path, Path] = {}
    for argument in map(str, arguments):
        for path in _expanded(argument):
            found.setdefault(path.resolve(), path)
    return list(found.values())


def is_video(path: str | Path) -> bool:
    """Whether a file is a video, by its suffix."""
    return Path(path).suffix.lower() in video.SUFFIXES


def output_stems(found: Sequence[str | Path], output: str | Path) -> list[tuple[str, Path]]:
    """Returns (photo, path without suffix in `output`) of each photo; no two paths are alike, case aside."""
    names = [Path(photo).stem.lower() for photo in found]
    stems, taken = [], set()
    for photo, name in zip(map(Path, found), names, strict=True):
        stem = photo.stem if names.count(name) == 1 else f"{photo.stem}-{photo.suffix[1:].lower()}"
        number, unique = 1, stem
        while unique.lower() in taken:
            number, unique = number + 1, f"{stem}-{number + 1}"
        taken.add(unique.lower())
        stems.append((str(photo), Path(output) / unique))
    return stems


def expand(argument: str) -> list[Path]:
    """Returns what a pattern matches, by name; the path itself where `argument` is none, or is there by that name.

    Raises:
      DataError: the pattern matches nothing.
    """
    if Path(argument).exists() or not glob.has_magic(argument):
        return [Path(argument)]
    paths = [Path(name) for name in sorted(glob.glob(argument, recursive=True))]
    if not paths:
        raise DataError(f"{argument}: the pattern matches nothing")
    return paths


def _expanded(argument):
    path = Path(argument)
    if path.is_dir():
        paths, where = sorted(path.iterdir()), "the folder"
    else:
        paths, where = expand(argument), "the pattern"
        if paths == [path]:
            return paths
    known = [path for path in paths if path.is_file() and path.suffix.lower() in {*photos.SUFFIXES, *video.SUFFIXES}]
    if not known:
        raise DataError(f"{argument}: {where} holds no photo ({photos.READABLE}) and no video")
    return known
