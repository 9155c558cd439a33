"""The methods without a network that always stand beside it, by name in `CLOSED_FORMS`."""

from collections.abc import Iterable

import numpy as np
import tensorflow as tf

from hsgan.reconstruct.method import Method
from hsgan.spectra import closed_form
from hsgan.spectra.srf import SrfDictionary

NOISE = 1e-4


class ClosedFormMethod(Method):
    """A cube from RGB, pixel by pixel, by one formula (`hsgan.spectra.closed_form`).

    Args:
      name: what tables call it.
      dictionary: the cameras; blind, it takes their mean.
      statistics: (mean [bands], covariance [bands, bands]) of the training cubes.
      noise: variance of the noise in the RGB.
    """

    def __init__(self, name: str, dictionary: SrfDictionary, statistics: tuple, noise: float = NOISE):
        super().__init__(name, dictionary, {"model": name})
        self.mean, self.covariance = (tf.convert_to_tensor(values, tf.float32) for values in statistics)
        self.noise = noise


class Interpolation(ClosedFormMethod):
    """The three values, interpolated over the bands."""

    needs_camera = False

    def window(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        return closed_form.interpolate_bands(rgb, self.wavelengths_nm).numpy()


class Smooth(ClosedFormMethod):
    """The smoothest cube that reproduces the RGB."""

    def window(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        return closed_form.smooth(rgb, srf).numpy()


class Wiener(ClosedFormMethod):
    """The most probable cube under a Gaussian with the statistics of cubes; no pairs needed."""

    def window(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        return closed_form.wiener(rgb, srf, self.mean, self.covariance, self.noise).numpy()


class Ridge(ClosedFormMethod):
    """Paired linear regression, which is `Wiener` without the mean."""

    def window(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        second_moment = self.covariance + self.mean[:, None] * self.mean
        return closed_form.ridge(rgb, srf, second_moment, self.noise).numpy()


CLOSED_FORMS = {"bi": Interpolation, "smooth": Smooth, "wiener": Wiener, "ridge": Ridge}


def closed_forms(
    dictionary: SrfDictionary, statistics: tuple, noise: float = NOISE, names: Iterable[str] = tuple(CLOSED_FORMS)
) -> list[Method]:
    """Returns the methods without a network, in order of `names`; the other arguments are `ClosedFormMethod`'s."""
    return [CLOSED_FORMS[name](name, dictionary, statistics, noise) for name in names]
