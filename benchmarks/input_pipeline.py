"""How many patches a second the input pipeline gives, alone.

  python benchmarks/input_pipeline.py --config=configs/demo.py [--config.data.cubes=DIR --config.data.rgb=DIR]

Beside the streams stands a bare loop that only reads and decodes the same cube records, one scene after the other: what
the files allow. All rows are measured in this run, after a warm-up.
"""

import time

import tensorflow as tf
from absl import flags

from hsgan import cli
from hsgan.data import pipelines, sources
from hsgan.records import graph
from hsgan.records.manifest import read_manifest


def define_flags():
    """Defines the flags of this program; returns the configuration's."""
    flags.DEFINE_float("seconds", 5.0, "Measuring time of each row.")
    flags.DEFINE_bool("deterministic", False, "With TensorFlow's op determinism, as in training.")
    return cli.ConfigFlag("configs/demo.py")


def rate(dataset, items, seconds):
    """Returns items a second of a stream whose every element holds `items`, after a warm-up of a fifth of the time."""
    iterator = iter(dataset)
    start = time.perf_counter()
    while time.perf_counter() - start < seconds / 5:
        next(iterator)
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        next(iterator)
        count += items
    return count / (time.perf_counter() - start)


def bare_scenes(config):
    """Returns the endless stream of whole scenes, read and decoded and no more."""
    files = [str(path) for path in read_manifest(config.data.cubes).files("train")]
    return tf.data.TFRecordDataset(files).map(lambda data: graph.parse_cube(data)["values"]).repeat()


def main(_):
    """Prints the table."""
    if flags.FLAGS.deterministic:
        tf.config.experimental.enable_op_determinism()
    config = sources.resolve(CONFIG.load())
    batch, seconds = config.train.batch, flags.FLAGS.seconds
    print(f"cubes {config.data.cubes}\nphotos {config.data.rgb}")
    print(f"batch {batch}, patch {config.train.patch}, photo crop {config.data.rgb_crop}")
    print(f"{config.data.crops_per_read} crops a read, cube scale {tuple(config.data.cube_scale)}")
    scenes = rate(bare_scenes(config), 1, seconds)
    print(f"{'bare read and decode':24}{scenes:10.1f} scenes/s")
    for stream in (pipelines.cube_patches, pipelines.photo_crops, pipelines.unpaired):
        print(f"{stream.__name__:24}{rate(stream(config), batch, seconds):10.1f} patches/s")


if __name__ == "__main__":
    CONFIG = define_flags()
    cli.run(main)
