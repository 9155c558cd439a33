"""Figures of the stress suite: one panel a degradation, one line a method."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from hsgan.metrics.columns import COLUMNS
from hsgan.plot.figures import METHOD_COLORS, METHOD_STYLES

METHOD_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
COLUMNS_OF_PANELS = 4


def stress_curves(results: Mapping[str, Any], metric: str = "psnr") -> Figure:
    """Returns a figure of `hsgan.evaluate.stress.stress`'s results: `metric` against the level.

    Levels stand at equal distances, whatever their values; a vertical line marks the one at which nothing changes.
    Lights and other cameras have names for levels and no line between them.

    Args:
      results: of `stress`. metric: in `hsgan.evaluate.stress.METRICS`, with a heading in `COLUMNS`.

    Raises:
      ValueError: no such metric; lists those there are.
    """
    measured = next(iter(results["clean"].values()))
    if metric not in COLUMNS or metric not in measured:
        there = ", ".join(name for name in measured if name in COLUMNS)
        raise ValueError(f"metric: must be one of {there}. Received: {metric!r}")
    heading, _, more_is_better, _ = COLUMNS[metric]
    panels = results["degradations"]
    columns = min(COLUMNS_OF_PANELS, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(3.4 * columns + 0.4, 2.9 * rows + 0.9), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for axis, panel in zip(axes.flat, panels.values(), strict=False):
        _panel(axis, panel, metric)
    for axis in axes.flat[len(panels) :]:
        axis.set_axis_off()
    for row in axes:
        row[0].set_ylabel(heading)
    lines, names = axes.flat[0].get_legend_handles_labels()
    figure.legend(lines, names, loc="outside lower center", ncols=min(len(names), 8), frameon=False)
    direction = "higher is better" if more_is_better else "lower is better"
    mode = "camera estimated (blind)" if results["blind"] else "camera known"
    figure.suptitle(f"{heading}, {direction};  {results['camera']}, {mode}, {results['scenes']} scenes", fontsize=11)
    return figure


def _panel(axis, panel, metric):
    levels = panel["levels"]
    # Between names there is nothing: a line would pretend there were.
    names = all(isinstance(level, str) for level in levels)
    for index, (name, values) in enumerate(panel["methods"].items()):
        axis.plot(
            np.arange(len(levels)),
            values[metric],
            color=METHOD_COLORS[index % len(METHOD_COLORS)],
            linestyle="none" if names else METHOD_STYLES[index % len(METHOD_STYLES)],
            marker=METHOD_MARKS[index % len(METHOD_MARKS)],
            markersize=4,
            linewidth=1.5,
            label=name,
        )
    if panel["clean"] in levels:
        axis.axvline(levels.index(panel["clean"]), color="gray", linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
    texts = [f"{level:g}" if isinstance(level, int | float) else str(level) for level in levels]
    axis.set_xticks(np.arange(len(levels)), texts, fontsize=8)
    if max(map(len, texts)) * len(texts) > 40:
        axis.tick_params(axis="x", rotation=30)
    axis.set_xlabel(panel["label"])
    axis.grid(alpha=0.25)
