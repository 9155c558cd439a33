"""The unit of work: one shard, written whole by one process; and the hidden folder in which shards gather.

A folder of records NAME is built in `.NAME.partial` beside it. A finished shard lies there with a description of it
(JSON), which is written last: what has none is not finished and is written again. A second run of the same command,
over the same files, keeps the finished shards; any other command starts anew. When all are there, they move to a folder
within, which gets the manifest and then its name. So a killed run loses the shards under way at most, whenever it is
killed, and NAME is whole or not there.
"""

import contextlib
import hashlib
import itertools
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from hsgan.disk import guard, whole
from hsgan.disk.locks import Lock
from hsgan.disk.plain import read_json
from hsgan.errors import DataError
from hsgan.records import schema, wire
from hsgan.records.manifest import Manifest, Shard, Split, check_header, read_manifest, write_manifest
from hsgan.records.writer import check_vacant, shard_name, writing
from tfrecords_tools import duplicates, grids

_PLAN, _LOCK, _RECORDS = "plan.json", "lock", "records"
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
    # No other process writes that, not even as a retry.
    partial = folder / f"{task.name}.{secrets.token_hex(4)}.writing"
    with writing(folder):
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
        whole.write_json(_description(folder, task), {"shard": shard, "details": details, "skipped": skipped})


def _description(folder, task):
    return folder / f"{task.name}.json"


def _serialize(task, scene):
    files = task.reader.files(scene) if hasattr(task.reader, "files") else ()
    with guard.translated(next(iter(files), scene), f"a scene of {task.reader.source}"):
        record = task.reader.read(scene)
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
        try:
            check_vacant(self.directory)
        except DataError:
            self._remove_left()
            raise

    def __enter__(self):
        with writing(self.directory):
            self.directory.parent.mkdir(parents=True, exist_ok=True)
            self.folder.mkdir(exist_ok=True)
            self._lock = Lock.take(self.folder / _LOCK)
            if self._lock is None:
                raise DataError(f"{self.directory}: another run is writing it; wait for that, or stop it")
            plan_id, path = _plan_id(self._tasks), self.folder / _PLAN
            if not path.is_file() or path.read_text() != plan_id:
                self._clear()
                whole.write_text(path, plan_id)
            for unfinished in self.folder.glob("*.writing"):
                unfinished.unlink()
        return self

    def waiting(self):
        """Returns the tasks whose shards are not finished."""
        results = self._results()
        names = self._final_names(results) if len(results) == len(self._tasks) else {}
        return [task for task in self._tasks if not self._is_finished(task, results, names)]

    def fingerprints(self):
        """Returns {split: {scene: fingerprint}} of all finished shards."""
        splits, results = {}, self._results()
        for task in self._tasks:
            details = results[task.name]["details"]
            splits.setdefault(task.split, {}).update({scene: value["fingerprint"] for scene, value in details.items()})
        return splits

    def finish(self):
        """Names the shards, writes the manifest and publishes the folder; returns (manifest, {scene: why skipped}).

        Raises:
          DataError: not one scene was usable.
        """
        results = self._results()
        skipped = {scene: reason for result in results.values() for scene, reason in result["skipped"].items()}
        header, names, splits = self._tasks[0].header, self._final_names(results), {}
        for task in self._tasks:
            if task.name in names:
                shard = Shard(**{**results[task.name]["shard"], "file": names[task.name]})
                before = splits.get(task.split, Split((), ()))
                details = {**before.details, **results[task.name]["details"]}
                splits[task.split] = Split(tuple(details), (*before.shards, shard), details)
        if not splits:
            raise DataError(f"{header.source}: not one usable scene; the first: {next(iter(skipped.values()))}")
        with writing(self.directory):
            self._publish(names, replace(header, splits=splits))
        return read_manifest(self.directory), skipped

    def _results(self):
        """Returns {name: description} of the tasks whose shards are described."""
        found = {}
        for task in self._tasks:
            with contextlib.suppress(DataError):  # not there, or left damaged by a fall of the machine
                found[task.name] = read_json(_description(self.folder, task))
        return found

    def _final_names(self, results):
        """Returns {name of a task: name of its shard in the folder of records}, for shards with records."""
        names = {}
        for split in dict.fromkeys(task.split for task in self._tasks):
            used = [task for task in self._tasks if task.split == split and results[task.name]["shard"]["records"]]
            for number, task in enumerate(used):
                names[task.name] = shard_name(task.header.source, split, number, len(used))
        return names

    def _is_finished(self, task, results, names):
        """Whether a task's shard is described and whole, where it was written or in the folder within."""
        if task.name not in results:
            return False
        shard = results[task.name]["shard"]
        places = [self.folder / task.name, self.folder / _RECORDS / names.get(task.name, "none")]
        sizes = [path.stat().st_size for path in places if path.is_file()]
        return not shard["records"] or sizes[:1] == [shard["bytes"]]

    def _publish(self, names, manifest):
        """Moves the shards to a folder within, and that to its place; a run that is killed on the way goes on."""
        records = self.folder / _RECORDS
        records.mkdir(exist_ok=True)
        for name, final in names.items():
            if (self.folder / name).is_file():
                os.replace(self.folder / name, records / final)
        for path in records.iterdir():
            if path.name not in names.values():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        write_manifest(manifest, records)
        whole.publish(records, self.directory)

    def _remove_left(self):
        """Removes what a run left that was killed after the folder of records had its name."""
        if self.folder.is_dir() and (lock := Lock.take(self.folder / _LOCK)):
            with lock:
                whole.remove(self.folder)

    def _clear(self):
        for old in self.folder.iterdir():
            if old.name != _LOCK:
                shutil.rmtree(old) if old.is_dir() else old.unlink()

    def __exit__(self, kind, error, traceback):
        stays = kind is not None and (not issubclass(kind, Exception) or issubclass(kind, WorkerDied))
        with self._lock:
            if not stays:
                with contextlib.suppress(OSError):
                    whole.remove(self.folder)


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
