"""The table of an export on screen: each artefact's size, accuracy on validation cubes, and difference."""

from typing import Any

from rich.table import Table

from hsgan.metrics.columns import COLUMNS

METRICS = ("psnr", "sam_deg", "sam_lit_deg")


def export_table(described: dict[str, Any]) -> Table:
    """Returns a `rich` table of the metadata of an export; the Keras model comes first."""
    validation = described["validation"]
    title = f"{validation['scenes']} scenes, {validation['camera']}, camera estimated (blind)"
    table = Table(title=title)
    table.add_column("artefact")
    for heading in ("MB", *(COLUMNS[metric][0] for metric in METRICS), "largest difference", "limit"):
        table.add_column(heading, justify="right")
    table.add_row("Keras model", "", *_metrics(validation["keras"]), "", "")
    for name, entry in described["precisions"].items():
        difference, limit = f"{entry['max_difference']:.1e}", f"{entry['limit']:.1e}"
        table.add_row(name, f"{entry['bytes'] / 1e6:.2f}", *_metrics(entry), difference, limit)
    return table


def _metrics(values):
    return (COLUMNS[metric][1].format(values[metric]) for metric in METRICS)
