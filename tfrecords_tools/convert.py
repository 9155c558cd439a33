"""From a reader to a folder of records: what `build_hsi`, `build_rgb` and `build_video` do."""

import difflib
from dataclasses import dataclass, field

import numpy as np

from hsgan.errors import DataError
from hsgan.records.manifest import Manifest
from tfrecords_tools import duplicates, grids, pool
from tfrecords_tools import shards as shards_lib


@dataclass(frozen=True)
class Build:
    """How a folder of records is built.

    Attributes:
      shards: files a split, at most; 0 takes one for every 8 scenes.
      skip_bad: leave out scenes that cannot be used, and count them; else the first one ends it, and nothing is left.
      command: command line for the manifest.
      workers: processes; 0 is one a core.
      keep_duplicates: accept near-duplicates between the splits that the user chose.
      runner: in place of `tfrecords_tools.pool.run`, e.g. `tfrecords_tools.beam_pipeline.run`.
    """

    shards: int = 0
    skip_bad: bool = False
    command: tuple = ()
    workers: int = 1
    keep_duplicates: bool = False
    runner: object = None


@dataclass(frozen=True)
class Summary:
    """What was done: the manifest of the folder, {scene: reason} of scenes left out, near-duplicates across splits."""

    manifest: Manifest
    skipped: dict
    near: list = field(default_factory=list)

    def __str__(self):
        splits = self.manifest.splits
        counts = ", ".join(f"{split.records} {name}" for name, split in splits.items())
        size = sum(split.bytes for split in splits.values()) / 1e6
        lines = [
            f"{self.manifest.source}: {sum(split.records for split in splits.values())} records ({counts}), "
            f"{len(self.skipped)} skipped, {size:.1f} MB in {self.manifest.directory}"
        ]
        lines += [f"  skipped {scene}: {reason}" for scene, reason in self.skipped.items()]
        return "\n".join(lines + [f"  near-duplicates: {a} ({b}) and {c} ({d})" for a, b, c, d, _ in self.near])


def convert_cubes(reader, output, validation=(), wavelengths_nm=None, build=None):
    """Writes all scenes of a reader of cubes as records; returns a `Summary`.

    Args:
      reader: see `tfrecords_tools.readers`.
      output: folder to be made.
      validation: names of scenes of the validation split, in place of the splits that the reader names.
      wavelengths_nm: grid of the records, float [bands], within the reader's; None takes the reader's.
      build: a `Build`; None takes the defaults.

    Raises:
      DataError: a scene that cannot be used, unknown validation scenes, no scene left, an occupied output folder, a
        grid beyond the reader's, a near-duplicate between the chosen splits.
    """
    build = build or Build()
    pairs = reader.scenes()
    names = [scene for scene, _ in pairs]
    for name in validation:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=3, cutoff=0.4) or names[:5]
            raise DataError(f"--validation: no scene {name!r}; near: {', '.join(near)}")
    grid = np.asarray(reader.wavelengths_nm if wavelengths_nm is None else wavelengths_nm, np.float32)
    grids.check_within(reader.wavelengths_nm, grid, reader.source)
    wavelengths = tuple(float(value) for value in grid)
    header = Manifest("cubes", reader.source, wavelengths_nm=wavelengths, note=reader.note, command=build.command)
    pairs = [(scene, "validation" if scene in validation else split) for scene, split in pairs]
    return _convert(reader, pairs, header, output, build, chosen=bool(validation))


def convert_photos(reader, output, validation=(), build=None):
    """Writes all photos of a reader as records, in the splits that it names; returns a `Summary`.

    Args:
      reader, output, validation, build: as in `convert_cubes`.

    Raises:
      DataError: as `convert_cubes`, but for the grid.
    """
    build = build or Build()
    header = Manifest(
        "photos",
        reader.source,
        class_names=tuple(reader.class_names),
        encoding=reader.encoding,
        note=reader.note,
        command=build.command,
    )
    unknown = sorted(set(validation) - {scene for scene, _ in reader.scenes()})
    if unknown:
        raise DataError(f"--validation: no photo {', '.join(map(repr, unknown[:5]))}")
    pairs = [(scene, "validation" if scene in set(validation) else split) for scene, split in reader.scenes()]
    return _convert(reader, pairs, header, output, build, chosen=bool(validation))


def convert_videos(reader, output, build=None):
    """Writes all frames of a reader of videos as records, in the splits that it names; returns a `Summary`.

    Raises:
      DataError: a frame or a list of boxes that cannot be used, an output folder that is not empty.
    """
    build = build or Build()
    header = Manifest("videos", reader.source, encoding=reader.encoding, note=reader.note, command=build.command)
    return _convert(reader, reader.scenes(), header, output, build, chosen=False)


def _convert(reader, pairs, header, output, build, chosen):
    tasks = shards_lib.plan(reader, pairs, header, build.shards, build.skip_bad)
    runner = build.runner or pool.run
    with shards_lib.Staging(output, tasks) as staging:
        workers = 1 if getattr(reader, "one_process", False) else build.workers
        runner(staging.waiting(), staging.folder, workers, len(pairs), header.source)
        near = duplicates.across_splits(staging.fingerprints())
        if near and chosen and not build.keep_duplicates:
            first, split, second, other, _ = near[0]
            raise DataError(
                f"--validation: {first} ({split}) and {second} ({other}) show nearly the same: put both into one "
                f"split, or keep them apart by --keep_duplicates ({len(near)} such pairs)"
            )
        manifest, skipped = staging.finish()
    return Summary(manifest, skipped, near)
