"""Pre-training of our own scene parser on labelled photos, before it is frozen as `E1`.

Cross-entropy at the parser's resolution (1/4), labels resized to it by nearest neighbor; pixels labelled `VOID` do not
count. SGD with momentum 0.9 and a polynomial schedule of power 0.9 down to 0, as HRNet was trained for segmentation
(Wang et al., TPAMI 2020, section 5; there from ImageNet weights, here from random ones).

Weight decay: HRNet's 5e-4 is PyTorch's, an L2 gradient that goes through the momentum and so acts 1 / (1 - momentum)
times as strongly as Keras's decoupled `weights -= learning_rate * weight_decay * weights`. The configured number keeps
PyTorch's meaning; Keras gets it divided by (1 - momentum).
"""

import json
import math
import os
from pathlib import Path

import keras
import tensorflow as tf
import tqdm

from hsgan.errors import TrainingError
from hsgan.networks.parsers import REPORT_FILE, WEIGHTS_FILE

VOID = 255  # label of pixels without a class
MOMENTUM = 0.9
POWER = 0.9
CURVE_POINTS = 20  # of the loss, in the report


class ParserTrainer(keras.Model):
    """Trains and scores a scene parser on batches {"encoded", "labels"}.

    `encoded`: photos, float32 [batch, h, w, 3], sRGB-encoded, in [0, 1]. `labels`: int32 [batch, h, w], a class or
    `VOID`. Other entries of a batch are ignored.

    Args:
      parser: built `keras.Model`, photo -> scores [batch, h', w', classes] (logits).
      classes: number of classes.
    """

    def __init__(self, parser, classes):
        super().__init__(name="parser_trainer")
        self.parser = parser
        self.mean_loss = keras.metrics.Mean(name="loss")
        self.confusion = SegmentationScores(classes)
        self.built = True

    def call(self, photo, training=False):
        return self.parser(photo, training=training)

    def train_step(self, batch):
        """One update; returns {"loss"} of this very step."""
        variables = self.parser.trainable_variables
        with tf.GradientTape() as tape:
            scores = self.parser(batch["encoded"], training=True)
            loss = pixel_cross_entropy(batch["labels"], scores)
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return {"loss": loss}

    def test_step(self, batch):
        """Returns {"loss", "pixel_accuracy", "miou"} so far; the latter two at the labels' resolution."""
        labels = batch["labels"]
        scores = self.parser(batch["encoded"], training=False)
        self.mean_loss.update_state(pixel_cross_entropy(labels, scores))
        self.confusion.update_state(labels, tf.image.resize(scores, tf.shape(labels)[1:3]))
        return self.get_metrics_result()


@keras.saving.register_keras_serializable("hsgan")
class SegmentationScores(keras.metrics.Metric):
    """Pixel accuracy and mean intersection over union, over all pixels of all photos together.

    The mean is over the classes that occur, in the labels or among the predictions. `VOID` pixels do not count.
    """

    def __init__(self, classes, name="segmentation_scores", **kwargs):
        super().__init__(name=name, **kwargs)
        self.classes = classes
        self.matrix = self.add_weight(shape=(classes, classes), initializer="zeros", dtype="int64", name="matrix")

    def update_state(self, labels, scores, sample_weight=None):
        """Adds int labels [batch, h, w] and float scores [batch, h, w, classes]."""
        valid = tf.not_equal(labels, VOID)
        predicted = tf.argmax(scores, axis=-1)
        counts = tf.math.confusion_matrix(labels[valid], predicted[valid], self.classes, dtype=tf.int64)
        self.matrix.assign_add(counts)

    def result(self):
        """Returns {"pixel_accuracy", "miou"}, both in [0, 1]; 0 before any pixel."""
        matrix = tf.cast(tf.convert_to_tensor(self.matrix), tf.float64)
        hits = tf.linalg.diag_part(matrix)
        union = tf.reduce_sum(matrix, axis=0) + tf.reduce_sum(matrix, axis=1) - hits
        occurring = tf.reduce_sum(tf.cast(union > 0, tf.float64))
        return {
            "pixel_accuracy": tf.math.divide_no_nan(tf.reduce_sum(hits), tf.reduce_sum(matrix)),
            "miou": tf.math.divide_no_nan(tf.reduce_sum(tf.math.divide_no_nan(hits, union)), occurring),
        }

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}


def pixel_cross_entropy(labels, scores):
    """Returns the cross-entropy, float32 [], mean over the pixels that are not void; 0 if all are.

    Args:
      labels: int32 [batch, h, w], a class or `VOID`.
      scores: logits, float [batch, h', w', classes]; the labels are resized to h', w' (nearest).
    """
    labels = tf.image.resize(labels[..., tf.newaxis], tf.shape(scores)[1:3], method="nearest")[..., 0]
    valid = tf.not_equal(labels, VOID)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.where(valid, labels, 0), tf.cast(scores, tf.float32))
    return tf.math.divide_no_nan(tf.reduce_sum(tf.where(valid, losses, 0.0)), tf.reduce_sum(tf.cast(valid, tf.float32)))


def parser_optimizer(learning_rate, weight_decay, steps):
    """Returns SGD with momentum 0.9, PyTorch-like `weight_decay` and the polynomial schedule over `steps`."""
    schedule = keras.optimizers.schedules.PolynomialDecay(learning_rate, steps, end_learning_rate=0.0, power=POWER)
    return keras.optimizers.SGD(schedule, momentum=MOMENTUM, weight_decay=weight_decay / (1 - MOMENTUM))


def train_parser(config, parser, classes, photos, steps, progress=True):
    """Trains `parser` in place.

    Args:
      config: its `semantic` section gives learning rate and weight decay.
      parser: `keras.Model`, photo -> scores.
      classes: number of classes.
      photos: `tf.data.Dataset` of batches as `ParserTrainer` takes them, at least `steps` of them.
      steps: number of updates.
      progress: whether to show a bar with loss and time left.

    Returns:
      (the `ParserTrainer`, the losses, a list of `steps` floats).

    Raises:
      TrainingError: a loss is not finite, or the photos end early; names the step.
    """
    trainer = ParserTrainer(parser, classes)
    optimizer = parser_optimizer(config.semantic.pretrain_learning_rate, config.semantic.pretrain_weight_decay, steps)
    optimizer.build(parser.trainable_variables)
    trainer.compile(optimizer=optimizer)
    with tqdm.tqdm(total=steps, desc="scene parser", unit="step", disable=not progress) as bar:
        watch = _Watch(bar)
        trainer.fit(photos.take(steps), epochs=1, verbose=0, callbacks=[watch])
    if len(watch.losses) < steps:
        raise TrainingError(f"parser pre-training: the photos ended after step {len(watch.losses)} of {steps}")
    return trainer, watch.losses


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


def write_parser(parser, facts, output):
    """Writes the weights and, after them, the report into a folder; returns the path of the weights.

    Each file appears whole or not at all, and a report's presence says that its weights are complete.

    Args:
      parser: `keras.Model`.
      facts: dictionary for the report; "parser" and "classes" are what `hsgan.networks.parsers` checks.
      output: folder, made if missing.
    """
    output = Path(output)
    output.mkdir(parents=True, exist_ok=True)
    weights, report = output / WEIGHTS_FILE, output / REPORT_FILE
    report.unlink(missing_ok=True)  # of older weights
    partial = output / f".partial.{WEIGHTS_FILE}"
    try:
        parser.save_weights(partial, overwrite=True)
        os.replace(partial, weights)
        partial.write_text(json.dumps(facts, indent=2) + "\n")
        os.replace(partial, report)
    finally:
        partial.unlink(missing_ok=True)
    return weights
