"""Every layer and network of `hsgan.networks`, small: how to build it, and what goes in and comes out.

The checks that all of them must pass are in `test_every_layer.py`.
"""

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from hsgan import config as config_lib
from hsgan import networks
from hsgan.networks import discriminator, fm_net, hrnet, hscnn_d, patch_discriminator, semantic, srf_estimator, unet
from hsgan.networks.build import build_network
from hsgan.networks.generator import Generator, GeneratorStage
from hsgan.networks.layers import efficient, normalization, spectral_norm
from hsgan.spectra import srf

GRID = np.arange(400, 701, 10)
DICTIONARY = srf.load("default", GRID)
STATISTICS = np.full(31, 0.3), np.eye(31) * 0.01
TINY_HRNET = hrnet.Variant(bottlenecks=(1, 4), modules=(1, 1, 1), blocks=1, width=4)
SMALL = {
    "prior": {"components": 3},
    "generator": {"stages": 2, "growth": 6, "units": 2},
    "srf_estimator": {"widths": ((4, 4), (4, 4)), "kernels": (3, 3), "head": (4, 4)},
    "agd_net": {"stages": 2, "growth": 6, "units": 2},
    "gated_mixture": {"growth": 6, "units": 2},
    "hscnn_d": {"blocks": 3},
    "fm_net": {"blocks": 2, "width": 6},
    "chs_gan": {"widths": (4, 6, 8)},
    "dbf": {"widths": (4, 6, 8), "basis": 4},
}


@dataclasses.dataclass(frozen=True)
class Subject:
    """One layer or network.

    Attributes:
      build: dtype policy -> the layer, whose weights may not exist yet.
      inputs: (height, width) -> shapes of its inputs.
      output: (height, width) -> shape of its output; of a network's cube.
      sizes: two different ones.
      silent: whether a weight cannot change the output in training, as a bias before a normalization.
      config: whether Keras can rebuild it from `get_config`; else a run's configuration does.
      computes: type in which it gives its output under mixed precision.
      mixed: whether mixed precision changes its numbers.
      rounding: by how much, of the largest value: bfloat16 has 8 bits, 0.4 % a rounding, of sums of positive terms.
    """

    build: Callable
    inputs: Callable
    output: Callable
    sizes: tuple = ((8, 8), (9, 7))
    silent: Callable = lambda weight: False
    config: bool = True
    computes: tf.DType = tf.float32
    mixed: bool = True
    rounding: float = 0.05


def image(*shape, seed=0):
    """Values in [0, 1), float32."""
    return tf.constant(np.random.default_rng(seed).random(shape), tf.float32)


def small_config(model="hsgan", **sections):
    """A configuration of small networks, with other values where `sections` has them."""
    config = config_lib.default_config()
    config.model = model
    for section, values in SMALL.items():
        config[section].update(values)
    for section, values in sections.items():
        config[section].update(values)
    return config


def small_network(model, dtype=None, statistics=STATISTICS, **sections):
    """A small network of `build_network`."""
    return build_network(small_config(model, **sections), DICTIONARY, statistics, dtype=dtype)


def activate(layer, seed=0):
    """Replaces the trained weights by random positive ones: no zero start, all paths active; constants stay.

    Their sums are about 1, so that signals keep their size and no sigmoid saturates.
    """
    rng = np.random.default_rng(seed)
    for weight in layer.trainable_weights:
        inputs = np.prod(weight.shape[:-1]) if len(weight.shape) > 1 else 10
        weight.assign(2 * rng.random(weight.shape) / inputs)
    return layer


def _network(model, mixed=True, **sections):
    return Subject(
        build=lambda dtype: small_network(model, dtype, **sections),
        inputs=lambda size: [(2, *size, 3)],
        output=lambda size: (2, *size, 31),
        sizes=((16, 16), (9, 13)),
        config=False,
        mixed=mixed,
    )


def _layer(build, channels, filters, **values):
    """A layer from `channels` (a list: several inputs) to `filters`; computes in the policy's type."""
    several = channels if isinstance(channels, list) else [channels]
    return Subject(
        build=build,
        inputs=lambda size: [(2, *size, count) for count in several],
        output=lambda size: (2, *size, filters),
        computes=tf.bfloat16,
        **values,
    )


def _pair(dtype):
    """Densely connected units."""
    return efficient.DenselyConnected(
        [
            efficient.EfficientConvolution(6, activation="relu", zero_mean=True, dtype=dtype),
            efficient.EfficientConvolution(5, dtype=dtype),
        ],
        dtype=dtype,
    )


def _generator(dtype):
    values = {**SMALL["generator"], "negative_slope": 0.001, "initialization": "smooth", "prior_noise": 1e-4}
    return Generator(31, **values, dtype=dtype)


def _before_a_norm(weight):
    return weight.path.endswith(("pointwise_bias", "depthwise_bias"))


NORMALIZED = {"activation": "silu", "batch_norm": True, "use_bias": True}
NETWORKS = {
    "hsgan": _network("hsgan"),
    "hsgan, smooth": _network("hsgan", generator={"initialization": "smooth"}),
    "hsgan, prior": _network("hsgan", generator={"initialization": "prior"}),
    "hsgan, mixture": _network("hsgan", generator={"initialization": "mixture"}, prior={"trained": True}),
    "mixture": _network("mixture", mixed=False),
    "gated_mixture": _network("gated_mixture", prior={"trained": True}),
    "agd_net": _network("agd_net"),
    "hsgan, pixel by pixel": _network("hsgan", generator={"kernel_size": 1}),
    "agd_net, pixel by pixel": _network("agd_net", agd_net={"kernel_size": 1, "degradation": "given"}),
    "agd_net, given": _network("agd_net", agd_net={"degradation": "given", "initialization": "smooth"}),
    "agd_net, estimated": _network("agd_net", agd_net={"degradation": "estimated", "initialization": "prior"}),
    **{model: _network(model) for model in ("hscnn_d", "fm_net", "chs_gan", "dbf")},
}
LAYERS = {
    "EfficientConvolution": _layer(
        lambda dtype: efficient.EfficientConvolution(6, activation="relu", zero_mean=True, dtype=dtype), 5, 6
    ),
    "EfficientConvolution, normalized": _layer(
        lambda dtype: efficient.EfficientConvolution(6, **NORMALIZED, dtype=dtype), 5, 6, silent=_before_a_norm
    ),
    "DenselyConnected": _layer(_pair, 3, 5),
    "BatchStatisticsNormalization": _layer(lambda dtype: normalization.BatchStatisticsNormalization(dtype=dtype), 4, 4),
    "BatchNormalization": _layer(lambda dtype: normalization.BatchNormalization(dtype=dtype), 4, 4),
    "SpectralNormalization": Subject(
        lambda dtype: spectral_norm.SpectralNormalization(dtype=dtype),
        lambda size: [(size[0], 7)],
        lambda size: (size[0], 7),
        mixed=False,
    ),
    "NormalizedEfficientConvolution": _layer(
        lambda dtype: spectral_norm.NormalizedEfficientConvolution(6, activation="silu", use_bias=True, dtype=dtype),
        5,
        6,
    ),
    "NormalizedDense": Subject(
        lambda dtype: spectral_norm.NormalizedDense(4, dtype=dtype),
        lambda size: [(size[0], 6)],
        lambda size: (size[0], 4),
        mixed=False,
    ),
    "GeneratorStage": _layer(
        lambda dtype: GeneratorStage(7, 6, 2, zero_mean=True, zero_start=True, skip=True, dtype=dtype), 3, 7
    ),
    "Generator": Subject(
        _generator,
        lambda size: [(2, *size, 3), (2, 3, 31)],
        lambda size: (2, *size, 31),
    ),
    "SrfEstimator": Subject(
        lambda dtype: srf_estimator.build_srf_estimator(small_config(), DICTIONARY.responses, dtype),
        lambda size: [(2, *size, 3)],
        lambda size: (2, 3, 31),
        config=False,
    ),
    "DiscriminatorStage": Subject(
        lambda dtype: discriminator.DiscriminatorStage(4, 1, dtype=dtype),
        lambda size: [(2, *size, 5)],
        lambda size: (2, size[0] // 4, size[1] // 4, 4),
        sizes=((16, 16), (8, 24)),
        silent=_before_a_norm,
        computes=tf.bfloat16,
    ),
    "Discriminator": Subject(
        lambda dtype: discriminator.Discriminator(5, (4, 4), 1, dtype=dtype),
        lambda size: [(2, *size, 5)],
        lambda size: (2,),
        sizes=((32, 32), (32, 64)),
        silent=_before_a_norm,
    ),
    "Discriminator of components": Subject(
        lambda dtype: discriminator.Discriminator(5, (4, 4), 1, basis=np.eye(5, 2), noise=0.1, dtype=dtype),
        lambda size: [(2, *size, 5)],
        lambda size: (2,),
        sizes=((32, 32), (32, 64)),
        silent=_before_a_norm,
        config=False,
    ),
    "Discriminator, normalized kernels": Subject(
        lambda dtype: discriminator.Discriminator(5, (4, 4), 1, spectral_norm=True, dtype=dtype),
        lambda size: [(2, *size, 5)],
        lambda size: (2,),
        sizes=((32, 32), (32, 64)),
        silent=lambda weight: weight.shape == (1, 1),  # divided by its own size
    ),
    "PatchDiscriminator": Subject(
        lambda dtype: patch_discriminator.PatchDiscriminator(5, 4, dtype=dtype),
        lambda size: [[(2, *size, 3), (2, *size, 5)]],
        lambda size: (2, -(-size[0] // 8), -(-size[1] // 8), 1),
        sizes=((32, 32), (17, 24)),
    ),
    "SemanticBranch": Subject(
        lambda dtype: semantic.SemanticBranch(3, 5, 3, width=4, units=2, dropout=0.0, dtype=dtype),
        lambda size: [(2, *size, 5), (2, 4, 6, 3), (2,)],
        lambda size: (2, 4, 6, 3),
        silent=_before_a_norm,
    ),
    "UNet": _layer(lambda dtype: unet.UNet((4, 6), 5, dtype=dtype), 3, 5),
    "FunctionMixture": _layer(lambda dtype: fm_net.FunctionMixture(4, 5, dtype=dtype), 3, 5),
    "TwoPaths": _layer(lambda dtype: hscnn_d.TwoPaths(8, dtype=dtype), 3, 32),
    "FusionBlock": Subject(
        lambda dtype: hscnn_d.FusionBlock(dtype=dtype),
        lambda size: [[(2, *size, 4), (2, *size, 3)]],
        lambda size: (2, *size, 16),
        computes=tf.bfloat16,
    ),
    "DenseFusion": _layer(lambda dtype: hscnn_d.DenseFusion(3, 5, dtype=dtype), 3, 5),
    "ResizeLike": Subject(
        lambda dtype: hrnet.ResizeLike(dtype=dtype),
        lambda size: [[(2, *size, 3), (2, 5, 6, 1)]],
        lambda size: (2, 5, 6, 3),
        computes=tf.bfloat16,
    ),
    "HRNet": Subject(
        lambda dtype: hrnet.build_hrnet(TINY_HRNET, 5, dtype=dtype, seed=1),
        lambda size: [(2, *size, 3)],
        lambda size: (2, -(-size[0] // 4), -(-size[1] // 4), 5),
        sizes=((32, 32), (17, 23)),
        silent=lambda weight: weight.path == "head_conv/bias",
        rounding=0.1,  # some 30 layers deep
    ),
}
SUBJECTS = {**NETWORKS, **LAYERS}


def inputs_of(subject, size, seed=0):
    """Random inputs of a subject; whole numbers where only a seed fits."""

    def one(shape):
        if isinstance(shape, list):
            return [one(part) for part in shape]
        return tf.constant([1, 2]) if shape == (2,) else image(*shape, seed=seed + len(shape) + shape[-1])

    return [one(shape) for shape in subject.inputs(size)]


def output_of(layer, inputs):
    """The one tensor of a subject's output: a network's cube, or the first of several."""
    found = layer(*inputs)
    if isinstance(found, dict):
        return found["cube"]
    return found[0] if isinstance(found, list) else found


def layer_classes():
    """Every class of layers and models that `hsgan.networks` defines, by name."""
    for module in pkgutil.walk_packages(networks.__path__, "hsgan.networks."):
        importlib.import_module(module.name)
    pending, found = [keras.layers.Layer], {}
    while pending:
        for child in pending.pop().__subclasses__():
            pending.append(child)
            if child.__module__.startswith("hsgan.networks"):
                found[child.__name__] = child
    return found
