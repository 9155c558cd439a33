"""The degradation-aware generator: RGB and SRF in, cube out ([SE] section 3.2, Eqs. 2-4; method section 2).

Inputs: rgb float32 [batch, h, w, 3] (linear, [0, 1]), srf float32 [batch, 3, bands]. Output: cube float32
[batch, h, w, bands]. Any h and w; the receptive radius is 6 px a stage.

    Y1 = G0(X);  Y(t+1) = Y(t) + Gt(Co Y(t) - X), t = 1..T-1;  Y = LeakyReLU(Y(T))

With a physics initialization (method section 17) a closed-form estimate stands before the stages: `Y1 = Y0 + G0(X)`.
The last convolution of every stage then starts at zero, so that training begins at the closed form.
"""

import keras
import tensorflow as tf

from hsgan.networks import physics
from hsgan.networks.layers.efficient import DenselyConnected, EfficientConvolution


class GeneratorStage(keras.layers.Layer):
    """One sub-network `Gt`: a 3x3 convolution to the bands, then densely connected units.

    42,749 parameters for 31 bands, growth 62, 5 units; 558 more with biases. Both methods of this package unroll it
    (sections 2 and 12 of the method; [code]).

    Args:
      bands: bands of the cube. growth: channels of all units but the last, which gives `bands` without activation.
      units: number of units. zero_mean: SZM before the convolutions of all units but the last.
      zero_start: the last unit starts by giving zero. use_bias: biases in the units, the 3x3 convolution has none.
      skip: add the 3x3 convolution's output to the last unit's (AGD-Net's basic gradient).
    """

    def __init__(self, bands, growth, units, zero_mean, zero_start, use_bias=False, skip=False, **kwargs):
        super().__init__(**kwargs)
        self.arguments = {
            "bands": bands, "growth": growth, "units": units, "zero_mean": zero_mean, "zero_start": zero_start,
            "use_bias": use_bias, "skip": skip,
        }  # fmt: skip
        unit = {"use_bias": use_bias, "dtype": self.dtype_policy}
        self.skip = skip
        self.head = keras.layers.Conv2D(bands, 3, padding="same", use_bias=False, dtype=self.dtype_policy)
        hidden = [
            EfficientConvolution(growth, activation="relu", zero_mean=zero_mean, **unit) for _ in range(units - 1)
        ]
        last = EfficientConvolution(bands, depthwise_initializer="zeros" if zero_start else "he_uniform", **unit)
        self.dense = DenselyConnected([*hidden, last], dtype=self.dtype_policy)

    def build(self, input_shape):
        self.head.build(input_shape)
        self.dense.build((*input_shape[:-1], self.arguments["bands"]))

    def call(self, inputs):
        features = self.head(inputs)
        return self.dense(features) + features if self.skip else self.dense(features)

    def get_config(self):
        return {**super().get_config(), **self.arguments}


class Generator(keras.layers.Layer):
    """The unrolled generator of `T` stages; 170,996 parameters for T = 4 and 31 bands.

    The estimate between the stages, its projection and the closed forms are float32 whatever `dtype` is; only the
    stages compute in the policy's type.

    Args:
      bands: bands of the cube.
      stages: T. growth, units: of a stage. negative_slope: of the last LeakyReLU.
      initialization: "learned" (the papers'), "smooth" or "prior"; the latter needs `statistics` in the call.
      prior_noise: noise variance of the Wiener estimate.
    """

    def __init__(self, bands, stages, growth, units, negative_slope, initialization, prior_noise, dtype=None, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.bands = bands
        self.initialization = initialization
        self.negative_slope = negative_slope
        self.prior_noise = prior_noise
        zero = initialization != "learned"
        self.stages = [
            GeneratorStage(bands, growth, units, zero_mean=t > 0, zero_start=zero, dtype=dtype, name=f"stage_{t}")
            for t in range(stages)
        ]

    def build(self, *shapes, **named_shapes):
        for stage in self.stages:
            stage.build((None, None, None, 3))

    def call(self, rgb, srf, statistics=None):
        """Returns the cube.

        Args:
          rgb: float32 [batch, h, w, 3], linear. srf: float32 [batch, 3, bands].
          statistics: (mean [bands], covariance [bands, bands]) of real cubes; for the `prior` initialization.
        """
        first, *others = self.stages
        cube = tf.cast(first(rgb), tf.float32)
        if self.initialization != "learned":
            cube += physics.start(self.initialization, rgb, srf, statistics, self.prior_noise)
        for stage in others:
            cube += tf.cast(stage(physics.project(cube, srf) - rgb), tf.float32)
        return tf.nn.leaky_relu(cube, self.negative_slope)


def build_generator(config, bands, dtype=None):
    """Returns the `Generator` of `config.generator` for `bands` bands, built."""
    generator = Generator(bands, **config.generator.to_dict(), dtype=dtype, name="generator")
    generator.build()
    generator.built = True
    return generator
