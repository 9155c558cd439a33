"""The forward pass that leaves Keras, to be exported or run elsewhere: two functions of tensors, whatever the network.

rgb float32 [n, h, w, 3], linear; srf float32 [n, 3, bands]; cube float32 [n, h, w, bands]. n, h and w are free.

A `HSGANNet` is exported in its fused form (`hsgan.reconstruct.fused`): first convolutions and SZM folded into the
kernels that follow, sums in place of concatenations; the graph is the whole image's. A `MixtureNet` goes through its
pixels in parts. Other networks are exported as they are.
"""

import functools
from collections.abc import Callable

import keras
import tensorflow as tf

from hsgan.networks.base import ReconstructionNetwork
from hsgan.networks.hsgan_net import HSGANNet
from hsgan.networks.mixture_net import MixtureNet
from hsgan.networks.unrolled import Unrolled, final, unroll
from hsgan.reconstruct import portable
from hsgan.reconstruct.fused import fold, stage_output
from hsgan.reconstruct.pixelwise import estimate_in_parts
from hsgan.reconstruct.portable import PORTABLE
from hsgan.spectra import imaging
from hsgan.spectra.mixture import estimate_camera
from hsgan.spectra.operations import EXACT, Operations


class Forward(tf.Module):
    """The plain form of any `hsgan.networks.base.ReconstructionNetwork`.

    Attributes:
      bands: bands of the cube.
      start: the closed form before the stages, (rgb, srf) -> cube; it can be exchanged. None: there is none.

    Args:
      network: the network.
      weights: the part of it whose variables the graph reads; None: all.
    """

    start = None

    def __init__(self, network: ReconstructionNetwork, weights: keras.layers.Layer | None = None):
        super().__init__(name="forward")
        self.bands = network.bands
        self.weights = saved_variables(network if weights is None else weights)
        self._estimate_srf = _Evidence(network) if isinstance(network, MixtureNet) else network.estimate_srf
        self._reconstruct = network.reconstruct

    def estimate_srf(self, rgb: tf.Tensor) -> tf.Tensor:
        """Returns the SRF [n, 3, bands] that the network supposes of images [n, h, w, 3]."""
        return self._estimate_srf(rgb)

    def reconstruct(self, rgb: tf.Tensor, srf: tf.Tensor) -> tf.Tensor:
        """Returns the cube [n, h, w, bands] of images under SRFs [n, 3, bands]."""
        return self._reconstruct(rgb, srf)


class UnrolledForward(Forward):
    """The recursion of an unrolled network, in given operations: its layers are the stages.

    Args:
      network: the network.
      unrolled: what holds its stages: the network itself, or a part of it.
      operations: of the projection and the closed form.
      weights: as for `Forward`.
    """

    def __init__(
        self,
        network: ReconstructionNetwork,
        unrolled: Unrolled,
        operations: Operations,
        weights: keras.layers.Layer | None = None,
    ):
        super().__init__(network, weights)
        constants = tf.nest.map_structure(_constant, network.knowledge(unrolled.needs))
        self.constants, self.rule = constants, unrolled.rule(operations)
        self.start = unrolled.start(lambda: tf.nest.map_structure(tf.convert_to_tensor, constants), operations)
        self.stages = unrolled.layers_in_float32()

    def reconstruct(self, rgb: tf.Tensor, srf: tf.Tensor) -> tf.Tensor:
        return final(unroll(self.rule, self.stages, self.start, rgb, srf))


class FusedForward(UnrolledForward):
    """The fused form of a `HSGANNet`, float32; as `Forward`.

    The kernels are variables: of constants TensorFlow's optimizer undoes what makes it fuse sums into convolutions.

    Args:
      network: the network.
      operations: of the projection and the closed form.
      output: of a stage, as `hsgan.reconstruct.fused.stage_output`.
    """

    def __init__(
        self, network: HSGANNet, operations: Operations = EXACT, output: Callable[..., tf.Tensor] = stage_output
    ):
        super().__init__(network, network.generator, operations, weights=network.srf_estimator)
        self.output = output
        layers = network.generator.stages
        self.kernels = [tf.nest.map_structure(_constant, fold(layer)) for layer in layers]
        # SZM subtracts the mean of this many channels.
        self.centered = [layer.arguments["growth"] if layer.arguments["zero_mean"] else None for layer in layers]
        self.stages = [functools.partial(self.stage, number) for number in range(len(layers))]

    def stage(self, number: int, residual: tf.Tensor) -> tf.Tensor:
        """Returns the increment [n, h, w, bands] of a stage for its input [n, h, w, 3]."""
        with tf.name_scope(f"stage_{number}"):
            return self.output(residual, self.kernels[number], self.centered[number])[..., : self.bands]


class MixtureForward(Forward):
    """The mixture prior in parts of an image; as `Forward`. Whole, what is between would take eight times the cube.

    Args:
      network: the network.
    """

    def __init__(self, network: MixtureNet):
        super().__init__(network)
        self.parameters, self.noise = tuple(map(_constant, network.mixture)), network.prior_noise

    def reconstruct(self, rgb: tf.Tensor, srf: tf.Tensor) -> tf.Tensor:
        parameters = tuple(map(tf.convert_to_tensor, self.parameters))
        cube = tf.TensorSpec((None, None, self.bands))
        return tf.map_fn(
            lambda image: estimate_in_parts(*image, parameters, self.noise), (rgb, srf), fn_output_signature=cube
        )


class _Evidence(tf.Module):
    """`MixtureNet.estimate_srf`, where what tells cameras apart is computed ahead: TFLite has no float64 for it."""

    def __init__(self, network):
        super().__init__(name="evidence")
        self.responses, self.likelihood = map(_constant, (network.dictionary.responses, network.camera_likelihood))

    def __call__(self, rgb):
        return estimate_camera(rgb, tf.convert_to_tensor(self.responses), tf.convert_to_tensor(self.likelihood))


def _constant(values):
    return tf.Variable(values, trainable=False)


def reconstruct_whole(
    forward: Forward, rgb: tf.Tensor, brightness: float, srf: tf.Tensor | None = None
) -> dict[str, tf.Tensor]:
    """Returns {"cube", "srf"} of whole images, which are brought to a brightness and their cubes back.

    Args:
      forward: the network's form.
      rgb: float32 [n, h, w, 3], linear.
      brightness: `ReconstructionNetwork.brightness`; 0: they are taken as they are.
      srf: float32 [n, 3, bands] of their cameras; None: what the network supposes.
    """
    gain = imaging.gain(rgb, brightness) if brightness else None
    rgb = rgb if gain is None else rgb * gain
    srf = forward.estimate_srf(rgb) if srf is None else srf
    cube = forward.reconstruct(rgb, srf)
    return {"cube": cube if gain is None else cube / gain, "srf": srf}


def saved_variables(layer: keras.layers.Layer) -> list[tf.Variable]:
    """Returns the `tf.Variable`s inside the variables of a Keras layer or model.

    A module must hold these, and not the layer: a Keras variable that is saved as a part of it comes back twice, and
    the one that the graph reads has no value where a session loads it, as TensorFlow Serving and the C library do.
    """
    return [variable.value for variable in layer.variables]


def forward_of(network: ReconstructionNetwork) -> Forward:
    """Returns the form of a network that a SavedModel is made of."""
    forms = {HSGANNet: FusedForward, MixtureNet: MixtureForward}
    return forms.get(type(network), Forward)(network)


def portable_forward_of(network: ReconstructionNetwork) -> Forward:
    """Returns the form of a network that a TFLite model is made of, of one image at a time."""
    if isinstance(network, HSGANNet):
        return FusedForward(network, PORTABLE, portable.stage_output)
    return UnrolledForward(network, network, PORTABLE) if isinstance(network, Unrolled) else Forward(network)
