"""Sums of 1x1 convolutions against 1x1 convolutions of concatenations, in training: `python benchmarks/dense_sum.py`.

Seconds of the `HSGANNet` of configs/demo.py, forward and backward, on a batch of 8 patches of 64x64; both forms in
turn in one process, the median and the least of the repeats. The package trains with the sums (method section 11).
"""

import time

import numpy as np
import tensorflow as tf
from absl import flags

from hsgan import cli
from hsgan import config as config_lib
from hsgan.networks.hsgan_net import HSGANNet
from hsgan.networks.layers import efficient
from hsgan.spectra import srf as srf_lib

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_integer("repeats", 15, "Measurements of each form.", lower_bound=1)


def concatenated(inputs, kernel):
    """What `hsgan.networks.layers.efficient.pointwise_sum` computes, written out."""
    return tf.nn.conv2d(tf.concat(inputs, axis=-1), kernel[None, None], 1, "SAME")


def step_of(form, config, rgb):
    """Returns a compiled forward and backward pass whose dense stacks use `form`."""
    efficient.pointwise_sum = form
    bands = len(config_lib.wavelengths_nm(config))
    dictionary = srf_lib.load("default", config_lib.wavelengths_nm(config))
    network = HSGANNet(config, dictionary, (np.zeros(bands), np.eye(bands)))

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(network(rgb)["cube"] ** 2)
        return tape.gradient(loss, network.trainable_variables)

    step()  # traced while `form` is in place
    return step


def main(_):
    config = config_lib.load("demo")
    rgb = tf.constant(np.random.default_rng(0).random((8, 64, 64, 3)), tf.float32)
    forms = {"sums": efficient.pointwise_sum, "concatenations": concatenated}
    steps = {name: step_of(form, config, rgb) for name, form in forms.items()}
    times = {name: [] for name in steps}
    for _ in range(FLAGS.repeats):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            times[name].append(time.perf_counter() - start)
    for name, seconds in times.items():
        print(f"{name:15s} median {np.median(seconds):.3f} s, least {min(seconds):.3f} s")


if __name__ == "__main__":
    cli.run(define_flags, main)
