"""Spectral normalization of kernels, reparametrized: the gradient flows through the norm.

The weight that is trained is `W`; the layer uses `W / sigma(W)`, `sigma` the largest singular value of the linear map
from the values under the kernel to the outputs. Keras's wrapper of the same name overwrites `W` instead, and passes no
gradient through `sigma`.
Source: Miyato et al., "Spectral normalization for generative adversarial networks", 2018, Eqs. 7-9 and algorithm 1.
"""

from typing import Any

import keras
import tensorflow as tf

from hsgan import replicas
from hsgan.networks.layers.efficient import EfficientConvolution

# Below it a norm counts as it: a kernel of zeros is divided by this, not by zero.
SMALLEST_NORM = 1e-12


class SpectralNormalization(keras.layers.Layer):
    """Divides a matrix [inputs, outputs] by an estimate of its largest singular value.

    The left singular vector's estimate `u` [outputs] is a weight that is not trained: it is saved and restored with the
    others. `iterate` moves it by a step of the power method; a call only reads it, so that a forward pass changes
    no state. With `v = W u / |W u|` the estimate is `v^T W u'`, `u' = W^T v / |W^T v|`: never above the true norm,
    and equal to it once `u` has converged. `u'` and `v` are constants for the gradient, as in algorithm 1.

    Input: float32 [inputs, outputs]; output: the same shape. Computes in float32.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**{**kwargs, "dtype": "float32"})

    def build(self, input_shape: tuple) -> None:
        self.u = self.add_weight(name="u", shape=(input_shape[-1],), trainable=False, initializer="random_normal")

    def call(self, kernel: tf.Tensor) -> tf.Tensor:
        return kernel / tf.maximum(self.norm(kernel), SMALLEST_NORM)

    def norm(self, kernel: tf.Tensor) -> tf.Tensor:
        """Returns the estimate of the largest singular value of `kernel` [inputs, outputs], a scalar."""
        v, u = self._vectors(kernel)
        return tf.tensordot(v, tf.linalg.matvec(kernel, u), axes=1)

    def iterate(self, kernel: tf.Tensor) -> None:
        """Moves `u` by one step of the power method for `kernel` [inputs, outputs]."""
        replicas.assign_each([self.u], [self._vectors(kernel)[1]], lambda u, value: u.assign(value))

    def _vectors(self, kernel):
        v = _unit(tf.linalg.matvec(kernel, tf.convert_to_tensor(self.u)))
        u = _unit(tf.linalg.matvec(kernel, v, transpose_a=True))
        return tf.stop_gradient(v), tf.stop_gradient(u)


def depthwise_normalized(kernel: tf.Tensor) -> tf.Tensor:
    """Divides a depthwise kernel by its spectral norm, exactly.

    A depthwise convolution is a grouped one with a channel a group: its matrix, from the values under the kernel to the
    outputs, is block-diagonal with one row a channel. The largest singular value of such a matrix is the largest length
    of its blocks: no power method is needed.

    Args:
      kernel: float32 [kernel, kernel, 1, channels].
    """
    squared = tf.reduce_max(tf.reduce_sum(tf.square(kernel), axis=(0, 1, 2)))
    return kernel / tf.sqrt(tf.maximum(squared, SMALLEST_NORM**2))


class NormalizedEfficientConvolution(EfficientConvolution):
    """An efficient convolution whose two kernels are divided by their spectral norms.

    The pointwise one by its estimate, the depthwise one exactly. `iterate` belongs before each update of the weights.
    """

    autocast_kernels = False

    def __init__(self, filters: int, **kwargs: Any):
        super().__init__(filters, **kwargs)
        self.spectral = SpectralNormalization()

    def build(self, input_shape: tuple) -> None:
        super().build(input_shape)
        self.spectral.build(self.pointwise.shape)

    def kernels(self) -> tuple[tf.Tensor, tf.Tensor]:
        pointwise, depthwise = self.spectral(tf.convert_to_tensor(self.pointwise)), tf.convert_to_tensor(self.depthwise)
        return tf.cast(pointwise, self.compute_dtype), tf.cast(depthwise_normalized(depthwise), self.compute_dtype)

    def iterate(self) -> None:
        """Moves the estimate of the singular vector by one step."""
        self.spectral.iterate(tf.convert_to_tensor(self.pointwise))


class NormalizedDense(keras.layers.Layer):
    """A linear layer with bias whose kernel is divided by its spectral norm. Input [batch, channels], float32.

    Args:
      units: channels of the output.
      kernel_initializer: of the kernel before it is divided.
    """

    def __init__(self, units: int, kernel_initializer: str = "glorot_uniform", **kwargs: Any):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.units = units
        self.kernel_initializer = kernel_initializer
        self.spectral = SpectralNormalization()

    def build(self, input_shape: tuple) -> None:
        shape = (input_shape[-1], self.units)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer=self.kernel_initializer)
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
        self.spectral.build(shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.matmul(inputs, self.spectral(tf.convert_to_tensor(self.kernel))) + self.bias

    def iterate(self) -> None:
        """Moves the estimate of the singular vector by one step."""
        self.spectral.iterate(tf.convert_to_tensor(self.kernel))


def _unit(vector):
    return vector * tf.math.rsqrt(tf.maximum(tf.reduce_sum(tf.square(vector)), SMALLEST_NORM**2))
