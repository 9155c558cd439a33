"""The mixture prior with a gate: a small network that looks around a pixel, and corrects the logits of the components.

The mixture looks at a pixel by itself. What stands around it says more of what it is. So a densely connected stage
sees the RGB and the shares that the mixture gives, and what it makes of them is added to the logits. Spectra still come
from the components alone, and each of them reproduces the RGB: the gate chooses between them, and invents nothing.
"""

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.networks.base import Statistics
from hsgan.networks.generator import GeneratorStage
from hsgan.networks.mixture_net import MixtureNet
from hsgan.networks.unrolled import Start
from hsgan.spectra.mixture import estimate_mixture
from hsgan.spectra.operations import EXACT, Operations
from hsgan.spectra.srf import SrfDictionary


class GatedMixtureNet(MixtureNet):
    """The mixture prior and its gate, which starts at giving zero: at first the cube is the mixture's.

    The prior's weights are trained along with `prior.trained`.

    Args:
      config: the run's configuration.
      dictionary: as for every network.
      statistics: as for every network.
      dtype: the gate's policy, e.g. "mixed_bfloat16".
    """

    def __init__(
        self,
        config: ConfigDict,
        dictionary: SrfDictionary,
        statistics: Statistics | None = None,
        dtype: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(config, dictionary, statistics, **kwargs)
        self.mixture_layer.trainable = config.prior.trained
        components, values = config.prior.components, config.gated_mixture
        sizes = {"growth": values.growth, "units": values.units, "kernel_size": values.kernel_size}
        form = {"zero_mean": False, "zero_start": True, "use_bias": True}
        self.stage = GeneratorStage(components, **sizes, **form, dtype=dtype, name="gate")
        self.stage.build((None, None, None, 3 + components))
        self.stage.built = True
        self.receptive_radius = self.stage.receptive_radius

    def gate(self, rgb: tf.Tensor, shares: tf.Tensor) -> tf.Tensor:
        """Returns what is added to the logits, float32 [batch, h, w, k].

        Args:
          rgb: float32 [batch, h, w, 3], linear.
          shares: of the components, float32 [batch, h, w, k].
        """
        return tf.cast(self.stage(tf.concat([rgb, shares], axis=-1)), tf.float32)

    def start(self, knowledge: Callable[[], tuple[tf.Tensor, ...]], operations: Operations = EXACT) -> Start:
        start = super().start(knowledge, operations)
        gated = functools.partial(estimate_mixture, gate=self.gate)
        return Start(start.form._replace(estimate=gated), knowledge, start.noise, operations)
