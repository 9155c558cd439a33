"""The mixture prior as weights that can be trained (method section 18)."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from hsgan.prior.mixture import MixturePrior
from hsgan.spectra.mixture import Parameters

# A step of the optimizer moves log weights by so much more than the other weights.
_LOG_SCALE = 10.0
_FLOOR = 1e-9  # variance that keeps covariances positive definite whose smallest ones training has made less


class MixtureLayer(keras.layers.Layer):
    """The parameters of a mixture of `k` Gaussians over spectra, as `hsgan.spectra.mixture` takes them.

    Whatever training does to the weights, they stand for a mixture: the component's weights sum to 1 (softmax), and
    covariances are positive definite (triangular factors with a diagonal `exp(d)`). It is no function of inputs:
    `parameters` is what it is for.

    Args:
      components: k.
      bands: of the spectra.

    Attributes:
      temperature: factor of the standard deviations, which calibrates them.
    """

    def __init__(self, components: int, bands: int, **kwargs: Any):
        super().__init__(dtype="float32", **kwargs)
        self.components, self.bands = components, bands
        zeros = keras.initializers.Zeros()
        shapes = {
            "log_weights": (components,),
            "means": (components, bands),
            "factors": (components, bands, bands),
        }
        for name, shape in shapes.items():
            setattr(self, name, self.add_weight(name=name, shape=shape, initializer=zeros))
        self.temperature = self.add_weight(name="temperature", shape=(), initializer="ones", trainable=False)
        self.built = True

    def start_at(self, prior: MixturePrior) -> None:
        """Sets the weights to those of a prior, e.g. the one that EM found.

        Args:
          prior: of at most `k` components; those beyond become copies of its first with next to no weight.
        """
        log_weights, means, factors = prior.parameters
        missing = self.components - len(log_weights)
        if missing < 0:
            raise ValueError(f"prior: must have at most {self.components} components. Received: {prior.components}")
        rows = np.r_[np.arange(len(log_weights)), np.zeros(missing, int)]
        log_weights = np.r_[log_weights, np.full(missing, np.min(log_weights) - 50)]
        diagonal = np.log(np.diagonal(factors, axis1=1, axis2=2))
        raw = np.tril(factors, -1) + diagonal[:, :, None] * np.eye(self.bands)
        self.log_weights.assign(log_weights / _LOG_SCALE)
        self.means.assign(means[rows])
        self.factors.assign(raw[rows])
        self.temperature.assign(prior.temperature)

    def prior(self, wavelengths_nm: np.ndarray, source: str) -> MixturePrior:
        """Returns the mixture as it is now, the inverse of `start_at`.

        Args:
          wavelengths_nm: float [bands], of its spectra.
          source: where it comes from.
        """
        log_weights, means, factors = (np.asarray(values, np.float64) for values in self.parameters())
        weights, covariances = np.exp(log_weights), factors @ factors.transpose(0, 2, 1)
        covariances += _FLOOR * np.eye(self.bands)
        grid = np.asarray(wavelengths_nm, np.float32)
        return MixturePrior(weights / weights.sum(), means, covariances, grid, source, float(self.temperature.numpy()))

    def parameters(self) -> Parameters:
        """Returns log weights [k], means [k, bands] and lower factors [k, bands, bands], float32."""
        raw = tf.convert_to_tensor(self.factors)
        lower = raw * np.tril(np.ones((self.bands, self.bands), np.float32), -1)
        factors = lower + tf.exp(raw) * np.eye(self.bands, dtype=np.float32)
        weights = tf.nn.log_softmax(_LOG_SCALE * tf.convert_to_tensor(self.log_weights))
        return weights, tf.convert_to_tensor(self.means), factors
