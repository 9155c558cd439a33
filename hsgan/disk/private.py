"""A folder for temporary files that are this user's alone, on machines that several share."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path


def private_folder(name: str) -> Path:
    """Returns a folder among the temporary files that no other user can look into, or put something into.

    It is the same one every time, so that what a killed process left there is found again
    (`hsgan.disk.whole.Scratch`). Where another user was there first with its name, it is a new one.

    Args:
      name: of a program; the user's number is added.

    Raises:
      OSError: it cannot be made.
    """
    path = Path(tempfile.gettempdir()) / f"{name}-{os.getuid()}"
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    return path if _is_private(path) else Path(tempfile.mkdtemp(prefix=f"{name}-"))


def _is_private(path):
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077
