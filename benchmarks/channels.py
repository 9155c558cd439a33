"""What the generator's operations take at its 62 channels, and at 64, which fill the registers of a processor.

  python benchmarks/channels.py [--repeats=20]

Milliseconds of all processors together, on 8 patches of 64x64 as in `configs/demo.py`. A training computes with the
channels of the last column, filled up by zeros (`hsgan.networks.layers.efficient.register_multiple`).
"""

import numpy as np
import tensorflow as tf
from absl import flags
from step_operations import seconds_of

from hsgan import cli
from hsgan.networks.layers.efficient import register_multiple
from hsgan.repeatable import make_repeatable

FLAGS = flags.FLAGS
BATCH, SIDE = 8, 64
CHANNELS = (62, 31, 22)


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_integer("repeats", 20, "Timed runs of each.", lower_bound=1)


def operations(channels):
    """Returns {name: function of nothing}."""
    rng = np.random.default_rng(0)
    x, d = (tf.constant(rng.random((BATCH, SIDE, SIDE, channels), np.float32)) for _ in range(2))
    kernel = tf.constant(rng.random((3, 3, channels, 1), np.float32))
    square = tf.constant(rng.random((channels, channels), np.float32))
    pixels, outputs = (tf.reshape(value, (-1, channels)) for value in (x, d))
    common = {"strides": [1, 1, 1, 1], "padding": "SAME", "out_backprop": d}
    return {
        "1x1": lambda: tf.matmul(pixels, square),
        "1x1, gradient of the kernel": lambda: tf.matmul(pixels, outputs, transpose_a=True),
        "depthwise": lambda: tf.nn.depthwise_conv2d(x, kernel, (1, 1, 1, 1), "SAME"),
        "depthwise, gradient of the input": lambda: tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
            input_sizes=x.shape, filter=kernel, **common
        ),
        "depthwise, gradient of the kernel": lambda: tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
            input=x, filter_sizes=kernel.shape, **common
        ),
        "mean over channels": lambda: tf.reduce_mean(x, axis=-1, keepdims=True),
        "batch normalization": lambda: tf.compat.v1.nn.fused_batch_norm(x, kernel[0, 0, :, 0], kernel[0, 1, :, 0])[0],
    }


def main(_):
    """Prints the table."""
    make_repeatable()
    for channels in CHANNELS:
        filled = register_multiple(channels)
        print(f"{'ms':<34} {channels:>7} {filled:>7}")
        wide = operations(filled)
        for name, function in operations(channels).items():
            both = (tf.function(one, autograph=False) for one in (function, wide[name]))
            found = [1e3 * seconds_of(one, FLAGS.repeats) for one in both]
            print(f"{name:<34} {found[0]:>7.2f} {found[1]:>7.2f}", flush=True)


if __name__ == "__main__":
    cli.run(define_flags, main)
