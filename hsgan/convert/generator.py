"""The generator and SRF estimator of [SE]'s authors, from their checkpoint, as a network of ours.

Source of the names: the modules of their released program. Three things differ from ours. Their residual has the other
sign, `X - Co Y` (method section 2): the first kernel of every stage but the first changes its sign. The estimator's
outputs are ordered by camera, then channel; ours by channel, then camera. And the order of the cameras is that of the
dictionary that the authors trained with, which is not in the checkpoint: it must be the configuration's.
"""

from pathlib import Path

import keras
import ml_collections
import numpy as np

from hsgan.convert import checkpoint
from hsgan.convert.checkpoint import Part
from hsgan.errors import DataError
from hsgan.networks.generator import Generator
from hsgan.networks.hsgan_net import HSGANNet
from hsgan.networks.layers.efficient import EfficientConvolution
from hsgan.networks.srf_estimator import SrfEstimator
from hsgan.spectra.srf import SrfDictionary

GENERATOR, ESTIMATOR = "stages.0.Upconv.conv.weight", "fstage.final_conv.compressLayer.conv.weight"
# Their units hold every convolution twice, under two names; and what is there, but not used by the generator.
_TWICE = tuple(f"Module.{place}.{kind}" for place in (0, 1) for kind in ("weight", "bias"))


def sized(path: str | Path, config: ml_collections.ConfigDict) -> ml_collections.ConfigDict:
    """Returns a copy of a configuration whose generator has the sizes of a checkpoint's, started as the papers'.

    Raises:
      ConfigError, DataError: as `convert`.
    """
    part = Part(path, checkpoint.read(path), GENERATOR, "generator")
    stages = 1 + max(int(name.split(".")[1]) for name in part.arrays if name.startswith("stages."))
    units = sum(name.startswith("stages.0.denselayers.") and name.endswith("compressLayer.conv.weight")
                for name in part.arrays)  # fmt: skip
    first = part.arrays.get("stages.0.denselayers.0.compressLayer.conv.weight")
    if first is None:
        raise DataError(f"{path}: is no generator: it has no {part.prefix}stages.0.denselayers.0")
    config = ml_collections.ConfigDict(config.copy_and_resolve_references())
    config.model = "hsgan"
    sizes = {"stages": stages, "units": units, "growth": int(first.shape[0])}
    config.generator.update(**sizes, kernel_size=3, initialization="learned")
    return config


def convert(
    path: str | Path, config: ml_collections.ConfigDict, dictionary: SrfDictionary, statistics: tuple
) -> HSGANNet:
    """Returns the network of a checkpoint; where that holds no SRF estimator, ours estimates the mean camera.

    Args:
      path: of the checkpoint.
      config: of the network, with the checkpoint's sizes (`sized`).
      dictionary: the cameras, in the order of the authors'.
      statistics: (mean [bands], covariance [bands, bands]) of real cubes, for the methods beside the network.

    Raises:
      ConfigError: PyTorch is not installed.
      DataError: a file that is no such checkpoint, or of other sizes.
    """
    arrays = checkpoint.read(path)
    keras.utils.set_random_seed(config.seed)
    network = HSGANNet(config, dictionary, statistics)
    set_generator(network.generator, Part(path, arrays, GENERATOR, "generator"))
    if any(name == ESTIMATOR or name.endswith(f".{ESTIMATOR}") for name in arrays):
        set_estimator(network.srf_estimator, Part(path, arrays, ESTIMATOR, "SRF estimator"), len(dictionary.names))
    return network


def set_generator(generator: Generator, part: Part) -> None:
    """Gives a generator the weights of a checkpoint."""
    for number, stage in enumerate(generator.stages):
        place = f"stages.{number}"
        sign = np.float32(1 if number == 0 else -1)
        stage.head.kernel.assign(sign * part.convolution(f"{place}.Upconv.conv.weight", stage.head.kernel.shape))
        for index, unit in enumerate(stage.dense.units):
            set_unit(unit, part, f"{place}.denselayers.{index}")
    part.refuse_rest(_TWICE)


def set_estimator(estimator: SrfEstimator, part: Part, cameras: int) -> None:
    """Gives an SRF estimator the weights of a checkpoint."""
    for number, block in enumerate(estimator.blocks):
        place = "fstage" if number == len(estimator.blocks) - 1 else f"stages.{number}"
        for index, unit in enumerate(block.units):
            set_unit(unit, part, f"{place}.conv.{index}")
    order = np.arange(3 * cameras).reshape(cameras, 3).T.ravel()
    set_unit(estimator.scores, part, "fstage.final_conv", order)
    part.refuse_rest(_TWICE)


def set_unit(unit: EfficientConvolution, part: Part, place: str, order: np.ndarray | slice = slice(None)) -> None:
    """Gives a 1x1 convolution and the depthwise one after it their weights; `order` is of the outputs."""
    pointwise = part.convolution(f"{place}.compressLayer.conv.weight", (1, 1, *unit.pointwise.shape))
    unit.pointwise.assign(pointwise[0, 0][:, order])
    unit.depthwise.assign(part.convolution(f"{place}.actlayer.conv.weight", unit.depthwise.shape)[..., order])
    if unit.use_bias:
        unit.pointwise_bias.assign(part.take(f"{place}.compressLayer.conv.bias", unit.pointwise_bias.shape)[order])
        unit.depthwise_bias.assign(part.take(f"{place}.actlayer.conv.bias", unit.depthwise_bias.shape)[order])
