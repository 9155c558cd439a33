"""What estimates of the camera are worth, each camera left out of what is known: skill, and decibels lost.

  python benchmarks/camera_estimates.py --data=records/cave --cameras=camspec_database.txt [--report] [--embedded]
                                        [--independent=1,3,10,30,1000]

Cubes are projected through measured cameras, which are left out of the dictionary in four groups: nothing here knows
the camera that it looks at. The mixture prior estimates the cubes, told each estimate of the camera. Rows:
- the mean of the others, and the nearest of the others, were it known;
- "evidence, N pixels": the mean of the others by their evidence under the mixture prior, where an image counts as N
  independent pixels (`hsgan.spectra.mixture.camera_shares`); N = 0 is the mean, a large N the most probable one;
- "averaged, N pixels": the cubes under each of the others averaged in the same shares, in place of the cameras.

By default the scenes of the training split are left out in four groups, too, and the prior has seen the
others alone: what is chosen is chosen here. With --report the validation scenes are estimated, and the whole split
is fitted to. --embedded has the cameras of the package known in place of the others: what users have who give no file.
Skill is `1 - error / error of the mean`, "precision" the paper's measure (Fig. 5), "worst" the camera that loses most.
"""

import numpy as np
import tensorflow as tf
from absl import flags
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from hsgan import cli
from hsgan.config import default_config, presets
from hsgan.metrics import quality
from hsgan.metrics.srf import srf_error, srf_precision, srf_skill
from hsgan.prior.fit import fit_scenes, scenes_to_fit
from hsgan.reconstruct.methods import Knowledge, closed_forms
from hsgan.records.manifest import read_manifest
from hsgan.records.reader import iterate_cubes
from hsgan.spectra import mixture
from hsgan.spectra import srf as srf_lib

FLAGS = flags.FLAGS
GROUPS, THIN = 4, 4
MEAN, NEAREST = "mean camera", "nearest, were it known"


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("data", None, "Folder of cube records (tfrecords_tools.build_hsi).", required=True)
    flags.DEFINE_string("cameras", None, "Dictionary of measured cameras: a camspec_database.txt.", required=True)
    flags.DEFINE_bool("report", False, "Estimate the validation scenes, fitted to all of the training split.")
    flags.DEFINE_bool("embedded", False, "Know the embedded cameras in place of the measured ones not left out.")
    flags.DEFINE_list("independent", ["1", "3", "10", "30", "1000"], "Numbers of independent pixels.")


def folds():
    """Yields (names of the scenes fitted to, {name: cube} of those estimated)."""
    names = sorted(read_manifest(FLAGS.data).split("train").scenes)
    if FLAGS.report:
        yield names, dict(iterate_cubes(FLAGS.data, "validation"))
        return
    cubes = dict(iterate_cubes(FLAGS.data, "train"))
    for fold in range(GROUPS):
        out = names[fold::GROUPS]
        yield [name for name in names if name not in out], {name: cubes[name] for name in out}


def config_of():
    """Returns the configuration that all priors are fitted with."""
    config = default_config()
    presets.one_brightness(config)
    return config


def prior_of(kept, grid):
    """Returns the prior of some scenes of the training split."""
    config = config_of()
    pixels = scenes_to_fit(grid, config.prior, FLAGS.data, brightness=config.data.brightness)
    return fit_scenes(grid, config.prior, {name: pixels[name] for name in kept})


def guesses(method, rgb, camera):
    """Returns ({row: SRF}, {row: shares of averaged cubes})."""
    known = method.dictionary.responses
    errors = [srf_error(camera, srf) for srf in known]
    told, averaged = {MEAN: method.mean_camera, NEAREST: known[int(np.argmin(errors))]}, {}
    for text in ("0", *FLAGS.independent):
        shares = mixture.camera_shares(tf.constant(method.glance(rgb))[None], method.likelihood, float(text))[0].numpy()
        averaged[f"averaged, {text} pixels"] = shares
        if float(text):
            told[f"evidence, {text} pixels"] = np.tensordot(shares, known, axes=1)
    return told, averaged


def measure(method, cube, camera):
    """Returns {row: (error, dB lost)} of a scene seen through a camera."""
    rgb, truth = (cube @ camera.T).astype(np.float32), cube[1::THIN, 1::THIN]
    small = np.ascontiguousarray(rgb[1::THIN, 1::THIN])
    exact = quality.psnr(truth, method.cube(small, camera))
    told, averaged = guesses(method, rgb, camera)
    known = method.dictionary.responses
    found = {
        row: (srf_error(camera, srf), exact - quality.psnr(truth, method.cube(small, srf))) for row, srf in told.items()
    }
    cubes = np.array([method.cube(small, srf) for srf in known])
    for row, shares in averaged.items():
        error = srf_error(camera, np.tensordot(shares, known, axes=1))
        found[row] = error, exact - quality.psnr(truth, np.tensordot(shares, cubes, axes=1))
    return found


def measured(dictionary):
    """Returns {row: {camera: [(error, dB lost)]}} over folds, groups of cameras and scenes."""
    found, grid = {}, dictionary.wavelengths_nm
    jobs = [(fold, group) for fold in folds() for group in range(GROUPS)]
    for (kept, scenes), group in tqdm(jobs, "groups", disable=None):
        out = dictionary.names[group::GROUPS]
        known = srf_lib.load("default", grid) if FLAGS.embedded else dictionary.without(out)
        if not group:
            prior = prior_of(kept, grid)
        knowledge = Knowledge(prior.moments, prior=prior, brightness=config_of().data.brightness)
        (method,) = closed_forms(known, knowledge, ["mixture"])
        for name in out:
            for cube in scenes.values():
                for row, numbers in measure(method, cube, dictionary.srf(name)).items():
                    found.setdefault(row, {}).setdefault(name, []).append(numbers)
    return found


def main(_):
    dictionary = srf_lib.load(FLAGS.cameras, np.array(read_manifest(FLAGS.data).wavelengths_nm, np.float32))
    found = measured(dictionary)
    table = Table(title=f"{sum(map(len, found[MEAN].values()))} pairs of a scene and one of {len(found[MEAN])} cameras")
    for heading in ("told", "skill", "precision %", "dB lost", "worst", "its dB"):
        table.add_column(heading, justify="left" if heading == "told" else "right")
    for row, by_camera in found.items():
        every = np.concatenate(list(by_camera.values()))
        means = np.concatenate(list(found[MEAN].values()))
        lost = {name: np.mean([lost for _, lost in numbers]) for name, numbers in by_camera.items()}
        worst = max(lost, key=lost.get)
        table.add_row(
            row, f"{srf_skill(every[:, 0], means[:, 0]):.3f}", f"{100 * srf_precision(every[:, 0]):.1f}",
            f"{every[:, 1].mean():.2f}", worst, f"{lost[worst]:.2f}",
        )  # fmt: skip
    Console(width=120).print(table)


if __name__ == "__main__":
    cli.run(define_flags, main)
