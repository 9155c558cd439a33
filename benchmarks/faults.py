"""What the package survives: damaged files, kills before any call of the file system, a full disk.

  python benchmarks/faults.py --fuzz=10000 --seed=0 --kills=200 --full_disk

- `--fuzz=N`: N damaged files, shared out over every reader. Each must be read or refused by one line of an error of the
  package's own, within 10 seconds of a core and 2 GB.
- `--kills=N`: the real programs (record building, cubes in every format, training, export, reconstruction), killed N
  times: before a call of the file system, and at any moment where libraries write by themselves. What was there before
  must be there, or what is there afterwards, and the next run must give what an undisturbed one gives.
- `--full_disk`: the same programs, with files that cannot grow beyond sizes from 1 kB up.

It prints one line for whatever is lost, with the numbers that give it again, and a table; and ends with status 1 if
there is any such line.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from absl import flags

sys.path.append(str(Path(__file__).parents[1] / "tests"))

import fault_fuzz
import fault_kill

from hsgan import cli
from hsgan.errors import HsganError

ROOT = Path(__file__).parents[1]
FLAGS = flags.FLAGS
# Shares of the kills; training and export take longest.
SHARES = {"records": 5, "training": 3, "export": 2}


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_integer("fuzz", 0, "Damaged files to read.", lower_bound=0)
    flags.DEFINE_integer("seed", 0, "Of damage and places.", lower_bound=0)
    flags.DEFINE_integer("kills", 0, "Kills of programs.", lower_bound=0)
    flags.DEFINE_bool("full_disk", False, "Let files grow no further than sizes from 1 kB up.")
    flags.DEFINE_integer("workers", 2, "Processes at a time.", lower_bound=1)
    flags.DEFINE_list("only", [], "Names, or parts of them, of the readers and programs to try; none: all.")


def chosen(names):
    """Returns those of `names` that `--only` asks for."""
    return [name for name in names if not FLAGS.only or any(part in name for part in FLAGS.only)]


def fuzz(count: int, seed: int, workers: int) -> list[tuple]:
    """Tries damaged files; returns rows of the table (name, tried, read, refused, lost)."""
    import fault_files
    import fault_runs

    known = fault_files.subjects() | fault_runs.subjects()
    tries = fault_fuzz.plan({name: known[name].weight for name in chosen(known)}, count, seed)
    parts = [tries[index::workers] for index in range(workers)]
    found = {name: Counter() for name in known}
    with ThreadPoolExecutor(workers) as pool:
        for outcomes in pool.map(_read_all, parts):
            for outcome in outcomes:
                found[outcome.subject][outcome.kind] += 1
    rows = []
    for name, kinds in found.items():
        lost = sum(kinds[kind] for kind in fault_fuzz.FAILURES)
        if kinds.total():
            rows.append((name, kinds.total(), kinds[fault_fuzz.READ], kinds[fault_fuzz.REFUSED], lost))
    return rows


def _read_all(tries):
    worker, outcomes = fault_fuzz.Worker(), []
    try:
        for name, seed in tries:
            outcomes.append(worker.run(name, seed))
            if outcomes[-1].kind in fault_fuzz.FAILURES:
                print(f"lost: {name}, seed {seed}: {outcomes[-1].kind}: {outcomes[-1].detail}", flush=True)
    finally:
        worker.close()
    return outcomes


class Server:
    """A process that disturbs one program (`fault_kill`)."""

    def __init__(self, name: str):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [sys.executable, str(ROOT / "benchmarks/fault_kill.py"), name]
        self.name = name
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        line = self._process.stdout.readline()
        if not line:
            raise HsganError(f"{name}: cannot be tried: {self._process.communicate()[1].strip().splitlines()[-1:]}")
        self.calls, self.largest = json.loads(line)

    def fault(self, kind: str, number: float) -> bool:
        """Makes one fault; prints it if something was lost, and returns whether nothing was."""
        self._process.stdin.write(json.dumps([kind, number]) + "\n")
        self._process.stdin.flush()
        outcome, why = json.loads(self._process.stdout.readline())
        if outcome != "survived":
            print(f"lost: {self.name}, {kind} {number:g}: {why}", flush=True)
        return outcome == "survived"

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


def disturb(name: str, kills: int, full_disk: bool, seed: int) -> list[tuple]:
    """Kills a program, or lets it find the disk full; returns rows of the table (name, tried, survived, lost)."""
    import fault_programs

    server, rows = Server(name), []
    rng = np.random.default_rng(seed)
    moments = kills // 3 if fault_programs.programs()[name].native else 0
    calls = rng.permutation(np.linspace(1, server.calls, kills - moments).round().astype(int)).tolist()
    faults = {
        f"{name}: killed before a call of {server.calls}": [(fault_kill.CALL, call) for call in calls],
        f"{name}: killed at any moment": [(fault_kill.MOMENT, float(part)) for part in rng.random(moments)],
        f"{name}: full disk": [(fault_kill.DISK, size) for size in sizes(server.largest)] if full_disk else [],
    }
    for row, places in faults.items():
        survived = sum(server.fault(*place) for place in places)
        if places:
            rows.append((row, len(places), survived, len(places) - survived))
    server.close()
    return rows


def sizes(largest: int) -> list[int]:
    """Returns sizes from 1 kB up to beyond the largest file, each twice the one before."""
    return [1024 * 2**power for power in range(max(largest // 1024, 1).bit_length() + 1)]


def print_table(head: tuple, rows: list[tuple]) -> None:
    """Prints a table in Markdown, with a line of sums."""
    sums = ("all", *(sum(column) for column in list(zip(*rows, strict=True))[1:]))
    print(f"\n| {' | '.join(head)} |\n|---{'|---:' * (len(head) - 1)}|")
    for row in [*rows, sums]:
        print(f"| {' | '.join(map(str, row))} |")


def main(_):
    import fault_programs

    lost = 0
    if FLAGS.fuzz:
        rows = fuzz(FLAGS.fuzz, FLAGS.seed, FLAGS.workers)
        print_table(("damaged file", "tried", "read", "refused", "lost"), rows)
        lost += sum(row[-1] for row in rows)
    names = chosen(fault_programs.programs()) if FLAGS.kills or FLAGS.full_disk else []
    if names:
        shares = np.array([SHARES.get(name, 2) for name in names])
        kills = np.diff(np.round(np.append(0, np.cumsum(shares)) / shares.sum() * FLAGS.kills)).astype(int).tolist()
        with ThreadPoolExecutor(FLAGS.workers) as pool:
            full = [FLAGS.full_disk] * len(names)
            found = pool.map(disturb, names, kills, full, range(FLAGS.seed, FLAGS.seed + len(names)))
            rows = [row for part in found for row in part]
        print_table(("program and fault", "tried", "survived", "lost"), rows)
        lost += sum(row[-1] for row in rows)
    if lost:
        raise HsganError(f"{lost} lost")
    print("\nnothing lost")


if __name__ == "__main__":
    cli.run(define_flags, main)
