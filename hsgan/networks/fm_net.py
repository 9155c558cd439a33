"""FM-Net, a supervised baseline whose pixels choose their own mixture of functions (method section 13)."""

from typing import Any

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.networks.base import ReconstructionNetwork, Statistics
from hsgan.repeatable import ordered_sum
from hsgan.spectra import closed_form
from hsgan.spectra.srf import SrfDictionary

KERNELS = (3, 7, 11)


class FMNet(ReconstructionNetwork):
    """Function-mixture blocks on the RGB interpolated over the bands, which is added to their result.

    11,792,925 parameters for 4 blocks, width 64 and 31 bands. The published count is met by biases in the basis
    functions and nowhere else. He initialization.

    Source: Zhang et al., "Pixel-Aware Deep Function-Mixture Network for Spectral Super-Resolution" (AAAI 2020); [SE]
    Table 1; method section 13.

    Args:
      config: the run's configuration.
      dictionary: as for every network.
      statistics: as for every network.
      dtype: the layers' policy, e.g. "mixed_bfloat16".
    """

    def __init__(
        self,
        config: ConfigDict,
        dictionary: SrfDictionary,
        statistics: Statistics | None = None,
        dtype: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(dictionary, statistics, **kwargs)
        blocks, width = config.fm_net.blocks, config.fm_net.width
        self.first = convolution(width, 3, dtype=dtype)
        self.between = [convolution(width, 3, activation="relu", dtype=dtype) for _ in range(blocks)]
        self.blocks = [FunctionMixture(width, width, dtype=dtype) for _ in range(blocks)]
        self.fuse = [FunctionMixture(width, width, dtype=dtype), FunctionMixture(width, self.bands, dtype=dtype)]
        self._build_layers(blocks * width, width)
        self.receptive_radius = 1 + blocks + (blocks + 2) * self.blocks[0].receptive_radius
        self.built = True

    def _build_layers(self, joined, width):
        self.first.build((None, None, None, self.bands))
        for layer in (*self.between, *self.blocks, self.fuse[1]):
            layer.build((None, None, None, width))
        self.fuse[0].build((None, None, None, joined))

    def reconstruct(self, rgb: tf.Tensor, srf: tf.Tensor) -> tf.Tensor:
        initial = closed_form.interpolate_bands(rgb, self.dictionary.wavelengths_nm)
        features, mixtures = self.first(initial), []
        for between, block in zip(self.between, self.blocks, strict=True):
            features = block(between(features))
            mixtures.append(features)
        features = self.fuse[1](self.fuse[0](tf.concat(mixtures, axis=-1)))
        return initial + tf.cast(features, tf.float32)


class FunctionMixture(keras.layers.Layer):
    """Three functions of different receptive fields, mixed at each pixel by weights of sum 1.

    A function: k x k convolution to `width`, ReLU, k x k convolution to `filters`; k = 3, 7, 11, with biases. The
    weights: four 3x3 convolutions to `width` with ReLU, one to 3 channels, sigmoid, divided by their sum; no biases.

    Input: float [batch, h, w, channels]. Output: float [batch, h, w, filters].
    """

    receptive_radius = 2 * (max(KERNELS) // 2)

    def __init__(self, width: int, filters: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.arguments = {"width": width, "filters": filters}
        policy = self.dtype_policy
        self.functions = [
            [
                convolution(width, kernel, activation="relu", use_bias=True, dtype=policy),
                convolution(filters, kernel, use_bias=True, dtype=policy),
            ]
            for kernel in KERNELS
        ]
        self.mixing = [convolution(width, 3, activation="relu", dtype=policy) for _ in range(4)]
        self.scores = convolution(len(KERNELS), 3, dtype=policy)

    def build(self, input_shape: tuple) -> None:
        hidden = (None, None, None, self.arguments["width"])
        for first, second in self.functions:
            first.build(input_shape)
            second.build(hidden)
        for number, layer in enumerate(self.mixing):
            layer.build(hidden if number else input_shape)
        self.scores.build(hidden)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        features = inputs
        for layer in self.mixing:
            features = layer(features)
        # Sigmoids over their sum, as a softmax of their logarithms: finite where all of them vanish.
        scores = tf.cast(self.scores(features), tf.float32)
        weights = tf.cast(tf.nn.softmax(tf.math.log_sigmoid(scores)), self.compute_dtype)
        weights = tf.split(weights, len(KERNELS), axis=-1)
        return ordered_sum([w * last(first(inputs)) for w, (first, last) in zip(weights, self.functions, strict=True)])

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (*input_shape[:-1], self.arguments["filters"])


def convolution(
    filters: int, kernel_size: int, activation: str | None = None, use_bias: bool = False, dtype: str | None = None
) -> keras.layers.Conv2D:
    """Returns a convolution of stride 1 with zero borders and He initialization."""
    return keras.layers.Conv2D(
        filters,
        kernel_size,
        padding="same",
        activation=activation,
        use_bias=use_bias,
        kernel_initializer="he_normal",
        dtype=dtype,
    )
