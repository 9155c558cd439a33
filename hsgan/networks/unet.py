"""A compact U-Net, the body of two baselines whose layer tables are not public: CHS-GAN and DBF."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from hsgan.networks.layers.padding import to_multiple


class UNet(keras.layers.Layer):
    """Two 3x3 convolutions a level, max-pooling down, 2x2 transposed convolutions up, skips; a 1x1 convolution last.

    ReLU after each 3x3 convolution; biases everywhere; He initialization. No normalization: statistics of a patch are
    not those of an image, and would tear the radiometry apart. Borders are zero; sides that are no multiple of `stride`
    are padded by repeating the edge, and the result is cropped.

    Input: float [batch, h, w, c], of any h and w. Output: float [batch, h, w, filters], linear.

    Attributes:
      stride: pixels of the input under one of the coarsest level, `2 ** (levels - 1)`.
      receptive_radius: pixels on each side that a pixel of the output depends on (of tiles that begin at multiples of
        `stride`).

    Args:
      widths: channels of each level, the finest first.
      filters: channels of the output.
      zero_start: begin as a network that gives zero.
    """

    def __init__(self, widths: Sequence[int], filters: int, zero_start: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.arguments = {"widths": tuple(widths), "filters": filters, "zero_start": zero_start}
        self.stride = 2 ** (len(widths) - 1)
        # Two convolutions of radius 1 down and two up at each level but the coarsest, which has two; a pixel's place in
        # its cell of the coarsest level adds one pixel of each finer level.
        self.receptive_radius = 4 * (self.stride - 1) + 2 * self.stride + self.stride - 1
        self.down = [self._pair(width) for width in widths]
        self.up = [self._pair(width) for width in widths[:-1]]
        self.raise_to = [
            keras.layers.Conv2DTranspose(width, 2, strides=2, kernel_initializer="he_normal", dtype=self.dtype_policy)
            for width in widths[:-1]
        ]
        initializer = "zeros" if zero_start else "he_normal"
        self.head = keras.layers.Conv2D(filters, 1, kernel_initializer=initializer, dtype=self.dtype_policy)

    def _pair(self, width):
        return [
            keras.layers.Conv2D(
                width, 3, padding="same", activation="relu", kernel_initializer="he_normal", dtype=self.dtype_policy
            )
            for _ in range(2)
        ]

    def build(self, input_shape: tuple) -> None:
        channels = input_shape[-1]
        widths = self.arguments["widths"]
        for width, pair in zip(widths, self.down, strict=True):
            _build(pair, channels, width)
            channels = width
        for width, below, up, pair in zip(widths, widths[1:], self.raise_to, self.up, strict=False):
            up.build((None, None, None, below))
            _build(pair, 2 * width, width)
        self.head.build((None, None, None, widths[0]))

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        size = tf.shape(inputs)
        features = to_multiple(inputs, self.stride)
        skips = []
        for level, pair in enumerate(self.down):
            if level:
                features = tf.nn.max_pool2d(features, 2, 2, "VALID")
            features = pair[1](pair[0](features))
            skips.append(features)
        for skip, up, pair in reversed(list(zip(skips, self.raise_to, self.up, strict=False))):
            features = pair[1](pair[0](tf.concat([skip, up(features)], axis=-1)))
        return self.head(features)[:, : size[1], : size[2]]

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (*input_shape[:-1], self.arguments["filters"])


def _build(pair, channels, width):
    pair[0].build((None, None, None, channels))
    pair[1].build((None, None, None, width))
