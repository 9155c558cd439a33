"""Training of the mixture prior end to end, on pairs of single pixels, as a Keras model (method section 18)."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.data import pixels
from hsgan.data.share import WHOLE, Share
from hsgan.data.sources import Sources
from hsgan.prior.fit import recalibrate
from hsgan.prior.samples import scene_spectra
from hsgan.run.folder import RunFolder
from hsgan.spectra.mixture import Parameters, solve_mixture
from hsgan.spectra.srf import SrfDictionary
from hsgan.train.paired import PairedTrainer

_PIXELS = 10_000  # of the training's cubes, on which the trained deviations are compared with the fitted ones


class PixelTrainer(PairedTrainer):
    """As on patches, with pairs of single pixels in their place: `hsgan.networks.mixture_net.MixtureNet` sees no more.

    Args:
      config: the configuration.
      dictionary: the cameras of the training.
      statistics: of the real training cubes, as for every network.
    """

    # Parameters of the trained mixture -> its temperature; None leaves the temperature as it is.
    temperature_of: Callable[[Parameters], float] | None = None

    @classmethod
    def prepare(cls, config: ConfigDict, sources: Sources, cameras: SrfDictionary, folder: RunFolder) -> "PixelTrainer":
        """Returns the trainer, which keeps the deviations of its mixture calibrated (`hsgan.prior.fit.recalibrate`)."""
        trainer = super().prepare(config, sources, cameras, folder)
        prior, noise = folder.prior(), config.prior.noise
        if prior is None:  # a trainer at its start, whose weights are loaded
            return trainer
        scenes = scene_spectra(sources.cubes.directory, ("train",), _PIXELS, config.seed, config.data.brightness)
        spectra, mean = np.concatenate(list(scenes.values())), cameras.responses.mean(axis=0)
        fitted = solve_mixture(tf.constant(mean), prior.parameters, noise)

        def temperature_of(parameters):
            trained = solve_mixture(tf.constant(mean), parameters, noise)
            return recalibrate(prior.temperature, spectra, mean, fitted, trained)

        trainer.temperature_of = temperature_of
        return trainer

    def settle(self) -> None:
        """Calibrates the deviations of the mixture as it is now."""
        if self.temperature_of is not None:
            network = self.inference_model
            network.mixture_layer.temperature.assign(self.temperature_of(network.mixture))

    @staticmethod
    def batches(
        config: ConfigDict, sources: Sources, cameras: SrfDictionary, start_step: int, share: Share = WHOLE
    ) -> tf.data.Dataset:
        """Returns the stream of single pixels (`hsgan.data.pixels.pixel_pairs`)."""
        return pixels.pixel_pairs(config, sources.cubes, cameras, start_step, share)

    def train_step(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """As on patches, the pixels side by side in one image: what a camera costs is paid once, not by every pixel."""
        row = {name: tf.transpose(batch[name], (1, 2, 0, 3)) for name in ("rgb", "cube")}
        return super().train_step({**row, "srf": batch["srf"][:1]})
