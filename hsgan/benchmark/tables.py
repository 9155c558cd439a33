"""A suite's results as a table: its columns, in Markdown, and on screen; the paper's numbers stand beside ours."""

from dataclasses import dataclass, field

import numpy as np
from rich.table import Table
from rich.text import Text

from hsgan.benchmark.budget import Budget
from hsgan.benchmark.runner import SIZE, summary
from hsgan.metrics.columns import COLUMNS

# Metric: heading, format, whether more is better.
METRICS = {
    **{name: COLUMNS[name] for name in ("psnr", "assim")},
    "assim_r2": ("ASSIM (range 2)", "{:.4f}", True),
    **{name: COLUMNS[name] for name in ("sam_deg", "sam_lit_deg", "round_trip_rmse")},
}
SHOWN = ("psnr", "assim", "sam_deg", "sam_lit_deg", "round_trip_rmse")


@dataclass
class Column:
    """A column of a table, from top to bottom.

    Attributes:
      heading: its title, with the unit. kind: "name" | "ours" | "paper" | "cost".
      cells: a text a row, "" where there is no number. best: indices of the rows that stand in bold; equal texts are
        equally good.
    """

    heading: str
    kind: str
    cells: list
    best: set = field(default_factory=set)


def columns(suite, results):
    """Returns the table of a suite, a list of `Column`: closed forms first, then the rows in the suite's order.

    Args:
      suite: `hsgan.benchmark.rows.Suite`. results: of `SuiteRun.run`.
    """
    values = measured(suite, results)
    papers = suite.paper | {row.name: row.paper for row in suite.rows}
    compared = suite.paper_metrics if any(papers.values()) else ()
    table = [Column("method", "name", list(values))]
    for metric, (heading, form, more) in METRICS.items():
        if metric in SHOWN or metric in compared:
            table.append(_ours(heading, form, more, [means[metric] for means in values.values()]))
        if metric in compared:
            index = compared.index(metric)
            cells = [f"{papers[name][index]:g}" if papers.get(name) else "" for name in values]
            table.append(Column(f"paper: {heading}", "paper", cells))
    return table + _costs([results["rows"].get(name) for name in values])


def measured(suite, results):
    """Returns {method: {metric: (mean, spread over seeds)}}; a closed form has no spread, which is 0."""
    closed = {
        name: {metric: (value, 0.0) for metric, value in entry["mean"].items()}
        for name, entry in results["closed_forms"].items()
    }
    return closed | {row.name: summary(results["rows"][row.name]) for row in suite.rows}


def rows_of(table):
    """Yields, for each row of a list of `Column`, [(text, whether it is the best)]."""
    for index in range(len(table[0].cells)):
        yield [(column.cells[index], index in column.best) for column in table]


def markdown(suite, results):
    """Returns the table in Markdown, with a line on what it is of."""
    return "\n".join([f"# {suite.title}", "", described(results), "", *markdown_lines(columns(suite, results))]) + "\n"


def markdown_lines(table):
    """Returns the lines of a list of `Column` in Markdown."""
    lines = ["| " + " | ".join(column.heading for column in table) + " |"]
    lines.append("|" + "|".join(["---"] + ["---:"] * (len(table) - 1)) + "|")
    for row in rows_of(table):
        lines.append("| " + " | ".join(f"**{text}**" if best else text for text, best in row) + " |")
    return lines


def screen(suite, results):
    """Returns the table for a terminal, a `rich` table without the costs."""
    shown = [column for column in columns(suite, results) if column.kind != "cost"]
    return screen_table(suite.title, described(results), shown)


def screen_table(title, caption, shown):
    """Returns a list of `Column` for a terminal, a `rich` table."""
    table = Table(title=Text(title), caption=Text(caption))
    for column in shown:
        table.add_column(Text(column.heading), justify="left" if column.kind == "name" else "right")
    for row in rows_of(shown):
        table.add_row(*(Text(text, style="bold" if best else "") for text, best in row))
    return table


def described(results):
    """Returns sentences on what the numbers of a suite were measured on, its budget among them."""
    identity = results["identity"]
    budget, config = Budget(**identity["budget"]), identity["config"]
    camera = f"camera {identity['camera']}, {'given' if identity['known_srf'] else 'not told to the methods'}"
    count = max((len(entry["seeds"]) for entry in results["rows"].values()), default=1)
    seeds = f"; mean ± standard deviation of {count} seeds" if count > 1 else ""
    patch, batch = config["train"]["patch"], config["train"]["batch"]
    amount = str(budget)
    if budget.unit == "minutes":
        amount += ", turned into the column's steps by measurement"
    validation = config["data"]["validation_split"]
    weights = "its last weights" if identity["split"] == validation else f"the weights best on the split {validation}"
    return (
        f"Scenes: split {identity['split']} of {_stem(config['data']['cubes'])}; {camera}. Budget: every network "
        f"trained for {amount}, with batches of {batch} patches of {patch} x {patch}; {weights}{seeds}. "
        f"GMAC, seconds and memory are of one image of {SIZE[0]} x {SIZE[1]}."
    )


def numbers(heading, form, more, values):
    """Returns a `Column` of our numbers, the best in bold.

    Args:
      heading: its title. form: format of a number. more: whether more is better. values: a number a row.
    """
    texts = [form.format(value) for value in values]
    best = texts[int((np.argmax if more else np.argmin)(values))]
    return Column(heading, "ours", texts, {index for index, text in enumerate(texts) if text == best})


def _ours(heading, form, more, pairs):
    texts = [form.format(mean) + (f" ± {form.format(spread)}" if spread else "") for mean, spread in pairs]
    means = [form.format(mean) for mean, _ in pairs]
    best = means[pairs.index((max if more else min)(pairs, key=lambda pair: pair[0]))]
    return Column(heading, "ours", texts, {index for index, text in enumerate(means) if text == best})


def _costs(entries):
    """Returns the columns of what each row cost; `entries` are of the results' "rows", None for a closed form."""
    firsts = [next(iter(entry["seeds"].values())) if entry else None for entry in entries]
    minutes = [
        f"{sum(seed['minutes'] for seed in entry['seeds'].values()) / len(entry['seeds']):.1f}" if entry else ""
        for entry in entries
    ]

    def cost(heading, form, of):
        return Column(heading, "cost", [form.format(of(entry["cost"])) if entry else "" for entry in entries])

    return [
        Column("steps", "cost", [str(first["steps"]) if first else "" for first in firsts]),
        Column("minutes", "cost", minutes),
        cost("parameters", "{:,}", lambda cost: cost["parameters"]),
        cost("GMAC", "{:.1f}", lambda cost: cost["multiply_adds"] / 1e9),
        cost("seconds", "{:.2f}", lambda cost: cost["seconds"]),
        cost("peak MiB", "{:.0f}", lambda cost: cost["peak_mib"]),
    ]


def _stem(path):
    return str(path).rstrip("/").rsplit("/", 1)[-1]
