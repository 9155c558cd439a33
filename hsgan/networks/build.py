"""Networks by the name of a configuration's `model`."""

from ml_collections import ConfigDict

from hsgan.networks.agd_net import AGDNet
from hsgan.networks.base import ReconstructionNetwork, Statistics
from hsgan.networks.chs_gan import CHSGANNet
from hsgan.networks.dbf import DBFNet
from hsgan.networks.fm_net import FMNet
from hsgan.networks.hscnn_d import HSCNNDNet
from hsgan.networks.hsgan_net import HSGANNet
from hsgan.networks.mixture_net import MixtureNet
from hsgan.prior.mixture import MixturePrior
from hsgan.spectra.srf import SrfDictionary

NETWORKS = {
    "hsgan": HSGANNet,
    "agd_net": AGDNet,
    "hscnn_d": HSCNNDNet,
    "fm_net": FMNet,
    "chs_gan": CHSGANNet,
    "dbf": DBFNet,
    "mixture": MixtureNet,
}


def build_network(
    config: ConfigDict,
    dictionary: SrfDictionary,
    statistics: Statistics | None = None,
    prior: MixturePrior | None = None,
    dtype: str | None = None,
    **kwargs,
) -> ReconstructionNetwork:
    """Returns the `ReconstructionNetwork` of `config.model`, built.

    Args:
      config: a checked configuration.
      dictionary: the cameras.
      statistics: (mean, covariance) of the real training cubes; None leaves them to be loaded.
      prior: of the training's spectra (`MixturePrior`), for a network that has one; None leaves it to be loaded.
      dtype: policy of what is heavy, e.g. "mixed_bfloat16"; None is float32.
    """
    network = NETWORKS[config.model](config, dictionary, statistics, prior=prior, dtype=dtype, **kwargs)
    network.brightness = config.data.brightness
    return network
