"""The unit of work: one shard, written whole by one process; and the hidden folder in which shards gather.

A folder of records NAME is built in `.NAME.partial` beside it. A finished shard lies there with a description of it
(JSON), which is written last: what has none is not finished and is written again. A second run of the same command,
over the same files, keeps the finished shards; any other command starts anew. When all are there, the folder gets its
manifest and its name. So a killed run loses the shards under way at most, and NAME is whole or not there.
"""

import contextlib
import fcntl
import hashlib
import itertools
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from hsgan.errors import DataError
from hsgan.records import schema, wire
from hsgan.records.manifest import Manifest, Shard, Split, read_manifest
from hsgan.records.writer import check_header, check_vacant, publish, shard_name
from tfrecords_tools import duplicates, grids

_PLAN = "plan.json"
SCENES_PER_SHARD, LEAST_SHARDS = 8, 4


class WorkerDied(DataError):
    """A process that wrote a shard was killed; what is finished stays."""


@dataclass(frozen=True)
class Task:
    """One shard to be written: which scenes, by which reader. It can be sent to another process or machine.

    Attributes:
      reader: see `tfrecords_tools.readers`.
      header: `Manifest` without splits.
      split, number: of the shard.
      scenes: names.
      skip_bad: leave out scenes that cannot be used.
    """

    reader: object
    header: Manifest
    split: str
    number: int
    scenes: tuple
    skip_bad: bool

    @property
    def name(self):
        """File name of the shard while the folder is built."""
        return f"{self.split}-{self.number:05d}"


def plan(reader, pairs, header, shards, skip_bad):
    """Returns the `Task`s for (scene, split) pairs; scenes go to the shards in turn.

    Args:
      reader, pairs, header, skip_bad: as in `Task`; a reader with `group(scene)` gets one shard a group, in order.
      shards: files a split, at most one a scene; 0 takes one for every 8 scenes, and 4 at least.

    Raises:
      DataError: a negative number of shards, a scene that is named twice.
    """
    if shards < 0:
        raise DataError(f"--shards: must not be negative. Received: {shards}")
    splits, seen = {}, set()
    for scene, split in pairs:
        if scene in seen:
            raise DataError(f"scene {scene}: there are two of this name")
        seen.add(scene)
        splits.setdefault(split, []).append(scene)
    tasks = []
    for split, scenes in splits.items():
        if hasattr(reader, "group"):
            parts = [tuple(group) for _, group in itertools.groupby(scenes, reader.group)]
            tasks += [Task(reader, header, split, index, part, skip_bad) for index, part in enumerate(parts)]
            continue
        wanted = shards or max(LEAST_SHARDS, -(-len(scenes) // SCENES_PER_SHARD))
        count = min(wanted, len(scenes))
        tasks += [Task(reader, header, split, index, tuple(scenes[index::count]), skip_bad) for index in range(count)]
    return tasks


def write_shard(task, folder, on_scene=lambda: None):
    """Writes the shard of `task` into `folder`, and its description last; memory holds one scene.

    Args:
      task: the `Task`.
      folder: of `Staging`.
      on_scene: called after each scene.

    Raises:
      DataError: a scene that cannot be used, unless `task.skip_bad`; a failed write.
    """
    folder = Path(folder)
    details, skipped = {}, {}
    partial = (
        folder / f"{task.name}.{secrets.token_hex(4)}.writing"
    )  # no other process writes that, not even as a retry
    try:
        with wire.TFRecordFile(partial) as file:
            for scene in task.scenes:
                try:
                    serialized, details[scene] = _serialize(task, scene)
                except DataError as error:
                    if not task.skip_bad:
                        raise DataError(f"{scene}: {error} (--skip_bad leaves such scenes out)") from error
                    skipped[scene] = str(error)
                else:
                    file.write(serialized)
                    del serialized
                on_scene()
        os.rename(partial, folder / task.name)
        shard = asdict(Shard(task.name, file.records, file.bytes, file.sha256))
        text = json.dumps({"shard": shard, "details": details, "skipped": skipped})
        partial.write_text(text)
        os.rename(partial, folder / f"{task.name}.json")
    except OSError as error:
        raise DataError(f"{folder}: cannot be written: {error.strerror or error}") from error


def _serialize(task, scene):
    record = task.reader.read(scene)
    detail = {}
    if isinstance(record, schema.CubeRecord):
        record = grids.resample(record, task.header.wavelengths_nm)
        detail = {"shape": list(record.values.shape), "scale": float(np.float32(record.scale))}
    else:
        detail = {"shape": [record.height, record.width]}
    check_header(record, task.header)
    # The frames of a video are near-duplicates by nature.
    fingerprint = "" if isinstance(record, schema.FrameRecord) else duplicates.fingerprint(record)
    return schema.buffers(record), {**detail, "fingerprint": fingerprint}


class Staging:
    """Context manager of the folder in which the shards of `directory` gather.

    Left without an error, or by one in the data, the folder is gone; left by an interruption it stays, for the next run
    to go on.

    Args:
      directory: the output folder; must not exist, or be empty.
      tasks: all `Task`s.

    Raises:
      DataError: the output folder is not empty, or another run is writing it.
    """

    def __init__(self, directory, tasks):
        self.directory = Path(directory).absolute()
        self.folder = self.directory.parent / f".{self.directory.name}.partial"
        self._tasks = tasks
        check_vacant(self.directory)

    def __enter__(self):
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(exist_ok=True)
        self._lock = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise DataError(f"{self.directory}: another run is writing it; wait for that, or stop it") from error
        plan_id = _plan_id(self._tasks)
        path = self.folder / _PLAN
        if not path.is_file() or path.read_text() != plan_id:
            for old in self.folder.iterdir():
                old.unlink()
            path.write_text(plan_id)
        for unfinished in self.folder.glob("*.writing"):
            unfinished.unlink()
        return self

    def waiting(self):
        """Returns the tasks whose shards are not finished."""
        return [task for task in self._tasks if not (self.folder / f"{task.name}.json").is_file()]

    def fingerprints(self):
        """Returns {split: {scene: fingerprint}} of all finished shards."""
        splits = {}
        for task in self._tasks:
            details = self._result(task)["details"]
            splits.setdefault(task.split, {}).update({scene: value["fingerprint"] for scene, value in details.items()})
        return splits

    def finish(self):
        """Names the shards, writes the manifest and publishes the folder; returns (manifest, {scene: why skipped}).

        Raises:
          DataError: not one scene was usable.
        """
        found = [(task.split, self._result(task)) for task in self._tasks]
        skipped = {scene: reason for _, result in found for scene, reason in result["skipped"].items()}
        header = self._tasks[0].header
        splits = {}
        for split in dict.fromkeys(task.split for task in self._tasks):
            used = [result for name, result in found if name == split and result["shard"]["records"]]
            shards = []
            for number, result in enumerate(used):
                name = shard_name(header.source, split, number, len(used))
                os.rename(self.folder / result["shard"]["file"], self.folder / name)
                shards.append(Shard(**{**result["shard"], "file": name}))
            details = {scene: detail for result in used for scene, detail in result["details"].items()}
            if shards:
                splits[split] = Split(tuple(details), tuple(shards), details)
        if not splits:
            raise DataError(f"{header.source}: not one usable scene; the first: {next(iter(skipped.values()))}")
        keep = {shard.file for split in splits.values() for shard in split.shards}
        for path in list(self.folder.iterdir()):
            if path.name not in keep:
                path.unlink()
        publish(replace(header, splits=splits), self.folder, self.directory)
        return read_manifest(self.directory), skipped

    def _result(self, task):
        return json.loads((self.folder / f"{task.name}.json").read_text())

    def __exit__(self, kind, error, traceback):
        os.close(self._lock)
        if kind is not None and issubclass(kind, Exception) and not issubclass(kind, WorkerDied):
            with contextlib.suppress(OSError):
                shutil.rmtree(self.folder)


def _plan_id(tasks):
    """Returns a text that is equal for two runs only if they would write the same: scenes, files, settings."""
    digest = hashlib.sha256()
    for task in tasks:
        reader = task.reader
        state = {key: repr(value) for key, value in sorted(vars(reader).items())} if hasattr(reader, "__dict__") else {}
        header = asdict(replace(task.header, command=()))
        digest.update(repr((type(reader).__name__, state, header, task.split, task.scenes, task.skip_bad)).encode())
        for scene in task.scenes if hasattr(reader, "files") else ():
            for path in reader.files(scene):
                stat = path.stat() if path.exists() else None
                digest.update(repr((str(path), stat and (stat.st_size, stat.st_mtime_ns))).encode())
    return digest.hexdigest()
