"""AGD-Net: RGB to cube by amended gradient descent ([AGD]; method section 12).

Gradient descent on `||X - C Y||^2` moves the cube `Y` in the row space of the camera `C` alone. Each stage after the
first adds to that "basic gradient", a linear convolution of the residual, an "incremental gradient", what a small
network makes of the same features:

    Y1 = G0(X);  R(t) = X - C Y(t);  Y(t+1) = Y(t) + H(t) R(t) + Gt(H(t) R(t)), t = 1..T-1

`H` is a stage's first convolution and `G` its densely connected units: the stages are the unsupervised generator's
(`hsgan.networks.generator.GeneratorStage`), with biases and without SZM in the first, and with a skip connection in the
others. There is no activation after the last.

`C` is one of
- "learned": one 3x3 convolution without bias that all stages share; the network knows no camera (the paper's; that it
  starts as the dictionary's mean camera is ours: from random weights the residual grows tenfold over 9 stages);
- "given": the SRF is an input; trained with SRFs drawn from a set, one network serves any camera (the paper's);
- "estimated": as given, but where no SRF is given it comes from the package's estimator, trained along (ours).
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.networks.base import ReconstructionNetwork, Statistics
from hsgan.networks.generator import GeneratorStage
from hsgan.networks.srf_estimator import build_srf_estimator
from hsgan.networks.unrolled import LEARNED, Rule, Unrolled, final, prior_of, start_noise
from hsgan.spectra.operations import EXACT, Operations
from hsgan.spectra.srf import SrfDictionary


@dataclasses.dataclass(frozen=True)
class Descent(Rule):
    """The rule between AGD-Net's stages: the residual `X - C Y`, and no activation at the end.

    Args:
      operations: of the projection.
      degradation: a learned `C`, cube -> RGB; None: the SRF.
    """

    degradation: Callable[[tf.Tensor], tf.Tensor] | None = None

    def residual(self, cube: tf.Tensor, rgb: tf.Tensor, srf: tf.Tensor) -> tf.Tensor:
        return rgb - (self.operations.project(cube, srf) if self.degradation is None else self.degradation(cube))


class AGDNet(ReconstructionNetwork, Unrolled):
    """The unrolled network of `config.agd_net`; learned degradation, 31 bands: 386,136 parameters with 9 stages.

    Cube, residual and degradation are float32 whatever `dtype` is; only stages and estimator compute in its type.

    With an `initialization` other than "learned" (ours; method section 17) a closed form under `C` stands before the
    first stage, and the last convolutions of all stages start at zero: at first only basic gradients move it, and
    those see no residual where the closed form leaves none ("smooth").

    Args:
      config: the run's configuration.
      dictionary: as for every network.
      statistics: as for every network.
      dtype: policy of the stages and the estimator, e.g. "mixed_bfloat16".
    """

    def __init__(
        self,
        config: ConfigDict,
        dictionary: SrfDictionary,
        statistics: Statistics | None = None,
        dtype: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(dictionary, statistics, prior_of(config, config.agd_net), **kwargs)
        values = config.agd_net
        self.values = values
        self.initialization, self.prior_noise = values.initialization, start_noise(config, values)
        self.needs_camera = values.degradation != "learned"
        self.estimates_camera = self.learns_camera = values.degradation == "estimated"
        self.stages = [self.build_stage(number, dtype) for number in range(values.stages)]
        self.degradation = self.srf_estimator = None
        if values.degradation == "learned":
            self.degradation = self.build_degradation()
        if values.degradation == "estimated":
            self.srf_estimator = build_srf_estimator(config, dictionary.responses, dtype)
        own = 0 if self.degradation is None else values.stages - 1
        self.receptive_radius = sum(stage.receptive_radius for stage in self.stages) + own
        self.built = True

    def build_stage(self, number: int, dtype: str | None) -> GeneratorStage:
        """Returns stage `number`, built; stage 0 regresses the initialization."""
        values, later = self.values, number > 0
        stage = GeneratorStage(
            self.bands,
            values.growth,
            values.units,
            zero_mean=later and values.zero_mean,
            zero_start=values.initialization != LEARNED,
            use_bias=not later,
            skip=later and values.basic_gradient,
            kernel_size=values.kernel_size,
            dtype=dtype,
            name=f"stage_{number}",
        )
        stage.build((None, None, None, 3))
        stage.built = True
        return stage

    def build_degradation(self) -> keras.layers.Conv2D:
        """Returns the learned `C`, built; it starts as the mean camera, pixel by pixel."""
        kernel = np.zeros((3, 3, self.bands, 3), np.float32)
        kernel[1, 1] = self.dictionary.responses.mean(axis=0).T
        layer = keras.layers.Conv2D(
            3, 3, padding="same", use_bias=False, kernel_initializer="zeros", name="degradation"
        )
        layer.build((None, None, None, self.bands))
        layer.kernel.assign(kernel)
        return layer

    def estimate_srf(self, rgb: tf.Tensor) -> tf.Tensor:
        return super().estimate_srf(rgb) if self.srf_estimator is None else self.srf_estimator(rgb)

    def rule(self, operations: Operations = EXACT) -> Descent:
        return Descent(operations, self.degradation)

    def reconstruct(self, rgb: tf.Tensor, srf: tf.Tensor) -> tf.Tensor:
        return final(self.estimates(rgb, srf, self.knowledge(self.needs)))

    def reconstruct_with_residuals(self, rgb: tf.Tensor, srf: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Returns the cube [batch, h, w, bands] and the residuals [batch, h, w, 3], one after each stage."""
        cubes, residuals = zip(*self.estimates(rgb, srf, self.knowledge(self.needs)), strict=True)
        return cubes[-1], [*residuals[:-1], self.rule().residual(cubes[-1], rgb, srf)]

    def outputs(self, rgb: tf.Tensor, srf: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """As for every network; "residual" is the mean square over the residuals after all stages, under its own `C`.

        Source: method section 12, `mean(residual^2)`.
        """
        srf = self.estimate_srf(rgb) if srf is None else srf
        cube, residuals = self.reconstruct_with_residuals(rgb, srf)
        return {"cube": cube, "srf": srf, "residual": tf.reduce_mean(tf.square(tf.stack(residuals)))}
