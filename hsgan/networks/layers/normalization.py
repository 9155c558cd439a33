"""Normalizations that Keras does not have in the form this method needs."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from hsgan import replicas


def spectral_zero_mean(features: tf.Tensor) -> tf.Tensor:
    """Spectral zero-mean normalization (SZM): subtracts the mean over channels of every pixel.

    No scale, shift or statistics. Source: [AGD] section III; method section 2.

    Args:
      features: float [..., channels].
    """
    return features - tf.reduce_mean(features, axis=-1, keepdims=True)


def trained_zero_mean(features: tf.Tensor, channels: int) -> tf.Tensor:
    """`spectral_zero_mean` for training: of the first channels, the others are zeros that fill up a register.

    The operation is a symmetric matrix at every pixel, so its gradient is itself. TensorFlow's would take five passes
    over the values instead of two.

    Args:
      features: float [..., channels or more]; zero behind the first `channels`.
      channels: that the mean is taken over.

    Returns:
      A tensor of the shape of `features`; what is behind the first `channels` is of no use.
    """

    @tf.custom_gradient
    def centered(values):
        mean = tf.reduce_sum(values, axis=-1, keepdims=True) / channels
        return values - mean, centered

    return centered(features)


class BatchStatisticsNormalization(keras.layers.Layer):
    """Batch normalization that always uses the batch's own statistics and keeps no running ones.

    Discriminator and semantic branch live in training only, where batch normalization never reads its running
    averages. Without them a forward pass changes no state: the generator's update leaves the discriminator
    bit-identical. On several replicas the batch is that of all of them.

    Trainable: scale and shift, `2 * channels`. Input and output: float [batch, height, width, channels]; or with more
    channels that are zero, and stay so.
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs: Any):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape: tuple) -> None:
        self.gamma = self.add_weight(name="gamma", shape=(input_shape[-1],), initializer="ones", autocast=False)
        self.beta = self.add_weight(name="beta", shape=(input_shape[-1],), initializer="zeros", autocast=False)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        gamma, beta = (filled_up(weight, inputs.shape[-1]) for weight in (self.gamma, self.beta))
        if replicas.count() > 1:
            return self._over_replicas(inputs, gamma, beta)
        outputs, _, _ = tf.compat.v1.nn.fused_batch_norm(inputs, gamma, beta, epsilon=self.epsilon)
        return outputs

    def _over_replicas(self, inputs, gamma, beta):
        values = tf.cast(inputs, tf.float32)
        mean, variance = _moments_over_replicas(values)
        outputs = tf.nn.batch_normalization(values, mean, variance, beta, gamma, self.epsilon)
        return tf.cast(outputs, inputs.dtype)


def filled_up(values: tf.Tensor | keras.Variable, channels: int) -> tf.Tensor:
    """Returns a tensor [..., c] with zeros behind its last axis, so that that has `channels`."""
    values = tf.convert_to_tensor(values)
    more = channels - values.shape[-1]
    return tf.pad(values, [[0, 0]] * (values.shape.rank - 1) + [[0, more]]) if more else values


@tf.custom_gradient
def shifted_in_vain(
    features: tf.Tensor, shift: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]]:
    """Returns `features` [..., channels], whose shift [channels] a normalization behind it takes out again.

    Normalization by the batch's own statistics subtracts the mean, and so any bias before it; the bias's gradient is
    zero but for rounding. Neither is computed.
    """
    return tf.identity(features), lambda upstream: (upstream, tf.zeros_like(shift))


# Keras names the weights in a file by the class: files that were written with its own layer stay readable.
@keras.saving.register_keras_serializable("hsgan")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's batch normalization of [batch, height, width, channels], in training over the batch of all replicas.

    Keras's own `synchronized=True` takes the mean of squares less the square of the mean, which loses digits, and its
    running averages cannot be assigned on several replicas.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        if not training or not self.trainable or replicas.count() == 1:
            return super().call(inputs, training=training, mask=mask)
        values = tf.cast(inputs, tf.float32)
        mean, variance = _moments_over_replicas(values)
        replicas.assign_each(
            [self.moving_mean, self.moving_variance],
            [mean, variance],
            lambda average, value: average.assign(self.momentum * average + (1 - self.momentum) * value),
        )
        gamma, beta = tf.convert_to_tensor(self.gamma), tf.convert_to_tensor(self.beta)
        outputs = tf.nn.batch_normalization(values, mean, variance, beta, gamma, self.epsilon)
        return tf.cast(outputs, self.compute_dtype)


def _moments_over_replicas(values):
    """Returns mean and variance, float32 [channels], of float32 [batch, height, width, channels] on all replicas."""
    entries = tf.cast(tf.size(values[..., 0]) * replicas.count(), tf.float32)
    mean = replicas.total(tf.reduce_sum(values, axis=(0, 1, 2))) / entries
    # A second exchange: the mean of squares less the square of the mean would lose digits.
    return mean, replicas.total(tf.reduce_sum(tf.square(values - mean), axis=(0, 1, 2))) / entries
