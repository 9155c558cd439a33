"""The table of an export on screen: each artefact's size, accuracy on validation cubes, and difference."""

from typing import Any

from rich.table import Table

from hsgan.metrics.columns import shown


def export_table(described: dict[str, Any]) -> Table:
    """Returns a `rich` table of the metadata of an export; the Keras model comes first."""
    validation = described["validation"]
    title = f"{validation['scenes']} scenes, {validation['camera']}, camera estimated (blind)"
    table, columns = Table(title=title), shown(validation["keras"], *described["precisions"].values())
    table.add_column("artefact")
    for heading in ("MB", *(column.heading for column in columns.values()), "largest difference", "limit"):
        table.add_column(heading, justify="right")
    table.add_row("Keras model", "", *_metrics(validation["keras"], columns), "", "")
    for name, entry in described["precisions"].items():
        difference, limit = f"{entry['max_difference']:.1e}", f"{entry['limit']:.1e}"
        table.add_row(name, f"{entry['bytes'] / 1e6:.2f}", *_metrics(entry, columns), difference, limit)
    return table


def _metrics(values, columns):
    return (column.form.format(values[metric]) for metric, column in columns.items())
