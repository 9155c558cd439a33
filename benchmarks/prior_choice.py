"""Which mixture prior to fit: components, materials, exposures, chosen by leaving training scenes out in turn.

  python benchmarks/prior_choice.py --data=records/cave --cameras=camspec_database.txt [--settings="components=64;..."]
                                    [--trained] [--folds=4] [--seeds=0] [--brightness=0.5]

Each row changes `config.prior` in the settings named. The scenes of the training split are left out in groups, and the
prior of the others estimates them, seen through one camera: told that camera, told the mean of all, and on photos twice
and half as bright (with a brightness that images are brought to, the same as any other). Nothing here looks at
validation scenes: what is chosen here is reported on those.

"50 %" and "90 %" are the shares of the values that lie in those intervals, without any temperature, and the temperature
is the one that would make the latter true. With --trained each prior is then trained end to end on the same scenes, as
`configs/mixture.py` says; "factor" is by how much `hsgan.prior.fit.recalibrate` then changes the temperature of the
fitted prior, from what it was fitted to alone. Scenes are thinned to every fourth pixel of every fourth row.
"""

import keras
import numpy as np
import tensorflow as tf
from absl import flags
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from hsgan import cli
from hsgan import config as config_lib
from hsgan.data.pixels import batches
from hsgan.metrics.coverage import HALF_WIDTHS, coverage
from hsgan.metrics.protocols import quick
from hsgan.prior.fit import fit_scenes, recalibrate, scenes_to_fit, standard_errors
from hsgan.prior.samples import scene_spectra
from hsgan.records.manifest import read_manifest
from hsgan.records.reader import iterate_cubes
from hsgan.spectra import exposure
from hsgan.spectra import srf as srf_lib
from hsgan.spectra.mixture import deviate_mixture, estimate_mixture, solve_mixture
from hsgan.train.pixelwise import PixelTrainer

FLAGS = flags.FLAGS
SETTINGS = (
    "", "components=16", "components=32", "components=96", "materials=0", "materials=0.3", "exposure=0", "exposure=1",
    "level_power=0", "shift=0", "samples=20000", "noise=1e-5",
)  # fmt: skip
COLUMNS = (
    "PSNR dB", "SAM °", "lit SAM °", "blind dB", "blind lit °", "x2 dB", "x1/2 dB", "50 %", "90 %", "temp.", "factor",
)  # fmt: skip
THIN = 4


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("data", None, "Folder of cube records (tfrecords_tools.build_hsi).", required=True)
    flags.DEFINE_string("cameras", None, "Dictionary of measured cameras: a camspec_database.txt.", required=True)
    flags.DEFINE_string("camera", "Nikon D700", "Camera that the scenes are seen through.")
    flags.DEFINE_list("settings", list(SETTINGS), "Rows: changes of config.prior, NAME=VALUE, of several with ';'.")
    flags.DEFINE_integer("folds", 4, "Groups of scenes left out in turn.", lower_bound=2)
    flags.DEFINE_list("seeds", ["0"], "Of every row, which shows their mean.")
    flags.DEFINE_float("brightness", 0.5, "Brightness that images are brought to; 0: they stay as they are.")
    flags.DEFINE_bool("trained", False, "Also train every prior end to end.")


def config_of(text, seed):
    """Returns the configuration of a row: `configs/mixture.py` with the changes of "components=64;materials=0.3"."""
    changes = [f"prior.{change}" for change in text.split(";") if change]
    return config_lib.load("mixture", [*changes, f"prior.seed={seed}", f"seed={seed}", "cameras.known=True"])


def measure(scenes, parameters, noise, camera, mean):
    """Returns the mean of `COLUMNS` but the last over scenes, a list of cubes, under a prior."""
    known, blind = (solve_mixture(tf.constant(srf), parameters, noise) for srf in (camera, mean))

    def score(cube, rgb, form, light=1.0):
        """Returns the metrics of a photo in so much light, its cube brought back to the light of the scene."""
        gain = light * exposure.gain(light * rgb, FLAGS.brightness)
        return quick(cube, estimate_mixture(gain * rgb, form).numpy() / gain)

    rows = []
    for cube in scenes:
        rgb = (cube @ camera.T).astype(np.float32)
        told, guessed = score(cube, rgb, known), score(cube, rgb, blind)
        lit = [score(cube, rgb, known, light)["psnr"] for light in (2.0, 0.5)]
        gain = exposure.gain(rgb, FLAGS.brightness)
        shares = coverage(cube, *(values.numpy() / gain for values in deviate_mixture(gain * rgb, known)))
        errors = standard_errors(gain * cube.reshape(-1, cube.shape[-1]), camera, known)
        rows.append([
            told["psnr"], told["sam_deg"], told["sam_lit_deg"], guessed["psnr"], guessed["sam_lit_deg"], *lit,
            *(100 * shares[name] for name in HALF_WIDTHS), np.quantile(errors, 0.9) / HALF_WIDTHS["coverage_90"],
        ])  # fmt: skip
    return np.mean(rows, axis=0)


def trained(config, prior, pixels, cameras):
    """Returns the network of a prior after the training that `config` asks for, on pixels [n, bands]."""
    keras.utils.set_random_seed(config.seed)
    trainer = PixelTrainer(config, cameras, (pixels.mean(axis=0), np.cov(pixels.T)), prior=prior)
    trainer.compile()
    step = tf.function(trainer.train_step)
    for _, batch in zip(range(config.train.steps), batches(config, pixels, cameras), strict=False):
        step({name: tf.constant(values) for name, values in batch.items()})
    return trainer.inference_model


def left_out(text, seed, cameras):
    """Yields (means of `COLUMNS` of the fitted prior and, if asked for, the trained one; number of scenes) by fold."""
    config = config_of(text, seed)
    values, grid = config.prior, cameras.wavelengths_nm
    camera, mean = cameras.srf(FLAGS.camera), cameras.responses.mean(axis=0)
    thinned = {name: cube[1::THIN, 1::THIN] for name, cube in iterate_cubes(FLAGS.data, "train")}
    names, pixels = sorted(thinned), scenes_to_fit(grid, values, FLAGS.data, brightness=FLAGS.brightness)
    for fold in range(FLAGS.folds):
        out = names[fold :: FLAGS.folds]
        kept = [name for name in names if name not in out]
        prior = fit_scenes(grid, values, {name: pixels[name] for name in kept})
        scenes = [thinned[name] for name in out]
        found = [[*measure(scenes, prior.parameters, values.noise, camera, mean), 1.0]]
        if FLAGS.trained:
            pool = scene_spectra(FLAGS.data, ("train",), config.mixture.pixels, config.seed, FLAGS.brightness)
            own = np.concatenate([pool[name] for name in kept])
            parameters = trained(config, prior, own, cameras).mixture
            forms = (solve_mixture(tf.constant(mean), one, values.noise) for one in (prior.parameters, parameters))
            followed = recalibrate(1.0, own[:: len(own) // 10_000], mean, *forms)
            found.append([*measure(scenes, parameters, values.noise, camera, mean), followed])
        yield np.array(found), len(out)


def main(_):
    cameras = srf_lib.load(FLAGS.cameras, np.array(read_manifest(FLAGS.data).wavelengths_nm, np.float32))
    table = Table(title=f"scenes of {FLAGS.data} left out in {FLAGS.folds} groups, {FLAGS.camera}")
    for heading in ("config.prior", *COLUMNS):
        table.add_column(heading, justify="left" if heading == "config.prior" else "right")
    for text in tqdm(FLAGS.settings, "priors", disable=None):
        folds = [pair for seed in FLAGS.seeds for pair in left_out(text, int(seed), cameras)]
        rows = np.average([found for found, _ in folds], axis=0, weights=[count for _, count in folds])
        for kind, row in zip(("", ", trained"), rows, strict=False):
            table.add_row(f"{text or 'as it is'}{kind}", *(f"{value:.2f}" for value in row))
    Console(width=150).print(table)


if __name__ == "__main__":
    cli.run(define_flags, main)
