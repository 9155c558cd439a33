"""What it takes to go on with a training at step 100,000, beside one at step 2.

  python benchmarks/resume.py [--config=configs/demo.py] [--config.SECTION.FIELD=VALUE ...]

Makes a run folder whose state says that step: the trainer of the configuration as it starts, its steps and its
optimizers' counted on, saved as a training saves it. "whole run" is `python -m hsgan.train` on that folder, two more
steps, its last validation and checkpoint included. The other columns take the same beginning apart, in a process of its
own: "imports" TensorFlow and the package; "build" opens the records and builds networks and optimizers; "restore" reads
the checkpoint; "first batch" finds the place in the data; "first step" traces and optimizes the graph, and runs it.
"""

import itertools
import multiprocessing
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from absl import flags

from hsgan import cli
from hsgan import config as config_lib

FLAGS = flags.FLAGS
STEPS = (2, 100_000)
MORE = 2


def define_flags():
    """Defines the flags of this program."""
    cli.define_config("configs/demo.py")


def make_run(values, folder, step):
    """Makes a run folder at a step; in a process of its own."""
    cli.import_tensorflow()
    import tensorflow as tf

    from hsgan.data import sources
    from hsgan.run.folder import RunFolder
    from hsgan.train import loop
    from hsgan.train.state import TrainingState

    config = config_lib.from_dict(values)
    opened = sources.open_sources(config)
    with RunFolder.create(folder, config).locked() as run:
        loop.keep_sources(config, run, opened)
        trainer = loop.new_trainer(config, opened, run)
        trainer.step.assign(step)
        for optimizer in trainer.optimizers:
            optimizer.iterations.assign(tf.cast(step, optimizer.iterations.dtype))
        TrainingState(run.path / "checkpoints", trainer).save(0.0)


def measure_parts(values, folder):
    """Returns [seconds] of what stands between a command and its first step; in a process of its own."""
    times = [time.perf_counter()]
    cli.import_tensorflow()
    import tensorflow as tf

    from hsgan.data import sources
    from hsgan.repeatable import make_repeatable
    from hsgan.run.folder import RunFolder
    from hsgan.train import loop
    from hsgan.train.state import TrainingState

    times.append(time.perf_counter())
    config = config_lib.from_dict(values)
    run = RunFolder(folder, config)
    make_repeatable()
    opened, cameras = sources.open_sources(config), run.training_dictionary()
    model = loop.build_trainer(config, opened, cameras, run)
    state = TrainingState(run.path / "checkpoints", model)
    times.append(time.perf_counter())
    start = state.restore()
    times.append(time.perf_counter())
    batch = next(iter(model.batches(config, opened, cameras, start)))
    times.append(time.perf_counter())
    tf.nest.map_structure(float, tf.function(model.train_step, autograph=False)(batch))
    times.append(time.perf_counter())
    return [after - before for before, after in itertools.pairwise(times)]


def apart(function, *arguments):
    """Returns what a function gives in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


@cli.without_tensorflow  # each part imports it in its own process
def main(_):
    """Prints the table."""
    columns = ("whole run", "imports", "build", "restore", "first batch", "first step", "after imports")
    print(f"{'seconds':<18}" + "".join(f"{column:>15}" for column in columns))
    for step in STEPS:
        config = cli.load_config()
        config.train.steps, config.train.evaluate = step + MORE, False
        values = config_lib.to_dict(config)
        with tempfile.TemporaryDirectory() as base:
            folder = str(Path(base) / "run")
            apart(make_run, values, folder, step)
            parts = apart(measure_parts, values, folder)
            began = time.perf_counter()
            command = [sys.executable, "-m", "hsgan.train", *sys.argv[1:], f"--workdir={folder}"]
            command += [f"--config.train.steps={step + MORE}", "--config.train.evaluate=False"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            numbers = [time.perf_counter() - began, *parts, sum(parts[1:])]
        print(f"at step {step:<10,}" + "".join(f"{number:>15.2f}" for number in numbers), flush=True)


if __name__ == "__main__":
    cli.run(define_flags, main)
