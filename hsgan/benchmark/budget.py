"""Equal budgets: so many steps, or so many minutes turned into steps by a short measurement."""

import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import ml_collections

from hsgan.data.sources import open_sources
from hsgan.errors import ConfigError
from hsgan.run.folder import RunFolder
from hsgan.train import loop
from hsgan.train.callbacks import Logs, StepCallback

WARM_UP, TIMED = 3, 16


@dataclass(frozen=True)
class Budget:
    """How long every row trains: `amount` of `unit`, "steps" or "minutes"."""

    amount: float
    unit: str

    def __str__(self):
        return f"{self.amount:g} {self.unit.removesuffix('s') if self.amount == 1 else self.unit}"


def parse(text: str) -> Budget:
    """Returns the `Budget` of e.g. "600steps" or "5minutes".

    Raises:
      ConfigError: something else.
    """
    match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(steps?|minutes?|min)\s*", text)
    if not match or float(match[1]) <= 0 or (match[2].startswith("step") and float(match[1]) % 1):
        raise ConfigError(f"--budget: must be e.g. 600steps or 5minutes. Received: {text!r}")
    return Budget(float(match[1]), "steps" if match[2].startswith("step") else "minutes")


def steps_of(budget: Budget, config: ml_collections.ConfigDict) -> int:
    """Returns how many steps of `config` the budget allows; minutes are measured on this machine, now."""
    if budget.unit == "steps":
        return int(budget.amount)
    return max(round(60 * budget.amount / seconds_a_step(config)), 1)


def seconds_a_step(config: ml_collections.ConfigDict) -> float:
    """Returns the least seconds of a training step of `config`, of `TIMED` steps after `WARM_UP`; nothing is kept.

    The least, because other work on the machine can only slow a step, and must not shorten one row's training.
    """
    sources = open_sources(config)
    with tempfile.TemporaryDirectory() as scratch:
        folder = RunFolder.create(Path(scratch) / "run", config)
        model, timer = loop.new_trainer(config, sources, folder), Timer()
        stream = model.batches(config, sources, folder.training_dictionary(), 0)
        model.fit(stream, steps_per_epoch=WARM_UP + TIMED, epochs=1, verbose=0, shuffle=False, callbacks=[timer])
    return min(timer.seconds[WARM_UP:])


class Timer(StepCallback):
    """Collects the seconds of every step."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.last = time.perf_counter()

    def on_step(self, step: int, logs: Logs) -> None:
        now = time.perf_counter()
        self.seconds.append(now - self.last)
        self.last = now
