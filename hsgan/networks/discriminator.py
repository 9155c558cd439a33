"""The discriminator of cubes (method section 4; [SE] section 3.4)."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan import replicas
from hsgan.networks.base import Statistics
from hsgan.networks.layers.efficient import DenselyConnected, EfficientConvolution
from hsgan.networks.layers.spectral_norm import NormalizedDense, NormalizedEfficientConvolution

_STREAM = 6  # this module's own constant in all its seeds
_LEAST = 1e-12  # variance of a component that real spectra do not have
# Steps of the power method before the first update; one goes before each later one.
FIRST_ITERATIONS = 20


class DiscriminatorStage(keras.layers.Layer):
    """Two stride-2 units, then densely connected ones; gives the last unit's output plus the downsampled input.

    Args:
      width: channels.
      units: densely connected ones.
      spectral_norm: whether the units' kernels are divided by their spectral norms, instead of batch normalization.
    """

    def __init__(self, width: int, units: int, spectral_norm: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        policy = self.dtype_policy
        unit = {"activation": "silu", "batch_norm": not spectral_norm, "use_bias": True, "dtype": policy}
        convolution = NormalizedEfficientConvolution if spectral_norm else EfficientConvolution
        self.width = width
        self.down = [convolution(width, strides=2, **unit) for _ in range(2)]
        self.dense = DenselyConnected([convolution(width, **unit) for _ in range(units)], dtype=policy)

    def build(self, input_shape: tuple) -> None:
        for unit in self.down:
            unit.build(input_shape)
            input_shape = unit.compute_output_shape(input_shape)
        self.dense.build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        for unit in self.down:
            inputs = unit(inputs)
        return inputs + self.dense(inputs)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return self.down[1].compute_output_shape(self.down[0].compute_output_shape(input_shape))


class Discriminator(keras.layers.Layer):
    """Judges whether a cube is real; 630,531 parameters for 31 bands, widths (64, 128), 7 units.

    The cube is divided by its own mean first (per sample, gradient stopped, + 1e-6; Eqs. 8, 13), so that it judges the
    shape of spectra, not brightness. Input: float32 [batch, h, w, bands]; h and w multiples of twice the stride of 16.
    Output: logits float32 [batch].

    Args:
      bands: bands of the cube.
      widths: channels of each stage.
      units: densely connected units of a stage.
      spectral_norm: whether every kernel is divided by its spectral norm. There is no batch normalization then: it
        divides by the size of what it gets, and so takes out whatever size a kernel was given. The discriminators of
        Miyato et al., 2018, have none either.
      basis: float [bands, components], what it sees of a spectrum that is divided by its cube's mean; None: all of it.
      noise: standard deviation of the noise on what it sees.
    """

    def __init__(
        self,
        bands: int,
        widths: Sequence[int],
        units: int,
        spectral_norm: bool = False,
        basis: np.ndarray | None = None,
        noise: float = 0.0,
        dtype: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(dtype="float32", **kwargs)
        self.bands, self.noise = bands, noise
        self.basis = None if basis is None else tf.constant(basis, tf.float32)
        self.spectral_norm = spectral_norm
        self.stages = [DiscriminatorStage(width, units, spectral_norm, dtype=dtype) for width in widths]
        linear = NormalizedDense if spectral_norm else keras.layers.Dense
        self.score = linear(1, dtype="float32")
        self.affine = linear(1, kernel_initializer="ones", dtype="float32")

    def build(self, *shapes: Any, **named_shapes: Any) -> None:
        shape = (None, None, None, self.bands if self.basis is None else self.basis.shape[-1])
        for stage in self.stages:
            stage.build(shape)
            shape = stage.compute_output_shape(shape)
        self.score.build((None, 4 * shape[-1]))
        self.affine.build((None, 1))

    def call(self, cube: tf.Tensor, seed: tf.Tensor | None = None) -> tf.Tensor:
        return self.judge(mean_normalized(cube), seed)

    def judge(self, normalized: tf.Tensor, seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the logits [batch] of cubes that are divided by their means, float32 [batch, h, w, bands].

        Args:
          normalized: the cubes.
          seed: int [2], of the noise; equal seeds draw equal noise. None: without.
        """
        features = normalized if self.basis is None else normalized @ self.basis
        if self.noise and seed is not None:
            seed = tf.random.experimental.stateless_fold_in(seed, _STREAM)
            features += self.noise * replicas.own(tf.random.stateless_normal(replicas.whole_shape(features), seed))
        for stage in self.stages:
            features = stage(features)
        height, width = features.shape[1:3]
        window = (height // 2, width // 2)
        pooled = tf.nn.avg_pool2d(tf.cast(features, tf.float32), window, window, "VALID")
        flat = tf.reshape(pooled, (-1, 4 * features.shape[-1]))
        return self.affine(self.score(flat))[:, 0]

    def iterate(self) -> None:
        """Moves all estimates of spectral norms by one step of the power method; nothing without `spectral_norm`."""
        if self.spectral_norm:
            units = (unit for stage in self.stages for unit in (*stage.down, *stage.dense.units))
            for layer in (*units, self.score, self.affine):
                layer.iterate()


def mean_normalized(cube: tf.Tensor) -> tf.Tensor:
    """Divides each cube of a batch [batch, h, w, bands] by its mean, whose gradient is stopped (Eqs. 8, 13)."""
    mean = tf.reduce_mean(cube, axis=(1, 2, 3), keepdims=True)
    return cube / (tf.stop_gradient(mean) + 1e-6)


def leading_components(statistics: Statistics, components: int) -> np.ndarray:
    """Returns the leading principal components of real spectra, float64 [bands, components].

    Each is scaled so that the projections of real spectra, which are divided by their mean radiance, have variance 1.

    Args:
      statistics: (mean [bands], covariance [bands, bands]) of the real cubes.
      components: how many.
    """
    mean, covariance = (np.asarray(values, np.float64) for values in statistics)
    variances, vectors = np.linalg.eigh(covariance)
    leading = slice(-1, -components - 1, -1)
    return vectors[:, leading] * mean.mean() / np.sqrt(np.maximum(variances[leading], _LEAST))


def build_discriminator(
    config: ConfigDict, bands: int, dtype: str | None = None, statistics: Statistics | None = None
) -> Discriminator:
    """Returns the `Discriminator` of `config.discriminator` and `config.loss.regularizer` for `bands` bands, built.

    Args:
      config: the configuration.
      bands: of the cubes.
      dtype: policy of its stages; None is float32.
      statistics: (mean [bands], covariance [bands, bands]) of the real cubes, for `discriminator.components`.
    """
    values = config.discriminator
    discriminator = Discriminator(
        bands,
        values.widths,
        values.units,
        spectral_norm=config.loss.regularizer == "spectral_norm",
        basis=leading_components(statistics, values.components) if values.components else None,
        noise=values.noise,
        dtype=dtype,
        name="discriminator",
    )
    discriminator.build()
    discriminator.built = True
    for _ in range(FIRST_ITERATIONS):
        discriminator.iterate()
    return discriminator
