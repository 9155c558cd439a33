"""The degradation-aware generator: RGB and SRF in, cube out ([SE] section 3.2, Eqs. 2-4; method section 2).

Inputs: rgb float32 [batch, h, w, 3] (linear, [0, 1]), srf float32 [batch, 3, bands]. Output: cube float32
[batch, h, w, bands]. Any h and w; the receptive radius is 6 px a stage, of kernels of 1x1 none.

    Y1 = G0(X);  Y(t+1) = Y(t) + Gt(Co Y(t) - X), t = 1..T-1;  Y = LeakyReLU(Y(T))

With a physics initialization (method section 17) a closed-form estimate stands before the stages: `Y1 = Y0 + G0(X)`.
The last convolution of every stage then starts at zero, so that training begins at the closed form. The recursion
itself is `hsgan.networks.unrolled`; here are the stages, and the rule between them.
"""

import dataclasses
from typing import Any

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.networks.layers.efficient import INITIAL_WEIGHTS, DenselyConnected, EfficientConvolution
from hsgan.networks.unrolled import LEARNED, Rule, Unrolled, final, start_noise
from hsgan.spectra.operations import EXACT, Operations


class GeneratorStage(keras.layers.Layer):
    """One sub-network `Gt`: a convolution to the bands, 3x3 in the papers, then densely connected units.

    42,749 parameters for 31 bands, growth 62, 5 units; 558 more with biases. Both methods of this package unroll it
    (sections 2 and 12 of the method; [code]).

    Args:
      bands: bands of the cube.
      growth: channels of all units but the last, which gives `bands` without activation.
      units: number of units.
      zero_mean: SZM before the convolutions of all units but the last.
      zero_start: the last unit starts by giving zero.
      use_bias: biases in the units, the first convolution has none.
      initial_weights: name in `hsgan.networks.layers.efficient.INITIAL_WEIGHTS`.
      skip: add the first convolution's output to the last unit's (AGD-Net's basic gradient).
      kernel_size: of the first and the depthwise convolutions, odd; 1: every pixel by itself.
    """

    def __init__(
        self,
        bands: int,
        growth: int,
        units: int,
        zero_mean: bool,
        zero_start: bool,
        use_bias: bool = False,
        skip: bool = False,
        initial_weights: str = "he",
        kernel_size: int = 3,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.arguments = {
            "bands": bands, "growth": growth, "units": units, "zero_mean": zero_mean, "zero_start": zero_start,
            "use_bias": use_bias, "skip": skip, "kernel_size": kernel_size,
        }  # fmt: skip
        unit = {"use_bias": use_bias, "initial_weights": initial_weights, "kernel_size": kernel_size}
        unit["dtype"] = self.dtype_policy
        self.skip = skip
        head = {} if initial_weights == "he" else {"kernel_initializer": INITIAL_WEIGHTS[initial_weights]}
        head |= {"padding": "same", "use_bias": False, "dtype": self.dtype_policy}
        self.head = keras.layers.Conv2D(bands, kernel_size, **head)
        hidden = [
            EfficientConvolution(growth, activation="relu", zero_mean=zero_mean, **unit) for _ in range(units - 1)
        ]
        last = EfficientConvolution(bands, depthwise_initializer="zeros" if zero_start else "", **unit)
        self.dense = DenselyConnected([*hidden, last], dtype=self.dtype_policy)

    @property
    def receptive_radius(self) -> int:
        """Pixels on each side that a pixel depends on."""
        return (self.arguments["units"] + 1) * (self.arguments["kernel_size"] // 2)

    def build(self, input_shape: tuple) -> None:
        self.head.build(input_shape)
        self.dense.build((*input_shape[:-1], self.arguments["bands"]))

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        features = self.head(inputs)
        return self.dense(features) + features if self.skip else self.dense(features)


@dataclasses.dataclass(frozen=True)
class BackProjection(Rule):
    """The rule between the generator's stages: the residual `Co Y - X`, and a LeakyReLU at the end.

    Args:
      operations: of the projection.
      negative_slope: of the LeakyReLU.
    """

    negative_slope: float = 0.0

    def residual(self, cube: tf.Tensor, rgb: tf.Tensor, srf: tf.Tensor) -> tf.Tensor:
        return self.operations.project(cube, srf) - rgb

    def activation(self, cube: tf.Tensor) -> tf.Tensor:
        return tf.nn.leaky_relu(cube, self.negative_slope)


class Generator(keras.layers.Layer, Unrolled):
    """The unrolled generator of `T` stages; 170,996 parameters for T = 4 and 31 bands.

    The estimate between the stages, its projection and the closed forms are float32 whatever `dtype` is; only the
    stages compute in the policy's type.

    Args:
      bands: bands of the cube.
      stages: T.
      growth: of a stage.
      units: of a stage.
      negative_slope: of the last LeakyReLU.
      initialization: "learned" (the papers'), or the name of a closed form (`hsgan.spectra.closed_form.STARTS`).
      prior_noise: noise variance of the closed form.
      initial_weights: name in `hsgan.networks.layers.efficient.INITIAL_WEIGHTS`.
      kernel_size: of the stages.
      dtype: policy of the stages, e.g. "mixed_bfloat16".
    """

    def __init__(
        self,
        bands: int,
        stages: int,
        growth: int,
        units: int,
        negative_slope: float,
        initialization: str,
        prior_noise: float,
        initial_weights: str = "he",
        kernel_size: int = 3,
        dtype: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(dtype="float32", **kwargs)
        self.bands = bands
        self.initialization = initialization
        self.negative_slope = negative_slope
        self.prior_noise = prior_noise
        zero = initialization != LEARNED
        self.stages = [
            GeneratorStage(
                bands,
                growth,
                units,
                zero_mean=t > 0,
                zero_start=zero,
                initial_weights=initial_weights,
                kernel_size=kernel_size,
                dtype=dtype,
                name=f"stage_{t}",
            )
            for t in range(stages)
        ]

    def build(self, *shapes: Any, **named_shapes: Any) -> None:
        for stage in self.stages:
            stage.build((None, None, None, 3))

    def rule(self, operations: Operations = EXACT) -> BackProjection:
        return BackProjection(operations, float(self.negative_slope))

    def call(self, rgb: tf.Tensor, srf: tf.Tensor, knowledge: tuple[tf.Tensor, ...] = ()) -> tf.Tensor:
        """Returns the cube.

        Args:
          rgb: float32 [batch, h, w, 3], linear.
          srf: float32 [batch, 3, bands].
          knowledge: tensors that the closed form needs; the mean [bands] and covariance [bands, bands] of real cubes
            for "prior".
        """
        return final(self.estimates(rgb, srf, knowledge))


def build_generator(config: ConfigDict, bands: int, dtype: str | None = None) -> Generator:
    """Returns the `Generator` of `config.generator` for `bands` bands, built."""
    values = config.generator.to_dict() | {"prior_noise": start_noise(config, config.generator)}
    generator = Generator(bands, **values, dtype=dtype, name="generator")
    generator.build()
    generator.built = True
    return generator
