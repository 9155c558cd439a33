"""The table on screen."""

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from hsgan.metrics.columns import shown

_WIDEST = 1000  # columns of characters; a table takes no more than it needs


def results_table(results: dict) -> Table:
    """Returns a `rich` table of the means of `hsgan.evaluate.harness.evaluate`; the best of each column is bold."""
    methods = {name: method["mean"] for name, method in results["methods"].items()}
    scenes = len(next(iter(results["methods"].values()))["scenes"])
    mode = "camera estimated (blind)" if results["blind"] else "camera known"
    what = f"{scenes} scenes"
    if "photos" in results:
        mode, what = "by the evidence in each photo", f"{scenes} photos, scale {results['scale']}"
    table = Table(title=f"{results['camera']}, {mode}; {what}, protocol {results['protocol']}")
    table.add_column("method")
    columns = shown(*methods.values())
    for column in columns.values():
        table.add_column(column.heading, justify="right")
    best = {
        metric: column.form.format((max if column.more_is_better else min)(mean[metric] for mean in methods.values()))
        for metric, column in columns.items()
    }
    for name, mean in methods.items():
        cells = {metric: column.form.format(mean[metric]) for metric, column in columns.items()}
        table.add_row(
            name, *(f"[bold]{text}[/bold]" if text == best[metric] else text for metric, text in cells.items())
        )
    return table


def show(tables: Iterable[Table]) -> None:
    """Prints tables. Where the output is no terminal they are as wide as they need, and no number is cut."""
    console = Console() if sys.stdout.isatty() else Console(width=_WIDEST)
    for table in tables:
        console.print(table)


def print_results(results: dict, console: Console | None = None) -> None:
    """Prints the table, which weights it is of, and how far the estimated SRF is off if it was estimated."""
    console = console or Console()
    console.print(results_table(results))
    if "checkpoint" in results:
        chosen = results["checkpoint"]
        why = " (the highest PSNR on the validation split)" if chosen["which"] == "best" else ""
        console.print(f"weights: {chosen['which']}{why}, of step {chosen['step']}", highlight=False)
    for name, method in results["methods"].items():
        if "coverage_90" in method["mean"]:
            half, most = (100 * method["mean"][key] for key in ("coverage_50", "coverage_90"))
            text = f"uncertainty of {name}: {half:.0f} % of the values lie in 50 % intervals, {most:.0f} % in 90 %"
            console.print(text, highlight=False)
    for name, reason in results.get("absent", {}).items():
        console.print(f"{name}: not here: {reason}", highlight=False)
    if "srf" in results:
        error, precision = results["srf"]["error"], results["srf"]["precision"]
        text = f"estimated SRF: error {error:.3f} (0 equal, 1 disjoint), precision {100 * precision:.1f} %"
        if "skill" in results["srf"]:
            skill, lost, mean = (results["srf"][name] for name in ("skill", "lost_db", "mean_camera"))
            text += (
                f", skill {skill:.2f} (0 the mean camera, 1 exact); {lost:.2f} dB lost against the true camera, "
                f"{mean['lost_db']:.2f} with the mean camera"
            )
        console.print(text, highlight=False)
