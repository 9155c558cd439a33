"""The border at which files are read: whoever made them, what is wrong with one is a single line of our own error.

Every reader of a file works inside `reading`. Before it allocates what a header announces it asks `check_bytes` or
`check_pixels`: a few bytes can announce any number of them.
"""

import errno
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hsgan.errors import DataError, HsganError

MAX_PIXELS = 150_000_000  # of an image that is decoded as a whole
MAX_BYTES = 1 << 30  # of what is held in memory at once because its file cannot be mapped
MAX_TEXT = 1 << 26  # bytes of a text file
MAX_INFLATION = 1032  # deflate makes at most so many bytes of one
_REASON_LENGTH = 200


@contextmanager
def reading(path: str | Path, what: str, error: type[HsganError] = DataError, folder: bool = False) -> Iterator[None]:
    """Turns whatever a reader raises inside the `with` into one line that names the file; our own errors pass.

    Args:
      path: the file, which must be there and be a file: a pipe would be waited for forever.
      what: the kind of file that was expected, with its article: "a cube", "a run's configuration".
      error: the class of the error.
      folder: whether a folder is read, not a file.

    Raises:
      HsganError: of the class `error`.
    """
    check_kind(path, error, folder)
    # Libraries warn of damage that they pass over, or of things that we check ourselves.
    with warnings.catch_warnings(), translated(path, what, error):
        warnings.simplefilter("ignore")
        yield


@contextmanager
def translated(where: str | Path, what: str, error: type[HsganError] = DataError) -> Iterator[None]:
    """`reading` of what need not be one file, or of one that is read on and on: the errors alone are ours."""
    try:
        yield
    except HsganError:
        raise
    except FileNotFoundError as cause:
        raise error(f"{where}: no such file{_other(where, cause)}") from cause
    except PermissionError as cause:
        raise error(f"{where}: cannot be read: {os.strerror(cause.errno or errno.EACCES)}") from cause
    except MemoryError as cause:
        raise error(f"{where}: needs more memory than there is; make it smaller") from cause
    except Exception as cause:
        raise error(f"{where}: is damaged or truncated, or not {what} ({reason(cause)})") from cause


def check_kind(path: str | Path, error: type[HsganError] = DataError, folder: bool = False) -> None:
    """Refuses what is not there, and what is no file (or, if asked, no folder).

    Raises:
      HsganError: of the class `error`.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as cause:  # ValueError: a name with a NUL in it
        if isinstance(cause, FileNotFoundError | NotADirectoryError):
            raise error(f"{path}: no such {'folder' if folder else 'file'}") from None
        raise error(f"{str(path)!r}: cannot be read: {reason(cause)}") from cause
    if folder and not stat.S_ISDIR(mode):
        raise error(f"{path}: is a file; give a folder")
    if not folder and stat.S_ISDIR(mode):
        raise error(f"{path}: is a folder; give a file")
    if not folder and not stat.S_ISREG(mode):
        raise error(f"{path}: is a pipe or a device; give a file")


def check_bytes(path: str | Path, count: int, size: int | None = None, most: int = MAX_BYTES) -> None:
    """Refuses to make `count` bytes out of a file, before it is done.

    Args:
      path: the file, for the error message.
      count: bytes that its header announces.
      size: bytes that hold them in compressed form, where that is known: deflate makes at most 1032 of one.
      most: bytes at most.

    Raises:
      DataError: more than `most`, or than `size` can hold.
    """
    if count > most:
        raise DataError(f"{path}: announces {count} bytes, more than the {most} that fit; make it smaller")
    if size is not None and count > size * MAX_INFLATION:
        raise DataError(f"{path}: is damaged: announces {count} bytes, which {size} stored bytes cannot hold")


def check_pixels(path: str | Path, width: int, height: int, most: int = MAX_PIXELS) -> None:
    """Refuses an image of more than `most` pixels, or of none, before it is decoded.

    Raises:
      DataError: names the size.
    """
    if width < 1 or height < 1:
        raise DataError(f"{path}: must have at least one pixel. Received: {width} x {height}")
    if width * height > most:
        raise DataError(
            f"{path}: more than {most // 10**6} million pixels; make it smaller first. Received: {width} x {height}"
        )


def reason(error: BaseException) -> str:
    """Returns the kind and text of an error, on one line and not too long."""
    text = shortened(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def shortened(value: object) -> str:
    """Returns the text of a value, on one line and not too long."""
    return " ".join(str(value).split())[:_REASON_LENGTH]


def _other(path, cause):
    """Names the missing file where it is not the one that was asked for."""
    if cause.filename is None or os.fspath(cause.filename) == os.fspath(path):
        return ""
    return f" {cause.filename} beside it"
