"""The package's own training step on noise, and its parts, for `training_step.py` and `step_operations.py`."""

import dataclasses
import math

import numpy as np
import tensorflow as tf
from noise import CLASSES, batch_of, statistics_of

from hsgan import config as config_lib
from hsgan.networks.hrnet import IMAGENET_MEAN, IMAGENET_STD, VARIANTS, build_hrnet
from hsgan.networks.parsers import FrozenParser
from hsgan.repeatable import make_repeatable
from hsgan.spectra import srf as srf_lib
from hsgan.train.unpaired import UnpairedTrainer


def make(path, precision, determinism):
    """Returns ({name: function} of the step and its parts, facts about their networks), as `side_by_side.Row` wants.

    Args:
      path: of the configuration.
      precision: for `config.train.precision`.
      determinism: whether the process is made repeatable, as training is.
    """
    if determinism:
        make_repeatable()
    config = config_lib.load(path)
    config.train.precision = precision
    model, batch = build_model(config), synthetic_batch(config)
    functions = {name: _waited(part) for name, part in parts_of(model, batch).items()}
    return functions, {**facts_of(model, config), "parts": list(functions)}


def _waited(part):
    return lambda: tf.nest.map_structure(np.asarray, part())


def synthetic_batch(config):
    """Returns `noise.batch_of(config)` as tensors."""
    return {name: tf.constant(values) for name, values in batch_of(config).items()}


def build_model(config):
    """Returns the compiled `UnpairedTrainer` of `config`, its parser of random weights."""
    wavelengths_nm, parser = config_lib.wavelengths_nm(config), None
    if config.semantic.parser:
        own = build_hrnet(config.semantic.parser, CLASSES, dtype=config.train.precision)
        parser = FrozenParser(own, 1.0, 0.0, source=config.semantic.parser)
    dictionary = srf_lib.load("default", wavelengths_nm)
    statistics = statistics_of(len(wavelengths_nm))
    model = UnpairedTrainer(config, dictionary, statistics, parser, CLASSES if parser else 0)
    model.compile()
    return model


def facts_of(model, config):
    """Returns what a step of another library needs to have the same sizes.

    "parameters": {network: trained values}; "cameras": float32 [cameras, 3, bands]; "parser": sizes of the scene
    parser's variant or None, and "photo": the mean and deviation that it takes from photos.
    """
    networks = {
        "generator": model.network.generator,
        "srf_estimator": model.network.srf_estimator,
        "discriminator": model.discriminator,
    }
    variant = None
    if model.semantic is not None:
        networks["semantic"] = model.semantic
        variant = dataclasses.asdict(VARIANTS[config.semantic.parser])
    return {
        "parameters": {
            name: sum(math.prod(weight.shape) for weight in network.trainable_weights)
            for name, network in networks.items()
        },
        "cameras": model.network.dictionary.responses,
        "parser": variant,
        "photo": (IMAGENET_MEAN, IMAGENET_STD),
    }


def parts_of(model, batch):
    """Returns {name: function} of the step and its parts; each computes what the step does, gradients included."""

    def generator():
        with tf.GradientTape() as tape:
            cube = model.network(batch["rgb"], training=True)["cube"]
            loss = tf.reduce_sum(cube)
        return tape.gradient(loss, model.network.trainable_variables)

    def discriminator():
        logs = model.update_discriminator(batch["cube"], batch["cube"])
        with tf.GradientTape() as tape:
            tape.watch(batch["cube"])
            loss = tf.reduce_sum(model.discriminator(batch["cube"]))
        return logs, tape.gradient(loss, batch["cube"])

    def semantic():
        with tf.GradientTape() as tape:
            tape.watch(batch["cube"])
            loss = model.semantic_term(batch["cube"], batch)
        return tape.gradient(loss, [batch["cube"], *model.semantic.trainable_variables])

    parts = {"step": lambda: model.train_step(batch), "generator": generator, "discriminator": discriminator}
    if model.semantic is not None:
        parts["semantic"] = semantic
    return {name: tf.function(part) for name, part in parts.items()}
