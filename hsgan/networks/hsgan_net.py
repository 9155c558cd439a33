"""What inference of the unpaired method needs, as one Keras model: SRF estimator, generator, statistics of cubes."""

from typing import Any

import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.networks.base import ReconstructionNetwork, Statistics
from hsgan.networks.generator import build_generator
from hsgan.networks.srf_estimator import build_srf_estimator
from hsgan.networks.unrolled import prior_of
from hsgan.spectra.srf import SrfDictionary


class HSGANNet(ReconstructionNetwork):
    """The generator with the SRF estimator in front ([SE] section 3.2).

    Args:
      config: the run's configuration.
      dictionary: as for every network.
      statistics: as for every network.
      dtype: the stages' policy, e.g. "mixed_bfloat16".
    """

    needs_camera = True
    estimates_camera = True

    def __init__(
        self,
        config: ConfigDict,
        dictionary: SrfDictionary,
        statistics: Statistics | None = None,
        dtype: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(dictionary, statistics, prior_of(config, config.generator), **kwargs)
        self.generator = build_generator(config, self.bands, dtype)
        self.srf_estimator = build_srf_estimator(config, dictionary.responses, dtype)
        self.receptive_radius = sum(stage.receptive_radius for stage in self.generator.stages)
        self.built = True

    def estimate_srf(self, rgb: tf.Tensor) -> tf.Tensor:
        return self.srf_estimator(rgb)

    def reconstruct(self, rgb: tf.Tensor, srf: tf.Tensor) -> tf.Tensor:
        return self.generator(rgb, srf, self.knowledge(self.generator.needs))
