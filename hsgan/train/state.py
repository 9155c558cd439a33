"""The full training state on disk: what makes a resumed run equal an uninterrupted one, bit for bit.

A checkpoint is a folder `state-STEP` with TensorFlow's files and their checksums. It holds all weights, all optimizers'
states, the step and the seconds trained, and appears whole (`hsgan.disk.whole`). Older versions of this package wrote
the files `state-STEP.*` beside each other; they are read too.
"""

import re
import shutil
from pathlib import Path

import keras
import tensorflow as tf

from hsgan.disk import checksums, guard, whole
from hsgan.disk.plain import read_json
from hsgan.errors import RunError
from hsgan.run.folder import REACHED

KEPT = 2
_PREFIX, _CHECKSUMS = "state", "checksums.json"
_NAME = re.compile(r"state-(\d+)(\.index)?")


class TrainingState:
    """Checkpoints of a compiled model in a folder; the last two are kept.

    Args:
      folder: where the checkpoints are.
      model: a compiled Keras model with a `step` weight and `optimizers`, a list of built optimizers.
    """

    def __init__(self, folder: str | Path, model: keras.Model):
        self.folder = Path(folder)
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
        # `restore` wants it, and `write` alone does not make it.
        _ = self.checkpoint.save_counter

    def restore(self, reached: int = 0) -> int:
        """Restores the newest checkpoint that is sound; says so where a newer one is damaged. Returns the step.

        Args:
          reached: the step that the run is known to have reached with a checkpoint; 0 where it may have none.

        Raises:
          RunError: no checkpoint fits the model and can be read, though there are some, or the run had reached a step.
        """
        problems = []
        for step, prefix in checkpoints(self.folder):
            try:
                check_sound(prefix)
                self.checkpoint.restore(str(prefix)).assert_consumed()
            except Exception as error:  # TensorFlow's readers raise whatever comes to them over damage
                problems.append(f"{_shown(prefix)}: does not fit this model, or is damaged ({guard.reason(error)})")
                continue
            if problems:
                print(f"{'; '.join(problems)}; going on from step {step}", flush=True)
            return step
        if problems or reached:
            lost = f"{self.folder}: holds no checkpoint, though the run had reached step {reached}"
            raise RunError(f"{'; '.join(problems) or lost}; restore it, or begin again in another --workdir")
        return 0

    def save(self, seconds: float) -> str:
        """Saves the state and returns its path; the last good checkpoint stays if that fails.

        Raises:
          RunError: the disk is full, or the folder cannot be written.
        """
        self.seconds.assign(seconds)
        step = int(self.model.step.numpy())
        target = self.folder / f"{_PREFIX}-{step}"
        try:
            with whole.staged([target]) as (part,):
                part.mkdir()
                self.checkpoint.write(str(part / _PREFIX))
                whole.write_json(part / _CHECKSUMS, checksums.of_folder(part))
            whole.write_json(self.folder.with_name(REACHED), {"step": step})
            there = checkpoints(self.folder)
            newer = [prefix for found, prefix in there if found > step]  # damaged, or `restore` had taken them
            for prefix in [*newer, *(prefix for _, prefix in there[len(newer) + KEPT :])]:
                _remove(prefix)
        except (tf.errors.OpError, OSError) as error:
            text = getattr(error, "message", None) or getattr(error, "strerror", None) or str(error)
            reason = " ".join(text.split("}}")[-1].split())
            there = [str(_shown(prefix)) for _, prefix in checkpoints(self.folder)]
            raise RunError(
                f"{self.folder}: the checkpoint could not be written ({reason[:200]}); the last good one stays: "
                f"{there[0] if there else 'none'}. Make room and run the same command again"
            ) from error
        return str(target)


def checkpoints(folder: str | Path) -> list[tuple[int, Path]]:
    """Returns [(step, prefix for TensorFlow)] of a folder's checkpoints, the newest first."""
    found = {}
    for path in Path(folder).glob(f"{_PREFIX}-*"):
        match = _NAME.fullmatch(path.name)
        if match and (path.is_dir() or match[2]):
            found[int(match[1])] = path / _PREFIX if path.is_dir() else path.with_suffix("")
    return sorted(found.items(), reverse=True)


def check_sound(prefix: Path) -> None:
    """Compares the files of a checkpoint with their checksums; those of older versions have none.

    Raises:
      RunError: a file is missing or was changed.
    """
    folder = prefix.parent
    if prefix.name != _PREFIX:
        return
    with guard.reading(folder / _CHECKSUMS, "a list of checksums", RunError):
        checksums.check_folder(folder, read_json(folder / _CHECKSUMS, error=RunError), RunError)


def _shown(prefix):
    return prefix.parent if prefix.name == _PREFIX else prefix


def _remove(prefix):
    if prefix.name == _PREFIX:
        shutil.rmtree(prefix.parent)
    else:
        for path in prefix.parent.glob(f"{prefix.name}.*"):
            path.unlink()
