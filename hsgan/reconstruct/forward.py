"""The forward pass that leaves Keras, to be exported or run elsewhere: two functions of tensors, whatever the network.

rgb float32 [n, h, w, 3], linear; srf float32 [n, 3, bands]; cube float32 [n, h, w, bands]. n, h and w are free.

A `HSGANNet` is exported in its fused form (`hsgan.reconstruct.fused`): first convolutions and SZM folded into the
kernels that follow, sums in place of concatenations; the graph is the whole image's. Other networks are exported as
they are.
"""

import tensorflow as tf

from hsgan.networks import physics
from hsgan.networks.agd_net import AGDNet
from hsgan.networks.hsgan_net import HSGANNet
from hsgan.reconstruct import portable
from hsgan.reconstruct.fused import fold, stage_output


class Forward(tf.Module):
    """The plain form of any `hsgan.networks.base.ReconstructionNetwork`.

    Attributes:
      bands: bands of the cube. initialization: of the network; "learned" where it has none.
      noise: variance of the RGB noise, of the closed form.
    """

    def __init__(self, network, initialization="learned", noise=0.0):
        super().__init__(name="forward")
        self.bands, self.initialization, self.noise = network.bands, initialization, float(noise)
        self.weights = saved_variables(network)
        self._estimate_srf, self._reconstruct = network.estimate_srf, network.reconstruct

    def estimate_srf(self, rgb):
        """Returns the SRF [n, 3, bands] that the network supposes of images [n, h, w, 3]."""
        return self._estimate_srf(rgb)

    def reconstruct(self, rgb, srf):
        """Returns the cube [n, h, w, bands] of images under SRFs [n, 3, bands]."""
        return self._reconstruct(rgb, srf)


class FusedForward(tf.Module):
    """The fused form of a `HSGANNet`, float32; as `Forward`.

    The kernels are variables: of constants TensorFlow's optimizer undoes what makes it fuse sums into convolutions.
    """

    def __init__(self, network):
        super().__init__(name="forward")
        generator = network.generator
        self.bands = network.bands
        self.weights = saved_variables(network.srf_estimator)
        self._estimate_srf = network.srf_estimator.__call__
        self.mean, self.covariance = (tf.Variable(values, trainable=False) for values in network.statistics)
        self.initialization, self.noise = generator.initialization, float(generator.prior_noise)
        self.slope = float(generator.negative_slope)
        self.kernels = [
            tf.nest.map_structure(lambda kernel: tf.Variable(kernel, trainable=False), fold(stage))
            for stage in generator.stages
        ]
        # SZM subtracts the mean of this many channels; the first stage has none.
        growth = generator.stages[0].arguments["growth"]
        self.centered = [growth if number else None for number in range(len(self.kernels))]

    def estimate_srf(self, rgb):
        return self._estimate_srf(rgb)

    def reconstruct(self, rgb, srf):
        cube = self.stage(0, rgb)
        if self.initialization != "learned":
            statistics = tf.convert_to_tensor(self.mean), tf.convert_to_tensor(self.covariance)
            cube += self.operations.start(self.initialization, rgb, srf, statistics, self.noise)
        for number in range(1, len(self.kernels)):
            cube += self.stage(number, self.operations.project(cube, srf) - rgb)
        return tf.nn.leaky_relu(cube, self.slope)

    def stage(self, number, residual):
        """Returns the output [n, h, w, bands] of a stage for its input [n, h, w, 3]."""
        with tf.name_scope(f"stage_{number}"):
            return self.layers(residual, self.kernels[number], self.centered[number])[..., : self.bands]

    layers, operations = staticmethod(stage_output), physics


class PortableForward(FusedForward):
    """The fused form in operations that TFLite has, of one image at a time; closed forms in float32.

    Args:
      network: the network. operations: of the projection and the closed forms.
    """

    layers = staticmethod(portable.stage_output)

    def __init__(self, network, operations=portable):
        super().__init__(network)
        self.operations = operations


class PortableDescent(Forward):
    """AGD-Net in operations that TFLite has, as `PortableForward`."""

    def __init__(self, network, operations=portable):
        super().__init__(network, network.values.initialization, network.values.prior_noise)
        self._reconstruct = lambda rgb, srf: network.descend(rgb, srf, operations)[0]


def saved_variables(layer):
    """Returns the `tf.Variable`s inside the variables of a Keras layer or model.

    A module must hold these, and not the layer: a Keras variable that is saved as a part of it comes back twice, and
    the one that the graph reads has no value where a session loads it, as TensorFlow Serving and the C library do.
    """
    return [variable.value for variable in layer.variables]


def forward_of(network):
    """Returns the `Forward` of a network that a SavedModel is made of."""
    return FusedForward(network) if isinstance(network, HSGANNet) else Forward(network)


def portable_forward_of(network, operations=portable):
    """Returns the `Forward` of a network that a TFLite model is made of, or with other `operations` OpenVINO's."""
    forms = {HSGANNet: PortableForward, AGDNet: PortableDescent}
    return forms[type(network)](network, operations) if type(network) in forms else Forward(network)
