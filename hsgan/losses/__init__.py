"""The terms of the objectives, pure functions of tensors that give unweighted scalars (float32).

Cubes are float32 [batch, height, width, bands], RGB [batch, height, width, 3], both linear. Every term is a mean over
the batch. Weights come from the configuration (`config.loss`). Source: [SE] section 3.6, Eqs. 8-13; method section 7.
"""

import tensorflow as tf

from hsgan.losses.rank import rank  # noqa: F401
from hsgan.spectra.imaging import project


def adversarial_generator(fake_logits):
    """`BCE(D(Y / mean), 1)` from logits [batch]: how far generated cubes are from passing as real (Eq. 8)."""
    return tf.reduce_mean(tf.nn.softplus(-fake_logits))


def adversarial_discriminator(fake_logits, real_logits):
    """`BCE(D(Y / mean), 0) + BCE(D(Yr / mean), 1)` from logits [batch] (Eq. 13)."""
    return tf.reduce_mean(tf.nn.softplus(fake_logits)) + tf.reduce_mean(tf.nn.softplus(-real_logits))


def back_projection(cube, srf, rgb):
    """Mean squared difference of the re-projected cube and the image (Eq. 9)."""
    return tf.reduce_mean(tf.square(project(cube, srf) - rgb))


def smoothness(cube, form="absolute"):
    """Mean absolute ("absolute", Eq. 10) or squared ("squared", [code]) difference of neighboring bands."""
    difference = cube[..., 1:] - cube[..., :-1]
    return tf.reduce_mean(tf.square(difference) if form == "squared" else tf.abs(difference))


def positivity(cube, form="squared"):
    """`||Y - |Y|||_F^2` of each sample ("squared", Eq. 11), or the sum of `|Y| - Y` ("absolute", [code])."""
    excess = tf.abs(cube) - cube
    excess = tf.square(excess) if form == "squared" else excess
    return tf.reduce_mean(tf.reduce_sum(excess, axis=(1, 2, 3)))


def semantic_cross_entropy(logits, labels, void):
    """Cross-entropy of class logits and labels over the pixels that are not void (Eq. 12).

    Logits float32 [batch, h, w, classes], labels int32 [batch, h, w]; 0 where every pixel is void.
    """
    known = tf.not_equal(labels, void)
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.where(known, labels, 0), logits)
    count = tf.reduce_sum(tf.cast(known, tf.float32))
    return tf.reduce_sum(tf.where(known, entropy, 0.0)) / tf.maximum(count, 1.0)
