"""The 1x1 convolution of a training step, beside the product of matrices that it is.

  python benchmarks/pointwise.py [--repeats=20]

Milliseconds of all processors together, of the shapes that the generator of `configs/demo.py` and the discriminator
have, forward and both gradients.
"""

import numpy as np
import tensorflow as tf
from absl import flags
from step_operations import seconds_of

from hsgan import cli
from hsgan.repeatable import make_repeatable

FLAGS = flags.FLAGS
# Batch, side in pixels, channels in and out.
SHAPES = ((8, 64, 62, 62), (8, 64, 31, 62), (8, 64, 62, 31), (8, 16, 64, 64), (8, 4, 128, 128))


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_integer("repeats", 20, "Timed runs of each.", lower_bound=1)


def forms(batch, side, channels, filters):
    """Returns {name: (convolution, product)} of functions of nothing."""
    rng, strides = np.random.default_rng(0), [1, 1, 1, 1]
    x, d, k = (
        tf.constant(rng.random(shape, np.float32))
        for shape in ((batch, side, side, channels), (batch, side, side, filters), (1, 1, channels, filters))
    )
    pixels, outputs, kernel = (tf.reshape(value, (-1, value.shape[-1])) for value in (x, d, k))
    common = {"strides": strides, "padding": "SAME", "out_backprop": d}
    return {
        "forward": (lambda: tf.nn.conv2d(x, k, 1, "SAME"), lambda: tf.matmul(pixels, kernel)),
        "gradient of the input": (
            lambda: tf.raw_ops.Conv2DBackpropInput(input_sizes=x.shape, filter=k, **common),
            lambda: tf.matmul(outputs, kernel, transpose_b=True),
        ),
        "gradient of the kernel": (
            lambda: tf.raw_ops.Conv2DBackpropFilter(input=x, filter_sizes=k.shape, **common),
            lambda: tf.matmul(pixels, outputs, transpose_a=True),
        ),
    }


def main(_):
    """Prints the table."""
    make_repeatable()
    print(f"{'batch, side, channels in and out':<34} {'':<24} {'convolution':>11} {'product':>8}")
    for shape in SHAPES:
        for name, functions in forms(*shape).items():
            compiled = [tf.function(function, autograph=False) for function in functions]
            convolution, product = (1e3 * seconds_of(function, FLAGS.repeats) for function in compiled)
            print(f"{shape!s:<34} {name:<24} {convolution:>11.2f} {product:>8.2f}")


if __name__ == "__main__":
    cli.run(define_flags, main)
