"""Which training adds to the mixture prior: every recipe on scenes of the training split left out in turn.

  python benchmarks/on_top.py --data=records/cave --rgb=records/camvid --cameras=camspec_database.txt --output=on_top
                              [--recipes=...] [--folds=4] [--steps=200] [--only=0,2]

The scenes of the training split are left out in groups. For each group a folder of records is made of the others, and
every recipe of `RECIPES` trains on them, `--steps` steps of 8 patches of 64x64. Its last weights, so that no scene left
out chooses anything, estimate the group, told the camera and blind. Beside each row stands what it adds to the trained
mixture (`configs/mixture.py`) of the same folds, in the mean over scenes: a recipe is worth its network from 0.3 dB or
0.5 degrees on.

Nothing here looks at validation scenes. A run is kept in --output, and what is complete is not trained again: stopped,
the same command goes on. --only trains some folds, and the table is of what is there.
"""

import json
from pathlib import Path

import numpy as np
from absl import flags
from rich.console import Console
from rich.table import Table

from hsgan import cli
from hsgan import config as config_lib
from hsgan.errors import DataError
from hsgan.evaluate.harness import METRICS_FILE, evaluate_run
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.reader import iterate_cubes
from hsgan.records.schema import CubeRecord
from hsgan.records.writer import RecordWriter

FLAGS = flags.FLAGS
BASE = "mixture, trained"
PAIRED = (
    "agdnet_small",
    ["agd_net.initialization=mixture", "paired.rank=0.0", "paired.residual=0.0", "paired.learning_rate=4e-4"],
)
UNPAIRED = (
    "cave_camvid",
    ["generator.initialization=mixture", "semantic.parser=", "semantic.pretrain_steps=0", "cameras.known=True"],
)
SYNTHETIC = [*UNPAIRED[1], "loss.synthetic=100.0", "optimizer.generator=1e-4"]
RECIPES = {
    BASE: ("mixture", []),
    "mixture of 32, trained": ("mixture", ["prior.components=32"]),
    "unpaired photos": UNPAIRED,
    "unpaired photos, no smoothness": (UNPAIRED[0], [*UNPAIRED[1], "loss.smoothness=0.0"]),
    "unpaired photos, prior trained": (UNPAIRED[0], [*UNPAIRED[1], "prior.trained=True"]),
    "photos and synthetic pairs": (UNPAIRED[0], SYNTHETIC),
    "photos and synthetic pairs, camera withheld": (UNPAIRED[0], [*SYNTHETIC, "loss.synthetic_camera=estimated"]),
    "synthetic pairs alone": (UNPAIRED[0], [*SYNTHETIC, "loss.adversarial=0.0"]),
    "synthetic pairs alone, one stage": (UNPAIRED[0], [*SYNTHETIC, "loss.adversarial=0.0", "generator.stages=1"]),
    "AGD-Net, pairs": PAIRED,
    "AGD-Net, pairs, EMA": (PAIRED[0], [*PAIRED[1], "paired.ema=0.98"]),
    "AGD-Net, pairs, prior trained": (PAIRED[0], [*PAIRED[1], "prior.trained=True"]),
    "AGD-Net, pairs, one stage": (PAIRED[0], [*PAIRED[1], "agd_net.stages=1"]),
}
METRICS = ("psnr", "sam_lit_deg")


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("data", None, "Folder of cube records (tfrecords_tools.build_hsi).", required=True)
    flags.DEFINE_string("rgb", "demo", "Folder of photo records, of the recipes with photos.")
    flags.DEFINE_string("cameras", None, "Dictionary of measured cameras: a camspec_database.txt.", required=True)
    flags.DEFINE_string("output", None, "Folder of the records and runs, kept.", required=True)
    flags.DEFINE_integer("steps", 200, "Training steps of a network; the mixture's own stay as they are.")
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


def scores(recipe, fold):
    """Returns {(method, "known" or "blind", metric): {scene: value}} of a recipe on a fold; trains it if need be."""
    from hsgan.train.loop import train

    base, changes = RECIPES[recipe]
    records, run = records_of(fold), Path(FLAGS.output) / f"{recipe.replace(', ', '-').replace(' ', '_')}-{fold}"
    config = config_lib.load(base, [f"data.cubes={records}", f"cameras.dictionary={FLAGS.cameras}", *changes])
    if base != "mixture":
        steps = FLAGS.steps
        config.update({"data": {"rgb": FLAGS.rgb}, "train": {"steps": steps, "checkpoint_every": steps}})
        config.train.update({"batch": 8, "patch": 64})
    config.train.update({"validate_every": config.train.steps, "evaluate": False})
    train(config, run)
    found = {}
    for told in ("known", "blind"):
        output = run / f"left_out_{told}"
        if not (output / METRICS_FILE).is_file():
            known = told == "known"
            evaluate_run(run, records, output, known_srf=known, checkpoint="last", protocol="quick", figure_scenes=0)
        methods = json.loads((output / METRICS_FILE).read_text())["methods"]
        names = {"wiener": "wiener", "mixture": "mixture", list(methods)[-1]: "network"}
        for method, name in names.items():
            for metric in METRICS:
                values = {scene: row[metric] for scene, row in methods[method]["scenes"].items()}
                found[name, told, metric] = values
    return found


def line(recipe, found, base):
    """Returns a row of the table: the means over scenes, and what they are beside those of `base` on these scenes."""
    cells = []
    for told in ("known", "blind"):
        for metric in METRICS:
            values = found["network", told, metric]
            mean = np.mean(list(values.values()))
            reference = base.get(("network", told, metric), {})
            more = np.mean([values[scene] - reference[scene] for scene in values if scene in reference] or [np.nan])
            cells.append(f"{mean:.2f} ({more:+.2f})")
    return [recipe, str(len(found["network", "known", METRICS[0]])), *cells]


def main(_):
    recipes = [name.strip() for name in FLAGS.recipes.split(";") if name.strip()] or list(RECIPES)
    unknown = [name for name in recipes if name not in RECIPES]
    if unknown:
        raise DataError(f"--recipes: must be of {'; '.join(RECIPES)}. Received: {'; '.join(unknown)}")
    folds = [int(fold) for fold in FLAGS.only] or range(FLAGS.folds)
    merged = {}
    for recipe in dict.fromkeys([BASE, *recipes]):
        for fold in folds:
            for key, values in scores(recipe, fold).items():
                merged.setdefault(recipe, {}).setdefault(key, {}).update(values)
    table = Table(title=f"{FLAGS.steps} steps; what a recipe adds to the trained mixture in parentheses")
    for heading in ("recipe", "scenes", "PSNR dB", "lit SAM °", "blind dB", "blind lit °"):
        table.add_column(heading, justify="left" if heading == "recipe" else "right")
    first = merged[BASE]
    for name in ("wiener", "mixture"):
        table.add_row(*line(name, {("network", *key[1:]): first[key] for key in first if key[0] == name}, first))
    for recipe, found in merged.items():
        table.add_row(*line(recipe, found, first))
    Console(width=140).print(table)


if __name__ == "__main__":
    cli.run(define_flags, main)
