"""Terms of the objectives that compare an estimate with its truth, pixel by pixel (method sections 12 and 13).

Cubes are float32 [batch, height, width, bands]; every term is a float32 scalar.
"""

import tensorflow as tf

# Of full scale. Where the truth is darker, a relative error would measure the sensor's noise.
SMALLEST_DENOMINATOR = 1e-2
LEVEL = 0.1


def l1(cube_hat: tf.Tensor, cube: tf.Tensor) -> tf.Tensor:
    """Mean absolute difference."""
    return tf.reduce_mean(tf.abs(cube_hat - cube))


def mrae(cube_hat: tf.Tensor, cube: tf.Tensor) -> tf.Tensor:
    """Mean of the absolute difference over the truth; where that is below `SMALLEST_DENOMINATOR`, over the latter."""
    return tf.reduce_mean(tf.abs(cube_hat - cube) / tf.maximum(cube, SMALLEST_DENOMINATOR))


def leveled(cube_hat: tf.Tensor, cube: tf.Tensor) -> tf.Tensor:
    """Mean of the squared difference over the truth's mean over bands; where that is dark, `LEVEL` outweighs it.

    Between squared error, in which bright spectra are all that counts, and relative error, in which dark ones are.
    Source: method section 18.
    """
    level = tf.reduce_mean(cube, axis=-1, keepdims=True)
    return tf.reduce_mean(tf.square(cube_hat - cube) / (level + LEVEL))


FORMS = {"l1": l1, "mrae": mrae, "leveled": leveled}
