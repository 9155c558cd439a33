"""What all trainings share: the network, the average of its weights, the count of steps."""

from typing import Any

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.data.sources import Sources
from hsgan.data.statistics import Statistics, cube_statistics
from hsgan.networks.build import build_network
from hsgan.prior.mixture import MixturePrior
from hsgan.run.folder import RunFolder
from hsgan.spectra.srf import SrfDictionary


class Trainer(keras.Model):
    """A Keras model with a `train_step` around the network of a configuration.

    A subclass builds what else it trains, sets `self.built = True`, builds its optimizers in `compile`, lists them as
    `optimizers`, calls `finish_step` after its updates, and gives the stream that it trains on (`batches`). Where it
    needs more than the cubes' statistics, it has a `prepare` of its own. `shown` names the logs of the progress bar.

    Args:
      config: the configuration.
      dictionary: the cameras of the training.
      statistics: (mean [bands], covariance [bands, bands]) of the real training cubes.
      ema: decay of the weight average; 0 for none.
      prior: of the training's spectra; None where no network needs it.
    """

    shown = ("loss",)

    def __init__(
        self,
        config: ConfigDict,
        dictionary: SrfDictionary,
        statistics: Statistics,
        ema: float,
        prior: MixturePrior | None = None,
        **kwargs: Any,
    ):
        super().__init__(dtype="float32", **kwargs)
        self.config, self.ema = config, ema
        knowledge = {"statistics": statistics, "prior": prior, "dtype": config.train.precision}
        self.network = build_network(config, dictionary, **knowledge, name="network")
        self.average = None
        if ema:
            self.average = build_network(config, dictionary, **knowledge, name="average")
            self.average.set_weights(self.network.get_weights())
        self.step = self.add_weight(name="step", shape=(), dtype="int64", initializer="zeros", trainable=False)

    @classmethod
    def prepare(cls, config: ConfigDict, sources: Sources, cameras: SrfDictionary, folder: RunFolder) -> "Trainer":
        """Returns the trainer of `config`, not compiled yet, with what it takes from its sources.

        Args:
          config: the configuration.
          sources: what the training reads.
          cameras: those of `sources` that the training sees.
          folder: of the run, for what has to be made first and kept.
        """
        statistics = cube_statistics(sources.cubes.directory, "train", config.data.brightness)
        return cls(config, cameras, statistics, prior=folder.prior())

    @staticmethod
    def batches(config: ConfigDict, sources: Sources, cameras: SrfDictionary, start_step: int) -> tf.data.Dataset:
        """Returns the endless stream of batches that `train_step` takes, from `start_step` on.

        It is a function of its arguments alone, so that a resumed run goes on with what it would have seen.
        """
        raise NotImplementedError

    @property
    def inference_model(self) -> keras.Model:
        """The network that evaluation and export use: the weight average where there is one."""
        return self.network if self.average is None else self.average

    def term_gradients(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns the norm of the gradient of each weighted term of the objective by name; nothing is trained.

        None where a training does not say.

        Args:
          batch: as in `train_step`.
        """
        return {}

    def finish_step(self) -> None:
        """Counts the step, and moves the weight average towards the weights by `1 - ema`."""
        if self.average is not None:
            pairs = zip(self.average.trainable_variables, self.network.trainable_variables, strict=True)
            for average, weight in pairs:
                average.assign_add((1 - self.ema) * (weight - average))
        self.step.assign_add(1)
