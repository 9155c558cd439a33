"""What all trainings share: the network, the average of its weights, the count of steps."""

import abc
from typing import Any

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan import replicas
from hsgan.data.share import WHOLE, Share
from hsgan.data.sources import Sources
from hsgan.data.statistics import Statistics, cube_statistics
from hsgan.networks.build import build_network
from hsgan.prior.mixture import MixturePrior
from hsgan.run.folder import RunFolder
from hsgan.spectra.srf import SrfDictionary
from hsgan.train.replicated import ReplicatedModel
from hsgan.train.strategies import Team


class Trainer(ReplicatedModel, abc.ABC):
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

    @staticmethod
    def make_first(config: ConfigDict, sources: Sources, folder: RunFolder, team: Team) -> None:
        """Makes what the run folder must hold before `prepare`, where a training needs more than all of them.

        Args:
          config: the configuration.
          sources: what the training reads.
          folder: of the run.
          team: the workers, all of which call it.
        """

    @classmethod
    def prepare(cls, config: ConfigDict, sources: Sources, cameras: SrfDictionary, folder: RunFolder) -> "Trainer":
        """Returns the trainer of `config`, not compiled yet, with what it takes from its sources.

        Args:
          config: the configuration.
          sources: what the training reads.
          cameras: those of `sources` that the training sees.
          folder: of the run, with statistics and prior of its spectra, and what `make_first` has made.
        """
        return cls(config, cameras, statistics_of(config, sources, folder), prior=folder.prior())

    @staticmethod
    @abc.abstractmethod
    def batches(
        config: ConfigDict, sources: Sources, cameras: SrfDictionary, start_step: int, share: Share = WHOLE
    ) -> tf.data.Dataset:
        """Returns the endless stream of batches that `train_step` takes, or of a worker's share of them.

        It begins at `start_step`, and is a function of its arguments alone, so that a resumed run goes on with what it
        would have seen.
        """

    def settle(self) -> None:
        """Sets what follows from the weights without being trained, before they are validated and kept."""

    @property
    def inference_model(self) -> keras.Model:
        """The network that evaluation and export use: the weight average where there is one."""
        return self.network if self.average is None else self.average

    @property
    def prior_variables(self) -> list[keras.Variable]:
        """The weights of the network's mixture prior that are trained; a decay would pull spectra to black."""
        mixture = self.network.mixture_layer
        return [] if mixture is None else mixture.trainable_variables

    def term_gradients(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns the norm of the gradient of each weighted term of the objective by name; nothing is trained.

        The dictionary is empty for a training that does not measure them.

        Args:
          batch: as in `train_step`.
        """
        return {}

    def finish_step(self) -> None:
        """Counts the step, and moves the weight average towards the weights by `1 - ema`."""
        if self.average is not None:
            weights = [tf.convert_to_tensor(weight) for weight in self.network.trainable_variables]
            replicas.assign_each(
                self.average.trainable_variables,
                weights,
                lambda average, weight: average.assign_add((1 - self.ema) * (weight - average)),
            )
        replicas.assign_each([self.step], [tf.constant(1, tf.int64)], lambda step, one: step.assign_add(one))


def statistics_of(config: ConfigDict, sources: Sources, folder: RunFolder) -> Statistics:
    """Returns mean and covariance of the training's spectra: those that the run has kept, or of its cubes."""
    return folder.statistics() or cube_statistics(sources.cubes.directory, "train", config.data.brightness)
