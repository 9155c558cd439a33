"""Developed pictures of known scenes: what it costs to read a JPEG in place of a sensor's own values.

The pictures are a set's own (CAVE's `NAME_RGB.bmp`). Each is read with the responses of sRGB and with the dictionary's
mean camera, as it is and after what cameras and their owners do to pictures. Beside them stand the same scenes
projected exactly by the responses of sRGB. Cubes are compared after the best single scale. Source: method section 20.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.table import Table
from tqdm import tqdm

from hsgan.evaluate.harness import Subject, score, write_results
from hsgan.evaluate.photos import Opener, Pair, find_pairs, read_pair
from hsgan.evaluate.processing import PROCESSING, processed
from hsgan.evaluate.shots import Shot
from hsgan.files.cubes import open_cube
from hsgan.metrics.protocols import quick
from hsgan.metrics.quality import BEST_SCALE
from hsgan.plot import figures
from hsgan.reconstruct import TENSORFLOW
from hsgan.reconstruct.method import Method
from hsgan.spectra import developed
from hsgan.spectra.imaging import project

NAME = "developed"
EXACT = "exact"
SRGB, MEAN = "srgb", "mean"


def evaluate_developed(
    run: str | Path,
    photos: Iterable[str],
    truth: str | Path,
    output: str | Path,
    checkpoint: str = "best",
    engine: str = TENSORFLOW,
    opened: Opener = open_cube,
) -> dict:
    """Evaluates a run on developed pictures whose true cubes are known; writes `metrics.json`.

    Args:
      run: run folder.
      photos: files, folders and patterns: pictures in sRGB.
      truth: folder of the true cubes, matched by name (`hsgan.evaluate.photos`).
      output: folder to write to.
      checkpoint: as `hsgan.evaluate.harness.evaluate_run`, and so is `engine`.
      engine: see above.
      opened: opens the true cubes.

    Returns:
      {"protocol": "developed", "rows": [{"picture", "read_as", "methods": {method: {metric: mean}}}], "scenes"}, and
      facts about the run; metrics: those shown of protocol `quick`, and `scale`.

    Raises:
      RunError, DataError: as `hsgan.evaluate.harness.evaluate_photos`.
    """
    figures.check_folder(output)
    pairs = find_pairs(photos, truth)
    subject = Subject.open(run, checkpoint, engine)
    method = subject.method
    cameras = {SRGB: developed.responses(method.wavelengths_nm), MEAN: method.mean_camera}
    scenes = [_shot(pair, method, cameras[SRGB], opened) for pair in pairs]
    cases: list[tuple[str, str, Callable[[Shot], Shot]]] = [(EXACT, SRGB, project_exactly)]
    cases += [(name, reading, _processor(name)) for reading in cameras for name in PROCESSING]
    rows = []
    for picture, reading, change in tqdm(cases, NAME, unit="reading", disable=None):
        shots = (replace(change(shot), srf=cameras[reading]) for shot in scenes)
        found = score(subject.methods, shots, "quick", BEST_SCALE)["methods"]
        means = {name: {key: entry["mean"][key] for key in (*quick.columns, "scale")} for name, entry in found.items()}
        rows.append({"picture": picture, "read_as": reading, "methods": means})
    results = {"protocol": NAME, "rows": rows, "scenes": [shot.scene for shot in scenes], **subject.facts}
    write_results(results, output)
    return results


def project_exactly(shot: Shot) -> Shot:
    """Returns a shot of the same scene as the responses that it is read with make it, in full precision."""
    return replace(shot, rgb=project(shot.truth, shot.srf).numpy())


def tables(results: dict) -> Iterator[Table]:
    """Yields a `rich` table of each metric of `evaluate_developed`: pictures down, methods across."""
    names = list(results["rows"][0]["methods"])
    for metric, column in quick.columns.items():
        table = Table(title=f"{column.heading}, {len(results['scenes'])} developed pictures, best scale")
        for heading in ("picture", "read as"):
            table.add_column(heading)
        for name in names:
            table.add_column(name, justify="right")
        for row in results["rows"]:
            cells = (column.form.format(row["methods"][name][metric]) for name in names)
            table.add_row(row["picture"], row["read_as"], *cells)
        yield table


def _shot(pair: Pair, method: Method, srf: np.ndarray, opened: Opener) -> Shot:
    rgb, truth, _ = read_pair(pair, method, developed.NAME, opened=opened)
    return Shot(pair.scene, truth, rgb, srf)


def _processor(name: str) -> Callable[[Shot], Shot]:
    """Returns what a processing of pictures makes of a shot: 8 bits in, 8 bits out."""

    def change(shot):
        return replace(shot, rgb=processed(shot.rgb, PROCESSING[name]))

    return change
