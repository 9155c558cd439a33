"""Outputs that appear whole or not at all: a file, several that belong together, or a folder.

They are written in a hidden folder beside their place (`.NAME-*.unfinished`), put on disk, and moved. What was there
before stays until then. An exception removes the hidden folder. A killed process leaves it, and the next one that
writes to the same place removes it: a lock tells whether its process lives.

One file, or a new folder, moves in one step of the file system. So does a folder that replaces another, where the file
system can exchange two names (Linux: ext4, XFS, Btrfs, tmpfs). For all else the step is the hidden folder's change of
name to `.NAME.arriving`: from then on the new state holds, whatever happens. `read_whole` reads what has not left that
folder yet from there, and reads again what changed meanwhile, so that it sees the old state or the new one. Who writes
or reads next completes a move whose process was killed. Other programs may find the last of several files (ENVI's
header) missing until then, never beside another's data.
"""

import ctypes
import errno
import json
import os
import secrets
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from hsgan.disk.locks import Lock

_UNFINISHED, _ARRIVING = ".unfinished", ".arriving"
_LOCK = "lock"
_OLD = "old"
_NAME_LENGTH = 40  # of the target's name, in a hidden folder's
_ATTEMPTS = 100
_EXCHANGE = 2  # RENAME_EXCHANGE
_AT_FDCWD = -100
_CANNOT_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.EXDEV, errno.EOPNOTSUPP)
_OCCUPIED = (errno.ENOTEMPTY, errno.EEXIST)

Result = TypeVar("Result")


class Scratch:
    """A hidden folder that ends with its process: `close` removes it, and after a kill the next one made beside it.

    Args:
      parent: the folder to make it in.
      name: text for its name.

    Attributes:
      path: of the folder.

    Raises:
      OSError: it cannot be made or locked.
    """

    def __init__(self, parent: str | Path, name: str):
        sweep(parent)
        self._lock = None
        while self._lock is None:
            self.path = Path(parent) / f".{_shortened(name, _NAME_LENGTH)}-{secrets.token_hex(4)}{_UNFINISHED}"
            self.path.mkdir()
            try:
                self._lock = Lock.take(self.path / _LOCK)
            except FileNotFoundError:  # taken for an abandoned one before it was locked
                continue
            except BaseException:  # a request to end, too
                remove(self.path)
                raise

    def close(self) -> None:
        """Removes the folder; again is no error."""
        if self.path.is_dir():
            remove(self.path)
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> "Scratch":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@contextmanager
def staged(targets: Sequence[str | Path], replace: bool = True) -> Iterator[list[Path]]:
    """Gives a path to write for each target; when the `with` ends without an exception they take their places.

    Args:
      targets: files or folders in one folder, which is made if need be. Of several, the last says what the others are.
      replace: whether what is there may be replaced; a single folder can be told not to, but for an empty one.

    Raises:
      OSError: no room, no right to write; `FileExistsError` for what may not be replaced.
    """
    places = [Path(target) for target in targets]
    parent = places[0].parent
    parent.mkdir(parents=True, exist_ok=True)
    with Scratch(parent, places[0].name) as stage:
        parts = []
        for number, target in enumerate(places):
            (stage.path / str(number)).mkdir()
            parts.append(stage.path / str(number) / target.name)
        yield parts
        for part in parts:
            sync(part)
        _publish(stage, parts, places, replace)


def read_whole(targets: Sequence[str | Path], read: Callable[..., Result]) -> Result:
    """Returns `read(path of each target)`, all of one state: written by one `staged`, or by none.

    Args:
      targets: as given to `staged`, in the same order.
      read: function of the paths, which are others than the targets' while a move is under way; it is called again
        where something changed meanwhile, and what it raised is then forgotten.

    Raises:
      OSError: the targets are replaced all the time; otherwise as `read` raises it.
    """
    targets = [Path(target) for target in targets]
    arriving = _arriving(targets)
    if arriving.is_dir():
        with suppress(OSError):  # without the right to write it is read where it is
            _complete(arriving)
    for _ in range(_ATTEMPTS):
        before = _seen(arriving, targets)
        try:
            result = read(*(Path(path) for path, _ in before))
        except Exception:
            if _seen(arriving, targets) == before:
                raise
        else:
            if _seen(arriving, targets) == before:
                return result
    raise OSError(errno.EAGAIN, "is replaced all the time; try again", str(targets[-1]))


def write_file(path: str | Path, write: Callable[[str], object], reserve: int = 0) -> None:
    """Calls `write(temporary path)` and moves the result to `path`.

    Args:
      path: the file to write or replace.
      write: function of the temporary path, a string.
      reserve: bytes that must be free first; for libraries that do not survive a disk that fills up while they write.

    Raises:
      OSError: as `write` raises it, or no space for `reserve` bytes; its `filename` is `path`.
    """
    with naming(path), staged([path]) as (part,):
        if reserve:
            check_room(part, reserve)
        write(str(part))


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Gives the errors of the operating system the name of a file, in place of the hidden one that it is written as.

    Raises:
      OSError: one of the `with`, its `filename` being `path`; without a number it is a library's own words, and kept.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def write_bytes(path: str | Path, content: bytes) -> None:
    """Writes a file of bytes; raises `OSError` as `write_file`."""
    write_file(path, lambda part: Path(part).write_bytes(content))


def write_text(path: str | Path, text: str) -> None:
    """Writes a text file in UTF-8; raises `OSError` as `write_file`."""
    write_bytes(path, text.encode())


def write_json(path: str | Path, values: object) -> None:
    """Writes `values` as JSON.

    Raises:
      OSError: as `write_file`.
      ValueError: a number that JSON does not have (NaN).
    """
    write_text(path, json_text(values))


def json_text(values: object) -> str:
    """Returns `values` as the JSON text of our files; a number that JSON does not have (NaN) is a `ValueError`."""
    return json.dumps(values, indent=2, allow_nan=False) + "\n"


def check_room(path: str | Path, size: int) -> None:
    """Raises `OSError` unless `size` bytes can be had at `path`; leaves nothing there."""
    try:
        with open(path, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
    finally:
        Path(path).unlink(missing_ok=True)


def sync(path: str | Path) -> None:
    """Puts a file, or a folder with all that is in it, on disk."""
    path = Path(path)
    for part in (*(path.rglob("*") if path.is_dir() else ()), path):
        handle = os.open(part, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: str | Path) -> None:
    """Removes what killed processes left unfinished in a folder, and completes their moves."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        if name.startswith(".") and name.endswith((_UNFINISHED, _ARRIVING)):
            with suppress(FileNotFoundError, PermissionError):  # meanwhile gone, or another user's
                _complete(Path(folder) / name)


def publish(folder: str | Path, target: str | Path) -> None:
    """Puts a folder on disk and moves it to where nothing is, or an empty one.

    Raises:
      FileExistsError: something is there.
    """
    sync(folder)
    _move_new(Path(folder), Path(target))
    sync_folder(Path(target).parent)


def remove(folder: str | Path) -> None:
    """Removes a folder, the file `lock` in it last: a kill on the way leaves no rest without it."""
    folder = Path(folder)
    for path in folder.iterdir():
        if path.name != _LOCK:
            shutil.rmtree(path) if _is_folder(path) else path.unlink()
    (folder / _LOCK).unlink(missing_ok=True)
    with suppress(FileNotFoundError):  # without its lock it is anybody's to sweep
        folder.rmdir()


def _complete(folder):
    """Ends the work of a killed process in a hidden folder; leaves a living one's, and what is none of ours."""
    if not (folder / _LOCK).exists():
        with suppress(OSError):  # somebody's folder with something in it
            folder.rmdir()
        return
    lock = Lock.take(folder / _LOCK)
    if lock is None:
        return
    with lock:
        if folder.name.endswith(_ARRIVING):
            _arrive(folder)
        else:
            remove(folder)


def _publish(stage, parts, targets, replace):
    """Moves the parts to their targets: the one step from the old state to the new one."""
    for part, target in zip(parts, targets, strict=True):
        _check_kind(part, target)
    if not replace:
        _move_new(parts[0], targets[0])
    elif len(parts) == 1 and not _is_folder(targets[0]):
        os.replace(parts[0], targets[0])
    elif len(parts) > 1 or not _exchange(parts[0], targets[0]):
        arriving = _announce(stage.path, _arriving(targets))
        stage.path = arriving / "gone"  # what is announced is not given up, whatever comes
        _arrive(arriving)
    sync_folder(targets[0].parent)


def _check_kind(part, target):
    """Refuses a file in a folder's place, and the reverse, before anything is moved."""
    if os.path.lexists(target) and _is_folder(part) != _is_folder(target):
        number = errno.EISDIR if _is_folder(target) else errno.ENOTDIR
        raise OSError(number, os.strerror(number), str(target))


def _move_new(part, target):
    """Moves a folder to where nothing is, or an empty one."""
    try:
        os.rename(part, target)
    except OSError as error:
        if error.errno in _OCCUPIED:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from error
        raise


def _announce(stage, arriving):
    """Gives a hidden folder whose parts are whole the name under which they count; waits for another's there."""
    for number in stage.iterdir():
        if number.name != _LOCK:
            sync_folder(number)
    sync_folder(stage)
    while True:
        try:
            os.rename(stage, arriving)
        except OSError as error:
            if error.errno not in _OCCUPIED:
                raise
            with suppress(FileNotFoundError), Lock.take(arriving / _LOCK, wait=True):
                if arriving.is_dir():
                    _arrive(arriving)
        else:
            sync_folder(arriving.parent)
            return arriving


def _arrive(arriving):
    """Moves all parts that are still in an announced folder to their places; then it is an unfinished one again.

    The last of several is removed first and arrives last: a header never stands beside another cube's data.
    """
    parent, parts = arriving.parent, _parts(arriving)
    if len(parts) > 1:
        with suppress(FileNotFoundError, IsADirectoryError):
            (parent / parts[-1].name).unlink()
    for part in parts:
        target = parent / part.name
        if _is_folder(target):
            (arriving / _OLD).mkdir(exist_ok=True)
            os.rename(target, arriving / _OLD / f"{part.name}-{secrets.token_hex(4)}")
        os.replace(part, target)
    sync_folder(parent)
    done = arriving.with_name(f"{arriving.name.removesuffix(_ARRIVING)}-{secrets.token_hex(4)}{_UNFINISHED}")
    os.rename(arriving, done)
    remove(done)


def _parts(arriving):
    """Returns the paths of the parts that have not left an announced folder, in the targets' order."""
    numbers = sorted((path for path in arriving.iterdir() if path.name.isdecimal()), key=lambda path: int(path.name))
    return [part for number in numbers for part in number.iterdir()]


def _seen(arriving, targets):
    """Returns [(path, identity)] of where each target is now."""
    found = []
    for number, target in enumerate(targets):
        path = arriving / str(number) / target.name
        if not os.path.lexists(path):
            path = target
        try:
            state = os.stat(path)
        except OSError:
            found.append((str(path), None))
        else:
            found.append((str(path), (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)))
    return found


def _arriving(targets):
    """Returns the path of the folder that announces these targets; the last one's name tells them from others."""
    return targets[-1].parent / f".{_shortened(targets[-1].name, 200)}{_ARRIVING}"


def _shortened(name, most):
    """Returns a name of at most about `most` bytes, for use in another: long ones end in a checksum."""
    data = os.fsencode(name)
    if len(data) <= most:
        return name
    return f"{data[: most - 9].decode(errors='ignore')}-{zlib.crc32(data):08x}"


def _is_folder(path):
    return path.is_dir() and not path.is_symlink()


def _exchange(part, target):
    """Exchanges two names in one step; returns whether the file system can."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(part), _AT_FDCWD, os.fsencode(target), _EXCHANGE):
        number = ctypes.get_errno()
        if number in _CANNOT_EXCHANGE:
            return False
        raise OSError(number, os.strerror(number), str(target))
    return True


def sync_folder(path: str | Path) -> None:
    """Puts a folder's own entries on disk."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
