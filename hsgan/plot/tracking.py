"""Precision and success plots of trackers, as the tracking benchmarks draw them. No pyplot state."""

from matplotlib.figure import Figure

from hsgan.metrics.tracking import DISTANCES, OVERLAPS, REPORTED_DISTANCE
from hsgan.plot.figures import METHOD_COLORS, METHOD_STYLES


def precision_and_success(title: str, measures: dict[str, dict]) -> Figure:
    """Returns a figure of both plots; in the legends trackers stand in the order of their scores.

    Args:
      title: of the figure.
      measures: {tracker: `hsgan.metrics.tracking.tracking_measures`, or their means}.
    """
    figure = Figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    styles = {
        name: {
            "color": METHOD_COLORS[index % len(METHOD_COLORS)],
            # Solid lines for the first six, then others: no two of 24 trackers look alike.
            "linestyle": METHOD_STYLES[-1 - index // len(METHOD_COLORS) % len(METHOD_STYLES)],
        }
        for index, name in enumerate(measures)
    }
    for axis, thresholds, curve, score, form in (
        (left, DISTANCES, "precision", "dp", "{:.3f}"),
        (right, OVERLAPS, "success", "auc", "{:.3f}"),
    ):
        for name in sorted(measures, key=lambda name: -measures[name][score]):
            label = f"{name} [{form.format(measures[name][score])}]"
            axis.plot(thresholds, measures[name][curve], label=label, linewidth=1.8, **styles[name])
        axis.set(ylim=(0, 1.02), xlim=(thresholds[0], thresholds[-1]))
        axis.grid(alpha=0.25)
    left.axvline(REPORTED_DISTANCE, color="#6B6B6B", linewidth=0.8, linestyle=":")
    left.set(xlabel="center error, at most (px)", ylabel="share of frames")
    left.set_title(f"precision, [at {REPORTED_DISTANCE} px]", fontsize=10)
    left.legend(loc="lower right", fontsize=8, framealpha=0.9)
    right.set(xlabel="overlap, more than")
    right.set_title("success, [area under the curve]", fontsize=10)
    right.legend(loc="lower left", fontsize=8, framealpha=0.9)
    figure.suptitle(title, fontsize=11)
    return figure
