"""How many patches a second the input pipeline gives, beside a bare loop over the same records.

  python benchmarks/input_pipeline.py [--sets=tiles,cave,icvl] [--rounds=3] [--seconds=4] [--deterministic]
  python benchmarks/input_pipeline.py --sets= --config=FILE.py [--config.data.cubes=DIR --config.data.rgb=DIR]

The first form makes up cube records of published sizes (31 bands, uint16), leaves them in the page cache and measures
patches of 128 x 128. The bare loop is `TFRecordDataset`, `parse_single_example`, `decode_raw` and a cast of the whole
record to float32, in parallel, no crop, no batch; it counts as many patches a record as the pipeline takes of one. "CPU
ms" are of this process for a patch, which hardly depends on what else the machine does; patches a second do. "MB read"
are a patch's share of its record, "MB averaged" the window that becomes the patch, as uint16, on average.

Both are measured in turn, in `--rounds` rounds, and the best of each is printed: on a shared machine the other rounds
measure the others. The second form prints the streams of a training.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import tensorflow as tf
from absl import flags

from hsgan import cli
from hsgan import config as config_lib
from hsgan.data import pipelines, sources
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.schema import CubeRecord
from hsgan.records.writer import RecordWriter

PATCH, BANDS = 128, 31
RESCALED, WHOLE = (1 / 7, 1 / 2), (1.0, 1.0)
# {set: (height, width, records, ((patches a record, range of the rescale factor), ...))}
SETS = {
    "tiles": (128, 128, 256, ((1, WHOLE),)),
    "cave": (512, 512, 16, ((4, WHOLE), (16, WHOLE), (4, (0.5, 1.0)), (16, RESCALED))),
    "icvl": (1392, 1300, 4, ((4, WHOLE), (16, WHOLE), (4, RESCALED), (16, RESCALED))),
}


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_list("sets", list(SETS), "Made-up records to measure; empty: the streams of --config instead.")
    flags.DEFINE_float("seconds", 4.0, "Measuring time of each row, in each round.")
    flags.DEFINE_integer("rounds", 3, "How often each row is measured.", lower_bound=1)
    flags.DEFINE_integer("batch", 24, "Patches a batch, of made-up records.", lower_bound=1)
    flags.DEFINE_bool("deterministic", False, "With TensorFlow's op determinism, as in training.")
    cli.define_config("configs/demo.py")


def rate(dataset, items, seconds):
    """Returns items a second of a stream whose every element holds `items`, after a warm-up of a fifth of the time."""
    return measure(dataset, items, seconds)[0]


def measure(dataset, items, seconds):
    """Returns (items a second, CPU milliseconds an item), as `rate`."""
    iterator = iter(dataset)
    start = time.perf_counter()
    while time.perf_counter() - start < seconds / 5:
        next(iterator)
    count, start, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - start < seconds:
        next(iterator)
        count += items
    return count / (time.perf_counter() - start), (time.process_time() - cpu) / count * 1e3


def bare(files):
    """Returns the endless stream of records read, parsed, decoded and made float32, and no more."""
    key = {"values": tf.io.FixedLenFeature([], tf.string)}

    def decode(serialized):
        values = tf.io.parse_single_example(serialized, key)["values"]
        return tf.cast(tf.io.decode_raw(values, tf.uint16), tf.float32)

    records = tf.data.TFRecordDataset(files, num_parallel_reads=tf.data.AUTOTUNE)
    return records.map(decode, num_parallel_calls=tf.data.AUTOTUNE).repeat().prefetch(tf.data.AUTOTUNE)


def write_records(folder, height, width, count):
    """Writes made-up cubes: smooth, with the noise of a camera."""
    wavelengths = np.arange(400, 701, 10, dtype=np.float32)
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 64, (height, width, BANDS)).astype(np.uint16)
    with RecordWriter(folder, Manifest("cubes", "made-up", tuple(wavelengths.tolist()))) as writer:
        for index in range(count):
            blocks = rng.integers(0, 60000, (-(-height // 32), -(-width // 32), BANDS)).astype(np.uint16)
            values = np.repeat(np.repeat(blocks, 32, axis=0), 32, axis=1)[:height, :width] + noise
            writer.write("train", CubeRecord(values, 1 / 65535, wavelengths, f"scene_{index:04d}", "made-up"))


def averaged_mb(height, width, scale):
    """Returns the mean size of the window that becomes a patch, as uint16."""
    factors = np.random.default_rng(0).uniform(*scale, (10000, 2))
    windows = np.minimum(np.rint(PATCH / factors), (height, width))
    return float(windows.prod(axis=1).mean()) * BANDS * 2 / 1e6


def compare(name, folder):
    """Prints the rows of one made-up set."""
    height, width, _, rows = SETS[name]
    config = config_lib.default_config()
    config.train.batch, config.train.patch = flags.FLAGS.batch, PATCH
    manifest = read_manifest(folder)
    files = [str(path) for path in manifest.files("train")]
    for path in files:
        Path(path).read_bytes()  # into the page cache
    for reads, scale in rows:
        config.data.crops_per_read, config.data.cube_scale = reads, scale
        rounds = []
        for _ in range(flags.FLAGS.rounds):
            ours = measure(pipelines.cube_patches(config, manifest), flags.FLAGS.batch, flags.FLAGS.seconds)
            theirs = measure(bare(files), reads, flags.FLAGS.seconds)
            rounds.append((*ours, *theirs))
        speeds, cpus, bare_speeds, bare_cpus = zip(*rounds, strict=True)
        speed, cpu, bare_speed, bare_cpu = max(speeds), min(cpus), max(bare_speeds), min(bare_cpus)
        kind = f"{name} {height}x{width}, scale {scale[0]:.2f}-{scale[1]:.2f}"
        sizes = f"{height * width * BANDS * 2 / 1e6 / reads:8.1f}{averaged_mb(height, width, scale):10.1f}"
        print(
            f"{kind:34}{reads:8}{sizes}{speed:11.0f}{bare_speed:9.0f}{speed / bare_speed:8.0%}"
            f"{cpu:10.2f}{bare_cpu:8.2f}{bare_cpu / cpu:8.0%}",
            flush=True,
        )


def print_streams(config):
    """Prints the streams of a configuration."""
    opened = sources.open_sources(config)
    cubes, photos = opened.cubes, opened.photos
    print(f"cubes {cubes.directory}\nphotos {photos.directory}")
    print(f"batch {config.train.batch}, patch {config.train.patch}, photo crop {config.data.rgb_crop}")
    print(f"{config.data.crops_per_read} crops a read, cube scale {tuple(config.data.cube_scale)}")
    streams = {
        "cube_patches": pipelines.cube_patches(config, cubes),
        "photo_crops": pipelines.photo_crops(config, photos),
        "unpaired": pipelines.unpaired(config, cubes, photos),
    }
    for name, stream in streams.items():
        speed, cpu = measure(stream, config.train.batch, flags.FLAGS.seconds)
        print(f"{name:24}{speed:10.1f} patches/s{cpu:10.2f} CPU ms a patch")


def main(_):
    """Prints the table."""
    unknown = sorted(set(flags.FLAGS.sets) - set(SETS))
    if unknown:
        raise SystemExit(f"--sets: no {unknown[0]!r}; there are: {', '.join(SETS)}")
    if flags.FLAGS.deterministic:
        tf.config.experimental.enable_op_determinism()
    if not flags.FLAGS.sets:
        print_streams(cli.load_config(sources.problems))
        return
    print(f"{'patches of 128x128x31':34}{'':8}{'MB':>8}{'MB':>10}{'pipeline':>11}{'bare':>9}{'':8}{'CPU ms':>10}")
    head = (
        f"{'':34}{'a record':>8}{'read':>8}{'averaged':>10}{'/s':>11}{'/s':>9}{'share':>8}{'pipeline':>10}{'bare':>8}"
    )
    print(f"{head}{'share':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for name in flags.FLAGS.sets:
            height, width, count, _ = SETS[name]
            write_records(Path(folder) / name, height, width, count)
            compare(name, Path(folder) / name)


if __name__ == "__main__":
    cli.run(define_flags, main)
