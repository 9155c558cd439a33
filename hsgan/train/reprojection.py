"""Training on RGB alone, by re-projection: the unsupervised baseline DBF, as a Keras model (method section 13).

What the re-projection leaves open is held by the network's basis, fitted to cubes beforehand, and by the smoothness and
positivity terms of `config.loss`. With `dbf.rgb="synthetic"`, as in [SE] Table 1, the RGB is made of the training cubes
by the cameras, and the cubes are projected back by the camera that made it; the cubes themselves are not looked at.
With "photos" the RGB is real, and the camera is the one that the network supposes (`estimate_srf`).
"""

from typing import Any

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan import losses, replicas
from hsgan.data import pairs, pipelines
from hsgan.data.share import WHOLE, Share
from hsgan.data.sources import Sources
from hsgan.data.statistics import Statistics
from hsgan.repeatable import ordered_sum
from hsgan.spectra.srf import SrfDictionary
from hsgan.train import optimizers
from hsgan.train.trainer import Trainer


class ReprojectionTrainer(Trainer):
    """Trains a network so that its cubes give the RGB back.

    Args:
      config: the configuration.
      dictionary: the cameras of the training.
      statistics: of the real training cubes, as for every network.
    """

    shown = ("loss", "back_projection", "smoothness", "positivity")

    def __init__(self, config: ConfigDict, dictionary: SrfDictionary, statistics: Statistics, **kwargs: Any):
        super().__init__(config, dictionary, statistics, config.paired.ema, **kwargs)
        self.built = True

    @staticmethod
    def batches(
        config: ConfigDict, sources: Sources, cameras: SrfDictionary, start_step: int, share: Share = WHOLE
    ) -> tf.data.Dataset:
        """Returns the stream of photos (`hsgan.data.pipelines.photo_crops`), or pairs (`hsgan.data.pairs.paired`)."""
        if sources.photos is None:
            return pairs.paired(config, sources.cubes, cameras, start_step, share)
        return pipelines.photo_crops(config, sources.photos, start_step, share)

    def compile(self) -> None:
        """Builds the optimizer of `config.paired`: Adam with a schedule."""
        super().compile(optimizer=None, jit_compile=False)
        rate = optimizers.schedule(self.config.paired, self.config.train.steps)
        values, variables = self.config.paired, self.network.trainable_variables
        self.network_optimizer = optimizers.adam(values, rate, variables, values.weight_decay)

    @property
    def optimizers(self) -> list[keras.optimizers.Optimizer]:
        """The optimizer, in a list as every trainer has it."""
        return [self.network_optimizer]

    def train_step(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """One update from the RGB of a batch, and the camera where it is known; returns every raw term by name."""
        values = self.config.loss
        with tf.GradientTape() as tape:
            estimate = self.network(batch["rgb"], srf=batch.get("srf"))
            terms = {
                "back_projection": losses.back_projection(estimate["cube"], estimate["srf"], batch["rgb"]),
                "smoothness": losses.smoothness(estimate["cube"], values.smoothness_form),
                "positivity": losses.positivity(estimate["cube"], values.positivity_form),
            }
            loss = ordered_sum([values[name] * term for name, term in terms.items()])
        variables = self.network.trainable_variables
        gradients = self.gradients(tape, loss, variables)
        self.apply(self.network_optimizer, gradients, variables)
        self.finish_step()
        return replicas.means({"loss": loss, **terms, "gradient": tf.linalg.global_norm(gradients)})
