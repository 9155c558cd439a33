"""How fast ICVL-format files become records, and in how much memory.

  python benchmarks/build_records.py [--scenes=6] [--workers=2] [--rounds=3] [--folder=DIR]

The scenes have the published size (1392x1300x31) and made-up content. They are written in the published format, MATLAB
7.3, once as whole numbers uncompressed and once as doubles compressed as MATLAB does. MB/s are of the cubes as uint16
(112 MB a scene), and of what is read. Memory is the sum over all processes of the program (proportional set size),
sampled. CPU seconds are those of all its processes, start included: the bound where the machine is not shared. Of
`--rounds` rounds the median is printed, and the highest memory.
"""

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
from absl import flags

from hsgan import cli

HEIGHT, WIDTH, BANDS = 1392, 1300, 31
CUBE_MB = HEIGHT * WIDTH * BANDS * 2 / 1e6
FORMATS = {"uint16": ("u2", None), "double, compressed": ("f8", 3)}


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_integer("scenes", 6, "Scenes of each format.", lower_bound=2)
    flags.DEFINE_integer("workers", 2, "Processes that build.")
    flags.DEFINE_integer("rounds", 3, "How often each format is built.", lower_bound=1)
    flags.DEFINE_string("folder", "", "Where the files go meanwhile; '' is the system's temporary folder.")


def write_scene(path, seed, dtype, level):
    """Writes one made-up scene as `rad`, `bands`; 12-bit counts with the noise and smoothness of real ones."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((BANDS, WIDTH // 50 + 1, HEIGHT // 48 + 1)).cumsum(axis=0) / BANDS
    scene = np.repeat(np.repeat(coarse, 50, axis=1), 48, axis=2)[:, :WIDTH, :HEIGHT]
    counts = np.clip(np.rint(3000 * scene + rng.normal(0, 4, scene.shape)), 0, 4095)
    options = {"compression": "gzip", "compression_opts": level, "chunks": (1, WIDTH, HEIGHT // 4)} if level else {}
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("rad", data=counts.astype(dtype), **options)
        file.create_dataset("bands", data=np.arange(400.0, 701.0, 10.0)[:, None])
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")


def tree(pid):
    """Yields a process and all that it started."""
    yield pid
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            yield from tree(int(child))


def memory_mb(pid):
    """Returns the proportional set size of a process and its children, MB."""
    total = 0
    try:
        for process in list(tree(pid)):
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                total += int(line.split()[1]) * 1024 if line.startswith("Pss:") else 0
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0  # one of them just ended
    return total / 1e6


def children_cpu():
    """Returns the CPU seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def build(source, output):
    """Builds records by the program itself; returns (seconds, CPU seconds, peak MB)."""
    shutil.rmtree(output, ignore_errors=True)
    command = [sys.executable, "-m", "tfrecords_tools.build_hsi", "--source=icvl", f"--input={source}"]
    command += [f"--output={output}", "--test_scenes=1", f"--workers={flags.FLAGS.workers}", "--keep_duplicates"]
    start, cpu, peak = time.perf_counter(), children_cpu(), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, memory_mb(process.pid))
            time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return time.perf_counter() - start, children_cpu() - cpu, peak


@cli.without_tensorflow
def main(_):
    """Prints the table."""
    values = flags.FLAGS
    with tempfile.TemporaryDirectory(dir=values.folder or None) as folder:
        source, output = Path(folder) / "in", Path(folder) / "out"
        print(f"{values.scenes} scenes of {HEIGHT}x{WIDTH}x{BANDS}, {values.workers} processes")
        heads = f"{'MB':>8}{'seconds':>9}{'CPU s':>8}{'cube MB/s':>11}{'file MB/s':>11}{'peak MB':>9}"
        print(f"{'ICVL files':24}{heads}")
        for name, (dtype, level) in FORMATS.items():
            source.mkdir()
            for index in range(values.scenes):
                write_scene(source / f"scene_{index:02d}.mat", index, dtype, level)
            size = sum(path.stat().st_size for path in source.iterdir()) / 1e6
            rounds = [build(source, output) for _ in range(values.rounds)]
            seconds, cpu, _ = map(statistics.median, zip(*rounds, strict=True))
            speed, peak = values.scenes * CUBE_MB / seconds, max(round_[2] for round_ in rounds)
            row = f"{size:8.0f}{seconds:9.1f}{cpu:8.1f}{speed:11.0f}{size / seconds:11.0f}{peak:9.0f}"
            print(f"{name:24}{row}", flush=True)
            shutil.rmtree(source)


if __name__ == "__main__":
    cli.run(define_flags, main)
