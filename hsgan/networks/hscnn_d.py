"""HSCNN-D, a supervised baseline of densely connected blocks (method section 13)."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.networks.base import ReconstructionNetwork, Statistics
from hsgan.networks.layers.efficient import pointwise_sum
from hsgan.spectra.srf import SrfDictionary

GROWTH = 16  # channels that a block adds
BOTTLENECK = 64
MIXED = 8
# Features of so many blocks are joined once and then kept: the 1x1 convolution of all that came before is a sum over
# these groups. One concatenation a block would copy, and keep for the backward pass, 36 times what there is.
GROUP = 8


class HSCNNDNet(ReconstructionNetwork):
    """Two scales of features, then `blocks` blocks that each add 16 channels, then a 1x1 convolution to the bands.

    3,606,816 parameters, and as many multiply-adds a pixel, for 64 blocks and 31 bands. No biases: the published
    3.61 M is the count without them, and the cube scales with the exposure. He initialization, ReLU after each
    convolution but the last.

    Source: Shi et al., "HSCNN+: Advanced CNN-Based Hyperspectral Recovery from RGB Images" (CVPR workshops 2018), whose
    program adds biases and averages three networks; [SE] Table 1.

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
        blocks = config.hscnn_d.blocks
        self.body = DenseFusion(blocks, self.bands, dtype=dtype)
        self.body.build((None, None, None, 3))
        self.receptive_radius = blocks + 1
        self.built = True

    def reconstruct(self, rgb: tf.Tensor, srf: tf.Tensor) -> tf.Tensor:
        return tf.cast(self.body(rgb), tf.float32)


class TwoPaths(keras.layers.Layer):
    """Two parallel 3x3 convolutions to 16 channels, each followed by its own 1x1 convolution; ReLU after each.

    The two 3x3 convolutions are one with twice the channels. Input: float [batch, h, w, channels]. Output: a list of
    what they give, to stand for their concatenation: [batch, h, w, 32], and twice [batch, h, w, filters].

    Args:
      filters: channels of each 1x1 convolution.
    """

    def __init__(self, filters: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.filters = filters

    def build(self, input_shape: tuple) -> None:
        self.spatial = self.add_weight(
            name="spatial", shape=(3, 3, input_shape[-1], 2 * GROWTH), initializer="he_normal"
        )
        self.pointwise = [
            self.add_weight(name=f"pointwise_{path}", shape=(GROWTH, self.filters), initializer="he_normal")
            for path in range(2)
        ]

    def call(self, inputs: tf.Tensor) -> list[tf.Tensor]:
        features = tf.nn.relu(tf.nn.conv2d(inputs, tf.convert_to_tensor(self.spatial), 1, "SAME"))
        halves = zip(tf.split(features, 2, axis=-1), self.pointwise, strict=True)
        return [features, *(tf.nn.relu(pointwise_sum([half], tf.convert_to_tensor(kernel))) for half, kernel in halves)]


class FusionBlock(keras.layers.Layer):
    """1x1 convolution to 64 channels, two paths of 16 and 8, fused by a 1x1 convolution to 16; ReLU after each.

    Input: a list of float [batch, h, w, c_i] that stands for its concatenation. Output: float [batch, h, w, 16].
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.paths = TwoPaths(MIXED, dtype=self.dtype_policy)

    def build(self, input_shape: tuple) -> None:
        channels = sum(shape[-1] for shape in input_shape)
        self.squeeze = self.add_weight(name="squeeze", shape=(channels, BOTTLENECK), initializer="he_normal")
        self.paths.build((None, None, None, BOTTLENECK))
        mixed = 2 * (GROWTH + MIXED)
        self.fuse = self.add_weight(name="fuse", shape=(mixed, GROWTH), initializer="he_normal")

    def call(self, inputs: Sequence[tf.Tensor]) -> tf.Tensor:
        squeezed = tf.nn.relu(pointwise_sum(inputs, tf.convert_to_tensor(self.squeeze)))
        return tf.nn.relu(pointwise_sum(self.paths(squeezed), tf.convert_to_tensor(self.fuse)))


class DenseFusion(keras.layers.Layer):
    """The whole network: rgb float [batch, h, w, 3] in, float [batch, h, w, bands] out."""

    def __init__(self, blocks: int, bands: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.arguments = {"blocks": blocks, "bands": bands}
        policy = self.dtype_policy
        self.first = TwoPaths(GROWTH, dtype=policy)
        self.blocks = [FusionBlock(dtype=policy) for _ in range(blocks)]

    def build(self, input_shape: tuple) -> None:
        self.first.build(input_shape)
        shapes = [(None, None, None, 4 * GROWTH)]
        for block in self.blocks:
            block.build(list(shapes))
            shapes.append((None, None, None, GROWTH))
        channels = sum(shape[-1] for shape in shapes)
        self.last = self.add_weight(name="last", shape=(channels, self.arguments["bands"]), initializer="he_normal")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        groups, recent = [tf.concat(self.first(inputs), axis=-1)], []
        for block in self.blocks:
            recent.append(block(_joined(groups, recent)))
            if len(recent) == GROUP:
                groups, recent = _joined(groups, recent), []
        return pointwise_sum(_joined(groups, recent), tf.convert_to_tensor(self.last))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (*input_shape[:-1], self.arguments["bands"])


def _joined(groups, recent):
    """Returns the groups and the concatenation of the `recent` features, if any, as one more."""
    return [*groups, tf.concat(recent, axis=-1)] if recent else groups
