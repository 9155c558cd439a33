"""Activations whose gradients are cheaper than those that Keras has."""

from collections.abc import Callable

import keras
import tensorflow as tf


@tf.custom_gradient
def silu(features: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """SiLU, `x s` with `s = sigmoid(x)`.

    Backward: `s + x s (1 - s)` times what comes in, from the `s` of the forward pass. That is three passes over the
    values; Keras's computes the sigmoid again, to save memory, and takes eight. The gradient can be differentiated.

    Args:
      features: float of any shape.
    """
    gate = tf.sigmoid(features)

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        return upstream * (gate + tf.raw_ops.SigmoidGrad(y=gate, dy=features))

    return features * gate, gradient


def activation(name: str | None) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns the activation of a Keras name; None: the identity."""
    return silu if name == "silu" else keras.activations.get(name)
