"""Locks on files, which end with their process: what tells the dead from the living.

A process id does not: it is used again, and means nothing on another machine or in another container.
"""

import fcntl
import os
from pathlib import Path


class Lock:
    """An exclusive lock; `take` gives one. It holds until `release`, or the end of the process however that comes.

    Attributes:
      path: the locked file, which is made if need be, and stays.
    """

    def __init__(self, path: Path, handle: int):
        self.path = path
        self._handle = handle

    @classmethod
    def take(cls, path: str | Path, wait: bool = False) -> "Lock | None":
        """Returns a lock on the file `path`, or None where another has it and `wait` is false.

        Raises:
          OSError: the file cannot be made, or its file system knows no locks.
        """
        while True:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                os.close(handle)
                return None
            except BaseException:
                os.close(handle)
                raise
            if _is_still(handle, path):
                return cls(Path(path), handle)
            os.close(handle)  # who had it removed the file, and a lock on that locks nothing

    def release(self) -> None:
        """Gives the lock back; again is no error."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.release()

    def __del__(self):
        self.release()


def _is_still(handle, path):
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(handle), there)
