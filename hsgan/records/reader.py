"""Reads records in Python, one at a time; every error names the shard and the record's index in it.

The pipelines (`hsgan.data.pipelines`) read the same files in a graph, where an error cannot know its record:
`diagnose` finds it afterwards.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import numpy as np

from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.records import schema, wire
from hsgan.records.manifest import Manifest, Shard, check_header, read_manifest


def iterate_cubes(directory: str | Path, split: str) -> Iterator[tuple[str, np.ndarray]]:
    """Yields `(scene, cube)` of a split in a fixed order; cube float32 [height, width, bands], linear radiance.

    Raises:
      DataError: not a folder of cube records, no such split; a record that cannot be read, by shard and index.
    """
    for record in cast(Iterator[schema.CubeRecord], iterate_records(directory, split, "cubes")):
        yield record.scene, record.cube()


def iterate_records(directory: str | Path, split: str, kind: str | None = None) -> Iterator[schema.Record]:
    """Yields the `CubeRecord`s, `PhotoRecord`s or `FrameRecord`s of a split, shard by shard.

    Args:
      directory: folder of records.
      split: "train", "validation", ...
      kind: "cubes", "photos" or "videos", to insist on; None takes what there is.

    Raises:
      DataError: as `iterate_cubes`.
    """
    manifest = read_manifest(directory)
    if kind and manifest.kind != kind:
        raise DataError(f"{directory}: must hold {kind}. Received: {manifest.kind}")
    shards = manifest.split(split).shards
    for path, shard in zip(manifest.files(split), shards, strict=True):
        yield from iterate_shard(path, shard, manifest)


def diagnose(directory: str | Path, split: str) -> None:
    """Reads a split whole and raises `DataError` for its first unreadable record; returns if there is none.

    For a program whose `tf.data` pipeline failed (`tf.errors.DataLossError`, `InvalidArgumentError`): it calls this to
    learn which record it was, and if this returns, the failure lies elsewhere.
    """
    for _ in iterate_records(directory, split):
        pass


def iterate_shard(path: Path, shard: Shard, manifest: Manifest) -> Iterator[schema.Record]:
    """Yields the records of one file.

    Args:
      path: of the file.
      shard: its `Shard` in the manifest.
      manifest: of its folder.

    Raises:
      DataError: a record that cannot be read, or is missing; by file and index.
    """
    decoders: dict[str, Callable[[bytes], schema.Record]] = {
        "cubes": schema.decode_cube,
        "photos": schema.decode_photo,
        "videos": schema.decode_frame,
    }
    decode = decoders[manifest.kind]
    guard.check_kind(path)
    serialized = wire.read_records(path)
    for index in range(shard.records):
        where = f"{path}: record {index}"
        with guard.translated(where, "a record"):
            try:
                data = next(serialized, None)
            except ValueError as error:
                raise DataError(f"{where}: unreadable: {error}; make the records again") from error
            if data is None:
                raise DataError(f"{where}: missing: the manifest says {shard.records} records")
            try:
                record = decode(data)
                check_header(record, manifest)
            except DataError as error:
                raise DataError(f"{where}: {error}") from error
        yield record
