"""Prior-driven estimation of the camera's SRF from an image ([SE] section 3.3, Eqs. 5-6; method section 3)."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.networks.layers.efficient import DenselyConnected, EfficientConvolution
from hsgan.networks.layers.padding import repeat_edges


class SrfEstimator(keras.layers.Layer):
    """Estimates the SRF as a convex combination of a dictionary's, times a white balance.

    `W = M(X)` [3, cameras]. Row `i` of the SRF: the softmax-weighted (over cameras) combination of the dictionary's
    rows `i` (Eq. 5), times `sum_j sigmoid(W)(i, j)` over its mean over the three channels (Eq. 6).

    130,620 parameters for 28 cameras. The input is any image, e.g. a bounded thumbnail; each side is halved by every
    pooling (the authors' program squashes it to a square; so a non-square image would be distorted). Sides below 16 px
    are padded by repeating the edge pixels.

    Args:
      dictionary: float32 [cameras, 3, bands].
      widths: for each stage the channels of its densely connected units.
      kernels: depthwise kernel size of each stage.
      head: channels of the units of the last block.
    """

    def __init__(
        self,
        dictionary: np.ndarray,
        widths: Sequence[Sequence[int]],
        kernels: Sequence[int],
        head: Sequence[int],
        dtype: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(dtype="float32", **kwargs)
        self.dictionary = tf.constant(dictionary, tf.float32)
        self.blocks = [
            DenselyConnected(
                [
                    EfficientConvolution(width, kernel, activation="relu", use_bias=True, dtype=dtype)
                    for width in stage_widths
                ],
                dtype=dtype,
            )
            for stage_widths, kernel in zip((*widths, head), (*kernels, 3), strict=True)
        ]
        cameras = self.dictionary.shape[0]
        # Training starts from equal weights: the mean camera, without a white balance.
        self.scores = EfficientConvolution(3 * cameras, use_bias=True, depthwise_initializer="zeros", dtype=dtype)
        self.smallest = 2 ** len(widths)

    def build(self, *shapes: Any, **named_shapes: Any) -> None:
        shape = (None, None, None, 3)
        for block in self.blocks:
            block.build(shape)
            shape = block.compute_output_shape(shape)
        self.scores.build(shape)

    def call(self, rgb: tf.Tensor) -> tf.Tensor:
        """Returns the SRF float32 [batch, 3, bands] of images float32 [batch, h, w, 3] (linear)."""
        return self.combine(self.weights_of(rgb))

    def weights_of(self, rgb: tf.Tensor) -> tf.Tensor:
        """Returns `W`, float32 [batch, 3, cameras]."""
        return self.weights_after(at_least(rgb, self.smallest), 0)

    def weights_after(self, features: tf.Tensor, blocks: int) -> tf.Tensor:
        """Returns `W` from the pooled output of the first `blocks` blocks; after none, from the image."""
        for block in self.blocks[blocks:-1]:
            features = tf.nn.max_pool2d(block(features), 2, 2, "VALID")
        scores = tf.cast(self.scores(self.blocks[-1](features)), tf.float32)
        return tf.reshape(tf.reduce_mean(scores, axis=(1, 2)), (-1, 3, self.dictionary.shape[0]))

    def combine(self, weights: tf.Tensor) -> tf.Tensor:
        """Returns the SRF [batch, 3, bands] of `W` [batch, 3, cameras] (Eqs. 5-6)."""
        srf = tf.einsum("bcn,ncs->bcs", tf.nn.softmax(weights, axis=-1), self.dictionary)
        gains = tf.reduce_sum(tf.sigmoid(weights), axis=-1, keepdims=True)
        return srf * gains / tf.reduce_mean(gains, axis=1, keepdims=True)


def build_srf_estimator(config: ConfigDict, dictionary: np.ndarray, dtype: str | None = None) -> SrfEstimator:
    """Returns the `SrfEstimator` of `config.srf_estimator` for a dictionary [cameras, 3, bands], built."""
    estimator = SrfEstimator(dictionary, **config.srf_estimator.to_dict(), dtype=dtype, name="srf_estimator")
    estimator.build()
    estimator.built = True
    return estimator


def at_least(rgb: tf.Tensor, size: int) -> tf.Tensor:
    """Repeats the edge pixels of images [batch, h, w, 3] so that each side has at least `size` pixels."""
    if rgb.shape[1] is not None and rgb.shape[2] is not None and min(rgb.shape[1:3]) >= size:
        return rgb
    shape = tf.shape(rgb)
    return repeat_edges(rgb, tf.maximum(shape[1], size), tf.maximum(shape[2], size))
