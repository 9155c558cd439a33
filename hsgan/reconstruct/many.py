"""Photos to cubes as one job: in this process, or spread over processes and machines by Apache Beam.

A spread job writes what the job of one process writes. Each process loads the method once. What is finished is noted in
a hidden folder of the output, a file a photo, which also says what the photo and its cubes were like then. The same
command, run again after a kill or a failure, leaves out what is finished and unchanged. When all photos are finished
the notes go.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tqdm import tqdm

from hsgan import beam
from hsgan.disk import whole
from hsgan.disk.locks import Lock
from hsgan.disk.plain import read_json
from hsgan.errors import DataError, RunError
from hsgan.reconstruct.choice import Choice
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.outputs import Files, VideoReconstruction, plan, reconstruct_photos
from hsgan.reconstruct.photos import Options, Reconstruction
from hsgan.reconstruct.reflectance import described

_LOCK = "lock"


@dataclass(frozen=True)
class Outcome:
    """What became of one photo, or frame of a video.

    Attributes:
      name: of the photo, or video and frame.
      text: what is to be told of its cube.
      warning: of the photo; "" for none.
      error: why there is no cube; "" where there is one.
    """

    name: str
    text: str = ""
    warning: str = ""
    error: str = ""


@dataclass(frozen=True)
class PhotoTask:
    """The `hsgan.beam.Task` of one photo or video.

    Attributes:
      photo: its path.
      stem: of its files.
    """

    photo: str
    stem: str

    @property
    def name(self) -> str:
        """A name for files: a checksum, since the photo's own may be of any length."""
        return hashlib.sha256(os.fsencode(self.stem)).hexdigest()[:24]


@dataclass(frozen=True)
class PhotoWorker:
    """The `hsgan.beam.Worker` that reconstructs photos, and notes what is finished.

    Attributes:
      choice: of the method.
      formats: of the cubes.
      options: how photos become cubes.
      notes: folder for them.
      place: folder that relative paths start from.
    """

    choice: Choice
    formats: tuple[str, ...]
    options: Options
    notes: str
    place: str

    def load(self) -> Method:
        """Returns the method; relative paths mean in this process what they mean where the job was given."""
        os.chdir(self.place)
        return self.choice.load()

    def work(self, task: PhotoTask, loaded: Method) -> None:
        """Reconstructs one photo, or all frames of a video.

        Raises:
          HsganError: it cannot be reconstructed.
        """
        before, found, written = _state([task.photo]), [], []
        files = Files(loaded, Path(task.stem), self.formats, self.options, tqdm(disable=True))
        for name, paths, result in files.all_of(task.photo):
            if isinstance(result, Exception):
                raise result
            found.append(asdict(Outcome(name, report(name, paths, result), result.warning)))
            written += map(str, paths)
        note = {"photo": before, "files": _state(written), "outcomes": found}
        whole.write_json(_note(self.notes, task), note)


@dataclass(frozen=True)
class Job:
    """All photos of a command line.

    Attributes:
      choice: of the method.
      arguments: files, folders and patterns.
      output: folder to write to.
      formats: of the cubes.
      options: how photos become cubes.
    """

    choice: Choice
    arguments: Sequence[str]
    output: str
    formats: tuple[str, ...]
    options: Options

    def here(self, method: Method) -> Iterator[Outcome]:
        """Reconstructs all photos in this process, one after the other; yields what became of each as it is done.

        Args:
          method: that `choice` loads.

        Raises:
          DataError, RunError: as `hsgan.reconstruct.outputs.reconstruct_photos`.
        """
        for name, paths, result in reconstruct_photos(method, self.arguments, self.output, self.formats, self.options):
            if isinstance(result, Exception):
                yield Outcome(name, error=str(result))
            else:
                yield Outcome(name, report(name, paths, result), result.warning)

    def spread(self, method: Method, arguments: Sequence[str]) -> Iterator[Outcome]:
        """Reconstructs all photos by a Beam pipeline; yields what became of each when all are done.

        Args:
          method: that `choice` loads; it makes the checks.
          arguments: of the pipeline (`hsgan.beam.arguments_of`).

        Raises:
          DataError, RunError: as `here`; another process does the same job.
          hsgan.beam.PipelineFailed: the runner gave up.
        """
        stems = plan(method, self.arguments, self.output, self.formats, self.options)
        tasks = [PhotoTask(photo, str(stem)) for photo, stem in stems]
        notes = Path(self.output) / f".photos-{self.key(method)[:16]}"
        notes.mkdir(parents=True, exist_ok=True)
        lock = Lock.take(notes / _LOCK)
        if lock is None:
            raise RunError(
                f"{self.output}: another process is reconstructing the same photos; wait for that, or stop it"
            )
        with lock:
            finished = {task.name: note for task in tasks if (note := _finished(notes, task)) is not None}
            waiting = [task for task in tasks if task.name not in finished]
            worker = PhotoWorker(self.choice, self.formats, self.options, str(notes), os.getcwd())
            failures = beam.run(waiting, worker, notes, arguments)
            missing = 0
            for task in tasks:
                if task.name in finished:
                    yield from (replace(one, text=f"{one.name}: is there already") for one in finished[task.name])
                elif (found := _finished(notes, task)) is not None:
                    yield from found
                else:
                    missing += 1
                    left_out = f"{task.photo}: the runner has left it out; run the same command again"
                    yield Outcome(task.photo, error=failures.get(task.name, left_out))
            if not missing:
                whole.remove(notes)

    def key(self, method: Method) -> str:
        """Returns a text that is equal for two jobs only if they make the same cube of a photo."""
        values = (repr(self.choice), self.choice.checksum, sorted(self.formats), repr(self.options), method.facts)
        return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()


def report(name: str, paths: Sequence[Path], result: Reconstruction | VideoReconstruction) -> str:
    """Returns the lines about one photo or frame: its files, bands, camera, quantity and round-trip check.

    Of a video as a whole: its frames, how fast they came, the worst check, and its preview.
    """
    if isinstance(result, VideoReconstruction):
        height, width, bands = result.shape
        return "\n  ".join([
            f"{name}: {result.frames} frames, {height} x {width} pixels and {bands} bands of each, "
            f"{result.frames / result.seconds:.1f} frames a second",
            *map(str, paths),
            f"round trip to RGB: RMSE {result.worst:.6f} in the worst frame",
        ])  # fmt: skip
    header, check = result.header, result.check
    first, last = header.wavelengths_nm[[0, -1]]
    height, width, bands = header.shape
    return (
        f"{name}: {height} x {width} pixels, {bands} bands {first:g}-{last:g} nm\n"
        f"  camera {header.facts['camera']} ({header.facts['camera_source']})\n"
        f"  {described(header.facts)}\n"
        f"  {', '.join(str(path) for path in paths)}\n"
        f"  round trip to RGB: RMSE {check['rmse']:.6f}, largest error {check['max']:.4f}, "
        f"PSNR {check['psnr']:.2f} dB, mean brightness x{check['brightness']:.4f}, tint {check['tint']:.4f}"
    )


def _note(notes, task):
    return Path(notes) / f"{task.name}.json"


def _finished(notes: Path, task: PhotoTask) -> list[Outcome] | None:
    """Returns the outcomes of a task whose photo and files are as its note says; None of any other."""
    try:
        note = read_json(_note(notes, task))
        if note["photo"] == _state([task.photo]) and note["files"] == _state(note["files"]):
            return [Outcome(**one) for one in note["outcomes"]]
    except (DataError, OSError, KeyError, TypeError):  # none, or damaged, or a file that is gone
        pass
    return None


def _state(paths):
    """Returns {path: [bytes, time of change in ns]}."""
    found = {str(path): os.stat(path) for path in paths}
    return {path: [state.st_size, state.st_mtime_ns] for path, state in found.items()}
