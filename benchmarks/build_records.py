"""How fast ICVL-format files become records, in how much memory, and how fast the records become patches.

  python benchmarks/build_records.py [--scenes=6] [--workers=2] [--folder=DIR]

The scenes have the published size (1392x1300x31) and made-up content. They are written in the published format, MATLAB
7.3, once as whole numbers uncompressed and once as doubles compressed as MATLAB does. MB/s are of the cubes as uint16
(112 MB a scene), and of what is read. Memory is the sum over all processes of the program (proportional set size),
sampled. Patches are compared with a bare TFRecordDataset + decode_raw loop over the same files, from the page cache.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import tensorflow as tf
from absl import flags

from hsgan import cli
from hsgan import config as config_lib
from hsgan.data import pipelines
from hsgan.records.manifest import read_manifest
from hsgan.records.reader import iterate_records
from hsgan.records.writer import RecordWriter

HEIGHT, WIDTH, BANDS = 1392, 1300, 31
CUBE_MB = HEIGHT * WIDTH * BANDS * 2 / 1e6
FORMATS = {"uint16": ("u2", None), "double, compressed": ("f8", 3)}


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_integer("scenes", 6, "Scenes of each format.", lower_bound=2)
    flags.DEFINE_integer("workers", 2, "Processes that build.")
    flags.DEFINE_float("seconds", 5.0, "Measuring time of each stream.")
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


def build(source, output):
    """Builds records by the program itself; returns (seconds, peak MB)."""
    command = [sys.executable, "-m", "tfrecords_tools.build_hsi", "--source=icvl", f"--input={source}"]
    command += [f"--output={output}", "--test_scenes=1", f"--workers={flags.FLAGS.workers}", "--keep_duplicates"]
    start, peak = time.perf_counter(), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, memory_mb(process.pid))
            time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return time.perf_counter() - start, peak


def rate(dataset, items, seconds):
    """Returns items a second of a stream whose every element holds `items`, after a warm-up of a fifth of the time."""
    iterator, start = iter(dataset), time.perf_counter()
    while time.perf_counter() - start < seconds / 5:
        next(iterator)
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        next(iterator)
        count += items
    return count / (time.perf_counter() - start)


def bare(files):
    """Returns the endless stream of decoded scenes: what the files allow."""
    key = {"values": tf.io.FixedLenFeature([], tf.string)}
    decode = lambda data: tf.io.decode_raw(tf.io.parse_single_example(data, key)["values"], tf.uint16)  # noqa: E731
    return tf.data.TFRecordDataset(files, num_parallel_reads=2).map(decode, tf.data.AUTOTUNE).repeat().prefetch(1)


def patches(records):
    """Prints patches a second of the pipeline beside those of the bare loop, at the same number of patches a scene."""
    config = config_lib.default_config()
    config.data.cubes, config.train.batch = str(records), 8
    files = [str(path) for path in read_manifest(records).files("train")]
    for path in files:
        Path(path).read_bytes()  # into the page cache
    print(f"{'patches of 128x128x31':34}{'a scene':>8}{'pipeline /s':>13}{'bare loop /s':>14}{'share':>8}")
    for reads, scale in ((4, (1 / 7, 1 / 2)), (16, (1 / 7, 1 / 2)), (16, (1.0, 1.0))):
        kind = f"rescaled by {scale[0]:.2f}-{scale[1]:.2f}" if scale[0] < 1 else "cut at full size"
        compare(config, files, kind, reads, scale)
    config.data.cubes = str(tiles(records, records.parent / "tiles"))
    files = [str(path) for path in read_manifest(config.data.cubes).files("train")]
    compare(config, files, "records of 128x128 tiles", 1, (1.0, 1.0))


def compare(config, files, kind, reads, scale):
    """Prints one row: the pipeline and the bare loop over the same files, `reads` patches of each record."""
    config.data.crops_per_read, config.data.cube_scale = reads, scale
    ours = rate(pipelines.cube_patches(config), config.train.batch, flags.FLAGS.seconds)
    theirs = rate(bare(files), reads, flags.FLAGS.seconds)
    print(f"{kind:34}{reads:8}{ours:13.0f}{theirs:14.0f}{ours / theirs:8.0%}", flush=True)


def tiles(records, output, count=256, side=128):
    """Writes tiles of the first scene as records of their own; returns their folder."""
    manifest = read_manifest(records)
    scene = next(iterate_records(records, "train", "cubes"))
    with RecordWriter(output, replace(manifest, splits={}, directory=None)) as writer:
        for index in range(count):
            row, column = divmod(index, (WIDTH // side))
            row = row % (HEIGHT // side) * side
            cut = scene.values[row : row + side, column * side : (column + 1) * side]
            writer.write("train", replace(scene, values=cut, scene=f"tile_{index:04d}"))
    return output


def main(_):
    """Prints both tables."""
    values = flags.FLAGS
    with tempfile.TemporaryDirectory(dir=values.folder or None) as folder:
        folder = Path(folder)
        print(f"{values.scenes} scenes of {HEIGHT}x{WIDTH}x{BANDS}, {values.workers} processes")
        print(f"{'ICVL files':34}{'MB':>8}{'seconds':>9}{'cube MB/s':>11}{'file MB/s':>11}{'peak MB':>9}")
        for name, (dtype, level) in FORMATS.items():
            source, output = folder / "in", folder / "out"
            shutil.rmtree(output, ignore_errors=True)
            source.mkdir()
            for index in range(values.scenes):
                write_scene(source / f"scene_{index:02d}.mat", index, dtype, level)
            size = sum(path.stat().st_size for path in source.iterdir()) / 1e6
            seconds, peak = build(source, output)
            speed = values.scenes * CUBE_MB / seconds
            print(f"{name:34}{size:8.0f}{seconds:9.1f}{speed:11.0f}{size / seconds:11.0f}{peak:9.0f}", flush=True)
            shutil.rmtree(source)
        patches(output)


if __name__ == "__main__":
    define_flags()
    cli.run(main)
