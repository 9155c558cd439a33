"""The unpaired training of generator, SRF estimator, discriminator and semantic branch, as a Keras model.

A batch is what `hsgan.data.pipelines.unpaired` gives: "rgb" float32 [batch, p, p, 3] (linear), "cube" float32 [batch,
p, p, bands] of *other* scenes, "encoded" float32 [batch, c, c, 3] (sRGB, the same crop as "rgb" at the parser's size),
"labels" int32 [batch, c, c]. Of synthetic RGB it is what `hsgan.data.pairs.apart` gives, the first two alone.
Source: [SE] section 3; method sections 5-7.
"""

from typing import Any

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan import losses, replicas
from hsgan.data import pairs, pipelines
from hsgan.data.share import WHOLE, Share
from hsgan.data.sources import Sources, drawn_cameras
from hsgan.data.statistics import Statistics
from hsgan.losses.gradient_penalty import CENTERS, between, gradient_penalty
from hsgan.networks.discriminator import build_discriminator, mean_normalized
from hsgan.networks.layers.gradient_clip import clip_gradient_l1
from hsgan.networks.parsers import WEIGHTS_FILE, FrozenParser, build_parser
from hsgan.networks.semantic import build_semantic_branch
from hsgan.records.manifest import Manifest
from hsgan.records.schema import VOID
from hsgan.repeatable import ordered_sum
from hsgan.run.folder import RunFolder
from hsgan.spectra.srf import SrfDictionary
from hsgan.train import optimizers
from hsgan.train.parser_trainer import pretrain_together
from hsgan.train.strategies import Team
from hsgan.train.trainer import Trainer, statistics_of

_FAKE, _REAL, _SEEN = range(3)  # whose noise before the discriminator


class UnpairedTrainer(Trainer):
    """Trains a `HSGANNet` against a discriminator of real cubes; alternating updates, one of each a step.

    Args:
      config: the configuration.
      dictionary: the cameras of the training.
      statistics: of the real training cubes, as for every network.
      parser: `E1`, a frozen function of "encoded" images giving features [batch, h', w', channels], or None.
      classes: number of semantic classes; 0 without a parser.
    """

    shown = (
        "loss",
        "discriminator",
        "adversarial",
        "back_projection",
        "smoothness",
        "semantic",
        "synthetic",
        "synthetic_srf",
    )

    def __init__(
        self,
        config: ConfigDict,
        dictionary: SrfDictionary,
        statistics: Statistics,
        parser: FrozenParser | None = None,
        classes: int = 0,
        **kwargs: Any,
    ):
        super().__init__(config, dictionary, statistics, config.optimizer.ema, **kwargs)
        bands, policy = len(dictionary.wavelengths_nm), config.train.precision
        self.discriminator = build_discriminator(config, bands, policy, statistics)
        # A closure, not an attribute: the frozen parser is no part of this model's weights and checkpoints.
        self.parse = (lambda images: parser(images, training=False)) if parser is not None else None
        self.semantic = None
        if self.parse is not None and config.loss.semantic and classes:
            channels = self.parse(tf.zeros((1, config.data.rgb_crop, config.data.rgb_crop, 3))).shape[-1]
            self.semantic = build_semantic_branch(config, classes, bands, channels, policy)
        self.built = True

    @staticmethod
    def make_first(config: ConfigDict, sources: Sources, folder: RunFolder, team: Team) -> None:
        """Pre-trains the scene parser into the run folder, if asked to."""
        pretrain_once(config, sources.photos, folder, team)

    @classmethod
    def prepare(
        cls, config: ConfigDict, sources: Sources, cameras: SrfDictionary, folder: RunFolder
    ) -> "UnpairedTrainer":
        """Returns the trainer with its scene parser."""
        parser = prepared_parser(config, sources.photos, folder) if config.semantic.parser else None
        statistics = statistics_of(config, sources, folder)
        classes = 0 if sources.photos is None else sources.photos.classes
        return cls(config, cameras, statistics, parser, classes, prior=folder.prior())

    @staticmethod
    def batches(
        config: ConfigDict, sources: Sources, cameras: SrfDictionary, start_step: int, share: Share = WHOLE
    ) -> tf.data.Dataset:
        """Returns the stream of cubes and photos (`hsgan.data.pipelines.unpaired`), or of cubes and synthetic RGB."""
        if sources.photos is None:
            return pairs.apart(config, sources.cubes, cameras, start_step, share)
        return pipelines.unpaired(config, sources.cubes, sources.photos, start_step, share)

    def compile(self) -> None:
        """Builds the optimizers of `config.optimizer`: Adam at three rates (TTUR), SGD for the semantic branch."""
        super().compile(optimizer=None, jit_compile=False)
        config, rates, estimator = self.config, self.config.optimizer, self.network.srf_estimator
        generator, srf_estimator, discriminator = (
            optimizers.falling(rate, rates.final_share, config.train.steps)
            for rate in (rates.generator, rates.srf_estimator, rates.discriminator)
        )
        self.generator_optimizer = optimizers.adam(
            rates, generator, self.generator_variables, rates.weight_decay, self.prior_variables
        )
        self.srf_optimizer = optimizers.adam(rates, srf_estimator, estimator.trainable_variables)
        self.discriminator_optimizer = optimizers.adam(rates, discriminator, self.discriminator.trainable_variables)
        if self.semantic is not None:
            self.semantic_optimizer = optimizers.poly_sgd(
                rates.semantic,
                rates.semantic_momentum,
                rates.semantic_power,
                config.train.steps,
                self.semantic.trainable_variables,
            )

    @property
    def generator_variables(self) -> list[keras.Variable]:
        """What the generator's optimizer trains: the generator, and its mixture prior where that is trained along."""
        return self.network.generator.trainable_variables + self.prior_variables

    @property
    def optimizers(self) -> list[keras.optimizers.Optimizer]:
        """All optimizers: their states are part of what a resumed run needs."""
        first = [self.generator_optimizer, self.srf_optimizer, self.discriminator_optimizer]
        return first if self.semantic is None else [*first, self.semantic_optimizer]

    def train_step(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """One discriminator update, then one generator update; returns every raw term by name."""
        with tf.GradientTape() as tape:
            # One forward serves both updates: the generator does not change between them.
            estimate = self.network(batch["rgb"], training=True)
            with tape.stop_recording():
                logs = self.update_discriminator(tf.stop_gradient(estimate["cube"]), batch["cube"])
            terms = self.generator_terms(estimate, batch)
            loss = ordered_sum([self.config.loss[name] * term for name, term in terms.items()])
        logs |= self.update_generator(tape, loss)
        self.finish_step()
        return replicas.means({"loss": loss, **terms, **logs})

    def update_discriminator(self, fake: tf.Tensor, real: tf.Tensor) -> dict[str, tf.Tensor]:
        """Applies one discriminator update (Eq. 13) and returns its log.

        Args:
          fake, real: generated cubes, detached, and real ones, float32 [batch, p, p, bands].
        """
        if not self.config.loss.adversarial:
            return {}
        self.discriminator.iterate()
        with tf.GradientTape() as tape:
            fake_logits = self.discriminator(fake, seed=self.seed_of_step(_FAKE))
            real_logits = self.discriminator(replicas.after(real, fake_logits), seed=self.seed_of_step(_REAL))
            loss = losses.adversarial_discriminator(fake_logits, real_logits)
            penalty = self.discriminator_penalty(fake, replicas.after(real, real_logits))
            total = ordered_sum([loss, *(self.config.loss.gradient_penalty * term for term in penalty.values())])
        variables = self.discriminator.trainable_variables
        gradients = self.gradients(tape, total, variables)
        self.apply(self.discriminator_optimizer, gradients, variables)
        right = tf.concat([fake_logits < 0, real_logits > 0], axis=0)
        return {
            "discriminator": loss,
            **penalty,
            "discriminator_accuracy": tf.reduce_mean(tf.cast(right, tf.float32)),
            "discriminator_gradient": tf.linalg.global_norm(gradients),
        }

    def discriminator_penalty(self, fake: tf.Tensor, real: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the raw gradient penalty by name where the configuration has one, else nothing (Table 5).

        Its gradient passes through the statistics of batch normalization, which couple the samples
        (`losses.gradient_penalty.gradient_penalty`). Held constant there, they would let the penalty shrink the weights
        without end: normalization undoes what that does to the function.
        """
        values = self.config.loss
        if values.regularizer not in CENTERS or not values.gradient_penalty:
            return {}
        cubes = between(mean_normalized(real), mean_normalized(fake), self.seed_of_step())
        return {"gradient_penalty": gradient_penalty(self.discriminator.judge, cubes, CENTERS[values.regularizer])}

    def seed_of_step(self, use: int | None = None) -> tf.Tensor:
        """Returns int64 [2], what all random numbers of a step are drawn from: the run's seed and the step.

        Args:
          use: tells apart what is drawn in one step by the same function.
        """
        seed = tf.stack([tf.constant(self.config.seed, tf.int64), tf.convert_to_tensor(self.step)])
        return seed if use is None else tf.random.experimental.stateless_fold_in(seed, use)

    def generator_terms(self, estimate: dict[str, tf.Tensor], batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns the raw terms of the generator's objective (Eq. 8) by name; a term of weight 0 is not computed.

        Args:
          estimate: {"cube": float32 [batch, p, p, bands], "srf": float32 [batch, 3, bands]}.
          batch: as in `train_step`.
        """
        values, cube = self.config.loss, estimate["cube"]
        terms = {}
        if values.adversarial:
            seen = clip_gradient_l1(cube) if values.regularizer == "l1_clip" else cube
            terms["adversarial"] = losses.adversarial_generator(self.discriminator(seen, seed=self.seed_of_step(_SEEN)))
        if values.back_projection:
            terms["back_projection"] = losses.back_projection(cube, estimate["srf"], batch["rgb"])
        if values.smoothness:
            terms["smoothness"] = losses.smoothness(cube, values.smoothness_form)
        if values.positivity:
            terms["positivity"] = losses.positivity(cube, values.positivity_form)
        if self.semantic is not None:
            earlier = terms.get("adversarial", tf.constant(0.0))
            terms["semantic"] = self.semantic_term(replicas.after(cube, earlier), batch)
        if values.synthetic or values.synthetic_srf:
            terms |= self.synthetic_terms(batch["cube"])
        return terms

    def synthetic_terms(self, real: tf.Tensor) -> dict[str, tf.Tensor]:
        """Mean absolute errors on what random cameras make of unpaired cubes, by name; weight 0 is not computed.

        `synthetic` is that of the cubes, each under its camera, which is told or estimated; `synthetic_srf` that of the
        estimates of the cameras.
        """
        values, cameras, terms = self.config.loss, drawn_cameras(self.config, self.network.dictionary), {}
        seed = self.seed_of_step()
        batch, groups = tf.shape(real)[0] * replicas.count(), 1 + self.config.cameras.variants
        real = pairs.diversified(real, self.config.pairs, seed, batch, replicas.own)
        cube, rgb, srf = pairs.synthetic(real, cameras, values.synthetic_exposure, seed, values.synthetic_power, groups)
        if values.synthetic:
            estimate = self.network(rgb, srf=srf if values.synthetic_camera == "given" else None)
            terms["synthetic"] = losses.l1(estimate["cube"], cube)
        if values.synthetic_srf:
            terms["synthetic_srf"] = losses.l1(self.network.estimate_srf(rgb), srf)
        return terms

    def term_gradients(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """The norms on the generator's weights, each of which the sum of all terms moves."""
        with tf.GradientTape(persistent=True) as tape:
            terms = self.generator_terms(self.network(batch["rgb"], training=True), batch)
            weighted = {name: self.config.loss[name] * term for name, term in terms.items()}
        variables = self.generator_variables
        # A term may leave some of them alone, or all: the error of the camera's estimate.
        found = {name: tape.gradient(term, variables) for name, term in weighted.items()}
        moved = {name: [one for one in gradients if one is not None] for name, gradients in found.items()}
        return {name: tf.linalg.global_norm(some) if some else tf.constant(0.0) for name, some in moved.items()}

    def semantic_term(self, cube: tf.Tensor, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        """Cross-entropy of the classes that the semantic branch reads off cube and parser features (Eq. 12)."""
        # Whatever keeps the adversarial game stable: Table 5 changes nothing here.
        seen = clip_gradient_l1(cube, self.config.loss.semantic_gradient_scale)
        features = tf.stop_gradient(self.parse(batch["encoded"]))
        logits = self.semantic(seen, parser_features=features, seed=self.seed_of_step(), training=True)
        labels = batch["labels"]
        if self.config.semantic.labels == "crop":
            logits = tf.image.resize(logits, labels.shape[1:3])
        else:
            labels = tf.image.resize(labels[..., None], logits.shape[1:3], method="nearest")[..., 0]
        return losses.semantic_cross_entropy(logits, labels, VOID)

    def update_generator(self, tape: tf.GradientTape, loss: tf.Tensor) -> dict[str, tf.Tensor]:
        """Applies the gradients of `loss` to generator, SRF estimator and semantic branch; returns their norms."""
        groups = {
            "generator": (self.generator_variables, self.generator_optimizer),
            "srf_estimator": (self.network.srf_estimator.trainable_variables, self.srf_optimizer),
        }
        if self.semantic is not None:
            groups["semantic"] = (self.semantic.trainable_variables, self.semantic_optimizer)
        found = iter(self.gradients(tape, loss, [one for variables, _ in groups.values() for one in variables]))
        gradients = {name: [next(found) for _ in variables] for name, (variables, _) in groups.items()}
        logs = {}
        for name, (variables, optimizer) in groups.items():
            gradient = gradients[name]
            logs[f"{name}_gradient"] = tf.linalg.global_norm(gradient)
            if name == "semantic":
                gradient = optimizers.coupled_decay(gradient, variables, self.config.optimizer.semantic_weight_decay)
            self.apply(optimizer, gradient, variables)
        return logs


def prepared_parser(config: ConfigDict, photos: Manifest, folder: RunFolder) -> FrozenParser | None:
    """Returns the frozen scene parser, or None: of the configuration's weights, or those that `pretrain_once` made.

    Args:
      config: the configuration.
      photos: with the classes.
      folder: of the run.
    """
    weights = config.semantic.parser_weights or None
    if config.semantic.pretrain_steps and not weights:
        weights = folder.path / "parser" / WEIGHTS_FILE
    return build_parser(config, photos.classes, weights)


def pretrain_once(config: ConfigDict, photos: Manifest, folder: RunFolder, team: Team) -> None:
    """Pre-trains our own HRNet into the run folder where the configuration asks for it, and it is not there yet.

    Args:
      config: the configuration.
      photos: what it is trained on.
      folder: of the run.
      team: the workers, which train it together.
    """
    if config.semantic.parser_weights or not config.semantic.pretrain_steps:
        return
    output = folder.path / "parser"
    there = (output / WEIGHTS_FILE).is_file()
    team.agree({"the scene parser's weights in the run folder": there})
    if there:
        return
    if team.is_chief:
        print(f"pre-training the scene parser {config.semantic.parser} into {output}", flush=True)
    report = pretrain_together(config, output, photos, team)
    if report is None:
        return
    scores = report["validation"] or {}
    text = "".join(f", {name} {scores[name]:.1%}" for name in ("pixel_accuracy", "miou") if name in scores)
    print(f"scene parser: {report['steps']} steps in {report['seconds']:.0f} s{text}", flush=True)
