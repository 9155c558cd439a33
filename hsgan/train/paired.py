"""Training on pairs: AGD-Net and the supervised baselines, as a Keras model (method sections 12 and 13).

A batch is what `hsgan.data.pairs.paired` gives: "rgb" float32 [batch, p, p, 3] (linear), "cube" float32 [batch, p, p,
bands], "srf" float32 [batch, 3, bands], the camera that made the one of the other.
"""

from typing import Any

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan import losses, replicas
from hsgan.data import pairs
from hsgan.data.share import WHOLE, Share
from hsgan.data.sources import Sources
from hsgan.data.statistics import Statistics
from hsgan.losses.paired import FORMS
from hsgan.repeatable import ordered_sum
from hsgan.spectra.srf import SrfDictionary
from hsgan.train import optimizers
from hsgan.train.trainer import Trainer


class PairedTrainer(Trainer):
    """Trains a network towards the true cubes; with `config.paired.adversarial`, also against a discriminator.

    The network gets the true SRF unless it learns to estimate one itself (`learns_camera`).

    Args:
      config: the configuration.
      dictionary: the cameras of the training.
      statistics: of the real training cubes, as for every network.
    """

    shown = ("loss", "pixel", "rank", "residual", "adversarial", "discriminator")

    def __init__(self, config: ConfigDict, dictionary: SrfDictionary, statistics: Statistics, **kwargs: Any):
        super().__init__(config, dictionary, statistics, config.paired.ema, **kwargs)
        self.discriminator = None
        if config.paired.adversarial:
            from hsgan.networks.patch_discriminator import build_patch_discriminator

            bands = len(dictionary.wavelengths_nm)
            self.discriminator = build_patch_discriminator(config, bands, config.train.precision)
        self.built = True

    @staticmethod
    def batches(
        config: ConfigDict, sources: Sources, cameras: SrfDictionary, start_step: int, share: Share = WHOLE
    ) -> tf.data.Dataset:
        """Returns the stream of pairs (`hsgan.data.pairs.paired`)."""
        return pairs.paired(config, sources.cubes, cameras, start_step, share)

    def compile(self) -> None:
        """Builds the optimizers of `config.paired`: Adam with a schedule, and another Adam for the discriminator."""
        super().compile(optimizer=None, jit_compile=False)
        values = self.config.paired
        rate = optimizers.schedule(values, self.config.train.steps)
        self.network_optimizer = optimizers.adam(
            values, rate, self.network.trainable_variables, values.weight_decay, self.prior_variables
        )
        if self.discriminator is not None:
            variables = self.discriminator.trainable_variables
            self.discriminator_optimizer = optimizers.adam(values, values.discriminator, variables)

    @property
    def optimizers(self) -> list[keras.optimizers.Optimizer]:
        """All optimizers: their states are part of what a resumed run needs."""
        first = [self.network_optimizer]
        return first if self.discriminator is None else [*first, self.discriminator_optimizer]

    def train_step(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """One discriminator update if there is one, then one of the network; returns every raw term by name."""
        srf = None if self.network.learns_camera else batch["srf"]
        with tf.GradientTape() as tape:
            estimate = self.network.outputs(batch["rgb"], srf)
            with tape.stop_recording():
                logs = self.update_discriminator(tf.stop_gradient(estimate["cube"]), batch)
            terms = self.terms(estimate, batch)
            loss = ordered_sum([self.config.paired[name] * term for name, term in terms.items()])
        variables = self.network.trainable_variables
        gradients = self.gradients(tape, loss, variables)
        self.apply(self.network_optimizer, gradients, variables)
        self.finish_step()
        return replicas.means({"loss": loss, **terms, **logs, "gradient": tf.linalg.global_norm(gradients)})

    def terms(self, estimate: dict[str, tf.Tensor], batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns the raw terms of the objective by name; a term of weight 0 is not computed.

        Args:
          estimate: {"cube": float32 [batch, p, p, bands], "residual": scalar}.
          batch: as in `train_step`.
        """
        values, cube_hat, cube = self.config.paired, estimate["cube"], batch["cube"]
        terms = {}
        if values.pixel:
            terms["pixel"] = FORMS[values.pixel_form](cube_hat, cube)
        if values.residual:
            terms["residual"] = estimate["residual"]
        if values.rank:
            terms["rank"] = losses.rank(cube_hat, cube, values.rank_patch, values.rank_stride, values.rank_weighting)
        if self.discriminator is not None:
            logits = self.discriminator([batch["rgb"], cube_hat])
            terms["adversarial"] = losses.adversarial_generator(logits)
        return terms

    def update_discriminator(self, fake: tf.Tensor, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Applies one discriminator update (binary cross-entropy, given the RGB) and returns its log."""
        if self.discriminator is None:
            return {}
        with tf.GradientTape() as tape:
            fake_logits = self.discriminator([batch["rgb"], fake])
            real_logits = self.discriminator([batch["rgb"], replicas.after(batch["cube"], fake_logits)])
            loss = losses.adversarial_discriminator(fake_logits, real_logits) / 2
        variables = self.discriminator.trainable_variables
        self.apply(self.discriminator_optimizer, self.gradients(tape, loss, variables), variables)
        return {"discriminator": loss}
