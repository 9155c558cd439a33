"""Seconds and peak memory of one blind reconstruction: plain Keras, its graph, and the fused form.

  python benchmarks/reconstruction.py [--height=482 --width=512 --repeats=7 --config=configs/demo.py]

Every row runs in a process of its own, on random weights: the SRF is estimated and the cube made, float32. Peak memory
is the whole process's (TensorFlow's import alone is the first row). Beside the median stands the best run: on a machine
with other work it is the one to compare, as are the CPU seconds (of all cores together). "GFLOP/s" is the generator's,
at the best run; "of the ceiling" sets it beside 3x3 convolutions of 64 channels, measured in the same process after it.
"""

import json
import resource
import subprocess
import sys
import time

import numpy as np
import tensorflow as tf
from absl import flags

from hsgan import cli
from hsgan import config as config_lib
from hsgan.inference.fused import FusedReconstructor
from hsgan.networks.hsgan_net import HSGANNet
from hsgan.spectra import srf as srf_lib

FLAGS = flags.FLAGS
CEILING_CHANNELS = 64


def keras_eager(network):
    """The Keras layers, called eagerly on the whole image."""
    return lambda rgb: network(rgb[None])["cube"].numpy()


def plain_graph(network):
    """The Keras layers in one graph, on the whole image."""
    graph = tf.function(network.call, input_signature=[tf.TensorSpec((1, None, None, 3))])
    return lambda rgb: graph(rgb[None])["cube"].numpy()


def fused(network):
    """The fused form, block by block."""
    fast = FusedReconstructor(network)
    return lambda rgb: fast(rgb)["cube"]


ENGINES = {"import only": None, "keras, eager": keras_eager, "keras, graph": plain_graph, "fused": fused}


def define_flags():
    """Defines the flags of this program; returns the configuration's."""
    flags.DEFINE_integer("height", 482, "Rows of the image.")
    flags.DEFINE_integer("width", 512, "Columns of the image.")
    flags.DEFINE_integer("repeats", 7, "Timed runs of each row, after a first one.")
    flags.DEFINE_enum("engine", None, list(ENGINES), "Measure this row alone and print it as JSON.")
    return cli.ConfigFlag("configs/demo.py")


def peak_mib():
    """Returns the largest resident memory of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def seconds_of(call, repeats):
    """Returns (seconds of the first call, median wall, least wall, least CPU seconds) of `call()`."""
    times = []
    for _ in range(repeats + 1):
        start, cpu = time.perf_counter(), time.process_time()
        call()
        times.append((time.perf_counter() - start, time.process_time() - cpu))
    return times[0][0], np.median(times[1:], axis=0)[0], *np.min(times[1:], axis=0)


def measure(engine, config, height, width, repeats):
    """Returns one row as a dictionary; to be called once in a process."""
    if ENGINES[engine] is None:
        return {"peak_mib": peak_mib()}
    wavelengths_nm = config_lib.wavelengths_nm(config)
    # As a run folder gives it: a table, without the library that the embedded cameras come from.
    responses = np.random.default_rng(0).random((28, 3, len(wavelengths_nm)))
    cameras = srf_lib.SrfDictionary(tuple(range(28)), wavelengths_nm, srf_lib.normalize(responses), "random")
    network = HSGANNet(config, cameras)
    rng = np.random.default_rng(0)
    for weight in network.generator.weights:
        weight.assign(rng.normal(0, 0.1, weight.shape))
    rgb = rng.random((height, width, 3), np.float32)
    call = ENGINES[engine](network)
    first, median, best, cpu = seconds_of(lambda: call(rgb), repeats)
    row = {"first": first, "median": median, "best": best, "cpu": cpu, "peak_mib": peak_mib()}
    # Every weight of the generator is one multiply-add a pixel; the SRF estimator's few percent are left out.
    row["gflop"] = 2e-9 * network.generator.count_params() * height * width
    return row | {"ceiling_gflops": ceiling(repeats)}


def ceiling(repeats, height=64, width=512):
    """Returns the billions of operations a second of a 3x3 convolution."""
    kernel = tf.random.normal((3, 3, CEILING_CHANNELS, CEILING_CHANNELS))
    features = tf.random.normal((1, height, width, CEILING_CHANNELS))
    # Ten at a time, so that the call itself does not count.
    stack = tf.function(lambda x: [tf.reduce_max(tf.nn.conv2d(x, kernel * scale, 1, "SAME")) for scale in range(10)])
    flop = 10 * 2 * 9 * CEILING_CHANNELS**2 * height * width
    return flop / seconds_of(lambda: stack(features), repeats)[2] / 1e9


def main(_):
    """Prints the table."""
    config = CONFIG.load()
    if FLAGS.engine:
        print(json.dumps(measure(FLAGS.engine, config, FLAGS.height, FLAGS.width, FLAGS.repeats)))
        return
    print(f"{FLAGS.height} x {FLAGS.width} pixels, T = {config.generator.stages}, blind, float32, "
          f"median of {FLAGS.repeats}")  # fmt: skip
    columns = ("first s", "median s", "best s", "CPU s", "peak MiB", "GFLOP/s")
    print(f"{'':14}{''.join(f'{column:>10}' for column in columns)}{'of the ceiling':>16}")
    for engine in ENGINES:
        command = [sys.executable, *sys.argv, f"--engine={engine}"]
        row = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])
        times = "".join(
            f"{row[name]:10.2f}" if name in row else f"{'':10}" for name in ("first", "median", "best", "cpu")
        )
        line = f"{engine:14}{times}{row['peak_mib']:10.0f}"
        if "best" in row:
            speed = row["gflop"] / row["best"]
            line += f"{speed:10.0f}" + f"{speed / row['ceiling_gflops']:.0%} of {row['ceiling_gflops']:.0f}".rjust(16)
        print(line, flush=True)


if __name__ == "__main__":
    CONFIG = define_flags()
    cli.run(main)
