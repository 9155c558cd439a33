"""Gradient penalties on a discriminator: what Table 5 of [SE] compares L1 gradient clipping with.

`mean((|grad D(x~)| - c)^2)`, `x~` on the straight line between a real and a generated cube, one point a pair, uniform.
`c = 1`: 1-GP; `c = 0`: 0-GP. Source: Gulrajani et al., "Improved training of Wasserstein GANs", 2017 (1-GP);
Thanh-Tung et al., "Improving generalization and stability of generative adversarial networks", 2019 (0-GP, between real
and generated samples); method section 13.
"""

from collections.abc import Callable

import tensorflow as tf

from hsgan import replicas

CENTERS = {"gp1": 1.0, "gp0": 0.0}
# Keeps these draws apart from others of the same seed and step.
_STREAM = 0x6770


def between(real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Returns `e * real + (1 - e) * fake`, `e` uniform in [0, 1), one for each sample.

    Args:
      real: float32 [batch, height, width, bands].
      fake: as `real`.
      seed: int [2], stateless: equal seeds draw equal points.
    """
    seed = tf.random.experimental.stateless_fold_in(seed, _STREAM)
    samples = tf.shape(real)[0] * replicas.count()
    share = replicas.own(tf.random.stateless_uniform((samples, 1, 1, 1), seed, dtype=real.dtype))
    return share * real + (1 - share) * fake


def gradient_penalty(judge: Callable[[tf.Tensor], tf.Tensor], cubes: tf.Tensor, center: float) -> tf.Tensor:
    """Returns `mean((|grad D(x)| - center)^2)` over the samples of a batch, a scalar.

    The gradient is that of the sum of the logits. Where `judge` treats samples apart, its rows are the gradients of
    each sample's logit; where batch statistics couple them, a row holds what its sample does to all logits. A black
    cube has no spectrum, and nothing is asked of the gradient there: it counts as 0, and as white for the others.

    Args:
      judge: function float32 [batch, height, width, bands] -> logits [batch].
      cubes: where the gradient is taken, mean-normalized.
      center: the norm that costs nothing.
    """
    # A batch without any variance would be normalized by the inverse root of epsilon, layer after layer: infinite.
    lit = tf.reduce_any(tf.not_equal(cubes, 0), axis=(1, 2, 3))
    cubes = tf.where(lit[:, None, None, None], cubes, 1)
    with tf.GradientTape() as tape:
        tape.watch(cubes)
        logits = tf.reduce_sum(judge(cubes))
    gradient = tape.gradient(logits, cubes)
    return tf.reduce_mean(tf.where(lit, tf.square(_norms(gradient) - center), 0))


def _norms(gradient):
    """Euclidean norms [batch] over all other axes; where a norm is 0 its own gradient is 0, not infinite."""
    squared = tf.reduce_sum(tf.square(gradient), axis=tuple(range(1, gradient.shape.rank)))
    positive = squared > 0
    return tf.where(positive, tf.sqrt(tf.where(positive, squared, 1.0)), 0.0)
