"""What a suite leaves to be read: `table.md`, `figures/*.png` and `report.html`, one page that needs no other file.

The page is HTML and CSS alone: its images are inside it, no script and no font comes from anywhere.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from hsgan.benchmark import figures, tables
from hsgan.benchmark.published import SRF_PRECISION
from hsgan.benchmark.rows import Suite
from hsgan.benchmark.runner import SuiteRun
from hsgan.benchmark.tables import Column
from hsgan.disk.whole import write_text
from hsgan.plot.figures import folder, save

TABLE, REPORT, FIGURES = "table.md", "report.html", "figures"
screen_table = tables.screen
CAPTIONS = {
    "validation": "PSNR on the validation split in the course of training, every row and seed; step 0 is the untrained "
    "network and may lie below the plot.",
    "errors": "Error maps of the first scene: true bands on the left, then each method's absolute error. All maps of "
    "this page share one color scale; what is beyond its end has its last color.",
    "spectra": "Spectra of the first scene at four pixels, each method beside the truth (black).",
    "srf-precision": "How well the camera is estimated, over test cameras and scenes: share of images whose SRF error "
    "stays below a threshold, and the mean error on each camera.",
    "cameras": "PSNR on each test camera; cameras on gray ground never took part in training.",
    "stress-psnr": "PSNR under each degradation; the dashed vertical line is the level at which nothing changes.",
    "stress-sam": "Spectral angle over lit pixels under the same degradations.",
}


@dataclass
class Image:
    """A figure on the page: its data URI, and the text under it."""

    uri: str
    caption: str


def write(suite: Suite, results: dict[str, Any], run: SuiteRun) -> list[Path]:
    """Writes the table, the figures and the page of a finished suite into `run.output`.

    Args:
      suite: `hsgan.benchmark.rows.Suite`. results: of `SuiteRun.run`. run: the `hsgan.benchmark.runner.SuiteRun`.

    Returns:
      Paths of the files: the page, the Markdown table, and the figures.
    """
    drawn = {"validation": figures.validation(results, same_scenes(suite, run))}
    drawn |= figures.scene_figures(*figures.first_scene(run), run.dictionary.wavelengths_nm, run.bands_nm)
    drawn |= figures.extra_figures(results["extra"])
    paths = {stem: save(figure, folder(run.output / FIGURES) / f"{stem}.png") for stem, figure in drawn.items()}
    write_text(run.output / TABLE, tables.markdown(suite, results))
    write_text(run.output / REPORT, page(suite, results, paths))
    return [run.output / REPORT, run.output / TABLE, *paths.values()]


def page(suite: Suite, results: dict[str, Any], figures: Mapping[str, Path] | None = None) -> str:
    """Returns the page as HTML.

    Args:
      suite, results: as `write`. figures: {file stem: path of a PNG}, in the order of the page.
    """
    return render(
        REPORT,
        suite.title,
        tables.described(results),
        {path: caption(stem) for stem, path in (figures or {}).items()},
        results["versions"],
        table=tables.columns(suite, results),
        extras=extra_tables(results["extra"]),
        settings={name: _json(entry["settings"]) for name, entry in results["rows"].items()},
        plan=results["plan"],
        identity=_json(results["identity"]),
        blind=not results["identity"]["known_srf"],
        paper=any(column.kind == "paper" for column in tables.columns(suite, results)),
        paper_precision=SRF_PRECISION,
    )


def render(
    template: str,
    title: str,
    described: str,
    captions: Mapping[Path, str],
    versions: Mapping[str, str],
    **values: Any,
) -> str:
    """Returns a page as HTML.

    Args:
      template: file of `templates`, which extends `page.html`.
      title: of the page.
      described: what its numbers were measured on.
      captions: {path of a PNG: text under it}, in the order of the page.
      versions: {package: version}.
      values: whatever else the template names.
    """
    environment = Environment(
        loader=PackageLoader("hsgan.benchmark"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    images = {path.stem: Image(data_uri(path), text) for path, text in captions.items()}
    return environment.get_template(template).render(
        title=title, described=described, images=images, versions=versions, rows_of=tables.rows_of, **values
    )


def caption(stem: str) -> str:
    """Returns the text under a figure; parts of one kind (`errors-1`, `errors-2`) share it."""
    return CAPTIONS[stem] if stem in CAPTIONS else CAPTIONS[stem.rsplit("-", 1)[0]]


def data_uri(path: Path) -> str:
    """Returns a PNG file as a data URI."""
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def same_scenes(suite: Suite, run: SuiteRun) -> bool:
    """Whether every row was validated, while it trained, on the very scenes that are reported."""
    fields = ("data.cubes", "data.validation_split")
    moved = any(field in row.settings for row in suite.rows for field in fields)
    camera = run.base.cameras.test or run.dictionary.default_test_camera
    here = str(run.scenes.name) == str(run.base.data.cubes) and run.scenes.split == run.base.data.validation_split
    return here and run.camera == camera and not moved


def extra_tables(extra: dict[str, Any]) -> list[tuple[str, list[Column]]]:
    """Returns [(title, list of `Column`)] of what a suite measured beyond its table."""
    found = []
    if "srf" in extra:
        found.append(("SRF estimation", _srf_table(extra["srf"])))
    if "cameras" in extra:
        found.append(("Cameras seen and never seen in training", _camera_table(extra["cameras"])))
    if "stress" in extra:
        found.append(("Mean PSNR (dB) over the levels of each degradation", _stress_table(extra["stress"])))
    return found


def _srf_table(found):
    errors = [np.concatenate(list(entry["errors"].values())) for entry in found.values()]
    # What each method loses depends on the method. Beside its own with the mean camera it tells what the estimate is.
    gained = [entry.get("mean_camera", entry)["lost_db"] - entry["lost_db"] for entry in found.values()]
    return [
        Column("estimate", "name", list(found)),
        tables.numbers("precision %", "{:.1f}", True, [100 * entry["precision"] for entry in found.values()]),
        tables.numbers("mean error", "{:.3f}", False, [values.mean() for values in errors]),
        tables.numbers("largest error", "{:.3f}", False, [values.max() for values in errors]),
        tables.numbers("skill", "{:.2f}", True, [entry["skill"] for entry in found.values()]),
        tables.numbers("lost dB", "{:.2f}", False, [entry["lost_db"] for entry in found.values()]),
        tables.numbers("gained dB on the mean camera", "{:.2f}", True, gained),
    ]


def _camera_table(found):
    held_out, rows = set(found["held_out"]), found["rows"]
    table = [Column("method", "name", list(rows))]
    for heading, unseen in (("seen", False), ("never seen", True)):
        chosen = [name for name in next(iter(rows.values())) if (name in held_out) == unseen]
        if chosen:
            means = [np.mean([by_camera[name]["psnr"] for name in chosen]) for by_camera in rows.values()]
            count = f"{len(chosen)} camera{'s' * (len(chosen) > 1)}"
            table.append(tables.numbers(f"PSNR dB, {count} {heading}", "{:.2f}", True, means))
    return table


def _stress_table(found):
    methods = list(found["clean"])
    table = [
        Column("method", "name", methods),
        tables.numbers("clean", "{:.2f}", True, [found["clean"][name]["psnr"] for name in methods]),
    ]
    for panel in found["degradations"].values():
        # The level that changes nothing tells nothing about the degradation.
        levels = [index for index, level in enumerate(panel["levels"]) if level != panel["clean"]]
        if levels:
            means = [np.mean([panel["methods"][name]["psnr"][index] for index in levels]) for name in methods]
            table.append(tables.numbers(panel["label"], "{:.2f}", True, means))
    return table


def _json(values):
    return json.dumps(values, indent=2)
