"""A suite's results as a table: on screen, and in Markdown with the paper's numbers beside ours."""

from hsgan.evaluation.table import COLUMNS
from hsgan.suites.runner import summary

METRICS = {**COLUMNS, "assim_r2": ("ASSIM (range 2)", "{:.4f}", True)}
SHOWN = ("psnr", "assim", "sam_deg", "sam_lit_deg", "round_trip_rmse")


def columns(suite, results):
    """Returns (headings, rows of texts, for each column the index of the best row or None).

    Args:
      suite: `hsgan.suites.rows.Suite`. results: of `SuiteRun.run`.
    """
    measured = {name: {key: (value, 0.0) for key, value in entry["mean"].items()}
                for name, entry in results["closed_forms"].items()}  # fmt: skip
    measured |= {row.name: summary(results["rows"][row.name]) for row in suite.rows}
    spread = any(len(entry["seeds"]) > 1 for entry in results["rows"].values())
    paper = suite.paper | {row.name: row.paper for row in suite.rows}
    headings = ["method", *(METRICS[name][0] for name in SHOWN)]
    has_paper = any(paper.values())
    if has_paper:
        headings += [f"paper: {METRICS[name][0]}" for name in suite.paper_metrics]
    headings += ["steps", "minutes", "parameters", "GMAC", "seconds", "peak MiB"]
    table = []
    for name, values in measured.items():
        cells = [name, *(_cell(values[metric], METRICS[metric][1], spread) for metric in SHOWN)]
        if has_paper:
            numbers = paper.get(name) or ("",) * len(suite.paper_metrics)
            cells += [f"{number:g}" if number != "" else "" for number in numbers]
        table.append(cells + _costs(results["rows"].get(name)))
    best = [None] * len(headings)
    for index, metric in enumerate(SHOWN, 1):
        means = [values[metric][0] for values in measured.values()]
        best[index] = means.index((max if METRICS[metric][2] else min)(means))
    return headings, table, best


def markdown(suite, results):
    """Returns the table in Markdown, with a line on what it is of."""
    headings, table, best = columns(suite, results)
    for index, row in enumerate(best):
        if row is not None:
            table[row][index] = f"**{table[row][index]}**"
    lines = [f"# {suite.title}", "", described(results), ""]
    lines.append("| " + " | ".join(headings) + " |")
    lines.append("|" + "|".join(["---"] + ["---:"] * (len(headings) - 1)) + "|")
    lines += ["| " + " | ".join(cells) + " |" for cells in table]
    return "\n".join(lines) + "\n"


def described(results):
    """Returns a sentence on what the numbers of a suite were measured on."""
    identity = results["identity"]
    budget = identity["budget"]
    camera = f"camera {identity['camera']}, {'given' if identity['known_srf'] else 'not told to the methods'}"
    config = identity["config"]
    return (
        f"Scenes: split {identity['split']} of {_stem(config['data']['cubes'])}; {camera}; every network "
        f"trained for {budget['amount']:g} {budget['unit']} with batches of {config['train']['batch']} patches of "
        f"{config['train']['patch']} x {config['train']['patch']}; the last weights; GMAC, seconds and memory for 482 x 512."
    )


def _cell(value, form, spread):
    mean, deviation = value
    return form.format(mean) + (f" ± {form.format(deviation)}" if spread and deviation else "")


def _costs(entry):
    if entry is None:
        return [""] * 6
    seeds, cost = list(entry["seeds"].values()), entry["cost"]
    minutes = sum(seed["minutes"] for seed in seeds) / len(seeds)
    return [
        str(seeds[0]["steps"]), f"{minutes:.1f}", f"{cost['parameters']:,}", f"{cost['multiply_adds'] / 1e9:.1f}",
        f"{cost['seconds']:.2f}", f"{cost['peak_mib']:.0f}",
    ]  # fmt: skip


def _stem(path):
    return str(path).rstrip("/").rsplit("/", 1)[-1]
