"""The training run: from a configuration to a run folder, begun or gone on with.

`train` is what `python -m hsgan.train` does; a notebook can call it.
"""

import contextlib
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan import config as config_lib
from hsgan.data.sources import Sources, open_sources
from hsgan.data.statistics import cube_statistics
from hsgan.prior.fit import fit_run
from hsgan.records.manifest import Manifest
from hsgan.records.reader import diagnose
from hsgan.repeatable import make_repeatable
from hsgan.run.folder import RunFolder
from hsgan.spectra.srf import SrfDictionary
from hsgan.train import strategies
from hsgan.train.callbacks import Checkpoints, FiniteGuard, ProgressBar, Scalars, Stopwatch, TermGradients, Validation
from hsgan.train.state import TrainingState
from hsgan.train.trainer import Trainer
from hsgan.train.trainers import TRAINERS
from hsgan.train.validation import Validator


def train(config: ConfigDict, workdir: str | Path, sources: Sources | None = None) -> RunFolder:
    """Trains `config` in `workdir` to its end; a run that is already there goes on from its last checkpoint.

    The result is the same, bit for bit, however often the run was stopped or killed on the way.

    Args:
      config: the configuration.
      workdir: the run folder.
      sources: what the training reads, where it is opened already; None: it is opened, and all checked, here.

    Returns:
      The `RunFolder`.

    Raises:
      ConfigError, DataError: the configuration or its data cannot be used; names every problem.
      RunError: `workdir` holds something else, or a checkpoint cannot be written or read.
      TrainingError: a loss term is not finite.
    """
    strategies.split_processor(config)
    sources = sources or open_sources(config)
    with RunFolder.create(workdir, config).locked() as folder:
        return go_on(config, folder, sources)


def go_on(config: ConfigDict, folder: RunFolder, sources: Sources) -> RunFolder:
    """Trains in a run folder that no other training uses, from its last checkpoint to the end.

    Args:
      config: the configuration.
      folder: the run's.
      sources: what the training reads.

    Returns:
      The `RunFolder`.

    Raises:
      RunError, TrainingError: as `train`.
    """
    folder.record_session({name: fingerprint(manifest) for name, manifest in sources.manifests.items()})
    folder.save_dictionary(sources.dictionary)
    cameras = folder.training_dictionary()
    # Both read every cube, so they are made once a run.
    if not folder.begun or folder.prior() is None:
        folder.save_prior(fit_run(config.prior, sources.cubes.directory, cameras, config.data.brightness))
    if not folder.begun or folder.statistics() is None:
        folder.save_statistics(cube_statistics(sources.cubes.directory, "train", config.data.brightness))
    if config.train.deterministic:
        make_repeatable()
    keras.utils.set_random_seed(config.seed)
    strategy = strategies.open_strategy(config)
    with strategy.scope():
        model = build_trainer(config, sources, cameras, folder)
    state = TrainingState(folder.path / "checkpoints", model)
    start = state.restore(folder.reached)
    steps = config.train.steps
    if start >= steps or stopped_by_clock(config, state):
        print(f"{folder.path}: the run is complete at step {start}")
        return folder
    # What a killed session validated after its last checkpoint is validated again.
    folder.write_history([record for record in folder.history() if record["step"] <= start and start])
    with tf.summary.create_file_writer(str(folder.path / "logs")).as_default(start) as writer:
        callbacks = build_callbacks(config, sources, folder, state, start, writer)
        with explained(sources):
            model.fit(
                strategies.shared_out(strategy, model.batches(config, sources, cameras, start), config.train.batch),
                steps_per_epoch=steps - start,
                epochs=1,
                verbose=0,
                shuffle=False,
                callbacks=callbacks,
            )
    return folder


def fingerprint(manifest: Manifest) -> dict[str, str]:
    """Returns what identifies a folder of records: its place, source, note on its license, and one checksum of all."""
    shards = [shard.sha256 for name in sorted(manifest.splits) for shard in manifest.splits[name].shards]
    return {
        "directory": str(manifest.directory),
        "source": manifest.source,
        "note": manifest.note,
        "sha256": hashlib.sha256("".join(shards).encode()).hexdigest(),
    }


def build_trainer(config: ConfigDict, sources: Sources, cameras: SrfDictionary, folder: RunFolder) -> Trainer:
    """Returns the compiled trainer of `config`.

    Args:
      config: the configuration.
      sources: what the training reads.
      cameras: those of `sources` that the training sees.
      folder: of the run, for what has to be made first (the scene parser).
    """
    trainer = TRAINERS[config_lib.model_of(config).training].prepare(config, sources, cameras, folder)
    trainer.compile()
    return trainer


def build_callbacks(
    config: ConfigDict,
    sources: Sources,
    folder: RunFolder,
    state: TrainingState,
    start: int,
    writer: tf.summary.SummaryWriter,
) -> list[keras.callbacks.Callback]:
    """Returns the callbacks of a session that starts at step `start`, in the order in which they act."""
    values = config.train
    network, cameras = state.model.inference_model, folder.dictionary()
    validator = Validator(config, sources.cubes, network, cameras, folder.test_camera, writer)
    batches = functools.partial(state.model.batches, config, sources, folder.training_dictionary())
    stopwatch = Stopwatch(start, float(state.seconds.numpy()), values.max_minutes)
    return [
        FiniteGuard(start),
        stopwatch,
        ProgressBar(start, values.steps, state.model.shown, values.log_every),
        Scalars(start, writer, values.log_every),
        TermGradients(start, batches, writer, values.gradients_every),
        Validation(start, values.steps, values.validate_every, validator, folder, state),
        Checkpoints(start, values.steps, values.checkpoint_every, state, stopwatch),
    ]


def stopped_by_clock(config: ConfigDict, state: TrainingState) -> bool:
    """Whether an earlier session has used up `config.train.max_minutes`."""
    return bool(config.train.max_minutes) and float(state.seconds.numpy()) >= 60 * config.train.max_minutes


@contextlib.contextmanager
def explained(sources: Sources) -> Iterator[None]:
    """Turns a failure to read records inside `fit` into a `DataError` that names shard and record."""
    try:
        yield
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError, tf.errors.NotFoundError) as error:
        for manifest in sources.manifests.values():
            diagnose(manifest.directory, "train")
        raise error
