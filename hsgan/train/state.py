"""The full training state on disk: what makes a resumed run equal an uninterrupted one, bit for bit.

A checkpoint holds all weights, all optimizers' states, the step and the seconds trained. It is complete or not there:
TensorFlow writes it under a temporary name, and the index that names the latest one is replaced last.
"""

import shutil
from pathlib import Path

import tensorflow as tf

from hsgan.errors import RunError


class TrainingState:
    """Checkpoints of a compiled model in a folder; the last two are kept.

    Args:
      folder: where the checkpoints are.
      model: a compiled Keras model with a `step` weight and `optimizers`, a list of built optimizers.
    """

    def __init__(self, folder, model):
        self.model = model
        self.seconds = tf.Variable(0.0, dtype=tf.float64, trainable=False)
        self.best = tf.Variable(-float("inf"), dtype=tf.float64, trainable=False)
        # The variables themselves, in their order: tf.train.Checkpoint does not look into a Keras layer's lists, and
        # would leave out, silently, whatever no optimizer holds.
        self.checkpoint = tf.train.Checkpoint(
            weights=list(model.variables),
            optimizers=[list(optimizer.variables) for optimizer in model.optimizers],
            seconds=self.seconds,
            best=self.best,
        )
        self.manager = tf.train.CheckpointManager(self.checkpoint, str(folder), max_to_keep=2, checkpoint_name="state")

    def restore(self):
        """Restores the latest checkpoint, if there is one; returns the step.

        Raises:
          RunError: the checkpoint does not fit the model, or cannot be read.
        """
        latest = self.manager.latest_checkpoint
        if latest is None:
            return 0
        try:
            self.checkpoint.restore(latest).assert_consumed()
        except (AssertionError, ValueError, tf.errors.OpError) as error:
            raise RunError(
                f"{latest}: does not fit this model, or is damaged ({' '.join(str(error).split())[:200]}); "
                "begin again in another --workdir"
            ) from error
        return int(self.model.step.numpy())

    def save(self, seconds):
        """Saves the state; the last good checkpoint stays if that fails.

        Raises:
          RunError: the disk is full, or the folder cannot be written.
        """
        self.seconds.assign(seconds)
        try:
            return self.manager.save(checkpoint_number=int(self.model.step.numpy()))
        except (tf.errors.OpError, OSError) as error:
            for rest in Path(self.manager.directory).glob("*_temp*"):
                shutil.rmtree(rest, ignore_errors=True)
            reason = " ".join((getattr(error, "message", None) or str(error)).split("}}")[-1].split())
            raise RunError(
                f"{self.manager.directory}: the checkpoint could not be written ({reason[:200]}); the last good one "
                f"stays: {self.manager.latest_checkpoint or 'none'}. Make room and run the same command again"
            ) from error
