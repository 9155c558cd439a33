"""L1 gradient clipping ([SE] section 3.4, Eq. 7)."""

import tensorflow as tf


def clip_gradient_l1(inputs: tf.Tensor, scale: float = 1.0) -> tf.Tensor:
    """Identity whose gradient is clipped, sample by sample, to the norm that the gradient of an L1 loss would have.

    Forward: `inputs`. Backward, for each sample's gradient `g`: `scale * g * min(1, tau / ||g||_F)` with
    `tau = 1 / sqrt(entries of a sample)`; the gradient of a mean absolute error has exactly the norm `tau` wherever no
    entry is zero. Smaller gradients, zero included, pass unchanged, so that a network behind this operation can
    steer the one in front of it, but never shout down the other terms of the objective.

    Source: [SE] Eq. 7 with `tau = 1 / sqrt(c h w)`; the authors' program divides by zero on a zero gradient, this does
    not.

    Args:
      inputs: float [batch, ...].
      scale: factor on the clipped gradient (the authors' program: 2 on the semantic branch; the paper: 1).

    Returns:
      `inputs`.
    """

    @tf.custom_gradient
    def identity(x):
        def gradient(upstream):
            axes = list(range(1, upstream.shape.rank))
            full = tf.cast(upstream, tf.float32)
            entries = tf.cast(tf.size(full[0]), tf.float32)
            norm = tf.sqrt(tf.reduce_sum(tf.square(full), axis=axes, keepdims=True))
            # min(1, tau / norm) written as tau / max(tau, norm): exactly 1 below the threshold, no division by 0.
            threshold = tf.math.rsqrt(entries)
            return tf.cast(full * (threshold / tf.maximum(norm, threshold)) * scale, upstream.dtype)

        return tf.identity(x), gradient

    return identity(tf.convert_to_tensor(inputs))
