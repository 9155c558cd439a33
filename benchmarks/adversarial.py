"""What the adversarial term does to the generator: gradient norms, its direction, and what gives a cube away.

  python benchmarks/adversarial.py --config=configs/cave_camvid.py [--config.x.y=z ...] [--steps=600] [--every=100]

Trains the unpaired method as `--config` says, and measures every so many steps:

- the norm of each weighted term's gradient on the generator's weights (`UnpairedTrainer.term_gradients`);
- "cosine": training cubes are projected by the mean camera and estimated by the generator. In the camera's null space,
  which the RGB does not tell, the step that the adversarial term asks for (its gradient, negative, not clipped) is
  compared with the step that would mend the estimate. 1 is the way to the truth, 0 is none;
- "AUC discriminator" and "AUC plane": how well real patches are told from estimates, by the discriminator, and by
  nothing but the mean distance from the closed form `wiener` of their own projection, over the mean radiance;
- "dB" and "lit SAM": how good those estimates of projected training cubes are, told the mean camera. The generator has
  seen no pair of them. Whether a term leads to the truth is seen here, with it and without (`loss.adversarial=0`).

No validation scene is used.
"""

import keras
import numpy as np
import tensorflow as tf
from absl import flags
from rich.console import Console
from rich.table import Table

from hsgan import cli, losses
from hsgan.data.sources import open_sources, training_cameras
from hsgan.data.statistics import cube_statistics
from hsgan.metrics.protocols import quick
from hsgan.prior.fit import fit_run
from hsgan.spectra.closed_form import wiener
from hsgan.spectra.imaging import project
from hsgan.train.unpaired import UnpairedTrainer

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_integer("steps", 600, "Training steps.", lower_bound=1)
    flags.DEFINE_integer("every", 100, "Steps between measurements.", lower_bound=1)
    flags.DEFINE_integer("batches", 4, "Batches of a measurement.", lower_bound=1)
    cli.define_config("configs/cave_camvid.py")


def build(config, sources):
    """Returns the compiled trainer, without a scene parser, and its cameras."""
    cameras = training_cameras(config, sources.dictionary)
    prior = None
    if config.generator.initialization == "mixture":
        prior = fit_run(config.prior, sources.cubes.directory, cameras, config.data.brightness)
    statistics = cube_statistics(sources.cubes.directory, "train", config.data.brightness)
    trainer = UnpairedTrainer(config, cameras, statistics, prior=prior)
    trainer.compile()
    return trainer, cameras


def unseen(values, srf):
    """Returns the part of spectra [..., bands] that a camera [3, bands] does not see."""
    basis, _ = np.linalg.qr(srf.T)
    return values - (values @ basis) @ basis.T


def cosine(trainer, cube, estimate, srf):
    """Returns the cosine between the adversarial step and the one to the truth, in the null space, by patch."""
    with tf.GradientTape() as tape:
        tape.watch(estimate)
        term = losses.adversarial_generator(trainer.discriminator(estimate))
    asked = unseen(-tape.gradient(term, estimate).numpy(), srf).reshape(len(cube), -1)
    wanted = unseen((cube - estimate).numpy(), srf).reshape(len(cube), -1)
    lengths = np.linalg.norm(asked, axis=1) * np.linalg.norm(wanted, axis=1)
    return (asked * wanted).sum(axis=1) / np.maximum(lengths, 1e-30)


def distance(trainer, cube, srf):
    """Returns how far patches lie from the closed form of their own projection, over their mean radiance."""
    made = wiener(project(cube, srf), srf, *trainer.network.statistics, trainer.config.generator.prior_noise)
    return np.sqrt(((cube - made).numpy() ** 2).mean(axis=(1, 2, 3))) / cube.numpy().mean(axis=(1, 2, 3))


def auc(real, fake):
    """Returns the share of pairs of a real and a fake patch in which the real one has the larger score."""
    return float(np.mean(np.subtract.outer(real, fake) > 0) + np.mean(np.subtract.outer(real, fake) == 0) / 2)


def measure(trainer, batches, srf):
    """Returns {name: value} over some batches."""
    norms, found = [], {"cosine": [], "real": [], "fake": [], "near": [], "far": [], "dB": [], "SAM": []}
    for batch in batches:
        norms.append({name: float(value) for name, value in trainer.term_gradients(batch).items()})
        fake, cube = trainer.network(batch["rgb"])["cube"], batch["cube"]
        estimate = trainer.network(project(cube, srf), srf=np.repeat(srf[None], len(cube), axis=0))["cube"]
        if trainer.config.loss.adversarial:
            found["cosine"] += list(cosine(trainer, cube, estimate, srf))
        scores = [quick(truth.numpy(), made.numpy()) for truth, made in zip(cube, estimate, strict=True)]
        found["dB"] += [score["psnr"] for score in scores]
        found["SAM"] += [score["sam_lit_deg"] for score in scores]
        found["real"] += list(trainer.discriminator(cube).numpy().ravel())
        found["fake"] += list(trainer.discriminator(fake).numpy().ravel())
        found["far"] += list(distance(trainer, cube, srf))
        found["near"] += list(distance(trainer, fake, srf))
    row = {name: np.mean([norm[name] for norm in norms]) for name in norms[0]}
    row["cosine"] = np.mean(found["cosine"]) if found["cosine"] else np.nan
    row["AUC discriminator"] = auc(found["real"], found["fake"])
    row["AUC plane"] = auc(found["far"], found["near"])
    row["dB"], row["lit SAM °"] = np.mean(found["dB"]), np.mean(found["SAM"])
    return row


def main(_):
    config = cli.load_config()
    with config.unlocked():
        config.semantic.parser, config.semantic.pretrain_steps = "", 0
    sources = open_sources(config)
    keras.utils.set_random_seed(config.seed)
    trainer, cameras = build(config, sources)
    srf = cameras.responses.mean(axis=0)
    look = list(trainer.batches(config, sources, cameras, 10**6).take(FLAGS.batches))
    step, stream = tf.function(trainer.train_step), iter(trainer.batches(config, sources, cameras, 0))
    rows = {0: measure(trainer, look, srf)}
    for number in range(1, FLAGS.steps + 1):
        step(next(stream))
        if number % FLAGS.every == 0 or number == FLAGS.steps:
            rows[number] = measure(trainer, look, srf)
            print(f"step {number}", flush=True)
    patches = FLAGS.batches * config.train.batch
    table = Table(title=f"gradient norms on the generator's weights, weighted; {patches} patches a measurement")
    for heading in ("step", *rows[0]):
        table.add_column(heading, justify="right")
    for number, row in rows.items():
        table.add_row(str(number), *(f"{value:.4g}" for value in row.values()))
    Console(width=140).print(table)


if __name__ == "__main__":
    cli.run(define_flags, main)
