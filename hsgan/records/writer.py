"""Writes a folder of records atomically: it appears whole, under its name, or not at all."""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hsgan.disk import whole
from hsgan.errors import DataError
from hsgan.records import manifest as manifest_lib
from hsgan.records import schema, wire


class RecordWriter:
    """Context manager that writes records into a hidden folder, which gets its name at the end (`hsgan.disk.whole`).

    Args:
      directory: the output folder; must not exist, or be empty.
      header: a `Manifest` without splits: what the records have in common.
      shards: files a split; at most one a record is kept.

    Raises:
      DataError: the output folder is not empty, or cannot be made or written.
    """

    def __init__(self, directory: str | Path, header: manifest_lib.Manifest, shards: int = 4):
        self.directory = Path(directory).absolute()
        self.header = header
        self.shards = shards
        self._scenes: dict[str, list[str]] = {}
        self._names: set[str] = set()
        self._files: dict[tuple[str, int], wire.TFRecordFile] = {}
        if shards < 1:
            raise DataError(f"--shards: must be positive. Received: {shards}")
        check_vacant(self.directory)

    def __enter__(self) -> "RecordWriter":
        self._staged = whole.staged([self.directory], replace=False)
        with writing(self.directory):
            (self._folder,) = self._staged.__enter__()
            self._folder.mkdir()
        return self

    def write(self, split: str, record: schema.Record) -> None:
        """Appends a `CubeRecord` or `PhotoRecord` to a split.

        Raises:
          DataError: a scene that the folder already has, a record that does not fit the header, a failed write.
        """
        scenes = self._scenes.setdefault(split, [])
        if record.scene in self._names:
            raise DataError(f"scene {record.scene}: there are two of this name")
        manifest_lib.check_header(record, self.header)
        serialized = schema.buffers(record)
        shard = len(scenes) % self.shards
        key = split, shard
        with writing(self.directory):
            if key not in self._files:
                self._files[key] = wire.TFRecordFile(self._folder / f"{split}-{shard}")
            self._files[key].write(serialized)
        scenes.append(record.scene)
        self._names.add(record.scene)

    def __exit__(self, kind, error, traceback):
        if kind is not None:  # the error on its way out is the one to report
            with contextlib.suppress(OSError):
                self._close()
            return self._staged.__exit__(kind, error, traceback)
        with writing(self.directory):
            try:
                self._close()
                self._finish()
            except BaseException:
                self._staged.__exit__(*sys.exc_info())
                raise
            return self._staged.__exit__(None, None, None)

    def _close(self):
        for file in self._files.values():
            file.close()

    def _finish(self):
        splits = {}
        for split, scenes in self._scenes.items():
            if not scenes:
                continue
            numbers = [number for name, number in self._files if name == split]
            shards = []
            for number in sorted(numbers):
                name = shard_name(self.header.source, split, number, len(numbers))
                (self._folder / f"{split}-{number}").rename(self._folder / name)
                file = self._files[split, number]
                shards.append(manifest_lib.Shard(name, file.records, file.bytes, file.sha256))
            splits[split] = manifest_lib.Split(tuple(scenes), tuple(shards))
        if not splits:
            raise DataError(f"{self.directory}: not one record was written")
        manifest_lib.write_manifest(replace(self.header, splits=splits), self._folder)


def shard_name(source: str, split: str, number: int, count: int) -> str:
    """Returns the file name of shard `number` of `count`."""
    return f"{source}-{split}-{number:05d}-of-{count:05d}.tfrecord"


def check_vacant(directory: Path) -> None:
    """Raises `DataError` unless `directory` does not exist or is an empty folder."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise DataError(f"{directory}: exists and is not empty; give another --output, or remove it")


@contextlib.contextmanager
def writing(directory: str | Path) -> Iterator[None]:
    """Turns what goes wrong in writing a folder of records inside the `with` into a line of our own.

    Raises:
      DataError: the folder cannot be written, or something took its place.
    """
    try:
        yield
    except FileExistsError as error:
        raise DataError(f"{directory}: cannot take its place; something was written there meanwhile") from error
    except OSError as error:
        raise DataError(f"{directory}: cannot be written: {error.strerror or error}") from error
