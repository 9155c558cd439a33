"""Writes a folder of records atomically: it appears whole, under its name, or not at all."""

import contextlib
import os
import secrets
import shutil
from dataclasses import replace
from pathlib import Path

import tensorflow as tf

from hsgan.errors import DataError
from hsgan.records import manifest as manifest_lib
from hsgan.records import schema


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
        self._counts = {}
        self._files = {}
        if shards < 1:
            raise DataError(f"--shards: must be positive. Received: {shards}")
        if self.directory.exists() and (not self.directory.is_dir() or any(self.directory.iterdir())):
            raise DataError(f"{self.directory}: exists and is not empty; give another --output, or remove it")

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
        serialized = self._encode(record)
        shard = len(scenes) % self.shards
        key = split, shard
        try:
            if key not in self._files:
                self._files[key] = tf.io.TFRecordWriter(str(self._folder / f"{split}-{shard}"))
                self._counts[key] = 0
            self._files[key].write(serialized)
        except tf.errors.OpError as error:
            raise DataError(f"{self.directory}: cannot be written: {error.message}") from error
        self._counts[key] += 1
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

    def _encode(self, record):
        if isinstance(record, schema.CubeRecord):
            if tuple(record.wavelengths_nm) != tuple(self.header.wavelengths_nm):
                raise DataError(f"scene {record.scene}: wavelengths differ from the other scenes'")
            return schema.encode_cube(record)
        if record.classes != self.header.classes or record.encoding != self.header.encoding:
            raise DataError(f"scene {record.scene}: classes or encoding differ from the other photos'")
        return schema.encode_photo(record)

    def _close(self):
        try:
            for file in self._files.values():
                file.close()
        except tf.errors.OpError as error:
            raise DataError(f"{self.directory}: cannot be written: {error.message}") from error

    def _finish(self):
        splits = {}
        for split, scenes in self._scenes.items():
            if not scenes:
                continue
            numbers = [number for name, number in self._counts if name == split]
            shards = []
            for number in sorted(numbers):
                name = f"{self.header.source}-{split}-{number:05d}-of-{len(numbers):05d}.tfrecord"
                path = (self._folder / f"{split}-{number}").rename(self._folder / name)
                _sync(path)
                shards.append(
                    manifest_lib.Shard(
                        name, self._counts[split, number], path.stat().st_size, manifest_lib.sha256(path)
                    )
                )
            splits[split] = manifest_lib.Split(tuple(scenes), tuple(shards))
        if not splits:
            raise DataError(f"{self.directory}: not one record was written")
        manifest_lib.write_manifest(replace(self.header, splits=splits), self._folder)
        _sync(self._folder / manifest_lib.FILE_NAME)
        try:
            os.rename(self._folder, self.directory)
        except OSError as error:
            raise DataError(
                f"{self.directory}: cannot take its place ({error.strerror}); something was written there meanwhile"
            ) from error


def _sync(path):
    with open(path, "rb") as file:
        os.fsync(file.fileno())
