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
from hsgan.records.manifest import Manifest
from hsgan.records.reader import diagnose
from hsgan.repeatable import make_repeatable
from hsgan.run.folder import RunFolder
from hsgan.run.prior import asked_prior
from hsgan.spectra.srf import SrfDictionary
from hsgan.train import strategies
from hsgan.train.callbacks import Checkpoints, FiniteGuard, ProgressBar, Scalars, Stopwatch, TermGradients, Validation
from hsgan.train.state import TrainingState
from hsgan.train.strategies import Team
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
    strategies.begin(config)
    sources = sources or open_sources(config)
    team = Team(config)
    team.agree_on_sources(sources.manifests, sources.dictionary)
    if not team.is_chief:
        return go_on(config, RunFolder(workdir, config), sources, team)
    with RunFolder.create(workdir, config).locked() as folder:
        return go_on(config, folder, sources, team)


def go_on(config: ConfigDict, folder: RunFolder, sources: Sources, team: Team | None = None) -> RunFolder:
    """Trains in a run folder that no other training uses, from its last checkpoint to the end.

    Args:
      config: the configuration.
      folder: the run's.
      sources: what the training reads.
      team: the workers; None: this process alone.

    Returns:
      The `RunFolder`.

    Raises:
      RunError, TrainingError: as `train`.
    """
    team = team or Team(config)
    with team.together():
        if team.is_chief:
            keep_sources(config, folder, sources)
        if config.train.deterministic:
            make_repeatable()
        make_first(config, folder, sources, team)
        team.agree({"begin": True})  # the others wait for what the chief has made
        keras.utils.set_random_seed(config.seed)
        cameras = folder.training_dictionary()
        with team.strategy.scope():
            model = build_trainer(config, sources, cameras, folder)
        state = TrainingState(folder.path / "checkpoints", model)
        start = state.restore(folder.reached)
        team.agree({"step of the checkpoint": start, "cameras": cameras.responses.tobytes()})
        if start >= config.train.steps or stopped_by_clock(config, state):
            print(f"{folder.path}: the run is complete at step {start}")
            return folder
        fit(config, folder, sources, team, state, start)
    return folder


def keep_sources(config: ConfigDict, folder: RunFolder, sources: Sources) -> None:
    """Notes the session, and keeps what a run knows of its sources: cameras, and prior and statistics of the spectra.

    Args:
      config: the configuration.
      folder: the run's.
      sources: what the training reads.
    """
    folder.record_session({name: fingerprint(manifest) for name, manifest in sources.manifests.items()})
    folder.save_dictionary(sources.dictionary)
    # Both read every cube, so they are made once a run.
    if not folder.begun or folder.prior() is None:
        cameras = folder.training_dictionary()
        folder.save_prior(asked_prior(config, sources.cubes.directory, cameras))
    if not folder.begun or folder.statistics() is None:
        folder.save_statistics(cube_statistics(sources.cubes.directory, "train", config.data.brightness))


def make_first(config: ConfigDict, folder: RunFolder, sources: Sources, team: Team) -> None:
    """Makes what a training needs before it is built, e.g. a scene parser.

    Args:
      config: the configuration.
      folder: the run's.
      sources: what the training reads.
      team: the workers, all of which call it.
    """
    keras.utils.set_random_seed(config.seed)
    TRAINERS[config_lib.model_of(config).training].make_first(config, sources, folder, team)


def new_trainer(config: ConfigDict, sources: Sources, folder: RunFolder) -> Trainer:
    """Returns the compiled trainer of `config` at its start, in a run folder that holds nothing yet."""
    folder.save_dictionary(sources.dictionary)
    make_first(config, folder, sources, Team(config))
    keras.utils.set_random_seed(config.seed)
    return build_trainer(config, sources, folder.training_dictionary(), folder)


def fit(config: ConfigDict, folder: RunFolder, sources: Sources, team: Team, state: TrainingState, start: int) -> None:
    """Trains a model from step `start` to the end.

    Args:
      config: the configuration.
      folder: the run's.
      sources: what the training reads.
      team: the workers; the chief alone validates and writes.
      state: of the model.
      start: the step that it is at.
    """
    model, cameras, steps = state.model, folder.training_dictionary(), config.train.steps

    def batches(share):
        return model.batches(config, sources, cameras, start, share)

    with contextlib.ExitStack() as stack:
        callbacks: list[keras.callbacks.Callback] = [FiniteGuard(start)]
        if team.is_chief:
            # What a killed session validated after its last checkpoint is validated again.
            folder.write_history([record for record in folder.history() if record["step"] <= start and start])
            writer = tf.summary.create_file_writer(str(folder.path / "logs"))
            stack.enter_context(writer.as_default(start))
            callbacks += build_callbacks(config, sources, folder, state, start, writer)
        stack.enter_context(explained(sources))
        model.fit(
            strategies.shared_out(team.strategy, batches, config.train.batch),
            steps_per_epoch=steps - start,
            epochs=1,
            verbose=0,
            shuffle=False,
            callbacks=callbacks,
        )


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
    """Returns what the chief does beside the training, from step `start` on, in the order in which it is done."""
    values = config.train
    network, cameras = state.model.inference_model, folder.dictionary()
    validator = Validator(config, sources.cubes, network, cameras, folder.test_camera, writer)
    batches = functools.partial(state.model.batches, config, sources, folder.training_dictionary())
    stopwatch = Stopwatch(start, float(state.seconds.numpy()), values.max_minutes)
    return [
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
