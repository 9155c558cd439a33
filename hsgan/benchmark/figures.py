"""Figures of a suite: curves of validation, errors and spectra of the first scene, and those of the extras.

The figures are Matplotlib's, without pyplot state; colors and styles are those of `hsgan.plot.figures`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from hsgan.benchmark.scenes import BLACK
from hsgan.plot import figures
from hsgan.plot.curves import METHOD_MARKS, stress_curves
from hsgan.plot.figures import METHOD_COLORS, METHOD_STYLES
from hsgan.spectra.imaging import project

if TYPE_CHECKING:
    from hsgan.benchmark.runner import SuiteRun

METHODS_A_FIGURE = 6
CLOSED_FORM_STYLES = ("-", "--", "-.", ":")
LINE = "#6B6B6B"


def validation(results: dict[str, Any], closed_forms: bool = True) -> Figure:
    """Returns a figure of the validation PSNR of every row and seed against the step.

    Args:
      results: of `SuiteRun.run`. closed_forms: whether to draw the methods without a network as horizontal lines;
        right only where validation and the results are of the same scenes.
    """
    figure = Figure(figsize=(9, 4.8), layout="constrained")
    axis = figure.subplots()
    trained = []
    for index, (name, entry) in enumerate(results["rows"].items()):
        for number, seed in enumerate(entry["seeds"].values()):
            if not seed["history"]:  # never trained
                continue
            steps, psnr = zip(*((record["step"], record["psnr"]) for record in seed["history"]), strict=True)
            style = _style(index) | {"markersize": 4, "linewidth": 1.6}
            axis.plot(steps, psnr, **style, label=name if number == 0 else None)
            trained += [value for step, value in zip(steps, psnr, strict=True) if step]
    entries = results["closed_forms"] if closed_forms else {}
    # A black image is as far below as an untrained network.
    lines = {name: entry["mean"]["psnr"] for name, entry in entries.items() if name != BLACK}
    for index, (name, psnr) in enumerate(lines.items()):
        style = CLOSED_FORM_STYLES[index % len(CLOSED_FORM_STYLES)]
        axis.axhline(psnr, color=LINE, linestyle=style, linewidth=1, label=f"{name} (no network)")
    # An untrained network may be far below anything of interest.
    shown = trained + list(lines.values())
    axis.set_ylim(bottom=min(shown) - 1.5 if shown else None)
    axis.set(xlabel="step", ylabel="validation PSNR (dB)")
    axis.grid(alpha=0.25)
    figure.legend(loc="outside right upper", frameon=False, fontsize=9)
    return figure


def first_scene(run: SuiteRun) -> tuple[str, np.ndarray, dict[str, np.ndarray]]:
    """Reconstructs the first scene by every method of the suite, with the weights of each row's first seed.

    Args:
      run: `hsgan.benchmark.runner.SuiteRun`, all of whose rows are trained.

    Returns:
      (name, cube float32 [height, width, bands], {method: cube}).
    """
    scene, truth = next(iter(run.scenes))
    rgb = project(truth, run.srf).numpy()
    cubes = {}
    for method in itertools.chain(run.closed_forms(), run.networks()):
        cubes[method.name] = method.cube(rgb, run.srf if run.known else method.estimate_srf(rgb))
    return scene, truth, cubes


def scene_figures(
    scene: str,
    truth: np.ndarray,
    cubes: Mapping[str, np.ndarray],
    wavelengths_nm: np.ndarray,
    bands_nm: Sequence[float] = figures.ERROR_BANDS_NM,
) -> dict[str, Figure]:
    """Returns {file stem: figure}: error maps and spectra of one scene, at most `METHODS_A_FIGURE` methods in each.

    All error maps share one color scale, which ends at the median of the methods' largest errors: a method that failed
    does not hide the differences of the others.

    Args:
      scene: its name.
      truth: float [height, width, bands].
      cubes: {method: cube}.
      wavelengths_nm: float [bands].
      bands_nm: whose errors are drawn.
    """
    top = float(np.median([figures.largest_error(truth, cube, wavelengths_nm, bands_nm) for cube in cubes.values()]))
    parts = -(-len(cubes) // METHODS_A_FIGURE)
    drawn = {}
    for number, names in enumerate(np.array_split(list(cubes), parts), 1):
        part = {str(name): cubes[str(name)] for name in names}
        drawn[f"errors-{number}"] = figures.error_maps(scene, truth, part, wavelengths_nm, bands_nm, top)
        drawn[f"spectra-{number}"] = figures.spectra(scene, truth, part, wavelengths_nm)
    return drawn


def extra_figures(extra: dict[str, Any]) -> dict[str, Figure]:
    """Returns {file stem: figure} of what a suite measured beyond its table (`hsgan.benchmark.extras`)."""
    drawn = {}
    if "srf" in extra:
        drawn["srf-precision"] = precision(extra["srf"])
    if "cameras" in extra:
        drawn["cameras"] = cameras(extra["cameras"])
    if "stress" in extra:
        drawn["stress-psnr"] = stress_curves(extra["stress"], "psnr")
        drawn["stress-sam"] = stress_curves(extra["stress"], "sam_lit_deg")
    return drawn


def precision(found: dict[str, dict[str, Any]]) -> Figure:
    """Returns a figure of the share of SRF estimates within an error ([SE] Fig. 5), and of the errors by camera.

    Args:
      found: {estimate: {"precision", "errors": {camera: [error a scene]}, "curve": {"thresholds", "shares"}}}.
    """
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for index, (name, entry) in enumerate(found.items()):
        color, style = METHOD_COLORS[index % len(METHOD_COLORS)], METHOD_STYLES[-1 - index % len(METHOD_STYLES)]
        label = f"{name}: {100 * entry['precision']:.1f} %"
        curve = entry["curve"]
        left.step(curve["thresholds"], curve["shares"], where="post", color=color, linestyle=style, label=label)
        means = [np.mean(errors) for errors in entry["errors"].values()]
        mark = METHOD_MARKS[index % len(METHOD_MARKS)]
        # Smaller and smaller, so that equal errors do not hide each other.
        size = max(9 - 3 * index, 4)
        places = np.arange(len(means))
        right.plot(means, places, linestyle="none", marker=mark, markersize=size, color=color, label=name)
    left.set(xlabel="error of the SRF (0 equal, 1 disjoint)", ylabel="share of images at or below", xlim=(0, 1))
    left.set_title("precision is the area under the curve", fontsize=10)
    left.legend(frameon=False, loc="lower right")
    names = list(next(iter(found.values()))["errors"])
    right.set_yticks(np.arange(len(names)), names, fontsize=8)
    right.invert_yaxis()
    right.set(xlabel="mean error over the scenes", xlim=(0, None))
    right.legend(frameon=False, fontsize=9)
    for axis in (left, right):
        axis.grid(alpha=0.25)
    return figure


def cameras(found: dict[str, Any]) -> Figure:
    """Returns a figure of the PSNR of every row on every test camera; cameras that training never saw are marked.

    Args:
      found: {"held_out": [camera], "rows": {row: {camera: {metric: mean}}}}.
    """
    names = list(next(iter(found["rows"].values())))
    figure = Figure(figsize=(10, 5.6), layout="constrained")
    axis = figure.subplots()
    for index, (row, by_camera) in enumerate(found["rows"].items()):
        # Side by side within the camera's place, so that equal numbers stay apart.
        shift = 0.7 * ((index + 0.5) / len(found["rows"]) - 0.5)
        style = _style(index) | {"linestyle": "none", "markersize": 5}
        axis.plot(np.arange(len(names)) + shift, [by_camera[name]["psnr"] for name in names], **style, label=row)
    unseen = [index for index, name in enumerate(names) if name in found["held_out"]]
    for number, index in enumerate(unseen):
        label = "never seen in training" if number == 0 else None
        axis.axvspan(index - 0.5, index + 0.5, color="#E9E9E9", zorder=0, label=label, linewidth=0)
    axis.set_xticks(np.arange(len(names)), names, rotation=35, ha="right", fontsize=9)
    axis.set(ylabel="PSNR (dB)", xlim=(-0.5, len(names) - 0.5))
    axis.set_xticks(np.arange(1, len(names)) - 0.5, minor=True)
    axis.tick_params(axis="x", which="minor", length=0)
    axis.grid(axis="y", alpha=0.25)
    axis.grid(axis="x", which="minor", alpha=0.25)
    figure.legend(loc="outside right upper", frameon=False, fontsize=9)
    return figure


def _style(index):
    # Colors, marks and dashes have no common period: no two of a suite's methods look alike.
    return {
        "color": METHOD_COLORS[index % len(METHOD_COLORS)],
        "linestyle": METHOD_STYLES[index % len(METHOD_STYLES)],
        "marker": METHOD_MARKS[index % len(METHOD_MARKS)],
    }
