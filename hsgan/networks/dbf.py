"""DBF, the unsupervised baseline: a few basis spectra, and a network that mixes them (method section 13)."""

from typing import Any

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.networks.base import ReconstructionNetwork, Statistics
from hsgan.networks.unet import UNet
from hsgan.spectra.srf import SrfDictionary


class DBFNet(ReconstructionNetwork):
    """A U-Net that weighs K basis spectra at each pixel; 1,129,138 parameters for widths (92, 104, 124) and K = 10.

    The basis is fitted to cubes before (`spectral_basis`), kept with the weights (`basis`) and not trained, so that the
    re-projection of photos alone is enough to train the rest. The layer table is not public: [SE] gives 1.13 M
    parameters and 1.02 T operations at 1392x1040 (0.70 M a pixel). Ours is a choice that meets the parameters, with
    0.46 M multiply-adds a pixel. The last convolution starts at zero: what the re-projection does not determine then
    stays unsaid instead of random.

    Source: [SE] Table 1; Fubara et al., "RGB to Spectral Reconstruction via Learned Basis Functions and Weights"
    (CVPR workshops 2020), which learns the basis by gradients instead.

    Args:
      config: the run's configuration.
      dictionary: as for every network.
      statistics: as for every network.
      dtype: the U-Net's policy, e.g. "mixed_bfloat16".
    """

    def __init__(
        self,
        config: ConfigDict,
        dictionary: SrfDictionary,
        statistics: Statistics | None = None,
        dtype: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(dictionary, statistics, **kwargs)
        count = config.dbf.basis
        mean, covariance = statistics if statistics is not None else (np.zeros(self.bands), np.eye(self.bands))
        self.basis = self.constant("basis", spectral_basis(mean, covariance, count))
        self.unet = UNet(config.dbf.widths, count, zero_start=True, dtype=dtype)
        self.unet.build((None, None, None, 3))
        self.receptive_radius, self.stride = self.unet.receptive_radius, self.unet.stride
        self.built = True

    def reconstruct(self, rgb: tf.Tensor, srf: tf.Tensor) -> tf.Tensor:
        weights = tf.cast(self.unet(rgb), tf.float32)
        return tf.tensordot(weights, tf.convert_to_tensor(self.basis), axes=[[-1], [1]])


def spectral_basis(mean: np.ndarray, covariance: np.ndarray, count: int) -> np.ndarray:
    """Returns the basis float64 [bands, count] that leaves the least mean squared error of the spectra.

    The leading eigenvectors of the second moment about zero, `covariance + mean mean^T`, the largest first: no other
    `count` spectra span these cubes better. Each is scaled so that its weights have a mean square of 1, and has a
    positive sum.

    Args:
      mean: of the cubes' spectra, [bands].
      covariance: of the cubes' spectra, [bands, bands].
      count: at most the number of bands.
    """
    mean, covariance = np.asarray(mean, np.float64), np.asarray(covariance, np.float64)
    values, vectors = np.linalg.eigh(covariance + np.outer(mean, mean))
    values, vectors = values[::-1][:count], vectors[:, ::-1][:, :count]
    signs = np.where(vectors.sum(axis=0) < 0, -1.0, 1.0)
    return vectors * signs * np.sqrt(np.maximum(values, 0))
