"""The training run: from a configuration to a run folder, begun or gone on with.

`train` is what `python -m hsgan.train` does; a notebook can call it.
"""

import contextlib
import hashlib

import keras
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.data import pairs, pipelines, sources
from hsgan.data.statistics import cube_statistics
from hsgan.errors import DataError
from hsgan.networks.parsers import WEIGHTS_FILE, build_parser
from hsgan.records.manifest import read_manifest
from hsgan.records.reader import diagnose
from hsgan.run.folder import RunFolder
from hsgan.spectra import srf as srf_lib
from hsgan.train.callbacks import Checkpoints, FiniteGuard, ProgressBar, Scalars, Stopwatch, Validation
from hsgan.train.paired import PairedTrainer
from hsgan.train.parser_trainer import pretrain
from hsgan.train.reprojection import ReprojectionTrainer
from hsgan.train.state import TrainingState
from hsgan.train.unpaired import HSGAN
from hsgan.train.validation import Validator


def train(config, workdir):
    """Trains `config` in `workdir` to its end; a run that is already there goes on from its last checkpoint.

    The result is the same, bit for bit, however often the run was stopped or killed on the way.

    Returns:
      The `RunFolder`.

    Raises:
      ConfigError, DataError: the configuration or the records cannot be used.
      RunError: `workdir` holds something else, or a checkpoint cannot be written or read.
      TrainingError: a loss term is not finite.
    """
    asked, config = config_lib.validate(config), sources.resolve(config)
    manifests, dictionary = check_data(config), check_cameras(config)
    folder = RunFolder.create(workdir, asked)
    folder.record_session({name: fingerprint(manifest) for name, manifest in manifests.items()})
    folder.save_dictionary(dictionary)
    if config.train.deterministic:
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(config.seed)
    cameras = folder.training_dictionary()
    model = build_model(config, folder, cameras, manifests)
    state = TrainingState(folder.path / "checkpoints", model)
    start = state.restore()
    steps = config.train.steps
    if start >= steps or stopped_by_clock(config, state):
        print(f"{folder.path}: the run is complete at step {start}")
        return folder
    # What a killed session validated after its last checkpoint is validated again.
    folder.write_history([record for record in folder.history() if record["step"] <= start and start])
    with tf.summary.create_file_writer(str(folder.path / "logs")).as_default(start) as writer:
        callbacks = build_callbacks(config, folder, state, start, writer)
        with explained(config):
            model.fit(
                batches(config, cameras, start),
                steps_per_epoch=steps - start,
                epochs=1,
                verbose=0,
                shuffle=False,
                callbacks=callbacks,
            )
    return folder


def check_data(config):
    """Returns the manifests of the records that training reads, after checking them against `config`.

    Returns:
      {"cubes": manifest}, with "photos" where the model trains on photos.

    Raises:
      DataError: no such records, other wavelengths, photos where cubes should be or the reverse.
    """
    manifests = {"cubes": read_manifest(config.data.cubes)}
    manifests["cubes"].check_wavelengths(config_lib.wavelengths_nm(config))
    manifests["cubes"].files(config.data.validation_split)
    if config.model in config_lib.MODELS_WITH_PHOTOS:
        manifests["photos"] = pipelines.photo_manifest(config)
        if wants_labels(config) and not manifests["photos"].classes:
            raise DataError(
                f"{config.data.rgb}: its photos have no labels for the semantic term; turn it off: "
                "--config.semantic.parser= --config.semantic.pretrain_steps=0"
            )
    for manifest in manifests.values():
        manifest.files("train")
    return manifests


def wants_labels(config):
    """Whether the configuration has a semantic term."""
    return bool(config.model == "hsgan" and config.semantic.parser and config.loss.semantic)


def fingerprint(manifest):
    """Returns what identifies a folder of records: its place, source, note on its license, and one checksum of all."""
    shards = [shard.sha256 for name in sorted(manifest.splits) for shard in manifest.splits[name].shards]
    return {
        "directory": str(manifest.directory),
        "source": manifest.source,
        "note": manifest.note,
        "sha256": hashlib.sha256("".join(shards).encode()).hexdigest(),
    }


def check_cameras(config):
    """Returns the SRF dictionary of `config`.

    Raises:
      DataError: it cannot be read, or lacks a camera that `config.cameras` names.
    """
    cameras = config.cameras
    dictionary = srf_lib.load(cameras.dictionary, config_lib.wavelengths_nm(config))
    for name in (*filter(None, [cameras.test]), *cameras.training, *cameras.held_out):
        dictionary.srf(name)
    return dictionary


def build_model(config, folder, dictionary, manifests):
    """Returns the compiled trainer of `config`; pre-trains the scene parser into `folder` if asked to.

    Args:
      config: resolved configuration. folder: the `RunFolder`. dictionary: the cameras of the training.
      manifests: as from `check_data`.
    """
    statistics = cube_statistics(config.data.cubes, "train")
    if config.model == "hsgan":
        classes = manifests["photos"].classes
        model = HSGAN(config, dictionary, statistics, prepared_parser(config, folder, classes), classes)
    elif config.model == "dbf":
        model = ReprojectionTrainer(config, dictionary, statistics)
    else:
        model = PairedTrainer(config, dictionary, statistics)
    model.compile()
    return model


def batches(config, dictionary, start):
    """Returns the stream of batches that the trainer of `config` wants, from step `start` on."""
    if config.model == "hsgan":
        return pipelines.unpaired(config, start)
    if config.model == "dbf":
        return pipelines.photo_crops(config, start)
    return pairs.paired(config, dictionary, start)


def prepared_parser(config, folder, classes):
    """Returns the frozen scene parser, or None; our own HRNet is pre-trained into the run folder first if asked to."""
    weights = config.semantic.parser_weights or None
    if config.semantic.pretrain_steps and not weights:
        output = folder.path / "parser"
        weights = output / WEIGHTS_FILE
        if not weights.is_file():
            print(f"pre-training the scene parser {config.semantic.parser} into {output}", flush=True)
            report = pretrain(config, output)
            scores = report["validation"] or {}
            text = "".join(f", {name} {scores[name]:.1%}" for name in ("pixel_accuracy", "miou") if name in scores)
            print(f"scene parser: {report['steps']} steps in {report['seconds']:.0f} s{text}", flush=True)
        # What follows must not depend on whether the pre-training ran in this session.
        keras.utils.set_random_seed(config.seed)
    return build_parser(config, classes, weights)


def build_callbacks(config, folder, state, start, writer):
    """Returns the callbacks of a session that starts at step `start`, in the order in which they act."""
    values = config.train
    validator = Validator(config, folder.dictionary(), folder.test_camera, writer)
    stopwatch = Stopwatch(start, float(state.seconds.numpy()), values.max_minutes)
    return [
        FiniteGuard(start),
        stopwatch,
        ProgressBar(start, values.steps, state.model.shown, values.log_every),
        Scalars(start, writer, values.log_every),
        Validation(start, values.steps, values.validate_every, validator, folder, state),
        Checkpoints(start, values.steps, values.checkpoint_every, state, stopwatch),
    ]


def stopped_by_clock(config, state):
    """Whether an earlier session has used up `config.train.max_minutes`."""
    return bool(config.train.max_minutes) and float(state.seconds.numpy()) >= 60 * config.train.max_minutes


@contextlib.contextmanager
def explained(config):
    """Turns a failure to read records inside `fit` into a `DataError` that names shard and record."""
    try:
        yield
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError, tf.errors.NotFoundError) as error:
        diagnose(config.data.cubes, "train")
        if config.model in config_lib.MODELS_WITH_PHOTOS:
            diagnose(config.data.rgb, "train")
        raise error
