"""Pre-training of our own scene parser on labelled photos, before it is frozen as `E1`.

Cross-entropy at the parser's resolution (1/4), labels resized to it by nearest neighbor; pixels labelled `VOID` do not
count. SGD with momentum 0.9 and a polynomial schedule of power 0.9 down to 0, as HRNet was trained for segmentation
(Wang et al., TPAMI 2020, section 5; there from ImageNet weights, here from random ones).

Weight decay is HRNet's, an L2 gradient on all weights, through the momentum (`hsgan.train.optimizers.coupled_decay`).
"""

import math
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tqdm
from ml_collections import ConfigDict

from hsgan import losses, replicas
from hsgan.data import pipelines, sources
from hsgan.errors import ConfigError, RunError, TrainingError
from hsgan.files.weights import write_weights
from hsgan.networks.hrnet import VARIANTS, build_hrnet
from hsgan.networks.parsers import REPORT_FILE, WEIGHTS_FILE
from hsgan.records import graph, reader
from hsgan.records.manifest import Manifest
from hsgan.records.schema import VOID
from hsgan.repeatable import make_repeatable
from hsgan.spectra import imaging
from hsgan.train import optimizers, strategies
from hsgan.train.replicated import ReplicatedModel
from hsgan.train.strategies import Team

MOMENTUM = 0.9
POWER = 0.9
BATCH = "semantic.pretrain_batch"
CURVE_POINTS = 20  # of the loss, in the report


def pretrain(
    config: ConfigDict,
    output: str | Path,
    steps: int | None = None,
    batch: int | None = None,
    progress: bool = True,
) -> dict[str, Any] | None:
    """Pre-trains the HRNet `config.semantic.parser` on the photo records of a configuration.

    With a `config.train.strategy` every batch is shared out as in training.

    Args:
      config: the configuration. `data.rgb` are the photos, with crops of `data.rgb_crop`; `semantic.pretrain_*` the
        settings; `seed` decides weights and crops, so that a second run gives the first one's weights.
      output: folder for the weights (`WEIGHTS_FILE`) and a report (`REPORT_FILE`); what is there is replaced.
      steps, batch: in place of `semantic.pretrain_steps` and `semantic.pretrain_batch`.
      progress: whether to show a bar.

    Returns:
      The report, a dictionary: "parser", "classes", "class_names", "steps", "batch", "crop", "seed", "precision",
      "records", "loss" (a list of [step, mean since the last entry]), "seconds" of training, and "validation", the
      {"loss", "pixel_accuracy", "miou", "photos"} of the whole validation photos, None where there are none.
      None on all workers but the first, which alone validates and writes.

    Raises:
      ConfigError: not one of our own parsers, or no steps; a batch that the devices do not divide.
      DataError: records that are missing, unreadable or without labels.
      RunError: the output folder cannot be made or written; as `hsgan.train.strategies.begin`.
      TrainingError: a loss that is not finite, by step.
    """
    config = _settings(config, steps, batch)
    strategies.begin(config, BATCH)
    manifest, team = sources.open_photos(config), Team(config, BATCH)
    with team.together():
        team.agree_on_sources({"photos": manifest})
        return pretrain_together(config, output, manifest, team, progress)


def pretrain_together(
    config: ConfigDict, output: str | Path, manifest: Manifest, team: Team, progress: bool = True
) -> dict[str, Any] | None:
    """`pretrain` of workers that are together already.

    Args:
      config: the configuration.
      output: as there.
      manifest: of the photo records, opened and checked.
      team: the workers, all of which call it.
      progress: as there.

    Returns:
      The report, or None, as there.

    Raises:
      ConfigError, DataError, RunError, TrainingError: as there.
    """
    team.check_divides(config, BATCH)
    if team.is_chief:
        _make_folder(output)  # now, not after hours of training
    values, name = config.semantic, config.semantic.parser
    if config.train.deterministic:
        make_repeatable()

    def batches(share):
        return pipelines.labelled_photos(config, manifest, share=share)

    photos = strategies.shared_out(team.strategy, batches, values.pretrain_batch)
    start = time.monotonic()
    try:
        with team.strategy.scope():
            parser = build_hrnet(name, manifest.classes, dtype=config.train.precision, seed=config.seed)
            history = train_parser(config, parser, photos, values.pretrain_steps, progress and team.is_chief)
        seconds = time.monotonic() - start
        if not team.is_chief:
            return None
        validation = validate_parser(parser, manifest)
    except tf.errors.OpError:
        for split in manifest.splits:
            reader.diagnose(manifest.directory, split)
        raise
    facts = {
        "parser": name,
        "classes": manifest.classes,
        "class_names": list(manifest.class_names),
        "steps": values.pretrain_steps,
        "batch": values.pretrain_batch,
        "crop": config.data.rgb_crop,
        "seed": config.seed,
        "precision": config.train.precision,
        "records": str(manifest.directory),
        "loss": curve(history),
        "seconds": round(seconds, 1),
        "validation": validation,
    }
    write_parser(parser, facts, output)
    return facts


def _settings(config, steps, batch):
    """Returns a copy of `config` with these steps and batch where they are given."""
    if config.semantic.parser not in VARIANTS:
        raise ConfigError(f"semantic.parser: only our own parsers are pre-trained: {', '.join(VARIANTS)}. "
                          f"Received: {config.semantic.parser!r}")  # fmt: skip
    config = ConfigDict(config.copy_and_resolve_references())
    if steps is not None:
        config.semantic.pretrain_steps = steps
    if batch is not None:
        config.semantic.pretrain_batch = batch
    for field in ("pretrain_steps", "pretrain_batch"):
        if config.semantic[field] < 1:
            raise ConfigError(f"semantic.{field}: must be positive to pre-train. Received: {config.semantic[field]!r}")
    return config


def _make_folder(output):
    try:
        Path(output).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{output}: cannot be made a folder ({error.strerror}); give another --output") from error
    if not os.access(output, os.W_OK):
        raise RunError(f"{output}: not writable; give another --output")


@tf.autograph.experimental.do_not_convert
def validation_photos(manifest: Manifest) -> tf.data.Dataset:
    """Returns a finite `tf.data.Dataset` of the whole validation photos, as `ParserTrainer` takes them, one a batch."""

    def photo(serialized):
        record = graph.parse_photo(serialized)
        image = imaging.srgb_encode(record["image"]) if manifest.encoding == "linear" else record["image"]
        return {"encoded": image, "labels": tf.cast(record["labels"], tf.int32)}

    records = tf.data.TFRecordDataset([str(path) for path in manifest.files("validation")])
    photos = records.map(photo, num_parallel_calls=2, deterministic=True).batch(1).prefetch(1)
    return photos.apply(tf.data.experimental.assert_cardinality(manifest.split("validation").records))


def validate_parser(parser: keras.Model, manifest: Manifest) -> dict[str, float] | None:
    """Returns {"loss", "pixel_accuracy", "miou", "photos"} over the validation split; None where there is none."""
    if "validation" not in manifest.splits or not manifest.split("validation").records:
        return None
    scorer = ParserScorer(parser, manifest.classes)
    scorer.compile()
    scores = scorer.evaluate(validation_photos(manifest), verbose=0, return_dict=True)
    return {**{key: float(value) for key, value in scores.items()}, "photos": manifest.split("validation").records}


def curve(losses: Sequence[float]) -> list[list[float]]:
    """Returns up to `CURVE_POINTS` pairs [step, mean of the losses since the last pair's step]."""
    parts = np.array_split(np.asarray(losses), min(CURVE_POINTS, len(losses)))
    steps = np.cumsum([len(part) for part in parts])
    return [[int(step), float(part.mean())] for step, part in zip(steps, parts, strict=True)]


class ParserTrainer(ReplicatedModel):
    """Trains a scene parser on batches {"encoded", "labels"}.

    `encoded`: photos, float32 [batch, h, w, 3], sRGB-encoded, in [0, 1]. `labels`: int32 [batch, h, w], a class or
    `VOID`. Other entries of a batch are ignored.

    Args:
      parser: built `keras.Model`, photo -> scores [batch, h', w', classes] (logits).
      weight_decay: of the L2 gradient on all weights.
    """

    def __init__(self, parser: keras.Model, weight_decay: float = 0.0):
        super().__init__(name="parser_trainer")
        self.parser, self.weight_decay = parser, weight_decay
        self.built = True

    def train_step(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """One update; returns {"loss"} of this very step."""
        variables = self.parser.trainable_variables
        with tf.GradientTape() as tape:
            scores = self.parser(batch["encoded"], training=True)
            loss = pixel_cross_entropy(batch["labels"], scores)
        gradients = optimizers.coupled_decay(self.gradients(tape, loss, variables), variables, self.weight_decay)
        self.apply(self.optimizer, gradients, variables)
        return replicas.means({"loss": loss})


class ParserScorer(keras.Model):
    """Scores a scene parser on batches as `ParserTrainer` takes them.

    The scores are over all pixels of all photos together, without those that are `VOID`. "miou" is the mean
    intersection over union of the classes that occur, in the labels or among the predictions. They count in float64:
    in float32 a count ends at 16.8 million pixels.

    Args:
      parser: built `keras.Model`, photo -> scores [batch, h', w', classes] (logits).
      classes: number of classes.
    """

    def __init__(self, parser: keras.Model, classes: int):
        super().__init__(name="parser_scorer")
        self.parser = parser
        self.mean_loss = keras.metrics.Mean(name="loss")
        self.accuracy = keras.metrics.Accuracy(name="pixel_accuracy", dtype="float64")
        self.miou = keras.metrics.MeanIoU(classes, name="miou", ignore_class=VOID, dtype="float64")
        self.built = True

    def test_step(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns {"loss", "pixel_accuracy", "miou"} so far; the latter two at the labels' resolution."""
        labels = batch["labels"]
        scores = self.parser(batch["encoded"], training=False)
        self.mean_loss.update_state(pixel_cross_entropy(labels, scores))
        predicted = tf.argmax(tf.image.resize(scores, tf.shape(labels)[1:3]), axis=-1)
        self.accuracy.update_state(labels, predicted, sample_weight=tf.not_equal(labels, VOID))
        self.miou.update_state(labels, predicted)
        return self.get_metrics_result()


def pixel_cross_entropy(labels: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
    """Returns the cross-entropy, float32 [], mean over the pixels that are not void; 0 if all are.

    Args:
      labels: int32 [batch, h, w], a class or `VOID`.
      scores: logits, float [batch, h', w', classes]; the labels are resized to h', w' (nearest).
    """
    labels = tf.image.resize(labels[..., tf.newaxis], tf.shape(scores)[1:3], method="nearest")[..., 0]
    return losses.semantic_cross_entropy(tf.cast(scores, tf.float32), labels, VOID)


def train_parser(
    config: ConfigDict, parser: keras.Model, photos: Iterable, steps: int, progress: bool = True
) -> list[float]:
    """Trains `parser` in place, under the strategy that it was built in.

    Args:
      config: its `semantic` section gives learning rate and weight decay.
      parser: `keras.Model`, photo -> scores.
      photos: `tf.data.Dataset`, or one that is shared out over replicas, of batches as `ParserTrainer` takes them, at
        least `steps` of them.
      steps: number of updates.
      progress: whether to show a bar with loss and time left.

    Returns:
      The losses, a list of `steps` floats.

    Raises:
      TrainingError: a loss is not finite, or the photos end early; names the step.
    """
    values = config.semantic
    trainer = ParserTrainer(parser, values.pretrain_weight_decay)
    variables = parser.trainable_variables
    trainer.compile(optimizer=optimizers.poly_sgd(values.pretrain_learning_rate, MOMENTUM, POWER, steps, variables))
    with tqdm.tqdm(total=steps, desc="scene parser", unit="step", disable=None if progress else True) as bar:
        watch = _Watch(bar)
        trainer.fit(photos, steps_per_epoch=steps, epochs=1, verbose=0, shuffle=False, callbacks=[watch])
    if len(watch.losses) < steps:
        raise TrainingError(f"parser pre-training: the photos ended after step {len(watch.losses)} of {steps}")
    return watch.losses


class _Watch(keras.callbacks.Callback):
    """Keeps each step's loss, shows it, and stops at one that is not finite."""

    def __init__(self, bar):
        super().__init__()
        self.bar, self.losses, self.recent = bar, [], None

    def on_train_batch_end(self, batch, logs=None):
        loss = float(logs["loss"])
        if not math.isfinite(loss):
            raise TrainingError(f"parser pre-training: the cross-entropy is {loss} at step {batch + 1}; "
                                "lower semantic.pretrain_learning_rate")  # fmt: skip
        self.losses.append(loss)
        self.recent = loss if self.recent is None else 0.95 * self.recent + 0.05 * loss
        self.bar.set_postfix(loss=f"{self.recent:.3f}", refresh=False)
        self.bar.update()


def write_parser(parser: keras.Model, facts: dict[str, Any], output: str | Path) -> Path:
    """Writes the weights and their report into a folder, together; returns the path of the weights.

    Args:
      parser: `keras.Model`.
      facts: dictionary for the report; "parser" and "classes" are what `hsgan.networks.parsers` checks.
      output: folder, made if missing.

    Raises:
      RunError: the folder cannot be made or written.
    """
    _make_folder(output)
    output = Path(output)
    weights = output / WEIGHTS_FILE
    write_weights(weights, output / REPORT_FILE, parser, facts)
    return weights
