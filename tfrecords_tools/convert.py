"""From a reader to a folder of records: what `build_hsi` and `build_rgb` do."""

import difflib
from dataclasses import dataclass

import tqdm

from hsgan.errors import DataError
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.writer import RecordWriter


@dataclass(frozen=True)
class Summary:
    """What was done: the manifest of the folder written, and {scene: reason} of the scenes left out."""

    manifest: Manifest
    skipped: dict

    def __str__(self):
        splits = self.manifest.splits
        counts = ", ".join(f"{split.records} {name}" for name, split in splits.items())
        size = sum(split.bytes for split in splits.values()) / 1e6
        lines = [
            f"{self.manifest.source}: {sum(split.records for split in splits.values())} records ({counts}), "
            f"{len(self.skipped)} skipped, {size:.1f} MB in {self.manifest.directory}"
        ]
        return "\n".join(lines + [f"  skipped {scene}: {reason}" for scene, reason in self.skipped.items()])


def convert_cubes(reader, output, validation=(), shards=4, skip_bad=False, command=()):
    """Writes all scenes of a reader of cubes as records; returns a `Summary`.

    Args:
      reader: see `tfrecords_tools.readers`.
      output: folder to be made.
      validation: names of the scenes of the validation split; all others train.
      shards: files a split, at most.
      skip_bad: leaves out scenes that cannot be used, and counts them; else the first one ends it, and nothing is left.
      command: command line for the manifest.

    Raises:
      DataError: a scene that cannot be used, unknown validation scenes, no scene left, an occupied output folder.
    """
    scenes = reader.scenes()
    for name in validation:
        if name not in scenes:
            near = difflib.get_close_matches(name, scenes, n=3, cutoff=0.4) or scenes[:5]
            raise DataError(f"--validation: no scene {name!r}; near: {', '.join(near)}")
    wavelengths = tuple(float(value) for value in reader.wavelengths_nm)
    header = Manifest("cubes", reader.source, wavelengths_nm=wavelengths, note=reader.note, command=tuple(command))
    pairs = [(scene, "validation" if scene in validation else "train") for scene in scenes]
    return _convert(reader, pairs, header, output, shards, skip_bad)


def convert_photos(reader, output, shards=4, skip_bad=False, command=()):
    """Writes all photos of a reader as records, in the splits that it names; returns a `Summary`.

    Raises:
      DataError: a photo that cannot be used, no photo left, an output folder that is not empty.
    """
    header = Manifest(
        "photos",
        reader.source,
        class_names=tuple(reader.class_names),
        encoding=reader.encoding,
        note=reader.note,
        command=tuple(command),
    )
    return _convert(reader, reader.scenes(), header, output, shards, skip_bad)


def _convert(reader, pairs, header, output, shards, skip_bad):
    skipped = {}
    with RecordWriter(output, header, shards) as writer:
        for scene, split in tqdm.tqdm(pairs, desc=header.source, unit="scene", dynamic_ncols=True, disable=None):
            try:
                record = reader.read(scene)
            except DataError as error:
                if not skip_bad:
                    raise DataError(f"{scene}: {error} (--skip_bad leaves such scenes out)") from error
                skipped[scene] = str(error)
                continue
            writer.write(split, record)
        if len(skipped) == len(pairs):
            raise DataError(f"{header.source}: not one usable scene; the first: {next(iter(skipped.values()))}")
    return Summary(read_manifest(output), skipped)
