"""The methods without a network, by name in `CLOSED_FORMS`; those of `BESIDE` stand beside every network in tables."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import tensorflow as tf

from hsgan.prior.mixture import MixturePrior
from hsgan.reconstruct import tiling
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.pixelwise import ONE_TILE_PIXELS, TILE, PixelwiseMixture
from hsgan.reconstruct.tiling import Block, Image
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
    """The mean of the spectra that the RGB can come from, under the mixture prior; no pairs needed.

    Its estimate of the camera is the mean of the cameras that it knows, each by the evidence for it
    (`hsgan.spectra.mixture.estimate_camera`).
    """

    needs_prior = gives_deviation = estimates_camera = True
    tile, one_tile_pixels = TILE, ONE_TILE_PIXELS

    def __init__(self, name: str, dictionary: SrfDictionary, knowledge: Knowledge):
        super().__init__(name, dictionary, knowledge)
        self.facts["prior"] = knowledge.prior.source
        parameters, self.temperature = knowledge.prior.parameters, np.float32(knowledge.prior.temperature)
        self.engine = PixelwiseMixture(lambda: parameters, knowledge.prior_noise)
        self.parameters = parameters

    @cached_property
    def likelihood(self) -> tf.Tensor:
        """What tells the cameras of the dictionary apart (`hsgan.spectra.mixture.camera_likelihood`)."""
        return mixture.camera_likelihood(tf.constant(self.dictionary.responses), self.parameters)

    def camera_shares(self, rgb: np.ndarray) -> np.ndarray:
        """Returns how probable each camera of the dictionary is, float32 [cameras], by an image [h, w, 3]."""
        return mixture.camera_shares(tf.constant(rgb)[None], self.likelihood)[0].numpy()

    def srf_of(self, rgb: np.ndarray) -> np.ndarray:
        return mixture.estimate_camera(tf.constant(rgb)[None], self.dictionary.responses, self.likelihood)[0].numpy()

    def window(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        return self.engine.estimate(rgb, srf)

    def exposed_window(self, rgb: np.ndarray, srf: np.ndarray, gain: np.float32) -> np.ndarray:
        return self.engine.estimate(rgb, srf, gain)

    def uncertain_window(self, rgb: np.ndarray, srf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        cube, deviation = self.engine.deviate(rgb, srf)
        return cube, self.temperature * deviation


class AveragedMixture(Mixture):
    """The mean over all cameras of the cubes that `Mixture` makes under each, by the evidence for it.

    It is for images whose camera is not known, and takes none. It costs as much as `Mixture` for every camera.
    """

    needs_camera = gives_deviation = False

    def reconstruct(self, rgb: Image, srf: np.ndarray) -> Iterator[Block]:
        shares, gain = self.camera_shares(self.glance(rgb)), self.gain(rgb)
        return self.blocks(lambda window: self.average(window, shares, gain), rgb)

    def window(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        return self.exposed_window(rgb, srf, np.float32(1))

    def exposed_window(self, rgb: np.ndarray, srf: np.ndarray, gain: np.float32) -> np.ndarray:
        shares = self.camera_shares(self.exposed(tiling.thumbnail(rgb, self.thumbnail_pixels), gain))
        return self.average(rgb, shares, gain)

    def average(self, rgb: np.ndarray, shares: np.ndarray, gain: np.float32) -> np.ndarray:
        """Returns the cube float32 [h, w, bands] of a window [h, w, 3] under all cameras, by their shares [cameras].

        Args:
          rgb: the window.
          shares: see above.
          gain: as for `hsgan.reconstruct.pixelwise.PixelwiseMixture.estimate`.
        """
        cube = np.zeros((*rgb.shape[:2], self.bands), np.float32)
        for share, srf in zip(shares, self.dictionary.responses, strict=True):
            cube += share * self.engine.estimate(rgb, srf, gain)
        return cube


CLOSED_FORMS: dict[str, type[ClosedFormMethod]] = {
    "bi": Interpolation,
    "smooth": Smooth,
    "wiener": Wiener,
    "ridge": Ridge,
    "mixture": Mixture,
    "mixture_averaged": AveragedMixture,
}
BESIDE = ("bi", "smooth", "wiener", "ridge", "mixture")


def closed_forms(
    dictionary: SrfDictionary, knowledge: Knowledge, names: Iterable[str] = BESIDE
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
