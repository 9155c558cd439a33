"""Less light: how images are brought to one brightness, chosen on scenes left out, and what it keeps from going wrong.

  python benchmarks/exposure.py --data=records/cave --cameras=camspec_database.txt [--figure=docs/exposure.png]

First table: training scenes are left out in turn, in four groups; `wiener` and `mixture` are fitted to the others.
Each measure of brightness is used on the images alone ("in use"), or on the cubes fitted to as well ("both"), and
brings them to its mean over the scenes fitted to. Every fourth row and column is estimated, seen through a Nikon D700,
known.

So `wiener` has statistics of cubes that were brought to one brightness each, and the prior is fitted to cubes that are
brought to it in their mean, by one factor.

Second table, and the figure: validation scenes in less light, lit SAM. "As they are" is `data.brightness=0`, and the
other `data.brightness=0.5`. Photos of 8 bits are encoded as sRGB and rounded; the others are exact.
"""

from collections.abc import Callable

import numpy as np
from absl import flags
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from hsgan import cli
from hsgan.config import default_config
from hsgan.metrics.protocols import average, quick
from hsgan.plot import figures
from hsgan.prior.fit import fit_scenes
from hsgan.reconstruct.methods import Knowledge, closed_forms
from hsgan.records.manifest import read_manifest
from hsgan.records.reader import iterate_cubes
from hsgan.spectra import exposure, srf
from hsgan.spectra.imaging import project, srgb_decode, srgb_encode

FLAGS = flags.FLAGS
LIGHT = (1.0, 1 / 2, 1 / 10, 1 / 30)
METHODS = ("wiener", "mixture")
LEVEL = 0.5
EVERY, PIXELS, FOLDS = 4, 1200, 4


def power_mean(order: int, channel: Callable) -> Callable:
    """Returns the measure `(mean v^order)^(1/order)`, `v` being what `channel` makes of a pixel's channels."""
    return lambda image: float(np.mean(channel(image, axis=-1).astype(np.float64) ** order) ** (1 / order))


MEASURES = {
    "mean": power_mean(1, np.mean),
    "root mean square": power_mean(2, np.mean),
    "99 % quantile": lambda image: float(np.quantile(image.mean(axis=-1), 0.99)),
    "largest value": lambda image: float(image.max()),
    f"power mean of order {exposure.ORDER}, largest channel": exposure.brightness,
}


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("data", None, "Folder of cube records (tfrecords_tools.build_hsi).", required=True)
    flags.DEFINE_string("cameras", None, "Dictionary of measured cameras: a camspec_database.txt.", required=True)
    flags.DEFINE_string("figure", "", "Where to draw the second table.")


class Bench:
    """Scenes, seen through one camera, and methods fitted to some of them.

    Args:
      directory: folder of cube records.
      dictionary: path of the cameras.
    """

    def __init__(self, directory: str, dictionary: str):
        self.wavelengths_nm = np.array(read_manifest(directory).wavelengths_nm, np.float32)
        self.cameras = srf.load(dictionary, self.wavelengths_nm)
        self.camera = self.cameras.srf(self.cameras.default_test_camera)
        self.train, self.validation = (dict(iterate_cubes(directory, split)) for split in ("train", "validation"))
        self.values = default_config().prior
        rng = np.random.default_rng(0)
        order = rng.permutation(min(cube[..., 0].size for cube in self.train.values()))[:PIXELS]
        self.pixels = {name: cube.reshape(-1, cube.shape[-1])[order] for name, cube in self.train.items()}

    def fitted(self, names, gains=None, brightness=0.0, shared=None):
        """Returns `METHODS`, fitted to some training scenes, each times its gain; the prior times a `shared` one."""
        gains = gains or dict.fromkeys(names, 1.0)
        spectra = {name: self.pixels[name] * np.float32(gains[name]) for name in names}
        every = np.concatenate(list(spectra.values())).astype(np.float64)
        statistics = every.mean(axis=0), np.cov(every.T, bias=True)
        if shared is not None:
            spectra = {name: self.pixels[name] * np.float32(shared) for name in names}
        prior = fit_scenes(self.wavelengths_nm, self.values, spectra)
        knowledge = Knowledge(statistics, prior=prior, prior_noise=self.values.noise, brightness=brightness)
        return closed_forms(self.cameras, knowledge, METHODS)

    def score(self, method, cube, rgb, gain):
        """Returns the metrics of a method on an image times a gain, its cube brought back."""
        made = method.cube((rgb * gain).astype(np.float32), self.camera) / np.float32(gain)
        return quick(cube, made)


def choose(bench):
    """Returns {(measure, where, method): means over all training scenes, each left out once}."""
    found, names = {}, sorted(bench.train)
    images = {name: project(cube, bench.camera).numpy() for name, cube in bench.train.items()}
    small = {name: (cube[::EVERY, ::EVERY], images[name][::EVERY, ::EVERY]) for name, cube in bench.train.items()}

    def add(measure, where, methods, out, gains):
        for method in methods:
            for name in out:
                numbers = bench.score(method, *small[name], gains.get(name, 1.0))
                found.setdefault((measure, where, method.name), {})[name] = numbers

    for fold in range(FOLDS):
        out = names[fold::FOLDS]
        others = [name for name in names if name not in out]
        plain = bench.fitted(others)
        add("as they are", "", plain, out, {})
        for measure, brightness in MEASURES.items():
            level = np.mean([brightness(images[name]) for name in others])
            gains = {name: level / brightness(images[name]) for name in out}
            add(measure, "in use", plain, out, gains)
            of_cubes = {name: level / brightness(bench.train[name]) for name in others}
            add(measure, "both", bench.fitted(others, of_cubes), out, gains)
    return {key: average(scenes) for key, scenes in found.items()}


def dim(bench):
    """Returns {(method, bits, level): [lit SAM at each of LIGHT]} over the validation scenes."""
    names, found = sorted(bench.train), {}
    gains = {name: exposure.gain(cube, LEVEL) for name, cube in bench.train.items()}
    shared = LEVEL / np.mean([exposure.brightness(cube) for cube in bench.train.values()])
    for level, methods in ((0.0, bench.fitted(names)), (LEVEL, bench.fitted(names, gains, LEVEL, shared))):
        for method in methods:
            for bits in ("exact", "8 bits"):
                found[method.name, bits, level] = [
                    average(
                        {name: _dimmed(bench, method, cube, light, bits) for name, cube in bench.validation.items()}
                    )
                    for light in LIGHT
                ]
    return found


def _dimmed(bench, method, cube, light, bits):
    rgb = project(cube, bench.camera).numpy() * np.float32(light)
    if bits == "8 bits":
        rgb = srgb_decode(np.round(srgb_encode(rgb).numpy() * 255).astype(np.float32) / 255).numpy()
    return quick(cube, method.cube(rgb, bench.camera) / np.float32(light))


def draw(found):
    """Returns the figure of `dim`."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for panel, bits in zip(panels, ("exact", "8 bits"), strict=True):
        for color, name in zip(figures.METHOD_COLORS, METHODS, strict=False):
            for level, style in ((0.0, ":"), (LEVEL, "-")):
                angles = [mean["sam_lit_deg"] for mean in found[name, bits, level]]
                text = f"{name}, {f'brought to {level:g}' if level else 'as they are'}"
                panel.plot(range(len(LIGHT)), angles, style, color=color, marker="o", label=text)
        panel.set(title=f"photos: {bits}", xlabel="light", xticks=range(len(LIGHT)), ylim=(0, None))
        panel.set_xticklabels([f"1/{round(1 / light)}" if light < 1 else "1" for light in LIGHT])
        panel.grid(alpha=0.25)
    panels[0].set_ylabel("lit SAM (degrees)")
    panels[0].legend(frameon=False, fontsize=9)
    return figure


def main(_):
    bench, console = Bench(FLAGS.data, FLAGS.cameras), Console(width=120)
    table = Table(title=f"{len(bench.train)} scenes left out in turn: PSNR dB / SAM ° / lit SAM °")
    for heading in ("images are brought to one", "where", *METHODS):
        table.add_column(heading)
    chosen = choose(bench)
    for measure, where in dict.fromkeys(key[:2] for key in chosen):
        means = (chosen[measure, where, name] for name in METHODS)
        cells = (f"{mean['psnr']:.2f} / {mean['sam_deg']:.2f} / {mean['sam_lit_deg']:.2f}" for mean in means)
        table.add_row(measure, where, *cells)
    console.print(table)
    found = dim(bench)
    table = Table(title=f"{len(bench.validation)} validation scenes in less light: lit SAM °")
    for heading in ("method", "photos", "brightness", *(f"{light:.3g}" for light in LIGHT)):
        table.add_column(heading)
    for (name, bits, level), means in found.items():
        table.add_row(name, bits, f"{level:g}", *(f"{mean['sam_lit_deg']:.2f}" for mean in means))
    console.print(table)
    if FLAGS.figure:
        figures.save(draw(found), FLAGS.figure)


if __name__ == "__main__":
    cli.run(define_flags, main)
