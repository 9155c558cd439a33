"""Engines: ways to run a network, by name in `BUILDERS`.

Those of TensorFlow read the weights at every call; those of OpenVINO keep to the weights that the network has when they
are made.
"""

from functools import partial
from typing import Protocol

import numpy as np
import tensorflow as tf

from hsgan.errors import RunError
from hsgan.networks.base import ReconstructionNetwork
from hsgan.networks.hsgan_net import HSGANNet
from hsgan.networks.mixture_net import MixtureNet
from hsgan.reconstruct import GRAPH, OPENVINO_FLOAT32, TENSORFLOW
from hsgan.reconstruct.fused import FusedReconstructor
from hsgan.reconstruct.graphs import compiled
from hsgan.reconstruct.openvino_engine import OpenVinoEngine
from hsgan.reconstruct.pixelwise import PixelwiseMixture


class Engine(Protocol):
    """What runs a network on one image, NumPy in and out."""

    def estimate_srf(self, rgb: np.ndarray) -> np.ndarray:
        """Returns the SRF float32 [3, bands] of an image float32 [height, width, 3]."""

    def reconstruct(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        """Returns the cube float32 [height, width, bands] of an image under an SRF float32 [3, bands]."""


class GraphEngine:
    """The graph of any network, compiled once for all sizes; an `Engine`.

    Args:
      network: the network; its weights may change later.
    """

    def __init__(self, network: ReconstructionNetwork):
        image, camera = tf.TensorSpec((1, None, None, 3)), tf.TensorSpec((1, 3, network.bands))
        self._estimate = compiled(network.estimate_srf, [image])
        self._reconstruct = compiled(network.reconstruct, [image, camera])

    def estimate_srf(self, rgb: np.ndarray) -> np.ndarray:
        return self._estimate(rgb[None])[0].numpy()

    def reconstruct(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        return self._reconstruct(rgb[None], srf[None])[0].numpy()


class MixtureEngine(GraphEngine):
    """A `MixtureNet` part by part; it also says how uncertain its values are.

    Args:
      network: the network; its weights may change later.
    """

    def __init__(self, network: MixtureNet):
        super().__init__(network)
        self.network = network
        self.pixelwise = PixelwiseMixture(lambda: network.mixture, network.prior_noise)

    def reconstruct(self, rgb: np.ndarray, srf: np.ndarray, gain: float = 1.0) -> np.ndarray:
        return self.pixelwise.estimate(rgb, srf, gain)

    def deviate(self, rgb: np.ndarray, srf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the cube and the standard deviation of its values, float32 [height, width, bands]."""
        cube, deviation = self.pixelwise.deviate(rgb, srf)
        return cube, deviation * np.float32(self.network.mixture_layer.temperature)


FAST = {HSGANNet: FusedReconstructor, MixtureNet: MixtureEngine}


def tensorflow(network: ReconstructionNetwork) -> Engine:
    """Returns the fast form of a network that has one, else its own graph."""
    return FAST.get(type(network), GraphEngine)(network)


def openvino(network: ReconstructionNetwork, precision: str) -> Engine:
    """Returns OpenVINO's engine in one of `hsgan.reconstruct.openvino_engine.PRECISIONS`."""
    return OpenVinoEngine(network, tensorflow(network), precision)


BUILDERS = {
    TENSORFLOW: tensorflow,
    GRAPH: GraphEngine,
    OPENVINO_FLOAT32: partial(openvino, precision="float32"),
    "openvino-bfloat16": partial(openvino, precision="bfloat16"),
    "openvino-float16": partial(openvino, precision="float16"),
}


def build_engine(network: ReconstructionNetwork, name: str = TENSORFLOW) -> Engine:
    """Returns the engine `name` of a network.

    Raises:
      RunError: no such engine, or one that is not installed, cannot run this network or not on this processor.
    """
    if name not in BUILDERS:
        raise RunError(f"engine: must be one of {', '.join(BUILDERS)}. Received: {name!r}")
    return BUILDERS[name](network)
