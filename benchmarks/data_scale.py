"""What many records cost: start-up, memory and patches a second of the cube stream, beside those of 10 records.

  python benchmarks/data_scale.py [--records=10000] [--shards=64] [--seconds=20] [--folder=DIR]

Writes made-up records of 128 x 128 x 31 uint16 (1.0 MB each: a patch of ICVL's cubes) into a folder that is removed at
the end, and measures each row in a process of its own:

- "start s": from nothing but the folder's name to the first batch; "index s" is the part of it that finds the records.
  A row "walked" has no index; one "indexed" has. The shards' pages are dropped from memory before both.
- "MiB": peak memory of the process above what the import of TensorFlow takes.
- "patches/s": of the stream, after its first batch. Records that are not in the page cache come from the disk. With
  `--cached` all are in it, where memory is large enough.
- "step 100,000": the stream of a training that is resumed there.
- "once a run": what the first start of a run takes beside that, to read every cube for the statistics and for the prior
  of the spectra. Later starts read what the run has kept.
"""

import contextlib
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from absl import flags

from hsgan import cli
from hsgan import config as config_lib
from hsgan.errors import DataError
from hsgan.records import index
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.schema import CubeRecord
from hsgan.records.writer import RecordWriter

SIDE, BANDS, FEW = 128, 31, 10
WAVELENGTHS_NM = np.arange(400, 701, 10, dtype=np.float32)
RECORD_BYTES = SIDE * SIDE * BANDS * 2
STEP = 100_000


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_integer("records", 10_000, "Records of the large set.", lower_bound=FEW)
    flags.DEFINE_integer("shards", 64, "Its files.", lower_bound=1)
    flags.DEFINE_float("seconds", 20.0, "Measuring time of each stream.")
    flags.DEFINE_integer("batch", 24, "Patches a batch.", lower_bound=1)
    flags.DEFINE_bool("cached", False, "Read all records into the page cache before each row, not drop them.")
    flags.DEFINE_string("folder", "", "Where to write; default: the folder for temporary files.")


def write_records(folder, count, shards):
    """Writes made-up cubes, long enough ago for an index to be kept."""
    rng = np.random.default_rng(0)
    made = [rng.integers(0, 60000, (SIDE, SIDE, BANDS)).astype(np.uint16) for _ in range(FEW)]
    with RecordWriter(folder, Manifest("cubes", "made-up", tuple(WAVELENGTHS_NM.tolist())), shards) as writer:
        for number in range(count):
            record = CubeRecord(made[number % FEW], 1 / 65535, WAVELENGTHS_NM, f"scene_{number:06d}", "made-up")
            writer.write("train", record)
    for shard in folder.glob("*.tfrecord"):
        os.utime(shard, (time.time() - 60,) * 2)


def remember(folder):
    """Reads the shards' pages into memory."""
    for shard in folder.glob("*.tfrecord"):
        with open(shard, "rb") as file:
            while file.read(1 << 24):
                pass


def forget(folder):
    """Drops the shards' pages from memory, where the system lets it."""
    for shard in folder.glob("*.tfrecord"):
        with open(shard, "rb") as file, contextlib.suppress(OSError):
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure_stream(folder, batch, step, seconds):
    """Returns {column: number} of the stream from `step` on; in a process of its own."""
    cli.import_tensorflow()
    import tensorflow as tf

    from hsgan.data import pipelines

    tf.config.experimental.enable_op_determinism()
    tf.zeros(1) + 1  # what TensorFlow sets up for itself
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    config = config_lib.default_config()
    config.train.batch, config.train.patch, config.data.cube_scale = batch, SIDE, (1.0, 1.0)
    began = time.perf_counter()
    manifest = read_manifest(folder)
    opened = time.perf_counter()
    index.open_index(manifest, "train")
    found = time.perf_counter()
    batches = iter(pipelines.cube_patches(config, manifest, step))
    next(batches)
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        next(batches)
        count += batch
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {
        "start": started - began,
        "index": found - opened,
        "memory": memory / 1024,
        "rate": count / (time.perf_counter() - started),
    }


def measure_run(folder):
    """Returns the seconds a record of what reads all cubes once a run; in a process of its own."""
    cli.import_tensorflow()
    from hsgan.data.statistics import cube_statistics
    from hsgan.prior.samples import scene_spectra

    began = time.perf_counter()
    cube_statistics(folder)
    passed = time.perf_counter()
    scene_spectra(folder, ("train",), 1000, seed=0)
    return (passed - began) / FEW, (time.perf_counter() - passed) / FEW


def apart(function, *arguments):
    """Returns what a function gives in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


@cli.without_tensorflow  # each row imports it in its own process
def main(_):
    """Writes the sets, prints the table, removes the sets."""
    values = flags.FLAGS
    with tempfile.TemporaryDirectory(dir=values.folder or None) as base:
        free, needed = shutil.disk_usage(base).free, (values.records + FEW) * RECORD_BYTES
        if needed > free / 2:
            raise DataError(
                f"{base}: {needed / 1e9:.1f} GB are more than half of the {free / 1e9:.1f} GB that are free"
            )
        few, many, began = Path(base) / "few", Path(base) / "many", time.perf_counter()
        write_records(few, FEW, 4)
        write_records(many, values.records, values.shards)
        size = sum(shard.bytes for shard in read_manifest(many).split("train").shards) / 1e9
        print(
            f"{values.records} records of {SIDE}x{SIDE}x{BANDS} in {values.shards} shards, {size:.1f} GB, "
            f"written in {time.perf_counter() - began:.0f} s\n\n"
            f"{'':36}{'start s':>9}{'index s':>9}{'MiB':>7}{'patches/s':>11}"
        )
        for name, folder, step in (
            (f"{FEW} records, walked", few, 0),
            (f"{FEW} records, indexed", few, 0),
            (f"{values.records} records, walked", many, 0),
            (f"{values.records} records, indexed", many, 0),
            (f"{values.records} records, step {STEP:,}", many, STEP),
        ):
            (remember if values.cached else forget)(folder)
            row = apart(measure_stream, folder, values.batch, step, values.seconds)
            print(f"{name:36}{row['start']:9.2f}{row['index']:9.3f}{row['memory']:7.0f}{row['rate']:11.0f}", flush=True)
        kept = index.index_path(many, "train").stat().st_size
        print(f"\nindex of {values.records} records: {kept / 1024:.0f} KiB")
        statistics, prior = apart(measure_run, few)
        print(f"once a run: {1e3 * statistics:.0f} ms a record for the statistics, {1e3 * prior:.0f} ms for the prior")


if __name__ == "__main__":
    cli.run(define_flags, main)
