"""Writes a folder of records atomically: it appears whole, under its name, or not at all."""

import contextlib
import os
import secrets
import shutil
from dataclasses import replace
from pathlib import Path

from hsgan.errors import DataError
from hsgan.records import manifest as manifest_lib
from hsgan.records import schema, wire


class RecordWriter:
    """Context manager that writes records into a hidden sibling folder and renames it into place at its end.

    An error removes the sibling; a killed process leaves it (`.NAME.partial-*`), and never an output folder.

    Args:
      directory: the output folder; must not exist, or be empty.
      header: a `Manifest` without splits: what the records have in common.
      shards: files a split; at most one a record is kept.

    Raises:
      DataError: the output folder is not empty, or cannot be made or written.
    """

    def __init__(self, directory, header, shards=4):
        self.directory = Path(directory).absolute()
        self.header = header
        self.shards = shards
        self._scenes = {}
        self._names = set()
        self._files = {}
        if shards < 1:
            raise DataError(f"--shards: must be positive. Received: {shards}")
        check_vacant(self.directory)

    def __enter__(self):
        name = f".{self.directory.name}.partial-{secrets.token_hex(4)}"
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        self._folder = self.directory.parent / name
        self._folder.mkdir()
        return self

    def write(self, split, record):
        """Appends a `CubeRecord` or `PhotoRecord` to a split.

        Raises:
          DataError: a scene that the folder already has, a record that does not fit the header, a failed write.
        """
        scenes = self._scenes.setdefault(split, [])
        if record.scene in self._names:
            raise DataError(f"scene {record.scene}: there are two of this name")
        check_header(record, self.header)
        serialized = schema.buffers(record)
        shard = len(scenes) % self.shards
        key = split, shard
        try:
            if key not in self._files:
                self._files[key] = wire.TFRecordFile(self._folder / f"{split}-{shard}")
            self._files[key].write(serialized)
        except OSError as error:
            raise DataError(f"{self.directory}: cannot be written: {error.strerror}") from error
        scenes.append(record.scene)
        self._names.add(record.scene)

    def __exit__(self, kind, error, traceback):
        try:
            if kind is None:
                self._close()
                self._finish()
            else:  # the error on its way out is the one to report
                with contextlib.suppress(DataError):
                    self._close()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _close(self):
        try:
            for file in self._files.values():
                file.close()
        except OSError as error:
            raise DataError(f"{self.directory}: cannot be written: {error.strerror}") from error

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
        publish(replace(self.header, splits=splits), self._folder, self.directory)


def shard_name(source, split, number, count):
    """Returns the file name of shard `number` of `count`."""
    return f"{source}-{split}-{number:05d}-of-{count:05d}.tfrecord"


def check_vacant(directory):
    """Raises `DataError` unless `directory` does not exist or is an empty folder."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise DataError(f"{directory}: exists and is not empty; give another --output, or remove it")


def check_header(record, header):
    """Raises `DataError` unless a record has the wavelengths, or the classes and encoding, of its folder's `header`."""
    if isinstance(record, schema.CubeRecord):
        if tuple(record.wavelengths_nm) != tuple(header.wavelengths_nm):
            raise DataError(f"scene {record.scene}: wavelengths differ from the other scenes'")
    elif isinstance(record, schema.PhotoRecord) and (
        record.classes != header.classes or record.encoding != header.encoding
    ):
        raise DataError(f"scene {record.scene}: classes or encoding differ from the other photos'")


def publish(manifest, folder, directory):
    """Writes the manifest into `folder`, which holds the shards, and renames it to `directory`.

    Raises:
      DataError: something was written at `directory` meanwhile.
    """
    manifest_lib.write_manifest(manifest, folder)
    with open(folder / manifest_lib.FILE_NAME, "rb") as file:
        os.fsync(file.fileno())
    try:
        os.rename(folder, directory)
    except OSError as error:
        raise DataError(
            f"{directory}: cannot take its place ({error.strerror}); something was written there meanwhile"
        ) from error
