"""`manifest.json` of a folder of records: what is in it, where it came from, and checksums to prove it.

Shards are uncompressed TFRecord files `SOURCE-SPLIT-00000-of-00004.tfrecord`, one scene a record.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from hsgan.errors import DataError
from hsgan.records.schema import SCHEMA_VERSION

FILE_NAME = "manifest.json"
KINDS = ("cubes", "photos", "videos")


@dataclass(frozen=True)
class Shard:
    """One file: name, number of records, size in bytes and sha256 in hexadecimal."""

    file: str
    records: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Split:
    """The scenes of one split, in the order in which they were written, and its shards.

    Attributes:
      scenes: names.
      shards: `Shard`s.
      details: {scene: {"shape", "fingerprint", and for cubes "scale"}}; empty where the writer did not state them.
    """

    scenes: tuple
    shards: tuple
    details: dict = field(default_factory=dict)

    @property
    def records(self):
        """Number of records."""
        return sum(shard.records for shard in self.shards)

    @property
    def bytes(self):
        """Size of all shards."""
        return sum(shard.bytes for shard in self.shards)


@dataclass(frozen=True)
class Manifest:
    """What a folder of records holds.

    Attributes:
      kind: "cubes", "photos" or "videos".
      source: name of the data set.
      wavelengths_nm: of cubes, ascending; empty for photos.
      class_names: of labelled photos, in the order of their ids; empty for cubes.
      encoding: "srgb" or "linear"; cubes are linear.
      note: provenance and licence.
      command: the command line that wrote the folder.
      splits: {name: Split}.
      schema_version: of the records.
      directory: where the manifest was read; not part of the file.
    """

    kind: str
    source: str
    wavelengths_nm: tuple = ()
    class_names: tuple = ()
    encoding: str = "linear"
    note: str = ""
    command: tuple = ()
    splits: dict = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION
    directory: Path | None = field(default=None, compare=False)

    @property
    def classes(self):
        """Number of classes."""
        return len(self.class_names)

    def split(self, name):
        """Returns the `Split` called `name`.

        Raises:
          DataError: no such split, or an empty one; lists those that are there.
        """
        if name not in self.splits or not self.splits[name].records:
            there = ", ".join(f"{split} ({self.splits[split].records})" for split in self.splits) or "none"
            raise DataError(f"{self.directory}: no records of split {name!r}; there are: {there}")
        return self.splits[name]

    def files(self, split):
        """Returns the paths of a split's shards, after checking that each is there with the stated size.

        Raises:
          DataError: names the shard that is missing or has another size.
        """
        paths = []
        for shard in self.split(split).shards:
            path = self.directory / shard.file
            if not path.is_file():
                raise DataError(f"{path}: missing, though {FILE_NAME} lists it; make the records again")
            if path.stat().st_size != shard.bytes:
                raise DataError(
                    f"{path}: truncated or changed: {FILE_NAME} says {shard.bytes} bytes. "
                    f"Received: {path.stat().st_size}; make the records again"
                )
            paths.append(path)
        return paths

    def verify(self):
        """Reads all files again and compares sizes and checksums; returns the number of records.

        Raises:
          DataError: names the first file that differs.
        """
        for name, split in self.splits.items():
            if not split.records:
                continue
            for path, shard in zip(self.files(name), split.shards, strict=True):
                if sha256(path) != shard.sha256:
                    raise DataError(f"{path}: its checksum differs from {FILE_NAME}'s; make the records again")
        return sum(split.records for split in self.splits.values())

    def shard(self, file):
        """Returns (split, `Shard`) of a file name.

        Raises:
          DataError: the manifest does not list it.
        """
        for name, split in self.splits.items():
            for shard in split.shards:
                if shard.file == file:
                    return name, shard
        raise DataError(f"{self.directory / file}: {FILE_NAME} beside it does not list it; make the records again")

    def check_wavelengths(self, wavelengths_nm):
        """Raises `DataError` unless the folder holds cubes on exactly these wavelengths (to 0.01 nm)."""
        if self.kind != "cubes":
            raise DataError(f"{self.directory}: must hold cubes. Received: {self.kind}")
        wanted, found = np.asarray(wavelengths_nm, np.float64), np.asarray(self.wavelengths_nm, np.float64)
        if wanted.shape != found.shape or not np.allclose(wanted, found, rtol=0, atol=0.01):
            raise DataError(
                f"{self.directory}: its cubes have other wavelengths than the configuration "
                f"({_span(wanted)}); set config.wavelengths, or resample the cubes. Received: {_span(found)}"
            )


def read_manifest(directory):
    """Returns the `Manifest` of a folder of records.

    Raises:
      DataError: no such folder, no or a damaged manifest, records of another schema version (naming both).
    """
    directory = Path(directory)
    path = directory / FILE_NAME
    if not directory.is_dir():
        raise DataError(f"{directory}: no such folder of records; tfrecords_tools makes one")
    if not path.is_file():
        raise DataError(f"{directory}: no {FILE_NAME}: not a folder of records; tfrecords_tools makes one")
    try:
        values = json.loads(path.read_text())
        version = values["schema_version"]
        if version != SCHEMA_VERSION:
            raise DataError(
                f"{path}: records of schema version {version}, this program reads version "
                f"{SCHEMA_VERSION}; make the records again"
            )
        splits = {
            name: Split(
                tuple(split["scenes"]),
                tuple(Shard(**shard) for shard in split["shards"]),
                dict(split.get("details", {})),
            )
            for name, split in values.pop("splits").items()
        }
        values = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
        return Manifest(**values, splits=splits, directory=directory)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path}: damaged manifest ({type(error).__name__}: {error}); make the records again"
        ) from error


def write_manifest(manifest, directory):
    """Writes `manifest.json` into `directory`."""
    values = asdict(manifest)
    del values["directory"]
    (Path(directory) / FILE_NAME).write_text(json.dumps(values, indent=2) + "\n")


def sha256(path):
    """Returns the sha256 of a file in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _span(wavelengths):
    if not wavelengths.size:
        return "none"
    return f"{wavelengths.size} bands, {wavelengths.min():g}-{wavelengths.max():g} nm"
