"""Outputs of one or several files, or a folder, that appear together when they are whole, or not at all."""

import fcntl
import glob
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

_MARK = ".unfinished"


@contextmanager
def staged(stem, suffixes):
    """Gives paths in a new hidden folder beside `stem`; on success what is there moves to `stem` + suffix.

    On an exception, an interruption included, it is removed. What a killed process left is removed by the next one
    that writes to the same `stem`: a lock, which ends with its process, tells the dead from the living. Of several
    files the last is removed first and arrives last: a header never stands beside another cube's data.

    Args:
      stem: path without suffix. suffixes: of the files or folders to write, with their dots.
    """
    target = Path(stem)
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name[:40]}-"
    _remove_abandoned(target.parent, prefix)
    folder, lock = _locked_folder(target.parent, prefix)
    try:
        paths = [folder / f"cube{suffix}" for suffix in suffixes]
        yield paths
        for path in paths:
            _sync(path)
        final = [Path(f"{stem}{suffix}") for suffix in suffixes]
        if len(final) > 1:
            final[-1].unlink(missing_ok=True)
        for source, path in zip(paths, final, strict=True):
            if path.is_dir() and not path.is_symlink():  # only an empty folder can be replaced by another
                os.replace(path, folder / f"old{path.suffix}")
            os.replace(source, path)
    finally:
        shutil.rmtree(folder)
        os.close(lock)


def _locked_folder(parent, prefix):
    """Returns a new folder and the descriptor that locks it."""
    new = tempfile.mkdtemp(dir=parent, prefix=prefix)
    lock = os.open(new, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    # Only now does it get the name under which others look for abandoned ones.
    os.rename(new, new + _MARK)
    return Path(new + _MARK), lock


def _remove_abandoned(parent, prefix):
    for name in glob.glob(f"{glob.escape(prefix)}*{_MARK}", root_dir=parent, include_hidden=True):
        try:
            lock = os.open(parent / name, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:  # its process removed it meanwhile
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(parent / name)
        except BlockingIOError:  # another process is at work in it
            continue
        finally:
            os.close(lock)


def _sync(path):
    """Writes a file, or every file of a folder, through to the disk."""
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            with open(file, "rb") as opened:
                os.fsync(opened.fileno())
