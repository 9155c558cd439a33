"""What a folder of records holds, as text; and its records proved against its manifest."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tqdm

from hsgan.errors import DataError
from hsgan.records.manifest import FILE_NAME, Manifest, read_manifest
from hsgan.records.reader import iterate_shard
from hsgan.records.values import VOID
from tfrecords_tools import duplicates

COLUMNS = ("scene", "split", "shape", "content")


@dataclass(frozen=True)
class Selection:
    """Files of one folder of records: its manifest, and [(split, `Shard`)]."""

    manifest: Manifest
    shards: tuple

    def records(self):
        """Yields (split, record) of all files.

        Raises:
          DataError: a missing or changed file, an unreadable record.
        """
        for split, shard in self.shards:
            path = next(path for path in self.manifest.files(split) if path.name == shard.file)
            for record in iterate_shard(path, shard, self.manifest):
                yield split, record

    @property
    def count(self):
        """Number of records."""
        return sum(shard.records for _, shard in self.shards)


def select(path):
    """Returns the `Selection` of a folder of records, or of one file of it.

    Raises:
      DataError: neither; no manifest beside it.
    """
    path = Path(path)
    if path.is_dir():
        manifest = read_manifest(path)
        return Selection(
            manifest, tuple((name, shard) for name, split in manifest.splits.items() for shard in split.shards)
        )
    if not path.is_file():
        raise DataError(f"{path}: no such file or folder of records")
    manifest = read_manifest(path.parent)
    return Selection(manifest, (manifest.shard(path.name),))


def spread(selection, count):
    """Returns [(split, record)] of `count` records spread evenly over a selection; 0: of all."""
    total = selection.count
    wanted = set(np.linspace(0, total - 1, min(count or total, total)).round().astype(int).tolist())
    return [item for index, item in enumerate(selection.records()) if index in wanted]


def header(manifest):
    """Returns lines that say what the records of a folder have in common."""
    lines = [f"{manifest.directory}: {manifest.kind} of {manifest.source}, schema version {manifest.schema_version}"]
    for name, split in manifest.splits.items():
        lines.append(f"  {name}: {split.records} records in {len(split.shards)} files, {split.bytes / 1e6:.1f} MB")
    if manifest.kind == "cubes":
        waves = manifest.wavelengths_nm
        lines.append(f"  {len(waves)} bands, {waves[0]:g}-{waves[-1]:g} nm")
    if manifest.class_names:
        lines.append(f"  {manifest.classes} classes: {', '.join(manifest.class_names)}")
    lines += [f"  {manifest.note}"] if manifest.note else []
    return [*lines, f"  made by: {' '.join(manifest.command)}"] if manifest.command else lines


def row(split, record):
    """Returns the cells of a record, for `COLUMNS`."""
    if hasattr(record, "wavelengths_nm"):
        content = f"mean {record.values.mean() * record.scale:.4f}, peak {record.values.max() * record.scale:.4f}"
        return record.scene, split, "x".join(map(str, record.values.shape)), content
    size = f"{record.height}x{record.width}"
    if hasattr(record, "boxes"):
        kind = f"{record.mosaic**2} bands in a mosaic" if record.mosaic else "color"
        return record.scene, split, size, f"{kind}, {len(record.boxes)} boxes"
    if record.labels is None:
        return record.scene, split, size, f"{record.encoding}, no labels"
    classes = np.unique(record.labels)
    void = (record.labels == VOID).mean()
    return record.scene, split, size, f"{record.encoding}, {(classes != VOID).sum()} classes, {void:.0%} void"


def verify(selection):
    """Reads everything again and compares it with the manifest; returns near-duplicates across splits.

    Returns:
      [(scene, split, scene, split, differing bits)], see `tfrecords_tools.duplicates`; [] for videos.

    Raises:
      DataError: a checksum that differs, an unreadable record, scenes or shapes or scales other than the manifest's, a
        scene that is in two splits.
    """
    manifest = selection.manifest
    manifest.verify()
    where = manifest.directory / FILE_NAME
    found = {}
    for split, record in tqdm.tqdm(selection.records(), desc="verify", total=selection.count, disable=None):
        if record.scene in found:
            raise DataError(
                f"{manifest.directory}: scene {record.scene} is there twice ({found[record.scene]}, {split})"
            )
        found[record.scene] = split
        stated = manifest.splits[split].details.get(record.scene)
        if stated is not None and stated != {**describe(record), "fingerprint": stated["fingerprint"]}:
            raise DataError(
                f"{where}: scene {record.scene} is {describe(record)}. Received: {stated}; make the records again"
            )
    whole = len(selection.shards) == sum(len(split.shards) for split in manifest.splits.values())
    listed = {scene: name for name, split in manifest.splits.items() for scene in split.scenes}
    if whole and listed != found:
        strange = sorted(set(listed.items()) ^ set(found.items()))[:3]
        raise DataError(f"{where}: lists other scenes than the files hold: {strange}; make the records again")
    return [] if manifest.kind == "videos" else duplicates.of_manifest(manifest)


def describe(record):
    """Returns what the manifest states of a record: its shape, and the scale of a cube."""
    if hasattr(record, "wavelengths_nm"):
        return {"shape": list(record.values.shape), "scale": float(np.float32(record.scale))}
    return {"shape": [record.height, record.width]}
