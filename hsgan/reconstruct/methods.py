"""The methods without a network that always stand beside it, by name in `CLOSED_FORMS`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

from hsgan.prior.mixture import MixturePrior
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.pixelwise import TILE, PixelwiseMixture
from hsgan.spectra import closed_form, mixture
from hsgan.spectra.srf import SrfDictionary

NOISE = 1e-4


@dataclass(frozen=True, eq=False)
class Knowledge:
    """What is known of spectra without any pair of a cube and its photo.

    Attributes:
      statistics: (mean [bands], covariance [bands, bands]) of the training cubes.
      noise: variance of the noise in the RGB, of `wiener` and `ridge`.
      prior: of the training's spectra; None: there is none, and no `mixture`.
      prior_noise: variance of the noise in the RGB, of `mixture`.
      brightness: of the images that go with them, as `Method.brightness`.
      facts: about what they were learned from, for the files that the methods make.
    """

    statistics: tuple
    noise: float = NOISE
    prior: MixturePrior | None = None
    prior_noise: float = mixture.NOISE
    brightness: float = 0.0
    facts: Mapping[str, str] = field(default_factory=dict)


class ClosedFormMethod(Method):
    """A cube from RGB, pixel by pixel, by one formula (`hsgan.spectra`).

    Args:
      name: what tables call it.
      dictionary: the cameras; blind, it takes their mean.
      knowledge: what is known of spectra.
    """

    needs_prior = False
    needs_cubes = True  # whether it is fitted to cubes

    def __init__(self, name: str, dictionary: SrfDictionary, knowledge: Knowledge):
        super().__init__(name, dictionary, {**knowledge.facts, "model": name})
        self.mean, self.covariance = (tf.convert_to_tensor(values, tf.float32) for values in knowledge.statistics)
        self.noise, self.brightness = knowledge.noise, knowledge.brightness


class Interpolation(ClosedFormMethod):
    """The three values, interpolated over the bands."""

    needs_camera = needs_cubes = False

    def window(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        return closed_form.interpolate_bands(rgb, self.wavelengths_nm).numpy()


class Smooth(ClosedFormMethod):
    """The smoothest cube that reproduces the RGB."""

    needs_cubes = False

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


class Mixture(ClosedFormMethod):
    """The mean of the spectra that the RGB can come from, under the mixture prior; no pairs needed."""

    needs_prior = gives_deviation = True
    tile = TILE

    def __init__(self, name: str, dictionary: SrfDictionary, knowledge: Knowledge):
        super().__init__(name, dictionary, knowledge)
        self.facts["prior"] = knowledge.prior.source
        parameters, self.temperature = knowledge.prior.parameters, np.float32(knowledge.prior.temperature)
        self.engine = PixelwiseMixture(lambda: parameters, knowledge.prior_noise)

    def window(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        return self.engine.estimate(rgb, srf)

    def uncertain_window(self, rgb: np.ndarray, srf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        cube, deviation = self.engine.deviate(rgb, srf)
        return cube, self.temperature * deviation


CLOSED_FORMS: dict[str, type[ClosedFormMethod]] = {
    "bi": Interpolation,
    "smooth": Smooth,
    "wiener": Wiener,
    "ridge": Ridge,
    "mixture": Mixture,
}


def closed_forms(
    dictionary: SrfDictionary, knowledge: Knowledge, names: Iterable[str] = tuple(CLOSED_FORMS)
) -> list[ClosedFormMethod]:
    """Returns the methods without a network, in order of `names`; without those that need a prior where there is none.

    Args:
      dictionary: the cameras.
      knowledge: what is known of spectra.
      names: in `CLOSED_FORMS`.
    """
    builders = {name: CLOSED_FORMS[name] for name in names}
    return [
        build(name, dictionary, knowledge)
        for name, build in builders.items()
        if knowledge.prior is not None or not build.needs_prior
    ]
