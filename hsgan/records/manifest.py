"""`manifest.json` of a folder of records: what is in it, where it came from, and checksums to prove it.

Shards are uncompressed TFRecord files `SOURCE-SPLIT-00000-of-00004.tfrecord`, one scene a record. The manifest's own
checksum, `sha256`, is that of its other values as JSON with sorted keys and no spaces. Folders of older versions have
none, and are read all the same.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

import numpy as np

from hsgan.disk import checksums, guard, whole
from hsgan.disk.plain import read_json
from hsgan.errors import DataError
from hsgan.records.schema import ENCODINGS, SCHEMA_VERSION, CubeRecord, PhotoRecord, Record

FILE_NAME = "manifest.json"
KINDS = ("cubes", "photos", "videos")
_CHECKSUM = "sha256"
_MAX_BYTES = 1 << 28
_FINGERPRINT_BYTES = 32


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
    def records(self) -> int:
        """Number of records."""
        return sum(shard.records for shard in self.shards)

    @property
    def bytes(self) -> int:
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
      proved: whether the file had a checksum, which then holds; not part of the file.
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
    proved: bool = field(default=False, compare=False)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    def split(self, name: str) -> Split:
        """Returns the `Split` called `name`.

        Raises:
          DataError: no such split, or an empty one; lists those that are there.
        """
        if name not in self.splits or not self.splits[name].records:
            there = ", ".join(f"{split} ({self.splits[split].records})" for split in self.splits) or "none"
            raise DataError(f"{self.directory}: no records of split {name!r}; there are: {there}")
        return self.splits[name]

    def files(self, split: str) -> list[Path]:
        """Returns the paths of a split's shards, after checking that each is there with the stated size.

        Raises:
          DataError: names the shard that is missing or has another size.
        """
        paths = []
        for shard in self.split(split).shards:
            path = cast(Path, self.directory) / shard.file
            if not path.is_file():
                raise DataError(f"{path}: missing, though {FILE_NAME} lists it; make the records again")
            if path.stat().st_size != shard.bytes:
                raise DataError(
                    f"{path}: truncated or changed: {FILE_NAME} says {shard.bytes} bytes. "
                    f"Received: {path.stat().st_size}; make the records again"
                )
            paths.append(path)
        return paths

    def verify(self) -> int:
        """Reads all files again and compares sizes and checksums; returns the number of records.

        Raises:
          DataError: names the first file that differs.
        """
        for name, split in self.splits.items():
            if not split.records:
                continue
            for path, shard in zip(self.files(name), split.shards, strict=True):
                if checksums.of_file(path) != shard.sha256:
                    raise DataError(f"{path}: its checksum differs from {FILE_NAME}'s; make the records again")
        return sum(split.records for split in self.splits.values())

    def shard(self, file: str) -> tuple[str, Shard]:
        """Returns (split, `Shard`) of a file name.

        Raises:
          DataError: the manifest does not list it.
        """
        for name, split in self.splits.items():
            for shard in split.shards:
                if shard.file == file:
                    return name, shard
        raise DataError(
            f"{cast(Path, self.directory) / file}: {FILE_NAME} beside it does not list it; make the records again"
        )

    def check_wavelengths(self, wavelengths_nm: Sequence[float] | np.ndarray) -> None:
        """Raises `DataError` unless the folder holds cubes on exactly these wavelengths (to 0.01 nm)."""
        if self.kind != "cubes":
            raise DataError(f"{self.directory}: must hold cubes. Received: {self.kind}")
        wanted, found = np.asarray(wavelengths_nm, np.float64), np.asarray(self.wavelengths_nm, np.float64)
        if wanted.shape != found.shape or not np.allclose(wanted, found, rtol=0, atol=0.01):
            raise DataError(
                f"{self.directory}: its cubes have other wavelengths than the configuration "
                f"({_span(wanted)}); set config.wavelengths, or resample the cubes. Received: {_span(found)}"
            )


def read_manifest(directory: str | Path) -> Manifest:
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
    with guard.reading(path, "a manifest of records"):
        values = read_json(path, _MAX_BYTES)
        version = values["schema_version"]
        if version != SCHEMA_VERSION:
            raise DataError(
                f"{path}: records of schema version {version}, this program reads version "
                f"{SCHEMA_VERSION}; make the records again"
            )
        stated = values.pop(_CHECKSUM, None)
        if stated not in (None, _checksum(values)):
            raise DataError(f"{path}: was changed: its checksum differs from the one in it; make the records again")
        splits = {name: _split(split) for name, split in values.pop("splits").items()}
        values = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
        manifest = Manifest(**values, splits=splits, directory=directory, proved=stated is not None)
        _check_types(manifest)
        return manifest


def write_manifest(manifest: Manifest, directory: str | Path) -> None:
    """Writes `manifest.json` into `directory`."""
    values = asdict(manifest)
    del values["directory"], values["proved"]
    values = json.loads(json.dumps(values))  # tuples become lists, as they are read
    whole.write_json(Path(directory) / FILE_NAME, {**values, _CHECKSUM: _checksum(values)})


def check_header(record: Record, header: Manifest) -> None:
    """Raises `DataError` unless a record has the wavelengths, or the classes and encoding, of its folder's `header`."""
    if isinstance(record, CubeRecord):
        if tuple(record.wavelengths_nm) != tuple(header.wavelengths_nm):
            raise DataError(f"scene {record.scene}: its wavelengths differ from those of its folder")
    elif isinstance(record, PhotoRecord) and (record.classes != header.classes or record.encoding != header.encoding):
        raise DataError(f"scene {record.scene}: its classes or encoding differ from those of its folder")


def _checksum(values):
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _split(values):
    """Returns the `Split` of its JSON; raises `ValueError`, `TypeError` or `KeyError` for another form."""
    shards = tuple(Shard(**shard) for shard in values["shards"])
    for shard in shards:
        if Path(shard.file).name != shard.file or not isinstance(shard.sha256, str):
            raise ValueError(f"a shard must be a file beside the manifest, with a checksum. Received: {shard.file!r}")
        if not (_is_count(shard.records) and _is_count(shard.bytes)):
            raise ValueError(f"a shard has a number of records and of bytes. Received: {shard}")
    details = dict(values.get("details", {}))
    for scene, detail in details.items():
        if not isinstance(detail["fingerprint"], str) or not all(map(_is_count, detail["shape"])):
            raise ValueError(f"scene {scene!r} must have a shape and a fingerprint. Received: {detail}")
        if len(bytes.fromhex(detail["fingerprint"])) not in (0, _FINGERPRINT_BYTES):
            raise ValueError(f"scene {scene!r}: a fingerprint has {_FINGERPRINT_BYTES} bytes")
    return Split(tuple(map(str, values["scenes"])), shards, details)


def _check_types(manifest):
    texts = (manifest.source, manifest.note, manifest.encoding, *manifest.class_names, *manifest.command)
    if manifest.kind not in KINDS or manifest.encoding not in ENCODINGS or not all(isinstance(t, str) for t in texts):
        raise ValueError("kind, encoding or texts that no record builder writes")
    wavelengths = np.array(manifest.wavelengths_nm, np.float64)
    if not np.isfinite(wavelengths).all() or not (np.diff(wavelengths) > 0).all() or wavelengths.ndim != 1:
        raise ValueError(f"wavelengths must ascend. Received: {wavelengths.tolist()[:4]} ...")
    if manifest.kind == "cubes" and not wavelengths.size:
        raise ValueError("cubes have wavelengths")


def _is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _span(wavelengths):
    if not wavelengths.size:
        return "none"
    return f"{wavelengths.size} bands, {wavelengths.min():g}-{wavelengths.max():g} nm"
