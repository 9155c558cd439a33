"""What the baselines cost: parameters, multiply-adds a pixel, seconds of a training step in small and published forms.

  python benchmarks/baselines.py [--published] [--precision=mixed_bfloat16] [--repeats=5] [--models=hscnn_d,dbf]

Seconds of the network forward and backward, without loss terms, discriminator and optimizer, on 8 patches of 64x64;
all forms in turn in one process, so that other load meets all of them alike: the median and the least of the repeats,
and the least processor time, which other load changes less. `--published` measures the published forms too, which takes
minutes and some GB. `--groups` measures instead how many blocks of HSCNN-D one concatenation should join
(`hsgan.networks.hscnn_d.GROUP`).
"""

import time

import numpy as np
import tensorflow as tf
from absl import flags

from hsgan import cli
from hsgan import config as config_lib
from hsgan.networks import cost, hscnn_d
from hsgan.networks.build import build_network
from hsgan.spectra import srf as srf_lib

FLAGS = flags.FLAGS
# What two CPU cores train in an hour.
SMALL = {
    "hscnn_d": {"blocks": 8},
    "fm_net": {"blocks": 2, "width": 16},
    "chs_gan": {"widths": (24, 48, 96)},
    "dbf": {"widths": (24, 48, 96)},
}
BATCH, PATCH = 8, 64


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_integer("repeats", 5, "Measurements of each form.", lower_bound=1)
    flags.DEFINE_list("models", list(SMALL), "The networks to measure.")
    flags.DEFINE_enum("precision", "float32", config_lib.PRECISIONS, "What the layers compute in.")
    flags.DEFINE_bool("published", False, "Measure the published forms too.")
    flags.DEFINE_bool("groups", False, "Measure HSCNN-D of 16 blocks with groups of several sizes instead.")


def network_of(model, sizes):
    """Returns a network of the default cameras with `sizes` in place of the published ones."""
    config = config_lib.default_config()
    config.model = model
    config[model].update(sizes)
    dictionary = srf_lib.load("default", config_lib.wavelengths_nm(config))
    return build_network(config, dictionary, dtype=FLAGS.precision)


def step_of(network):
    """Returns a compiled forward and backward pass, traced."""
    rgb = tf.constant(np.random.default_rng(0).random((BATCH, PATCH, PATCH, 3)), tf.float32)

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(network(rgb)["cube"] ** 2)
        return tf.linalg.global_norm(tape.gradient(loss, network.trainable_variables))

    step()
    return step


def race(steps):
    """Prints the seconds of steps {name: step}, called in turn."""
    times = {name: [] for name in steps}
    for _ in range(FLAGS.repeats):
        for name, step in steps.items():
            start, processor = time.perf_counter(), time.process_time()
            step().numpy()
            times[name].append((time.perf_counter() - start, time.process_time() - processor))
    print(f"{'seconds a step':24}{'median':>10}{'least':>10}{'processor':>11}")
    for name, values in times.items():
        seconds, processor = zip(*values, strict=True)
        print(f"{name:24}{np.median(seconds):10.3f}{min(seconds):10.3f}{min(processor):11.3f}", flush=True)


def groups():
    """Measures HSCNN-D with groups of 1 (sums alone) to 16 blocks (one concatenation)."""
    steps = {}
    for size in (1, 2, 4, 8, 16):
        hscnn_d.GROUP = size
        steps[f"groups of {size}"] = step_of(network_of("hscnn_d", {"blocks": 16}))  # traced while the size is in place
    race(steps)


def main(_):
    """Prints the tables."""
    if FLAGS.groups:
        groups()
        return
    forms = {("small", model): SMALL[model] for model in FLAGS.models}
    forms |= {("published", model): {} for model in FLAGS.models}
    steps = {}
    for (form, model), sizes in forms.items():
        network = network_of(model, sizes)
        macs = cost.multiply_adds(network, PATCH, PATCH) / PATCH**2
        print(f"{model} {form}: {cost.parameters(network):,} parameters, {macs:,.0f} multiply-adds a pixel", flush=True)
        if form == "small" or FLAGS.published:
            steps[f"{model} {form}"] = step_of(network)
    race(steps)


if __name__ == "__main__":
    cli.run(define_flags, main)
