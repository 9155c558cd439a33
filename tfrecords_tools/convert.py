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


def convert_cubes(reader, output, held_out=None, wavelengths_nm=None, build=None):
    """Writes all scenes of a reader of cubes as records; returns a `Summary`.

    Args:
      reader: see `tfrecords_tools.readers`.
      output: folder to be made.
      held_out: {"validation": names of scenes, "test": names}, in place of the splits that the reader names.
      wavelengths_nm: grid of the records, float [bands], within the reader's; None takes the reader's.
      build: a `Build`; None takes the defaults.

    Raises:
      DataError: a scene that cannot be used, names of no scene or of two splits, no scene left, an occupied output
        folder, a grid beyond the reader's, a near-duplicate between the chosen splits.
    """
    build = build or Build()
    pairs = _moved(reader.scenes(), held_out or {}, "scene")
    grid = np.asarray(reader.wavelengths_nm if wavelengths_nm is None else wavelengths_nm, np.float32)
    grids.check_within(reader.wavelengths_nm, grid, reader.source)
    wavelengths = tuple(float(value) for value in grid)
    header = Manifest("cubes", reader.source, wavelengths_nm=wavelengths, note=reader.note, command=build.command)
    return _convert(reader, pairs, header, output, build, chosen=_chosen(held_out))


def convert_photos(reader, output, held_out=None, build=None):
    """Writes all photos of a reader as records, in the splits that it names; returns a `Summary`.

    Args:
      reader, output, held_out, build: as in `convert_cubes`.

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
    pairs = _moved(reader.scenes(), held_out or {}, "photo")
    return _convert(reader, pairs, header, output, build, chosen=_chosen(held_out))


def convert_videos(reader, output, build=None):
    """Writes all frames of a reader of videos as records, in the splits that it names; returns a `Summary`.

    Raises:
      DataError: a frame or a list of boxes that cannot be used, an output folder that is not empty.
    """
    build = build or Build()
    header = Manifest("videos", reader.source, encoding=reader.encoding, note=reader.note, command=build.command)
    return _convert(reader, reader.scenes(), header, output, build, chosen=False)


def _moved(pairs, held_out, kind):
    """Returns the (scene, split) pairs of a reader, with the scenes that are named moved to the splits they are for."""
    names, moved = [scene for scene, _ in pairs], {}
    for split, chosen in held_out.items():
        for name in chosen:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=3, cutoff=0.4) or names[:5]
                raise DataError(f"--{split}: no {kind} {name!r}; near: {', '.join(near)}")
            if moved.setdefault(name, split) != split:
                raise DataError(f"--{split}: {name!r} is named by --{moved[name]} too; a {kind} is in one split")
    return [(scene, moved.get(scene, split)) for scene, split in pairs]


def _chosen(held_out):
    return any((held_out or {}).values())


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
                f"--validation, --test: {first} ({split}) and {second} ({other}) show nearly the same: put both into "
                f"one split, or keep them apart by --keep_duplicates ({len(near)} such pairs)"
            )
        manifest, skipped = staging.finish()
    return Summary(manifest, skipped, near)
