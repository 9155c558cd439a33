"""What inference needs, as one Keras model: SRF estimator, generator, statistics of the real cubes."""

import keras
import numpy as np
import tensorflow as tf

from hsgan.networks.generator import build_generator
from hsgan.networks.srf_estimator import build_srf_estimator


class Reconstructor(keras.Model):
    """RGB in, cube and SRF out.

    Input: rgb float32 [batch, h, w, 3] (linear, [0, 1]); srf optional, float32 [batch, 3, bands]: the known camera;
    without it the SRF is estimated from the image. Output: {"cube": float32 [batch, h, w, bands], "srf": float32
    [batch, 3, bands]}.

    Args:
      config: the run's configuration. dictionary: `hsgan.spectra.srf.SrfDictionary`.
      statistics: (mean [bands], covariance [bands, bands]) of the real training cubes; None leaves them to be loaded.
      dtype: the stages' policy, e.g. "mixed_bfloat16".
    """

    def __init__(self, config, dictionary, statistics=None, dtype=None, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        bands = len(dictionary.wavelengths_nm)
        self.dictionary = dictionary
        self.generator = build_generator(config, bands, dtype)
        self.srf_estimator = build_srf_estimator(config, dictionary.responses, dtype)
        mean, covariance = statistics if statistics is not None else (np.zeros(bands), np.eye(bands))
        self.cube_mean = self._constant("cube_mean", mean)
        self.cube_covariance = self._constant("cube_covariance", covariance)
        self.built = True

    def _constant(self, name, value):
        value = np.asarray(value, np.float32)
        return self.add_weight(
            name=name, shape=value.shape, trainable=False, initializer=lambda shape, dtype: tf.constant(value, dtype)
        )

    @property
    def statistics(self):
        """(mean [bands], covariance [bands, bands]) of the real cubes of the training, float32 tensors."""
        return tf.convert_to_tensor(self.cube_mean), tf.convert_to_tensor(self.cube_covariance)

    def call(self, rgb, srf=None):
        srf = self.srf_estimator(rgb) if srf is None else srf
        return {"cube": self.generator(rgb, srf, self.statistics), "srf": srf}
