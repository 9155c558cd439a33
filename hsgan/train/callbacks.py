"""Keras callbacks that count in steps: progress, guards, TensorBoard, validation, checkpoints.

`fit` runs once over all steps of a run, so that the input pipeline is built once; everything periodic hangs on
`on_train_batch_end`. Steps are counted from 1, over all sessions of the run.
"""

import errno
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tqdm

from hsgan.errors import TrainingError
from hsgan.run.folder import RunFolder
from hsgan.train.state import TrainingState
from hsgan.train.validation import Validator

Logs = dict[str, Any]  # {term: value} of a step, as Keras gives them


class StepCallback(keras.callbacks.Callback):
    """Calls `on_step(step, logs)` after every step, counting from `start_step`."""

    def __init__(self, start_step: int = 0):
        super().__init__()
        self.start_step = start_step

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        try:
            self.on_step(self.start_step + batch + 1, logs)
        except tf.errors.OutOfRangeError as error:
            # A file that could not grow. Keras takes this error for the end of the data, and the training for done.
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG)) from error


class FiniteGuard(StepCallback):
    """Stops the run at the first loss term that is not finite, naming term and step."""

    def on_step(self, step: int, logs: Logs) -> None:
        for name, value in logs.items():
            if not np.isfinite(value):
                raise TrainingError(
                    f"step {step}: {name} is not finite ({float(value)}); the last checkpoint is from before. "
                    "Lower the learning rates, or train in float32, in a new --workdir"
                )


class Stopwatch(StepCallback):
    """Counts the seconds of the steps over all sessions; stops the run after `max_minutes` of them (0: never)."""

    def __init__(self, start_step: int, seconds: float, max_minutes: float):
        super().__init__(start_step)
        self.max_seconds = 60 * max_minutes
        self.seconds = seconds

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self.began = time.perf_counter()

    def on_step(self, step: int, logs: Logs) -> None:
        self.seconds += time.perf_counter() - self.began
        if self.max_seconds and self.seconds >= self.max_seconds:
            self.model.stop_training = True


class ProgressBar(StepCallback):
    """A bar with step, losses and time left; a line every `every` steps where the output is no terminal."""

    def __init__(self, start_step: int, steps: int, shown: Sequence[str], every: int):
        super().__init__(start_step)
        self.steps, self.shown, self.every = steps, shown, every

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.bar = tqdm.tqdm(total=self.steps, initial=self.start_step, desc="training", unit="step", disable=None)
        self.began = time.perf_counter()

    def on_step(self, step: int, logs: Logs) -> None:
        values = {name: f"{float(logs[name]):.4g}" for name in self.shown if name in logs}
        if not self.bar.disable:
            self.bar.set_postfix(values, refresh=False)
            self.bar.update()
        elif step % self.every == 0 or step == self.steps:
            seconds = (time.perf_counter() - self.began) / (step - self.start_step)
            text = "  ".join(f"{name} {value}" for name, value in values.items())
            left = seconds * (self.steps - step) / 60
            print(f"step {step}/{self.steps}  {text}  {seconds:.2f} s/step, {left:.1f} min left", flush=True)

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.bar.close()


class Scalars(StepCallback):
    """Writes all logs to TensorBoard every `every` steps."""

    def __init__(self, start_step: int, writer: tf.summary.SummaryWriter, every: int):
        super().__init__(start_step)
        self.writer, self.every = writer, every

    def on_step(self, step: int, logs: Logs) -> None:
        if step % self.every == 0:
            with self.writer.as_default(step):
                for name, value in logs.items():
                    tf.summary.scalar(f"train/{name}", value)


class TermGradients(StepCallback):
    """Writes the norms of the terms' gradients to TensorBoard every `every` steps (`Trainer.term_gradients`).

    It looks at the batch that comes next, from a stream of its own: the training does not notice.

    Args:
      batches: gives the stream of batches from a step on.
      writer: of TensorBoard.
      every: steps; 0 is never.
    """

    def __init__(
        self,
        start_step: int,
        batches: Callable[[int], tf.data.Dataset],
        writer: tf.summary.SummaryWriter,
        every: int,
    ):
        super().__init__(start_step)
        self.batches, self.writer, self.every = batches, writer, every
        self.measure = tf.function(lambda batch: self.model.term_gradients(batch), autograph=False)

    def on_step(self, step: int, logs: Logs) -> None:
        if not self.every or step % self.every:
            return
        norms = self.measure(next(iter(self.batches(step))))
        with self.writer.as_default(step):
            for name, value in norms.items():
                tf.summary.scalar(f"term_gradient/{name}", value)


class Validation(StepCallback):
    """Evaluates the inference model every `every` steps and at the end; keeps the best weights.

    Args:
      validator: function of the step -> {metric: value}; the best run has the highest "psnr".
      folder: of the run.
      state: keeps the best value over sessions.
    """

    def __init__(
        self, start_step: int, steps: int, every: int, validator: Validator, folder: RunFolder, state: TrainingState
    ):
        super().__init__(start_step)
        self.steps, self.every = steps, every
        self.validator, self.folder, self.state = validator, folder, state

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if self.start_step == 0:
            self.validate(0)

    def on_step(self, step: int, logs: Logs) -> None:
        if step % self.every == 0 or step == self.steps or self.model.stop_training:
            self.validate(step)

    def validate(self, step: int) -> None:
        """Validates now; writes last (and best) weights and a line of history.jsonl."""
        self.model.settle()
        metrics = self.validator(step)
        record = {"step": step, **metrics}
        text = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
        tqdm.tqdm.write(f"step {step}: validation {text}")
        self.folder.write_history([*self.folder.history(), record])
        self.folder.save_weights("last", self.model.inference_model, record)
        if metrics["psnr"] > float(self.state.best.numpy()):
            self.state.best.assign(metrics["psnr"])
            self.folder.save_weights("best", self.model.inference_model, record)


class Checkpoints(StepCallback):
    """Saves the full state every `every` steps and at the end. Comes last: after validation has set the best value."""

    def __init__(self, start_step: int, steps: int, every: int, state: TrainingState, stopwatch: Stopwatch):
        super().__init__(start_step)
        self.steps, self.every, self.state, self.stopwatch = steps, every, state, stopwatch

    def on_step(self, step: int, logs: Logs) -> None:
        if step % self.every == 0 or step == self.steps or self.model.stop_training:
            self.state.save(self.stopwatch.seconds)
