"""The efficient convolution (1x1, then depthwise) and the densely connected stacks built of it.

All networks of both papers are made of this one unit (method sections 2-6, 12); they differ in bias, normalization,
activation and stride.
Padding is zero ("same"); for an even size a stride of 2 halves it.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from hsgan.networks.layers.activation import activation as activation_of
from hsgan.networks.layers.normalization import (
    BatchStatisticsNormalization,
    filled_up,
    shifted_in_vain,
    spectral_zero_mean,
    trained_zero_mean,
)
from hsgan.repeatable import ordered_sum

# How convolutions start: as He et al. have it, or as PyTorch does where nothing is said, which is within
# `1 / sqrt(fan_in)` and 2.45 times smaller.
INITIAL_WEIGHTS = {
    "he": "he_uniform",
    "pytorch": {
        "class_name": "VarianceScaling",
        "config": {"scale": 1 / 3, "mode": "fan_in", "distribution": "uniform"},
    },
}


# Values of float32 in the widest register of a processor. Kernels for processors are up to three times as fast on a
# multiple of them (`benchmarks/channels.py`).
REGISTER = 16


class EfficientConvolution(keras.layers.Layer):
    """A 1x1 convolution, then a depthwise one, each followed by normalization and activation if asked for.

    The input may be a list of tensors that stand for their concatenation over channels. It is not formed: a 1x1
    convolution of a concatenation is a sum of 1x1 convolutions (method section 11).

    With `zero_mean` the channel mean is subtracted before each of the two convolutions (SZM). Before the 1x1
    convolution it is folded into the weights, exactly: `W^T (x - mean(x)) = (W - columnwise mean of W)^T x`.

    Weights: `pointwise` [channels_in, filters], `depthwise` [kernel, kernel, 1, filters] (so that initializers see its
    fan-in of kernel * kernel), and with `use_bias` a bias each.

    Args:
      filters: channels of the output.
      kernel_size: of the depthwise convolution.
      strides: of the depthwise convolution.
      activation: None or a Keras activation's name, after each convolution.
      batch_norm: normalize by batch statistics before each activation.
      zero_mean: subtract the channel mean before each convolution; excludes `use_bias`.
      use_bias: add a bias after each convolution.
      depthwise_initializer: of the depthwise kernel; "zeros" makes a unit that starts by adding nothing. "": as the
        pointwise one.
      initial_weights: name in `INITIAL_WEIGHTS`.
    """

    # Whether mixed precision hands the kernels out in its own type.
    autocast_kernels = True

    def __init__(
        self,
        filters: int,
        kernel_size: int = 3,
        strides: int = 1,
        activation: str | None = None,
        batch_norm: bool = False,
        zero_mean: bool = False,
        use_bias: bool = False,
        depthwise_initializer: str = "",
        initial_weights: str = "he",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if zero_mean and use_bias:
            raise ValueError("zero_mean: excludes use_bias. Received: zero_mean=True, use_bias=True")
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.activation = activation_of(activation)
        self.zero_mean = zero_mean
        self.use_bias = use_bias
        self.initializer = INITIAL_WEIGHTS[initial_weights]
        self.depthwise_initializer = depthwise_initializer or self.initializer
        self.norms = [BatchStatisticsNormalization(dtype=self.dtype_policy) for _ in range(2)] if batch_norm else []

    def build(self, input_shape: tuple) -> None:
        shapes = input_shape if isinstance(input_shape[0], (tuple, list)) else [input_shape]
        self.channels_in = [shape[-1] for shape in shapes]
        channels = sum(self.channels_in)
        size, cast = self.kernel_size, {"autocast": self.autocast_kernels}
        self.pointwise = self.add_weight(
            name="pointwise", shape=(channels, self.filters), initializer=self.initializer, **cast
        )
        self.depthwise = self.add_weight(
            name="depthwise", shape=(size, size, 1, self.filters), initializer=self.depthwise_initializer, **cast
        )
        if self.use_bias:
            self.pointwise_bias = self.add_weight(name="pointwise_bias", shape=(self.filters,), initializer="zeros")
            self.depthwise_bias = self.add_weight(name="depthwise_bias", shape=(self.filters,), initializer="zeros")
        for norm in self.norms:
            norm.build((None, None, None, self.filters))

    def call(
        self, inputs: tf.Tensor | Sequence[tf.Tensor], channels: int | None = None, training: bool = False
    ) -> tf.Tensor:
        """Returns the output.

        Args:
          inputs: a tensor or a list; each may have zeros behind its channels.
          channels: of the output, with zeros behind `filters`; None: `filters`.
          training: whether gradients are taken.
        """
        inputs = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        channels = channels or self.filters
        kernel, depthwise = self.kernels()
        if self.zero_mean:
            kernel -= tf.reduce_mean(kernel, axis=0, keepdims=True)
        kernel = filled_up(self._with_rows(kernel, inputs), channels)
        features = self._finish(pointwise_sum(inputs, kernel), "pointwise_bias", 0)
        if self.zero_mean:
            features = trained_zero_mean(features, self.filters) if training else spectral_zero_mean(features)
        strides, depthwise = (1, self.strides, self.strides, 1), filled_up(depthwise, channels)
        features = tf.nn.depthwise_conv2d(features, tf.transpose(depthwise, (0, 1, 3, 2)), strides, "SAME")
        return self._finish(features, "depthwise_bias", 1)

    def _with_rows(self, kernel, inputs):
        """Returns the pointwise kernel with rows of zeros for the zeros behind the channels of the inputs."""
        more = [x.shape[-1] - channels for x, channels in zip(inputs, self.channels_in, strict=True)]
        if not any(more):
            return kernel
        parts = tf.split(kernel, self.channels_in, axis=0)
        return tf.concat([tf.pad(part, [[0, rows], [0, 0]]) for part, rows in zip(parts, more, strict=True)], axis=0)

    def kernels(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the pointwise and the depthwise kernel that a call uses, tensors of the shapes of the weights."""
        return tf.convert_to_tensor(self.pointwise), tf.convert_to_tensor(self.depthwise)

    def _finish(self, features, bias, position):
        if self.use_bias:
            bias = filled_up(getattr(self, bias), features.shape[-1])
            features = shifted_in_vain(features, bias) if self.norms else tf.nn.bias_add(features, bias)
        if self.norms:
            features = self.norms[position](features)
        return self.activation(features)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        shape = input_shape[0] if isinstance(input_shape[0], (tuple, list)) else input_shape
        size = [None if side is None else -(-side // self.strides) for side in shape[1:3]]
        return (shape[0], *size, self.filters)


class DenselyConnected(keras.layers.Layer):
    """Units of which each sees the input and the outputs of all units before it; gives the last unit's output.

    Args:
      units: the layers, each taking a list of tensors (`EfficientConvolution`).
    """

    def __init__(self, units: Sequence[EfficientConvolution], **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape: tuple) -> None:
        shapes = [tuple(input_shape)]
        for unit in self.units:
            if not unit.built:
                unit.build(list(shapes))
            shapes.append(unit.compute_output_shape(shapes))

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        features = [inputs]
        for unit in self.units:
            features.append(
                unit(
                    list(features),
                    channels=register_multiple(unit.filters) if training and unit is not self.units[-1] else None,
                )
            )
        return features[-1]

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (*input_shape[:-1], self.units[-1].filters)

    def get_config(self) -> dict:
        return {**super().get_config(), "units": [keras.saving.serialize_keras_object(unit) for unit in self.units]}

    @classmethod
    def from_config(cls, config: dict) -> "DenselyConnected":
        units = [keras.saving.deserialize_keras_object(unit) for unit in config.pop("units")]
        return cls(units, **config)


def register_multiple(channels: int) -> int:
    """Returns with how many channels to compute: the next multiple of `REGISTER`, if that is no half as many again."""
    multiple = -(-channels // REGISTER) * REGISTER
    return multiple if 2 * multiple < 3 * channels else channels


def pointwise_sum(inputs: Sequence[tf.Tensor], kernel: tf.Tensor) -> tf.Tensor:
    """1x1 convolution of the concatenation of `inputs` ([batch, h, w, c_i] each) with `kernel` [sum c_i, filters]."""
    kernels = tf.split(kernel, [features.shape[-1] for features in inputs], axis=0)
    return ordered_sum([pointwise(x, k) for x, k in zip(inputs, kernels, strict=True)])


def pointwise(features: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """1x1 convolution of [batch, h, w, channels] with `kernel` [channels, filters].

    Where height and width are known, as in training, it is one product of matrices, which TensorFlow computes up to
    twice as fast as a convolution, and its gradients 1.4 times (`benchmarks/pointwise.py`).
    """
    height, width = features.shape[1:3]
    if height is None or width is None:
        return tf.nn.conv2d(features, kernel[None, None], 1, "SAME")
    pixels = tf.reshape(features, (-1, features.shape[-1]))
    return tf.reshape(tf.matmul(pixels, kernel), (-1, height, width, kernel.shape[-1]))
