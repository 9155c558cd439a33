"""Normalizations that Keras does not have in the form this method needs."""

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


class BatchStatisticsNormalization(keras.layers.Layer):
    """Batch normalization that always uses the batch's own statistics and keeps no running ones.

    Discriminator and semantic branch live in training only, where batch normalization never reads its running
    averages. Without them a forward pass changes no state: the generator's update leaves the discriminator
    bit-identical. On several replicas the batch is that of all of them.

    Trainable: scale and shift, `2 * channels`. Input and output: float [batch, height, width, channels].
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs: Any):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape: tuple) -> None:
        self.gamma = self.add_weight(name="gamma", shape=(input_shape[-1],), initializer="ones", autocast=False)
        self.beta = self.add_weight(name="beta", shape=(input_shape[-1],), initializer="zeros", autocast=False)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        if replicas.count() > 1:
            return self._over_replicas(inputs)
        outputs, _, _ = tf.compat.v1.nn.fused_batch_norm(
            inputs, tf.convert_to_tensor(self.gamma), tf.convert_to_tensor(self.beta), epsilon=self.epsilon
        )
        return outputs

    def _over_replicas(self, inputs):
        values = tf.cast(inputs, tf.float32)
        entries = tf.cast(tf.size(values[..., 0]) * replicas.count(), tf.float32)
        mean = replicas.total(tf.reduce_sum(values, axis=(0, 1, 2))) / entries
        # A second exchange: the mean of squares less the square of the mean would lose digits.
        variance = replicas.total(tf.reduce_sum(tf.square(values - mean), axis=(0, 1, 2))) / entries
        gamma, beta = tf.convert_to_tensor(self.gamma), tf.convert_to_tensor(self.beta)
        outputs = tf.nn.batch_normalization(values, mean, variance, beta, gamma, self.epsilon)
        return tf.cast(outputs, inputs.dtype)
