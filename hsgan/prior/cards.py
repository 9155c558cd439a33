"""The cards of pretrained weights in words: for a terminal, and as a page."""

import textwrap

from hsgan.metrics.measures import Column
from hsgan.metrics.protocols import quick
from hsgan.prior.pretrained import DEFAULT, Card

_WIDTH = 120  # letters of a line

COLUMNS = quick.columns | {"coverage_90": Column("in 90 % intervals", "{:.0%}", more_is_better=True)}


def table(card: Card) -> list[list[str]]:
    """Returns the measurements as rows of texts, the headings first."""
    columns = {metric: column for metric, column in COLUMNS.items() if all(metric in row for row in card.measured)}
    rows = [["photo", "read as", *(column.heading for column in columns.values())]]
    for row in card.measured:
        numbers = (column.form.format(row[metric]) for metric, column in columns.items())
        rows.append([row["photo"], row["read_as"], *numbers])
    return rows


def text(card: Card) -> str:
    """Returns a card for a terminal."""
    rows = table(card)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"{card.name}{' (the default)' if card.name == DEFAULT else ''}: {card.title}", f"  terms: {card.terms}"]
    lines += [f"  fitted to {kind}: {entry['source']}" for kind, entry in card.data.items()]
    lines += [f"  {card.how}"]
    for row in rows:
        words = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
        figures = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        lines.append(f"    {'  '.join([*words, *figures])}")
    return "\n".join([*lines, *(f"  not for: {sentence}" for sentence in card.not_for)])


def page(card: Card) -> str:
    """Returns a card as Markdown."""
    heading, *rows = table(card)
    cells = [heading, ["---", "---", *["---:"] * (len(heading) - 2)], *rows]
    data = [f"- {kind}: {entry['source']}. {entry['note']}" for kind, entry in card.data.items()]
    settings = ", ".join(f"{name} {value}" for name, value in card.settings.items())
    lines = [
        f"# {card.name}", "", f"{card.title}.", "", "## Terms", f"{card.terms}.", "", "## Fitted to", *data, "",
        f"Settings: {settings}.", "", "## Measured", card.how, "", *(f"| {' | '.join(row)} |" for row in cells), "",
        "## Not for", *(f"- {sentence}" for sentence in card.not_for), "",
        f"sha256 of `{card.name}.npz`: `{card.sha256}`", "",
    ]  # fmt: skip
    return "\n".join(part for line in lines for part in _wrapped(line))


def _wrapped(line):
    """Returns the lines of a paragraph; those of a list's entry are indented."""
    if line.startswith("|"):
        return [line]
    indent = "  " if line.startswith("- ") else ""
    return textwrap.wrap(line, _WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]
