"""The mixture prior alone as a network: every pixel by itself (method section 18)."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.networks.base import ReconstructionNetwork, Statistics
from hsgan.networks.generator import BackProjection
from hsgan.networks.unrolled import Unrolled, final
from hsgan.spectra import mixture
from hsgan.spectra.operations import EXACT, Operations
from hsgan.spectra.srf import SrfDictionary


class MixtureNet(ReconstructionNetwork, Unrolled):
    """An unrolled network of no stages: its start is the cube.

    Its weights are those of the prior (`hsgan.networks.layers.mixture.MixtureLayer`): EM's at first, then trained. The
    camera that it supposes is the mean of the dictionary's, each by the evidence for it under this prior.

    Args:
      config: the run's configuration.
      dictionary: as for every network.
      statistics: as for every network.
      dtype: not used. A pixel costs little, and its logits want float32.
    """

    needs_camera = True
    estimates_camera = True
    receptive_radius = 0
    stages: Sequence[tf.Module] = ()
    initialization = "mixture"

    def __init__(
        self,
        config: ConfigDict,
        dictionary: SrfDictionary,
        statistics: Statistics | None = None,
        dtype: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(dictionary, statistics, config.prior, **kwargs)
        self.mixture_layer.trainable = True
        self.prior_noise = config.prior.noise
        self.built = True

    def rule(self, operations: Operations = EXACT) -> BackProjection:
        return BackProjection(operations)

    @property
    def camera_likelihood(self) -> tf.Tensor:
        """What tells the cameras of the dictionary apart, as `hsgan.spectra.mixture.camera_likelihood`."""
        return mixture.camera_likelihood(tf.constant(self.dictionary.responses), self.mixture)

    def estimate_srf(self, rgb: tf.Tensor) -> tf.Tensor:
        return mixture.estimate_camera(rgb, self.dictionary.responses, self.camera_likelihood)

    def reconstruct(self, rgb: tf.Tensor, srf: tf.Tensor) -> tf.Tensor:
        return final(self.estimates(rgb, srf, self.mixture))
