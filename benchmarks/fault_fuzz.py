"""Damaged files, one after the other, in processes of their own: what a reader does, and what it takes.

As a program this is such a process: a line of JSON on its input is a try, one on its output the outcome.
"""

import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
MOST_SECONDS, MOST_BYTES = 10.0, 2 << 30
PATIENCE = 12  # times `MOST_SECONDS` of the clock, where the machine has other work
READ, REFUSED = "read", "refused"
FAILURES = ("foreign", "crash", "slow", "large")


@dataclass(frozen=True)
class Outcome:
    """What became of one try: `READ`, `REFUSED` or one of `FAILURES`; in words; and how to have it again."""

    subject: str
    seed: int
    kind: str
    detail: str = ""


def plan(names: dict[str, float], count: int, seed: int) -> list[tuple[str, int]]:
    """Returns `count` tries (subject, seed), shared out by the subjects' weights, at least one each."""
    total = sum(names.values())
    shares = {name: max(1, round(count * weight / total)) for name, weight in names.items()}
    largest = max(shares, key=shares.get)
    shares[largest] += max(count - sum(shares.values()), 1 - shares[largest])
    tries = []
    for name, share in shares.items():
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        tries += [(name, int(number)) for number in rng.integers(0, 2**31, share)]
    return tries


class Worker:
    """A process that reads damaged files, and is started again when one of them ends it."""

    def __init__(self):
        self._process, self._folder = None, None

    def run(self, subject: str, seed: int) -> Outcome:
        """Returns the `Outcome` of a try."""
        if self._process is None:
            self._start()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps([subject, seed]) + "\n")
            self._process.stdin.flush()
        end = time.monotonic() + PATIENCE * MOST_SECONDS
        ready, _, _ = select.select([self._process.stdout], [], [], max(end - time.monotonic(), 0))
        line = self._process.stdout.readline() if ready else ""
        if line:
            return Outcome(subject, seed, *json.loads(line))
        kind = "crash" if ready else "slow"
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(MOST_SECONDS if ready else 0)
        self._process.kill()
        status = self._process.wait()
        self.close()
        return Outcome(subject, seed, kind, f"the process ended with status {status}" if ready else "never ends")

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._process = None

    def _start(self):
        self._folder = tempfile.mkdtemp(prefix="faults-")
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", "TMPDIR": self._folder}
        self._process = subprocess.Popen(
            [sys.executable, __file__, self._folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )


def attempt(subject, name: str, seed: int, folder: Path) -> tuple[str, str]:
    """Damages a copy of a subject's files and reads it; returns (kind, detail) of the `Outcome`.

    Args:
      subject: `fault_files.Subject`.
      name: of the subject.
      seed: of the damage.
      folder: for sound files, which are made once, and damaged ones.
    """
    from fault_damage import damaged

    from hsgan.errors import HsganError

    sound = folder / f"sound-{zlib.crc32(name.encode()):08x}"
    if not sound.is_dir():
        sound.mkdir()
        try:
            files = subject.make(sound)
            subject.read(sound)
        except Exception as error:
            shutil.rmtree(sound)
            return "foreign", f"a sound file: {type(error).__name__}: {error}"
        (folder / f"{sound.name}.json").write_text(json.dumps([str(path.relative_to(sound)) for path in files]))
    files = json.loads((folder / f"{sound.name}.json").read_text())
    place = folder / "damaged"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(sound, place)
    rng = np.random.default_rng(seed)
    path = place / files[rng.integers(len(files))]
    path.write_bytes(damaged(path.read_bytes(), rng))
    _forget_peak()
    before, start = _memory("VmRSS"), time.process_time()
    try:
        subject.read(place)
        kind, detail = READ, ""
    except HsganError as error:
        text = str(error)
        kind, detail = (REFUSED, text) if "\n" not in text and text else ("foreign", f"not one line: {text!r}")
    except Exception as error:
        kind, detail = "foreign", f"{type(error).__name__}: {error}"
    seconds, peak = time.process_time() - start, _memory("VmHWM") - before
    if seconds > MOST_SECONDS:
        return "slow", f"{seconds:.1f} s; {kind}: {detail}"
    if peak > MOST_BYTES:
        return "large", f"{peak / 1e6:.0f} MB; {kind}: {detail}"
    return kind, detail


def _forget_peak():
    Path("/proc/self/clear_refs").write_text("5")


def _memory(name):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return 1024 * int(line.split()[1])
    raise ValueError(f"/proc/self/status: no {name}")


def main():
    """Answers tries until the input ends."""
    sys.path.append(str(ROOT / "tests"))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    import fault_files

    known = fault_files.subjects()
    for line in sys.stdin:
        name, seed = json.loads(line)
        if name not in known:
            import fault_runs

            known |= fault_runs.subjects()
        print(json.dumps(attempt(known[name], name, seed, Path(sys.argv[1]))), file=answers, flush=True)


if __name__ == "__main__":
    main()
