"""What the number of scenes is worth to the mixture prior, and a bound: a prior that has seen the answer.

  python benchmarks/prior_scenes.py --data=records/cave --cameras=camspec_database.txt [--counts=2,4,8] [--draws=3]
                                    [--trained] [--settings="components=64;..."]

Each row fits the prior of `configs/mixture.py`, and the one Gaussian of `wiener`, to some of the training scenes, drawn
at random, and estimates the validation scenes, told their camera and told the mean of all. The difference of the two
methods is what the mixture adds. A row shows the mean of its draws, and the deviation of that difference among them.
With --trained each mixture is then trained end to end on the same scenes, as `configs/mixture.py` says.

Then, to tell what these validation scenes share with any others: as many scenes, drawn from all, are estimated by the
prior of the rest.

The last two rows are no results but bounds. Their priors were also, or only, fitted to the validation scenes: no prior
that is fitted to other scenes can be expected to do better. Nothing may be chosen by this program.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from absl import flags
from prior_choice import config_of, trained
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from hsgan import cli
from hsgan.metrics.protocols import quick
from hsgan.prior.fit import fit_scenes
from hsgan.prior.samples import scene_spectra
from hsgan.reconstruct.methods import Knowledge, closed_forms
from hsgan.records.manifest import read_manifest
from hsgan.records.reader import iterate_cubes
from hsgan.spectra import srf as srf_lib

FLAGS = flags.FLAGS
COLUMNS = ("PSNR dB", "lit SAM °", "blind dB", "blind lit °")
SPLITS = ("train", "validation")


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("data", None, "Folder of cube records (tfrecords_tools.build_hsi).", required=True)
    flags.DEFINE_string("cameras", None, "Dictionary of measured cameras: a camspec_database.txt.", required=True)
    flags.DEFINE_string("camera", "Nikon D700", "Camera that the scenes are seen through.")
    flags.DEFINE_list("counts", ["2", "4", "8"], "Numbers of training scenes, beside all of them.")
    flags.DEFINE_integer("draws", 3, "Of scenes, and of what is random in a fit.", lower_bound=1)
    flags.DEFINE_bool("trained", False, "Also train every prior end to end.")
    flags.DEFINE_string("settings", "", "Changes of config.prior, NAME=VALUE, of several with ';'.")


def subsets(
    train: list[str],
    held: list[str],
    counts: list[int],
    draw: int,
) -> Iterator[tuple[tuple[str, str], list[str], list[str]]]:
    """Yields ((what is fitted to, what is estimated), scenes to fit, scenes to estimate) of one draw."""
    rng, every = np.random.default_rng(draw), [*train, *held]
    drawn, others = ([names[number] for number in rng.permutation(len(names))] for names in (train, every))
    these = f"the {len(held)}"
    for count in counts:
        yield (f"{count} of the {len(train)}", these), drawn[:count], held
    yield (f"the {len(train)}", these), train, held
    yield (f"any {len(train)} of {len(every)}", "the rest"), others[: len(train)], others[len(train) :]
    yield (f"bound: all {len(every)}", these), every, held
    yield (f"bound: the {len(held)} alone", these), held, held


def measure(config, pixels, held, cameras):
    """Returns the means of `COLUMNS` over the scenes `held`: float [methods, columns].

    The methods are `wiener`, the mixture, and if it is asked for the trained one.

    Args:
      config: of the prior and the brightness.
      pixels: by scene, to fit.
      held: cubes by scene, to estimate.
      cameras: the dictionary.
    """
    own = np.concatenate(list(pixels.values()))
    prior = fit_scenes(cameras.wavelengths_nm, config.prior, pixels)
    moments = own.mean(axis=0), np.cov(own.T).astype(np.float32)
    knowledge = Knowledge(moments, prior=prior, brightness=config.data.brightness)
    methods = closed_forms(cameras, knowledge, ("wiener", "mixture"))
    if FLAGS.trained:
        layer = trained(config, prior, own, cameras).mixture_layer
        known = replace(knowledge, prior=layer.prior(prior.wavelengths_nm, prior.source))
        methods += closed_forms(cameras, known, ("mixture",))
    camera = cameras.srf(FLAGS.camera)
    found = []
    for method in methods:
        rows = []
        for cube in held.values():
            rgb = (cube @ camera.T).astype(np.float32)
            told, guessed = (quick(cube, method.cube(rgb, srf)) for srf in (camera, method.mean_camera))
            rows.append((told["psnr"], told["sam_lit_deg"], guessed["psnr"], guessed["sam_lit_deg"]))
        found.append(np.mean(rows, axis=0))
    return np.array(found)


def main(_):
    cameras = srf_lib.load(FLAGS.cameras, np.array(read_manifest(FLAGS.data).wavelengths_nm, np.float32))
    train, held = ([name for name, _ in iterate_cubes(FLAGS.data, split)] for split in SPLITS)
    cubes = {name: cube for split in SPLITS for name, cube in iterate_cubes(FLAGS.data, split)}
    found: dict[tuple[str, str], list[np.ndarray]] = {}
    for draw in tqdm(range(FLAGS.draws), "draws", disable=None):
        config = config_of(FLAGS.settings, draw)
        most = config.prior.samples * len(cubes)
        pixels = scene_spectra(FLAGS.data, SPLITS, most, draw, config.data.brightness)
        for labels, fitted, estimated in subsets(train, held, [int(text) for text in FLAGS.counts], draw):
            spectra, images = {name: pixels[name] for name in fitted}, {name: cubes[name] for name in estimated}
            one = measure(config, spectra, images, cameras)
            found.setdefault(labels, []).append(one)
    table = Table(title=f"{', '.join(held)} of {FLAGS.data}, {FLAGS.camera}; mean of {FLAGS.draws} draws")
    table.add_column("fitted to")
    table.add_column("estimated")
    for heading in ("wiener dB", "mixture dB", "adds dB", "adds lit °", "blind dB", "adds dB", "adds lit °"):
        table.add_column(heading, justify="right")
    for (fitted_to, which), draws in found.items():
        wiener, *mixtures = np.array(draws).transpose(1, 0, 2)
        for kind, mixture in zip(("", ", trained"), mixtures, strict=False):
            added = mixture - wiener
            more = [f"{mean:+.2f}±{spread:.2f}" for mean, spread in zip(added.mean(0), added.std(0), strict=True)]
            told, guessed = f"{mixture[:, 0].mean():.2f}", f"{mixture[:, 2].mean():.2f}"
            base = f"{wiener[:, 0].mean():.2f}"
            table.add_row(fitted_to + kind, which, base, told, *more[:2], guessed, *more[2:])
    Console(width=150).print(table)


if __name__ == "__main__":
    cli.run(define_flags, main)
