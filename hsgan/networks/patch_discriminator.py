"""The discriminator of CHS-GAN: judges patches of a cube, given the RGB (method section 13)."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.networks.layers.normalization import BatchStatisticsNormalization

KERNEL = 4


class PatchDiscriminator(keras.layers.Layer):
    """4x4 convolutions: three of stride 2 to w, 2w, 4w channels, one to 8w, one to a logit; each sees 70x70 pixels.

    Leaky ReLU of slope 0.2 between them, and batch normalization but in the first. 2,797,377 parameters for 31 bands
    and width 64. Source: Isola et al. (CVPR 2017), section 6.1.2; the input is RGB and cube, channel by channel, and
    batch statistics are the batch's own, as training alone needs them.

    Input: (rgb float32 [batch, h, w, 3], cube float32 [batch, h, w, bands]), linear. Output: logits float32
    [batch, h / 8, w / 8, 1], rounded up.

    Args:
      bands: bands of the cube.
      width: channels of the first convolution.
      dtype: policy of the convolutions.
    """

    def __init__(self, bands: int, width: int, dtype: str | None = None, **kwargs: Any):
        super().__init__(dtype="float32", **kwargs)
        self.bands = bands
        self.widths = [width, 2 * width, 4 * width, 8 * width]
        self.convolutions = [
            keras.layers.Conv2D(
                filters, KERNEL, strides, padding="same", use_bias=first, kernel_initializer="he_normal", dtype=dtype
            )
            for filters, strides, first in zip(self.widths, (2, 2, 2, 1), (True, False, False, False), strict=True)
        ]
        self.norms = [BatchStatisticsNormalization(dtype=dtype) for _ in self.widths[1:]]
        self.score = keras.layers.Conv2D(1, KERNEL, padding="same", kernel_initializer="he_normal", dtype=dtype)

    def build(self, *shapes: Any, **named_shapes: Any) -> None:
        channels = 3 + self.bands
        for convolution, filters in zip(self.convolutions, self.widths, strict=True):
            convolution.build((None, None, None, channels))
            channels = filters
        for norm, filters in zip(self.norms, self.widths[1:], strict=True):
            norm.build((None, None, None, filters))
        self.score.build((None, None, None, channels))

    def call(self, inputs: Sequence[tf.Tensor]) -> tf.Tensor:
        rgb, cube = inputs
        features = tf.concat([rgb, cube], axis=-1)
        for number, convolution in enumerate(self.convolutions):
            features = convolution(features)
            features = tf.nn.leaky_relu(self.norms[number - 1](features) if number else features, 0.2)
        return tf.cast(self.score(features), tf.float32)


def build_patch_discriminator(config: ConfigDict, bands: int, dtype: str | None = None) -> PatchDiscriminator:
    """Returns the `PatchDiscriminator` of `config.chs_gan` for `bands` bands, built."""
    discriminator = PatchDiscriminator(bands, config.chs_gan.discriminator_width, dtype, name="discriminator")
    discriminator.build()
    discriminator.built = True
    return discriminator
