"""A suite's results as a table: its columns, in Markdown, and on screen; the paper's numbers stand beside ours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text
from scipy import stats

from hsgan.benchmark.budget import Budget
from hsgan.benchmark.published import COSTS
from hsgan.benchmark.rows import Suite
from hsgan.benchmark.runner import SIZE, summary
from hsgan.metrics.columns import COLUMNS

# What is added to a row's name on the line of these weights.
LINES = {"last": "last step", "best": "best on validation"}


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


def columns(suite: Suite, results: dict[str, Any]) -> list[Column]:
    """Returns the table of a suite, a list of `Column`: what needs no training first, then the rows in their order.

    A row stands there with its last weights, and below with its best on validation where those are reported too.

    Args:
      suite: `hsgan.benchmark.rows.Suite`. results: of `SuiteRun.run`.
    """
    values = measured(suite, results)
    first = results["identity"]["weights"][0]
    papers = dict(suite.paper)
    papers |= {line_name(row.name, first, first): row.paper for row in suite.rows}
    stated = {name for numbers in papers.values() for name in numbers}
    table = [Column("method", "name", list(values))]
    for metric, column in COLUMNS.items():
        known = all(metric in means for means in values.values())
        if known and (column.shown or metric in stated):
            table.append(_ours(column, [means[metric] for means in values.values()]))
        if metric in stated:
            table.append(_paper(f"paper: {column.heading}", "{:g}", 1, metric, values, papers))
    if suite.reference:
        table += _against(suite, results, list(values), first)
    table += _costs([results["rows"].get(name) for name in _rows_of_lines(suite, results)])
    return table + [_paper(*form, name, values, papers) for name, form in COSTS.items() if name in stated]


def line_name(row: str, which: str, first: str) -> str:
    """Returns what a row's line of the table is called: as the row, and with its weights where they are not `first`."""
    return row if which == first else f"{row}, {LINES[which]}"


def _lines(suite, results):
    """Returns [(line's name, row's name, weights)] of the rows; a row without a step has no best weights."""
    first, *others = results["identity"]["weights"]
    found = []
    for row in suite.rows:
        found.append((row.name, row.name, first))
        if row.trained:
            found += [(line_name(row.name, which, first), row.name, which) for which in others]
    return found


def _rows_of_lines(suite, results):
    """Returns the row's name of every line of the table, "" of what needs no training."""
    return ["" for _ in results["closed_forms"]] + [row for _, row, _ in _lines(suite, results)]


def measured(suite: Suite, results: dict[str, Any]) -> dict[str, dict[str, tuple[float, float]]]:
    """Returns {line: {metric: (mean, spread over seeds)}}; a closed form has no spread, which is 0."""
    closed = {
        name: {metric: (value, 0.0) for metric, value in entry["mean"].items()}
        for name, entry in results["closed_forms"].items()
    }
    return closed | {line: summary(results["rows"][row], which) for line, row, which in _lines(suite, results)}


def _paper(heading, form, factor, name, values, papers):
    """Returns the `Column` of one of the paper's numbers."""
    cells = [form.format(factor * papers[line][name]) if name in papers.get(line, {}) else "" for line in values]
    return Column(heading, "paper", cells)


def _against(suite, results, lines, which):
    """Returns the `Column` of what each row's PSNR is more than the reference's, and whether the seeds allow to say so.

    The interval is Welch's of 95 %, over the seeds of both.
    """
    cells = dict.fromkeys(lines, "")
    psnr = {
        row.name: [seed["weights"][which]["mean"]["psnr"] for seed in results["rows"][row.name]["seeds"].values()]
        for row in suite.rows
    }
    for name, values in psnr.items():
        if name != suite.reference and min(len(values), len(psnr[suite.reference])) > 1:
            cells[name] = difference(values, psnr[suite.reference])
    if not any(cells.values()):
        return []
    return [Column(f"PSNR over {suite.reference}", "ours", list(cells.values()))]


def difference(values: Sequence[float], others: Sequence[float]) -> str:
    """Returns the difference of two means with its interval of 95 %, and whether that leaves out 0.

    Args:
      values: numbers, at least two.
      others: numbers, at least two.
    """
    gap = float(np.mean(values) - np.mean(others))
    variances = [np.var(part, ddof=1) / len(part) for part in (values, others)]
    half = 0.0
    if sum(variances):
        freedom = sum(variances) ** 2 / sum(
            variance**2 / (len(part) - 1) for variance, part in zip(variances, (values, others), strict=True)
        )
        half = float(stats.t.ppf(0.975, freedom) * np.sqrt(sum(variances)))
    text = f"{gap:+.2f} ± {half:.2f}"
    return text if abs(gap) > half else f"{text}: not told apart"


def rows_of(table: Sequence[Column]) -> Iterator[list[tuple[str, bool]]]:
    """Yields, for each row of a list of `Column`, [(text, whether it is the best)]."""
    for index in range(len(table[0].cells)):
        yield [(column.cells[index], index in column.best) for column in table]


def markdown(suite: Suite, results: dict[str, Any]) -> str:
    """Returns the table in Markdown, with a line on what it is of."""
    return "\n".join([f"# {suite.title}", "", described(results), "", *markdown_lines(columns(suite, results))]) + "\n"


def markdown_lines(table: Sequence[Column]) -> list[str]:
    """Returns the lines of a list of `Column` in Markdown."""
    lines = ["| " + " | ".join(column.heading for column in table) + " |"]
    lines.append("|" + "|".join(["---"] + ["---:"] * (len(table) - 1)) + "|")
    for row in rows_of(table):
        lines.append("| " + " | ".join(f"**{text}**" if best else text for text, best in row) + " |")
    return lines


def screen(suite: Suite, results: dict[str, Any]) -> Table:
    """Returns the table for a terminal, a `rich` table without the costs."""
    shown = [column for column in columns(suite, results) if column.kind != "cost"]
    return screen_table(suite.title, described(results), shown)


def screen_table(title: str, caption: str, shown: Sequence[Column]) -> Table:
    """Returns a list of `Column` for a terminal, a `rich` table."""
    table = Table(title=Text(title), caption=Text(caption))
    for column in shown:
        table.add_column(Text(column.heading), justify="left" if column.kind == "name" else "right")
    for row in rows_of(shown):
        table.add_row(*(Text(text, style="bold" if best else "") for text, best in row))
    return table


def described(results: dict[str, Any]) -> str:
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
    kinds = {"last": "its last weights", "best": f"the weights best on the split {validation} of its own cubes"}
    weights = ", and ".join(kinds[which] for which in identity["weights"])
    return (
        f"Scenes: {_split(identity)} of {_stem(identity['data'])}{_training(results)}; {camera}. Budget: every network "
        f"trained for {amount}, with batches of {batch} patches of {patch} x {patch}; {weights}{seeds}. "
        f"GMAC, seconds and memory are of one image of {SIZE[0]} x {SIZE[1]}."
    )


def numbers(heading: str, form: str, more: bool, values: Sequence[float]) -> Column:
    """Returns a `Column` of our numbers, the best in bold.

    Args:
      heading: its title. form: format of a number. more: whether more is better. values: a number a row.
    """
    texts = [form.format(value) for value in values]
    best = texts[int((np.argmax if more else np.argmin)(values))]
    return Column(heading, "ours", texts, {index for index, text in enumerate(texts) if text == best})


def _ours(metric, pairs):
    form = metric.form
    texts = [form.format(mean) + (f" ± {form.format(spread)}" if spread else "") for mean, spread in pairs]
    means = [form.format(mean) for mean, _ in pairs]
    best = means[pairs.index((max if metric.more_is_better else min)(pairs, key=lambda pair: pair[0]))]
    return Column(metric.heading, "ours", texts, {index for index, text in enumerate(means) if text == best})


def _costs(entries):
    """Returns the columns of what each row cost; `entries` are of the results' "rows", None for a closed form."""
    firsts = [next(iter(entry["seeds"].values())) if entry else None for entry in entries]
    minutes = [
        f"{sum(seed['minutes'] for seed in entry['seeds'].values()) / len(entry['seeds']):.1f}" if entry else ""
        for entry in entries
    ]

    def cost(heading, form, name, unit=1):
        costs = [entry["cost"].get(name) if entry else None for entry in entries]
        return Column(heading, "cost", ["" if value is None else form.format(value / unit) for value in costs])

    return [
        Column("steps", "cost", [str(first["steps"]) if first else "" for first in firsts]),
        Column("minutes", "cost", minutes),
        Column("parameters", "cost", [f"{entry['cost']['parameters']:,}" if entry else "" for entry in entries]),
        cost("GMAC", "{:.1f}", "multiply_adds", 1e9),
        cost("seconds", "{:.2f}", "seconds"),
        cost("peak MiB", "{:.0f}", "peak_mib"),
    ]


def _stem(path):
    return str(path).rstrip("/").rsplit("/", 1)[-1]


def _training(results):
    """Returns what the rows are trained on, in words; "" where it is what they are scored on."""
    config = results["identity"]["config"]["data"]["cubes"]
    trained = {_stem(entry["settings"].get("data.cubes", config)) for entry in results["rows"].values()} or {config}
    if len(trained) > 1:
        return ", the same for every row; a row is trained on the photos and cubes that its name says"
    (name,) = trained
    return "" if name == _stem(results["identity"]["data"]) else f", trained on {name}"


def _split(identity):
    return "all splits" if identity["split"] == "all" else f"split {identity['split']}"
