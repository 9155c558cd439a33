"""The terms of the objectives, pure functions of tensors that give unweighted scalars (float32).

Cubes are float32 [batch, height, width, bands], RGB [batch, height, width, 3], both linear. Every term is a mean over
the batch. Weights come from the configuration (`config.loss`). Source: [SE] section 3.6, Eqs. 8-13; method section 7.
"""

import keras
import tensorflow as tf

from hsgan import replicas
from hsgan.losses.paired import l1
from hsgan.losses.rank import rank
from hsgan.spectra.imaging import project

__all__ = [
    "adversarial_discriminator", "adversarial_generator", "back_projection", "l1", "positivity", "rank",
    "semantic_cross_entropy", "smoothness",
]  # fmt: skip


def adversarial_generator(fake_logits: tf.Tensor) -> tf.Tensor:
    """`BCE(D(Y / mean), 1)` from logits [batch]: how far generated cubes are from passing as real (Eq. 8)."""
    return tf.reduce_mean(tf.nn.softplus(-fake_logits))


def adversarial_discriminator(fake_logits: tf.Tensor, real_logits: tf.Tensor) -> tf.Tensor:
    """`BCE(D(Y / mean), 0) + BCE(D(Yr / mean), 1)` from logits [batch] (Eq. 13)."""
    return tf.reduce_mean(tf.nn.softplus(fake_logits)) + tf.reduce_mean(tf.nn.softplus(-real_logits))


def back_projection(cube: tf.Tensor, srf: tf.Tensor, rgb: tf.Tensor) -> tf.Tensor:
    """Mean squared difference of the re-projected cube and the image (Eq. 9).

    Args:
      cube: the estimate.
      srf: float32 [3, bands], or [batch, 3, bands].
      rgb: the image.
    """
    return tf.reduce_mean(tf.square(project(cube, srf) - rgb))


def smoothness(cube: tf.Tensor, form: str = "absolute") -> tf.Tensor:
    """Mean absolute ("absolute", Eq. 10) or squared ("squared", [code]) difference of neighboring bands."""
    # The gradient of `tf.slice` is several times cheaper than that of a strided slice.
    rest, bands = [-1, -1, -1], cube.shape[-1]
    difference = tf.slice(cube, [0, 0, 0, 1], [*rest, bands - 1]) - tf.slice(cube, [0, 0, 0, 0], [*rest, bands - 1])
    return tf.reduce_mean(tf.square(difference) if form == "squared" else tf.abs(difference))


def positivity(cube: tf.Tensor, form: str = "squared") -> tf.Tensor:
    """`||Y - |Y|||_F^2` of each sample ("squared", Eq. 11), or the sum of `|Y| - Y` ("absolute", [code])."""
    excess = tf.abs(cube) - cube
    excess = tf.square(excess) if form == "squared" else excess
    return tf.reduce_mean(tf.reduce_sum(excess, axis=(1, 2, 3)))


def semantic_cross_entropy(logits: tf.Tensor, labels: tf.Tensor, void: int) -> tf.Tensor:
    """Mean cross-entropy over the pixels that are not void (Eq. 12); 0 where every pixel is void.

    Args:
      logits: float32 [batch, h, w, classes].
      labels: int32 [batch, h, w], a class or `void`.
      void: label of the pixels that do not count.
    """
    mean = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=void)(labels, logits)
    parts = tf.distribute.get_strategy().num_replicas_in_sync
    if parts == 1:
        return mean
    mean *= parts  # by which Keras has divided
    if replicas.count() == 1:
        return mean
    # Replicas have different numbers of pixels that count.
    counted = tf.reduce_sum(tf.cast(tf.not_equal(labels, void), tf.float32))
    return tf.math.divide_no_nan(mean * counted * parts, replicas.total(counted))
