"""The engine of a network: its fast form if it has one, else its own graph, or OpenVINO where it is asked for.

Those of TensorFlow read the weights at every call.
"""

import weakref

import numpy as np
import tensorflow as tf

from hsgan.networks.hsgan_net import HSGANNet
from hsgan.reconstruct import TENSORFLOW
from hsgan.reconstruct.fused import FusedReconstructor
from hsgan.reconstruct.openvino_engine import OpenVinoEngine

_engines = weakref.WeakKeyDictionary()


class GraphEngine:
    """The graph of any `hsgan.networks.base.ReconstructionNetwork`, compiled once for all sizes.

    Args:
      network: the network; its weights may change later.
    """

    def __init__(self, network):
        # Not the network itself: the cache of `engine_of` is keyed by it, and holds this object.
        network = weakref.ref(network)
        image, camera = tf.TensorSpec((1, None, None, 3)), tf.TensorSpec((1, 3, network().bands))
        self._estimate = tf.function(lambda rgb: network().estimate_srf(rgb), input_signature=[image])
        self._reconstruct = tf.function(
            lambda rgb, srf: network().reconstruct(rgb, srf), input_signature=[image, camera]
        )

    def estimate_srf(self, rgb):
        """Returns the SRF float32 [3, bands] of an image float32 [height, width, 3]."""
        return self._estimate(rgb[None])[0].numpy()

    def reconstruct(self, rgb, srf):
        """Returns the cube float32 [height, width, bands] of an image under an SRF [3, bands]."""
        return self._reconstruct(rgb[None], np.asarray(srf, np.float32)[None])[0].numpy()


def engine_of(network):
    """Returns the engine of a network, made on first use: `estimate_srf(rgb)` and `reconstruct(rgb, srf)`, NumPy."""
    if network not in _engines:
        _engines[network] = _tensorflow(network)
    return _engines[network]


def use_engine(network, name):
    """Makes `engine_of` give this engine of a network from now on.

    Args:
      network: the network; an OpenVINO engine keeps to the weights that it has now.
      name: one of `hsgan.reconstruct.ENGINES`.

    Raises:
      RunError: as `OpenVinoEngine`.
    """
    engine = _tensorflow(network)
    if name != TENSORFLOW:
        engine = OpenVinoEngine(network, engine, name.removeprefix("openvino-"))
    _engines[network] = engine


def _tensorflow(network):
    return FusedReconstructor(network) if isinstance(network, HSGANNet) else GraphEngine(network)
