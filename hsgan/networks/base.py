"""What all networks of the package have in common: RGB and, optionally, the camera in; cube and SRF out."""

import abc
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan import losses
from hsgan.networks.layers.mixture import MixtureLayer
from hsgan.prior.mixture import MixturePrior
from hsgan.spectra.mixture import Parameters
from hsgan.spectra.srf import SrfDictionary

# The mean [bands] and the covariance [bands, bands] of the pixels of cubes.
Statistics = tuple[np.ndarray, np.ndarray]


class ReconstructionNetwork(keras.Model, abc.ABC):
    """The interface by which networks are trained, evaluated and exported.

    `call(rgb, srf=None)`: rgb float32 [batch, h, w, 3] (linear, [0, 1]), of any h and w; srf float32 [batch, 3, bands],
    the known camera, or None. Returns {"cube": float32 [batch, h, w, bands], "srf": float32 [batch, 3, bands]}: the SRF
    that was given, or the one the network supposes (`estimate_srf`).

    A subclass defines `reconstruct(rgb, srf)`, and `estimate_srf` where it can tell one camera from another. It sets
    `self.built = True` when all its weights exist.

    Attributes:
      dictionary: `hsgan.spectra.srf.SrfDictionary`.
      receptive_radius: pixels on each side that a pixel of the cube depends on once the SRF is fixed; None: the
        whole image.
      stride: sides are padded (by repeating the edge) to a multiple of it inside; 1 for most.
      needs_camera: whether `reconstruct` uses its SRF.
      estimates_camera: whether `estimate_srf` looks at the image.
      learns_camera: whether paired training, too, leaves the camera to `estimate_srf`; otherwise it tells the true one.
      brightness: that its images have in training, and must be brought to in use, whole and by one factor each
        (`hsgan.spectra.exposure`); 0: they come as they are.

    Args:
      dictionary: the cameras.
      statistics: (mean [bands], covariance [bands, bands]) of the real training cubes; None leaves them to be loaded.
      mixture: `config.prior` of a network that has a mixture prior among its weights; None: it has none.
      prior: where those weights start; None leaves them to be loaded.
    """

    receptive_radius = None
    stride = 1
    needs_camera = False
    estimates_camera = False
    learns_camera = False
    brightness = 0.0

    def __init__(
        self,
        dictionary: SrfDictionary,
        statistics: Statistics | None = None,
        mixture: ConfigDict | None = None,
        prior: MixturePrior | None = None,
        **kwargs: Any,
    ):
        super().__init__(dtype="float32", **kwargs)
        bands = len(dictionary.wavelengths_nm)
        self.dictionary = dictionary
        mean, covariance = statistics if statistics is not None else (np.zeros(bands), np.eye(bands))
        self.cube_mean = self.constant("cube_mean", mean)
        self.cube_covariance = self.constant("cube_covariance", covariance)
        self.mixture_layer = None
        if mixture is not None:
            self.mixture_layer = MixtureLayer(mixture.components, bands, trainable=mixture.trained, name="mixture")
            if prior is not None:
                self.mixture_layer.start_at(prior)

    def constant(self, name: str, value: np.ndarray) -> keras.Variable:
        """Returns a weight that is not trained, with an initial value; it is saved and loaded with the others."""
        value = np.asarray(value, np.float32)
        return self.add_weight(
            name=name, shape=value.shape, trainable=False, initializer=lambda shape, dtype: tf.constant(value, dtype)
        )

    @property
    def bands(self) -> int:
        """Number of bands of the cube."""
        return len(self.dictionary.wavelengths_nm)

    @property
    def statistics(self) -> tuple[tf.Tensor, tf.Tensor]:
        """(mean [bands], covariance [bands, bands]) of the real cubes of the training, float32 tensors."""
        return tf.convert_to_tensor(self.cube_mean), tf.convert_to_tensor(self.cube_covariance)

    @property
    def mixture(self) -> Parameters:
        """Log weights, means and factors of the mixture prior, float32 tensors; of a network that has one."""
        return self.mixture_layer.parameters()

    def knowledge(self, needs: str | None) -> tuple[tf.Tensor, ...]:
        """Returns the tensors that a closed form needs to know of cubes (`hsgan.spectra.closed_form.STARTS`).

        Args:
          needs: name of the attribute that holds them; None: nothing is needed.
        """
        return () if needs is None else getattr(self, needs)

    def estimate_srf(self, rgb: tf.Tensor) -> tf.Tensor:
        """Returns the SRF float32 [batch, 3, bands] of images [batch, h, w, 3]: here the dictionary's mean camera."""
        mean = tf.constant(self.dictionary.responses.mean(axis=0), tf.float32)
        return tf.repeat(mean[None], tf.shape(rgb)[0], axis=0)

    @abc.abstractmethod
    def reconstruct(self, rgb: tf.Tensor, srf: tf.Tensor) -> tf.Tensor:
        """Returns the cube float32 [batch, h, w, bands] of images [batch, h, w, 3] under SRFs [batch, 3, bands]."""

    def call(self, rgb: tf.Tensor, srf: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        srf = self.estimate_srf(rgb) if srf is None else srf
        return {"cube": self.reconstruct(rgb, srf), "srf": srf}

    def outputs(self, rgb: tf.Tensor, srf: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        """Returns what a call gives, and "residual": float32 scalar, the mean squared back-projection error.

        The cube is projected through the SRF that was given or supposed; a network with a degradation of its own, or
        with estimates between its stages, measures those.
        """
        estimate = self(rgb, srf=srf)
        return {**estimate, "residual": losses.back_projection(estimate["cube"], estimate["srf"], rgb)}
