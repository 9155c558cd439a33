"""What the rank loss costs: seconds of a training step of AGD-Net with it and without it.

  python benchmarks/rank_loss.py [--stages=4,9] [--patches=64,128] [--batch=8] [--precision=float32] [--repeats=3]

A row for each patch size and number of stages: the step of `hsgan.train.paired.PairedTrainer` with L1 and residual
("step"), the same with the rank loss ("with rank"), and the rank loss alone, value and gradient ("rank"); medians of
calls in turn on one batch of cubes near a few dimensions, as natural ones are. "share" is rank over with rank.
"""

import time

import numpy as np
import tensorflow as tf
from absl import flags

from hsgan import cli, losses
from hsgan import config as config_lib
from hsgan.spectra import imaging
from hsgan.spectra import srf as srf_lib
from hsgan.train.paired import PairedTrainer

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_list("stages", ["4", "9"], "Numbers of stages of AGD-Net.")
    flags.DEFINE_list("patches", ["64", "128"], "Sides of the training patches, pixels.")
    flags.DEFINE_integer("batch", 8, "Patches of a batch.", lower_bound=1)
    flags.DEFINE_enum("precision", "float32", config_lib.PRECISIONS, "Of the network; the rank loss has its own.")
    flags.DEFINE_integer("repeats", 3, "Measurements of each number.", lower_bound=1)


def batch_of(dictionary, patch):
    """Returns a batch as `PairedTrainer` takes it: five smooth spectra mixed, and a little noise."""
    rng, bands = np.random.default_rng(0), len(dictionary.wavelengths_nm)
    spectra = np.cumsum(rng.standard_normal((5, bands)), axis=1)
    spectra = (spectra - spectra.min()) / np.ptp(spectra)
    shape = (FLAGS.batch, patch, patch)
    cube = rng.dirichlet(np.ones(5), shape) @ spectra + 0.005 * rng.standard_normal((*shape, bands))
    cube = tf.constant(np.clip(cube, 0, 1), tf.float32)
    srf = tf.constant(np.repeat(dictionary.responses[:1], FLAGS.batch, axis=0))
    return {"cube": cube, "srf": srf, "rgb": imaging.project(cube, srf)}


def step_of(stages, rank, dictionary, batch):
    """Returns the compiled training step, with weight `rank` of the rank loss."""
    config = config_lib.default_config()
    config.model, config.agd_net.stages = "agd_net", stages
    config.paired.residual, config.paired.rank = 1.0, float(rank)
    config.train.precision = FLAGS.precision
    bands = len(dictionary.wavelengths_nm)
    model = PairedTrainer(config, dictionary, (np.zeros(bands), np.eye(bands)))
    model.compile()
    return tf.function(lambda: model.train_step(batch)["loss"])


def rank_alone(batch):
    """Returns the compiled rank loss, value and gradient, of an estimate near the truth."""
    estimate = batch["cube"] + 0.01 * tf.random.stateless_normal(batch["cube"].shape, (0, 0))

    @tf.function
    def value_and_gradient():
        with tf.GradientTape() as tape:
            tape.watch(estimate)
            value = losses.rank(estimate, batch["cube"])
        return value, tape.gradient(value, estimate)

    return value_and_gradient


def medians(functions):
    """Returns the median seconds of functions called in turn, after one call each."""
    for function in functions.values():
        function()
    times = {name: [] for name in functions}
    for _ in range(FLAGS.repeats):
        for name, function in functions.items():
            start = time.perf_counter()
            tf.nest.map_structure(np.asarray, function())
            times[name].append(time.perf_counter() - start)
    return {name: float(np.median(values)) for name, values in times.items()}


def main(_):
    """Prints the table."""
    dictionary = srf_lib.load("default", config_lib.wavelengths_nm(config_lib.default_config()))
    print(f"batch {FLAGS.batch}, {FLAGS.precision}: seconds, median of {FLAGS.repeats}")
    print(f"{'patch':>6}{'stages':>8}{'step':>9}{'with rank':>11}{'rank':>9}{'share':>8}", flush=True)
    for patch in map(int, FLAGS.patches):
        batch = batch_of(dictionary, patch)
        for stages in map(int, FLAGS.stages):
            steps = {f"rank {rank}": step_of(stages, rank, dictionary, batch) for rank in (0, 1)}
            found = medians({**steps, "alone": rank_alone(batch)})
            print(f"{patch:6}{stages:8}{found['rank 0']:9.3f}{found['rank 1']:11.3f}{found['alone']:9.3f}"
                  f"{found['alone'] / found['rank 1']:8.1%}", flush=True)  # fmt: skip


if __name__ == "__main__":
    cli.run(define_flags, main)
