"""Networks by the name of a configuration's `model`."""

from importlib import import_module
from typing import Any

from ml_collections import ConfigDict

from hsgan.config.models import MODELS
from hsgan.networks.base import ReconstructionNetwork, Statistics
from hsgan.prior.mixture import MixturePrior
from hsgan.spectra.srf import SrfDictionary


def network_class(name: str) -> type[ReconstructionNetwork]:
    """Returns the class of a model's network, by its name in `hsgan.config.models.MODELS`."""
    module, class_name = MODELS[name].network.split(".")
    return getattr(import_module(f"hsgan.networks.{module}"), class_name)


def build_network(
    config: ConfigDict,
    dictionary: SrfDictionary,
    statistics: Statistics | None = None,
    prior: MixturePrior | None = None,
    dtype: str | None = None,
    **kwargs: Any,
) -> ReconstructionNetwork:
    """Returns the `ReconstructionNetwork` of `config.model`, built.

    Args:
      config: a checked configuration.
      dictionary: the cameras.
      statistics: (mean, covariance) of the real training cubes; None leaves them to be loaded.
      prior: of the training's spectra (`MixturePrior`), for a network that has one; None leaves it to be loaded.
      dtype: policy of what is heavy, e.g. "mixed_bfloat16"; None is float32.
    """
    network = network_class(config.model)(config, dictionary, statistics, prior=prior, dtype=dtype, **kwargs)
    network.brightness = config.data.brightness
    return network
