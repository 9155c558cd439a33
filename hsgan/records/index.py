"""Where each record of a split begins: walked once, then kept in an index beside the shards.

A stream reads every record at its own place. To find the places, all shards are walked from length to length, which
takes a seek a record. So what was found is kept as `index-SPLIT.npz`: for each shard its name, records, bytes, checksum
by the manifest and time of change, and then the records' offsets, 8 bytes each.

The index is a saving, and never the truth. It is used where every shard is as it was when it was walked, and made again
where one is not, or where the index itself is damaged. None is written where a shard has only just changed: it could
change once more within the clock's tick. None is written to a folder that cannot be written either, which is walked
each time.
"""

import contextlib
import os
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from hsgan.disk import arrays
from hsgan.errors import DataError
from hsgan.records.manifest import Manifest, Shard

# A TFRecord: its length (8 bytes) and the length's checksum (4), the data, and their checksum (4).
_LENGTH = struct.Struct("<Q")
_FRAME_BYTES = 16
_SETTLED_SECONDS = 2  # the coarsest clock of a file system in use


@dataclass(frozen=True, eq=False)
class RecordIndex:
    """The places of all records of a split, shard by shard.

    Attributes:
      files: paths of the shards.
      ends: int64 [shards], number of records up to the end of each shard.
      offsets: int64 [records], where each begins in its shard, in bytes.
    """

    files: tuple[str, ...]
    ends: np.ndarray
    offsets: np.ndarray


def open_index(manifest: Manifest, split: str) -> RecordIndex:
    """Returns the `RecordIndex` of a split: the one beside the shards, if it holds, or of a walk, which is then kept.

    Args:
      manifest: of a folder of records, as it was read there.
      split: name of the split.

    Raises:
      DataError: as `Manifest.files`; a shard whose lengths do not lead through it, by record.
    """
    paths, shards = manifest.files(split), manifest.split(split).shards
    place = index_path(cast(Path, manifest.directory), split)
    state = _state(paths, shards)
    offsets = _stored(place, state)
    if offsets is None:
        offsets = np.concatenate(
            [record_offsets(path, shard.records) for path, shard in zip(paths, shards, strict=True)]
        )
        if state["mtime_ns"].max() < time.time_ns() - _SETTLED_SECONDS * 10**9:
            with contextlib.suppress(OSError):  # without the index all works, after a walk
                arrays.write_npz(place, {**state, "offsets": offsets})
    return RecordIndex(tuple(map(str, paths)), np.cumsum(state["records"]), offsets)


def index_path(directory: str | Path, split: str) -> Path:
    """Returns the path of the index of a split of a folder of records."""
    return Path(directory) / f"index-{split}.npz"


def record_offsets(path: Path, records: int) -> np.ndarray:
    """Returns where each record of a shard begins, in bytes, from the lengths that precede the records, int64.

    Raises:
      DataError: the lengths do not lead through the file; names the record.
    """
    offsets, size = np.empty(records, np.int64), path.stat().st_size
    with open(path, "rb") as file:
        offset = 0
        for index in range(records):
            header = os.pread(file.fileno(), _LENGTH.size, offset)
            end = offset + _FRAME_BYTES + (_LENGTH.unpack(header)[0] if len(header) == _LENGTH.size else size)
            if end > size:
                raise DataError(f"{path}: record {index}: truncated, or its length is damaged; make the records again")
            offsets[index], offset = offset, end
    return offsets


def _state(paths: Sequence[Path], shards: Sequence[Shard]) -> dict[str, np.ndarray]:
    """Returns what must be as it was for an index to hold, {name: [shards]}."""
    return {
        "files": np.array([shard.file for shard in shards]),
        "sha256": np.array([shard.sha256 for shard in shards]),
        "records": np.array([shard.records for shard in shards], np.int64),
        "bytes": np.array([shard.bytes for shard in shards], np.int64),
        "mtime_ns": np.array([path.stat().st_mtime_ns for path in paths], np.int64),
    }


def _stored(path: Path, state: dict[str, np.ndarray]) -> np.ndarray | None:
    """Returns the offsets of an index that holds for `state`; None of any other."""
    try:
        stored = arrays.read_npz(path, what="an index of records")
    except DataError:  # none, or damaged
        return None
    same = [name in stored and np.array_equal(stored[name], values) for name, values in state.items()]
    offsets = stored.get("offsets")
    if not all(same) or offsets is None or offsets.dtype != np.int64 or offsets.shape != (state["records"].sum(),):
        return None
    sizes, starts = state["bytes"][state["records"] > 0], np.cumsum(state["records"]) - state["records"]
    starts = starts[state["records"] > 0]
    # Each record's end: the next one's begin, or that of the shard.
    ends = np.append(offsets[1:], 0)
    ends[np.append(starts[1:], len(offsets)) - 1] = sizes
    return offsets if not offsets[starts].any() and (ends - offsets >= _FRAME_BYTES).all() else None
