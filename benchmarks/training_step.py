"""Training steps a second, where their time goes, and whether the input pipeline keeps up.

  python benchmarks/training_step.py [--configs=demo,cave_camvid] [--seconds=5] [--pipeline=false]

One synthetic batch is trained on again and again, with a scene parser of random weights. Rows: float32 and
mixed_bfloat16, each without and with TensorFlow's op determinism (training uses it), every row in a process of its own.
The shares are measured on parts of the same step, each compiled alone, with its gradients: "generator" is the
`HSGANNet`, "discriminator" its own update and the generator's adversarial term, "semantic" parser and branch; what
is left are the other losses, the optimizers and the weight average. "pipeline" is `pipelines.unpaired` of the same
configuration on the demo records, alone; it should give at least 5 times what the steps take.
"""

import json
import subprocess
import sys
import time

import input_pipeline
import numpy as np
import tensorflow as tf
from absl import flags

from hsgan import cli
from hsgan import config as config_lib
from hsgan.data import pipelines, sources
from hsgan.networks.hrnet import build_hrnet
from hsgan.networks.parsers import FrozenParser
from hsgan.repeatable import make_repeatable
from hsgan.spectra import srf as srf_lib
from hsgan.train.unpaired import UnpairedTrainer

FLAGS = flags.FLAGS
CLASSES = 11
PIPELINE = "pipeline"


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_list("configs", ["demo", "cave_camvid"], "Configurations whose sizes are measured.")
    flags.DEFINE_float("seconds", 5.0, "Measuring time of each number.")
    flags.DEFINE_bool("pipeline", True, "Measure the input pipeline too (makes the demo set on first use).")
    flags.DEFINE_list("row", None, "CONFIG,PRECISION,DETERMINISM (0 or 1): measure it alone and print it as JSON.")


def synthetic_batch(config):
    """Returns a batch as `UnpairedTrainer` takes it, of uniform noise."""
    rng, train, crop = np.random.default_rng(0), config.train, config.data.rgb_crop
    patch, bands = (train.batch, train.patch, train.patch), len(config_lib.wavelengths_nm(config))
    photo = (train.batch, crop, crop)
    return {
        "rgb": tf.constant(rng.random((*patch, 3), np.float32)),
        "cube": tf.constant(rng.random((*patch, bands), np.float32)),
        "encoded": tf.constant(rng.random((*photo, 3), np.float32)),
        "labels": tf.constant(rng.integers(0, CLASSES, photo), tf.int32),
    }


def build_model(config):
    """Returns the compiled `UnpairedTrainer` of `config`, its parser of random weights."""
    wavelengths_nm = config_lib.wavelengths_nm(config)
    bands, parser = len(wavelengths_nm), None
    if config.semantic.parser:
        own = build_hrnet(config.semantic.parser, CLASSES, dtype=config.train.precision)
        parser = FrozenParser(own, 1.0, 0.0, source=config.semantic.parser)
    statistics = (np.full(bands, 0.3), 0.01 * np.eye(bands))
    dictionary = srf_lib.load("default", wavelengths_nm)
    model = UnpairedTrainer(config, dictionary, statistics, parser, CLASSES if parser else 0)
    model.compile()
    return model


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


def seconds_each(functions, seconds):
    """Returns {name: median seconds} of functions called in turn, so that other load meets all of them alike."""
    for function in functions.values():
        function()
    times = {name: [] for name in functions}
    start = time.perf_counter()
    while time.perf_counter() - start < seconds * len(functions) or len(times["step"]) < 3:
        for name, function in functions.items():
            began = time.perf_counter()
            tf.nest.map_structure(np.asarray, function())
            times[name].append(time.perf_counter() - began)
    return {name: float(np.median(values)) for name, values in times.items()}


def measure(name, precision, determinism):
    """Returns one row: seconds of the step and its parts, or patches a second of the pipeline."""
    if int(determinism):
        make_repeatable()
    config = config_lib.load(name)
    if precision == PIPELINE:
        config.data.cubes = config.data.rgb = "demo"
        opened = sources.open_sources(config)
        stream = pipelines.unpaired(config, opened.cubes, opened.photos)
        return {"patches": input_pipeline.rate(stream, config.train.batch, FLAGS.seconds)}
    config.train.precision = precision
    return seconds_each(parts_of(build_model(config), synthetic_batch(config)), FLAGS.seconds)


def row(*which):
    """Returns what `measure` gives in a process of its own."""
    command = [sys.executable, *sys.argv, f"--row={','.join(map(str, which))}"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])


def main(_):
    """Prints the tables."""
    if FLAGS.row:
        print(json.dumps(measure(*FLAGS.row)))
        return
    for name in FLAGS.configs:
        train = config_lib.load(name).train
        print(f"{name}: batch {train.batch}, patch {train.patch}")
        print(f"  {'':30}{'steps/s':>9}{'patches/s':>11}{'generator':>11}{'discrim.':>10}{'semantic':>10}{'rest':>7}")
        fastest = 0.0
        for precision in config_lib.PRECISIONS:
            for determinism in (0, 1):
                found = row(name, precision, determinism)
                step = found["step"]
                shares = [found.get(part, 0.0) / step for part in ("generator", "discriminator", "semantic")]
                fastest = max(fastest, train.batch / step)
                label = f"{precision}{', deterministic' if determinism else ''}"
                print(f"  {label:30}{1 / step:9.2f}{train.batch / step:11.1f}{shares[0]:11.0%}{shares[1]:10.0%}"
                      f"{shares[2]:10.0%}{1 - sum(shares):7.0%}", flush=True)  # fmt: skip
        if FLAGS.pipeline:
            for determinism in (0, 1):
                patches = row(name, PIPELINE, determinism)["patches"]
                label = f"pipeline{', deterministic' if determinism else ''}"
                print(f"  {label:30}{'':9}{patches:11.1f}   {patches / fastest:.1f} x the fastest step", flush=True)


if __name__ == "__main__":
    cli.run(define_flags, main)
