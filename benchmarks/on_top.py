"""Which training adds to the mixture prior: every recipe on scenes of the training split left out in turn.

  python benchmarks/on_top.py --data=records/cave --rgb=records/camvid --cameras=camspec_database.txt --output=on_top
                              [--recipes=...] [--folds=4] [--only=0,2] [--steps=200] [--batch=8] [--patch=64]
                              [--settings='generator.stages=2;agd_net.stages=2'] [--seed=0]

The scenes of the training split are left out in groups. For each group a folder of records is made of the others, and
every recipe of `RECIPES` trains on them, `--steps` steps of `--batch` patches, from the mixture that is fitted to them,
or from that which was trained on them. Its last weights, so that no scene left out chooses anything, estimate the
group, told the camera and blind. Beside each row stands what it adds to the trained mixture (`configs/mixture.py`) of
the same folds: the mean over scenes, and its standard error. A recipe is worth its network from 0.3 dB or 0.5 degrees
on.

Nothing here looks at validation scenes. What is measured is kept in --output, and not measured again: stopped, the same
command goes on. --only trains some folds, and the table is of what is there. --settings are of all networks, before
their recipes' own.
"""

import functools
import json
import re
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from absl import flags
from rich.console import Console
from rich.table import Table

from hsgan import cli
from hsgan import config as config_lib
from hsgan.data.sources import open_sources, training_cameras
from hsgan.data.statistics import cube_statistics
from hsgan.disk.whole import write_json
from hsgan.errors import DataError
from hsgan.evaluate.harness import evaluate
from hsgan.networks.mixture_net import MixtureNet
from hsgan.prior.fit import fit_run
from hsgan.prior.mixture import MixturePrior
from hsgan.reconstruct.methods import Knowledge, closed_forms
from hsgan.reconstruct.models import NetworkMethod
from hsgan.reconstruct.self_ensemble import SelfEnsemble
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.reader import iterate_cubes
from hsgan.records.schema import CubeRecord
from hsgan.records.writer import RecordWriter
from hsgan.repeatable import make_repeatable
from hsgan.train.trainers import TRAINERS

FLAGS = flags.FLAGS
BASE = "mixture, trained"
ON_TRAINED = ", from the trained mixture"  # after the name of a recipe that starts there, and not at the fitted one
START = ["prior.components=64", "prior.exposure=0.5", "prior.folds=0", "data.brightness=0.5", "cameras.known=True"]
VARIETY = ["pairs.light=0.1", "pairs.scenes=0.5", "cameras.variants=8"]
PHOTOS = ["generator.initialization=mixture", "semantic.parser=", "semantic.pretrain_steps=0", "optimizer.ema=0.0"]
SYNTHETIC = [*PHOTOS, "loss.synthetic=100.0", "optimizer.generator=4e-4"]
ALONE = [*SYNTHETIC, "loss.adversarial=0.0", "loss.smoothness=0.0"]
PAIRS = ["agd_net.initialization=mixture", "paired.rank=0.0", "paired.residual=0.0", "paired.learning_rate=4e-4"]
GATE = [*PAIRS[1:3], "model=gated_mixture", "paired.learning_rate=1e-3"]
UNPAIRED, SMALL = "cave_camvid", "agdnet_small"
RECIPES = {
    BASE: ("mixture", []),
    "mixture of 32, trained": ("mixture", ["prior.components=32"]),
    "photos": (UNPAIRED, PHOTOS),
    "photos, no smoothness": (UNPAIRED, [*PHOTOS, "loss.smoothness=0.0"]),
    "photos, prior trained": (UNPAIRED, [*PHOTOS, "prior.trained=True"]),
    "photos and synthetic pairs": (UNPAIRED, SYNTHETIC),
    "photos and synthetic pairs, camera withheld": (UNPAIRED, [*SYNTHETIC, "loss.synthetic_camera=estimated"]),
    "synthetic pairs, no game": (UNPAIRED, ALONE),
    "synthetic pairs, one stage": (UNPAIRED, [*ALONE, "generator.stages=1"]),
    "synthetic pairs, 1x1 stages": (UNPAIRED, [*ALONE, "generator.kernel_size=1"]),
    "synthetic pairs, no random exposure": (UNPAIRED, [*ALONE, "loss.synthetic_exposure=0.0"]),
    "synthetic pairs, random light": (UNPAIRED, [*ALONE, VARIETY[0]]),
    "synthetic pairs, mixed scenes": (UNPAIRED, [*ALONE, VARIETY[1]]),
    "synthetic pairs, shifted and stretched cameras": (UNPAIRED, [*ALONE, VARIETY[2]]),
    "synthetic pairs, weight decay": (UNPAIRED, [*ALONE, "optimizer.weight_decay=1.0"]),
    "synthetic pairs, EMA": (UNPAIRED, [*ALONE, "optimizer.ema=0.98"]),
    "synthetic pairs, short cosine": (UNPAIRED, [*ALONE, "optimizer.final_share=0.01"]),
    "AGD-Net, pairs": (SMALL, PAIRS),
    "AGD-Net, one stage": (SMALL, [*PAIRS, "agd_net.stages=1"]),
    "AGD-Net, 1x1 stages": (SMALL, [*PAIRS, "agd_net.kernel_size=1"]),
    "AGD-Net, weight decay": (SMALL, [*PAIRS, "paired.weight_decay=1.0"]),
    "AGD-Net, EMA": (SMALL, [*PAIRS, "paired.ema=0.98"]),
    "AGD-Net, prior trained": (SMALL, [*PAIRS, "prior.trained=True"]),
    "AGD-Net, light, scenes, cameras": (SMALL, [*PAIRS, *VARIETY]),
    "gated mixture": (SMALL, GATE),
    "gated mixture, 1x1": (SMALL, [*GATE, "gated_mixture.kernel_size=1"]),
    "gated mixture, prior trained": (SMALL, [*GATE, "prior.trained=True"]),
    "gated mixture, light, scenes, cameras": (SMALL, [*GATE, *VARIETY]),
}
for name in ("synthetic pairs, no game", "AGD-Net, pairs", "AGD-Net, light, scenes, cameras", "gated mixture"):
    RECIPES[f"{name}{ON_TRAINED}"] = RECIPES[name]
ENSEMBLED = ("synthetic pairs, no game", "AGD-Net, pairs", "gated mixture")  # also with flips at test
METRICS = ("psnr", "sam_lit_deg")


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("data", None, "Folder of cube records (tfrecords_tools.build_hsi).", required=True)
    flags.DEFINE_string("rgb", "demo", "Folder of photo records, of the recipes with photos.")
    flags.DEFINE_string("cameras", None, "Dictionary of measured cameras: a camspec_database.txt.", required=True)
    flags.DEFINE_string("output", None, "Folder of the records and of what was measured, kept.", required=True)
    flags.DEFINE_integer("steps", 200, "Training steps of a network; the mixture's own stay as they are.")
    flags.DEFINE_integer("batch", 8, "Patches of a step of a network.", lower_bound=1)
    flags.DEFINE_integer("patch", 64, "Side of a patch, pixels.", lower_bound=1)
    flags.DEFINE_string("settings", "", "Settings of all networks, SECTION.NAME=VALUE; by ';'.")
    flags.DEFINE_integer("seed", 0, "Of the trainings; the mixtures that they start at stay.", lower_bound=0)
    flags.DEFINE_integer("folds", 4, "Groups of scenes left out in turn.", lower_bound=2)
    flags.DEFINE_list("only", [], "Folds to train; default: all.")
    flags.DEFINE_string("recipes", "", f"Of {'; '.join(RECIPES)}; by ';'. Default: all.")


def records_of(fold):
    """Returns the folder of records in which a fold's scenes are the validation split; made if need be."""
    folder = Path(FLAGS.output) / f"records-{fold}"
    if folder.is_dir():
        return folder
    manifest = read_manifest(FLAGS.data)
    names = sorted(manifest.split("train").scenes)
    out, grid = names[fold :: FLAGS.folds], np.asarray(manifest.wavelengths_nm, np.float32)
    header = Manifest(kind="cubes", source=manifest.source, wavelengths_nm=manifest.wavelengths_nm, note=manifest.note)
    with RecordWriter(folder, header) as writer:
        for name, cube in iterate_cubes(FLAGS.data, "train"):
            full = max(float(cube.max()), 1.0)
            values = np.round(cube / full * 65535).astype(np.uint16)
            split = "validation" if name in out else "train"
            writer.write(split, CubeRecord(values, full / 65535, grid, name, manifest.source))
    return folder


def config_of(recipe, fold):
    """Returns the configuration of a recipe on a fold."""
    base, changes = RECIPES[recipe]
    places = [f"data.cubes={records_of(fold)}", f"cameras.dictionary={FLAGS.cameras}", f"seed={FLAGS.seed}"]
    network = [f"data.rgb={FLAGS.rgb}", f"train.steps={FLAGS.steps}", f"train.checkpoint_every={FLAGS.steps}"]
    network += [f"train.validate_every={FLAGS.steps}", f"train.batch={FLAGS.batch}", f"train.patch={FLAGS.patch}"]
    network += [change for change in FLAGS.settings.split(";") if change]
    return config_lib.load(base, [*places, *START, *([] if base == "mixture" else network), *changes])


@functools.cache
def statistics_of(folder, brightness):
    return cube_statistics(folder, "train", brightness)


def prior_file(config, trained_first):
    folder = Path(config.data.cubes)
    kind = f"trained-seed{config.seed}" if trained_first else f"fitted-{config.prior.components}"
    return folder.with_name(f"{folder.name}-{kind}.npz")


def prior_of(config, cameras, trained_first):
    """Returns the mixture that is fitted to a fold's records, or that which `BASE` trained there; kept beside them."""
    file = prior_file(config, trained_first)
    if not file.is_file():
        fit_run(config.prior, config.data.cubes, cameras, config.data.brightness).save(file)
    return MixturePrior.open(file)


def keep_trained(config, network, prior):
    """Keeps the mixture that a network of its own has become."""
    made = network.mixture_layer.prior(prior.wavelengths_nm, f"{prior.source}; trained")
    made.save(prior_file(config, trained_first=True))


def trained(config, sources, cameras, prior):
    """Returns the network of a configuration, trained."""
    keras.utils.set_random_seed(config.seed)
    statistics = statistics_of(config.data.cubes, config.data.brightness)
    trainer = TRAINERS[config_lib.model_of(config).training](config, cameras, statistics, prior=prior)
    trainer.compile()
    step = tf.function(trainer.train_step, autograph=False)
    for batch in trainer.batches(config, sources, cameras, 0).take(config.train.steps):
        loss = step(batch)["loss"]
    if not np.isfinite(loss):
        raise DataError(f"{config.name}: the loss is not finite")
    return trainer.inference_model


def measured(recipe, fold):
    """Returns {method: {"known" or "blind": {metric: {scene: value}}}} of a recipe on a fold; trains it if need be.

    The methods are "network", of some also "self-ensemble", and of the trained mixture also those without training.
    """
    name = re.sub(r"\W+", "_", recipe)
    file = Path(FLAGS.output) / f"{name}-fold{fold}-seed{FLAGS.seed}-steps{FLAGS.steps}.json"
    if file.is_file():
        return json.loads(file.read_text())
    config = config_of(recipe, fold)
    sources = open_sources(config)
    cameras = training_cameras(config, sources.dictionary)
    prior = prior_of(config, cameras, recipe.endswith(ON_TRAINED))
    network = NetworkMethod(trained(config, sources, cameras, prior), "network", dictionary=sources.dictionary)
    methods = [network]
    if recipe in ENSEMBLED:
        methods.append(SelfEnsemble(network))
    if recipe == BASE:
        keep_trained(config, network.network, prior)
        knowledge = Knowledge(network.network.statistics, prior=prior, brightness=config.data.brightness)
        methods += closed_forms(cameras, knowledge, ["wiener", "mixture"])
    camera, found = sources.dictionary.default_test_camera, {}
    # What is asked is what a network adds, and not what the evidence for a camera does: no mixture looks for it here.
    supposed = MeanCamera(network) if isinstance(network.network, MixtureNet) else network
    for told, estimator in (("known", None), ("blind", supposed)):
        scenes, srf = iterate_cubes(config.data.cubes, "validation"), sources.dictionary.srf(camera)
        results = evaluate(methods, scenes, camera, srf, estimator=estimator, protocol="quick")["methods"]
        for method, values in results.items():
            rows = {metric: {scene: row[metric] for scene, row in values["scenes"].items()} for metric in METRICS}
            found.setdefault(method.removeprefix("network_").replace("_", "-"), {})[told] = rows
    write_json(file, found)
    keras.backend.clear_session()
    print(f"{recipe}, fold {fold}: {np.mean(list(found['network']['known']['psnr'].values())):.2f} dB", flush=True)
    return found


class MeanCamera:
    """Supposes the mean of the cameras that a method was trained with, whatever the image."""

    def __init__(self, method):
        self.method = method

    def estimate_srf(self, rgb):
        """Returns the SRF float32 [3, bands]."""
        return self.method.mean_camera


def line(title, found, base):
    """Returns a row of the table: means over scenes, and what they are beside those of `base`, with standard error.

    Args:
      title: of the row.
      found: {"known" or "blind": {metric: {scene: value}}}.
      base: likewise.
    """
    cells = []
    for told in ("known", "blind"):
        for metric in METRICS:
            values = found[told][metric]
            more = np.array([value - base[told][metric][scene] for scene, value in values.items()])
            error = more.std(ddof=1) / np.sqrt(len(more)) if len(more) > 1 else np.nan
            cells.append(f"{np.mean(list(values.values())):.2f} ({more.mean():+.2f} ± {error:.2f})")
    return [title, str(len(found["known"][METRICS[0]])), *cells]


def joined(parts):
    """Returns what `measured` gave for several folds as one, of all scenes."""
    whole = {}
    for part in parts:
        for method, by_told in part.items():
            for told, by_metric in by_told.items():
                for metric, values in by_metric.items():
                    whole.setdefault(method, {}).setdefault(told, {}).setdefault(metric, {}).update(values)
    return whole


def main(_):
    recipes = [name.strip() for name in FLAGS.recipes.split(";") if name.strip()] or list(RECIPES)
    unknown = [name for name in recipes if name not in RECIPES]
    if unknown:
        raise DataError(f"--recipes: must be of {'; '.join(RECIPES)}. Received: {'; '.join(unknown)}")
    make_repeatable()
    folds = [int(fold) for fold in FLAGS.only] or range(FLAGS.folds)
    rows = {recipe: joined(measured(recipe, fold) for fold in folds) for recipe in dict.fromkeys([BASE, *recipes])}
    base = rows[BASE].pop("network")
    table = Table(title=f"{FLAGS.steps} steps; in parentheses what a recipe adds to the trained mixture")
    for heading in ("recipe", "scenes", "PSNR dB", "lit SAM °", "blind dB", "blind lit °"):
        table.add_column(heading, justify="left" if heading == "recipe" else "right")
    for name, found in rows.pop(BASE).items():
        table.add_row(*line({"mixture": "mixture, fitted"}.get(name, name), found, base))
    table.add_row(*line(BASE, base, base))
    for recipe, methods in rows.items():
        for method, found in methods.items():
            table.add_row(*line(recipe if method == "network" else f"{recipe}, {method}", found, base))
    Console(width=160).print(table)


if __name__ == "__main__":
    cli.run(define_flags, main)
