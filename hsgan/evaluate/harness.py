"""The harness: every method on every test cube, through one camera, by one protocol."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from hsgan import config as config_lib
from hsgan.disk.whole import write_json
from hsgan.errors import DataError
from hsgan.evaluate.photos import Opener, PhotoShots, find_pairs
from hsgan.evaluate.shots import Shot, projected
from hsgan.evaluate.worth import worth_of_estimate
from hsgan.files.cubes import open_cube
from hsgan.metrics import protocols, quality
from hsgan.metrics import srf as srf_metrics
from hsgan.metrics.coverage import coverage
from hsgan.plot import figures
from hsgan.reconstruct import TENSORFLOW
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.models import NO_PRIOR, NetworkMethod, closed_forms_of
from hsgan.reconstruct.round_trip import round_trip
from hsgan.reconstruct.self_ensemble import SelfEnsemble
from hsgan.records.manifest import read_manifest
from hsgan.records.reader import iterate_cubes
from hsgan.run.folder import RunFolder, versions

METRICS_FILE = "metrics.json"


def evaluate_run(
    run: str | Path,
    data: str | Path,
    output: str | Path,
    camera: str | None = None,
    known_srf: bool | None = None,
    split: str = "validation",
    checkpoint: str = "best",
    protocol: str = "seed",
    figure_scenes: int = 3,
    engine: str = TENSORFLOW,
    self_ensemble: bool = False,
) -> dict:
    """Evaluates a trained run and the methods without a network; writes `metrics.json` and `figures/*.png`.

    Files of an earlier evaluation in `output` are replaced; "figures" in `metrics.json` says which belong to it.

    Args:
      run: run folder.
      data: folder of cube records.
      output: folder to write to.
      camera: name in the run's dictionary; None takes the run's test camera.
      known_srf: give that camera's SRF to all methods; otherwise all get the SRF that the model estimates (blind).
        None: as the run was validated (`config.cameras.known`).
      split: of the records.
      checkpoint: "best" on validation, or "last".
      protocol: name in `hsgan.metrics.protocols.PROTOCOLS`.
      figure_scenes: scenes with pictures, the first ones; 0 for none.
      engine: name in `hsgan.reconstruct.ENGINES`.
      self_ensemble: the network's cubes are means over flips and quarter turns (`hsgan.reconstruct.self_ensemble`).

    Returns:
      The results, as in `metrics.json` (`evaluate`), with the figures' paths in `output` under "figures".

    Raises:
      RunError: no run, or one without such weights; an engine that cannot run it; a self-ensemble of a network that
        sees each pixel by itself.
      DataError: no cube records, other wavelengths, no such camera (lists near names), a scene that cannot be scored,
        an output that is a file.
    """
    figures.check_folder(output)
    subject = Subject.open(run, checkpoint, engine, self_ensemble)
    known_srf = subject.folder.config.cameras.known if known_srf is None else known_srf
    manifest = read_manifest(data)
    manifest.check_wavelengths(config_lib.wavelengths_nm(subject.folder.config))
    camera = camera or subject.folder.test_camera
    srf = subject.method.dictionary.srf(camera)
    gallery = figures.Gallery(f"{output}/figures", subject.method.wavelengths_nm, figure_scenes)
    results = evaluate(
        subject.methods,
        tqdm(iterate_cubes(data, split), "evaluating", manifest.split(split).records, unit="scene", disable=None),
        camera,
        srf,
        estimator=None if known_srf else subject.method,
        protocol=protocol,
        on_scene=gallery.add,
    )
    if not known_srf:
        gallery.add_srf(camera, srf)
        results["srf"] |= worth_of_estimate(subject.method, lambda: iterate_cubes(data, split), srf)
    results["data"] = {"records": str(data), "source": manifest.source, "split": split}
    return subject.finish(results, gallery, output)


def evaluate_photos(
    run: str | Path,
    photos: Iterable[str],
    truth: str | Path,
    output: str | Path,
    camera: str = "",
    encoding: str = "srgb",
    scale: str = quality.BEST_SCALE,
    checkpoint: str = "best",
    protocol: str = "seed",
    figure_scenes: int = 3,
    engine: str = TENSORFLOW,
    self_ensemble: bool = False,
    opened: Opener = open_cube,
) -> dict:
    """Evaluates a run on photos whose true cubes are known; writes what `evaluate_run` does.

    Args:
      run: run folder.
      photos: files, folders and patterns.
      truth: folder of the true cubes, matched by name (`hsgan.evaluate.photos`).
      output: folder to write to.
      camera: that took the photos, as for `hsgan.reconstruct.camera.choose`; "" for the best evidence in each file.
      encoding: how 8 and 16 bit values of the photos are stored.
      scale: "best" multiplies each cube by what brings it nearest to the truth, since a photo's exposure is its own;
        "none" does not.
      checkpoint: as for `evaluate_run`; and so are the others but the last.
      protocol: see above.
      figure_scenes: see above.
      engine: see above.
      self_ensemble: see above.
      opened: opens the true cubes.

    Returns:
      As `evaluate_run`, without "srf", with "scale", and "photos" {scene: {"photo", "truth", "camera",
      "camera_source"}}.

    Raises:
      RunError: as `evaluate_run`.
      DataError: no pairs, a photo without a cube, one that does not fit its cube, no such camera, a scene that cannot
        be scored, an output that is a file.
    """
    figures.check_folder(output)
    pairs = find_pairs(photos, truth)
    subject = Subject.open(run, checkpoint, engine, self_ensemble)
    gallery = figures.Gallery(f"{output}/figures", subject.method.wavelengths_nm, figure_scenes)
    shots = PhotoShots(pairs, subject.method, camera, encoding, opened)
    bar = tqdm(shots, "evaluating", len(pairs), unit="photo", disable=None)
    found = score(subject.methods, bar, protocol, scale, gallery.add)
    results = {"protocol": protocol, "camera": shots.camera, "blind": False, "scale": scale, **found}
    return subject.finish(results | {"photos": shots.facts}, gallery, output)


@dataclass(frozen=True, eq=False)
class Subject:
    """What is evaluated: a run's network, and the methods without one that stand beside it.

    Attributes:
      folder: the run.
      method: its network, or the self-ensemble of it.
      forms: the methods without one.
      facts: about the run, for the results.
    """

    folder: RunFolder
    method: Method
    forms: list[Method]
    facts: dict

    @classmethod
    def open(
        cls, run: str | Path, checkpoint: str = "best", engine: str = TENSORFLOW, self_ensemble: bool = False
    ) -> "Subject":
        """Opens a run; arguments and errors as `evaluate_run`."""
        folder = RunFolder.open(run)
        network = NetworkMethod.from_run(folder, checkpoint, engine)
        method = SelfEnsemble(network) if self_ensemble else network
        facts = {
            "run": str(folder.path),
            "config": folder.config.name,
            "engine": method.facts["engine"],
            "checkpoint": {"which": checkpoint, **folder.weights_record(checkpoint)},
            "versions": versions(),
        }
        return cls(folder, method, closed_forms_of(folder, network), facts)

    @property
    def methods(self) -> list[Method]:
        """All of them, the network last."""
        return [*self.forms, self.method]

    def finish(self, results: dict, gallery: figures.Gallery, output: str | Path) -> dict:
        """Writes and returns the results, with what is known of the run and the figures."""
        results["figures"] = [str(path.relative_to(output)) for path in gallery.paths]
        results |= self.facts
        if "mixture" not in results["methods"]:
            results["absent"] = {"mixture": NO_PRIOR.format(run=self.folder.path)}
        write_results(results, output)
        return results


def evaluate(
    methods: Sequence[Method],
    scenes: Iterable[tuple[str, np.ndarray]],
    camera: str,
    srf: np.ndarray,
    estimator: Method | None = None,
    protocol: str = "seed",
    on_scene: Callable | None = None,
    degrade: Callable | None = None,
) -> dict:
    """Projects each cube with a camera, reconstructs it by every method and scores the results.

    Args:
      methods: of different names.
      scenes: (name, cube float32 [height, width, bands]).
      camera: its name, for the results.
      srf: its SRF, float32 [3, bands].
      estimator: the method whose estimate of the camera all methods get (blind); None: they get the camera's SRF.
      protocol: name in `hsgan.metrics.protocols.PROTOCOLS`.
      on_scene: called after each scene with (name, truth, rgb, {method: cube}, srf used).
      degrade: function (scene, truth, rgb) -> `hsgan.evaluate.degradations.Degraded`: what the methods get, and what
        they are compared with, in place of the scene; None: as it is.

    Returns:
      {"protocol", "camera", "blind", "methods": {method: {"mean": metrics, "scenes": {scene: metrics}}}}; metrics are
      the protocol's, and `round_trip_rmse` and `round_trip_brightness` under the SRF used (`round_trip`); of methods
      that give deviations also `coverage_50` and `coverage_90` (`hsgan.metrics.coverage`); if blind
      "srf": {"error": mean, "precision": area as in [SE] Fig. 5, "scenes": {scene: error}}.

    Raises:
      DataError: no scenes, two of one name, or an estimate that cannot be scored, naming scene and method.
    """
    results = {"protocol": protocol, "camera": camera, "blind": estimator is not None}
    results |= score(methods, projected(scenes, srf, estimator, degrade), protocol, on_scene=on_scene)
    if estimator is None:
        del results["srf"]
    return results


def score(
    methods: Sequence[Method],
    shots: Iterable[Shot],
    protocol: str = "seed",
    scale: str = quality.NO_SCALE,
    on_scene: Callable | None = None,
) -> dict:
    """Reconstructs shots by every method and scores the cubes.

    Args:
      methods: of different names.
      shots: of different scenes.
      protocol: name in `hsgan.metrics.protocols.PROTOCOLS`.
      scale: in `hsgan.metrics.quality.SCALES`: "best" multiplies each cube by what brings it nearest to the truth.
      on_scene: as for `evaluate`.

    Returns:
      {"methods", "srf"} as `evaluate`; no "srf" where nobody knows the cameras that made the images. With the best
      scale, metrics have `scale`.

    Raises:
      DataError: as `evaluate`.
    """
    measure = protocols.protocol(protocol)
    scored: dict[str, dict[str, dict[str, float]]] = {method.name: {} for method in methods}
    srf_errors: dict[str, float] = {}
    seen: set[str] = set()
    if len(scored) < len(methods):
        raise DataError(f"methods: must have different names. Received: {', '.join(method.name for method in methods)}")
    for shot in shots:
        if shot.scene in seen:
            raise DataError(f"scene {shot.scene}: there are two of this name")
        seen.add(shot.scene)
        if shot.made_by is not None:
            srf_errors[shot.scene] = srf_metrics.srf_error(shot.made_by, shot.srf)
        cubes = {}
        for method in methods:
            try:
                cubes[method.name], scored[method.name][shot.scene] = score_shot(method, shot, measure, scale)
            except ValueError as error:
                raise DataError(f"scene {shot.scene}, method {method.name}: {error}") from error
        if on_scene is not None:
            on_scene(shot.scene, shot.truth, shot.rgb, cubes, shot.srf)
    if not seen:
        raise DataError("evaluation: there is not one scene")
    results: dict[str, dict[str, Any]] = {
        "methods": {
            name: {"mean": protocols.average(by_scene), "scenes": by_scene} for name, by_scene in scored.items()
        }
    }
    if srf_errors:
        errors = list(srf_errors.values())
        precision = srf_metrics.srf_precision(errors)
        results["srf"] = {"error": float(np.mean(errors)), "precision": precision, "scenes": srf_errors}
    return results


def score_shot(method: Method, shot: Shot, measure: Callable, scale: str) -> tuple[np.ndarray, dict[str, float]]:
    """Returns the cube of one method, brought to the truth's scale, and its metrics.

    Args:
      method: what makes the cube.
      shot: of what.
      measure: a protocol.
      scale: as for `score`.

    Raises:
      ValueError: a cube that cannot be scored.
    """
    made, deviation = method.cube_and_deviation(shot.rgb, shot.srf)
    cube, gain, metrics = made if shot.gain == 1 else made / np.float32(shot.gain), shot.gain, {}
    if scale == quality.BEST_SCALE:
        best = quality.best_scale(*quality.check_pair(shot.truth, cube))
        cube, gain, metrics = cube * np.float32(best), gain / best, {"scale": best}
    metrics = measure(shot.truth, cube) | metrics
    if deviation is not None:
        metrics |= coverage(shot.truth, cube, deviation / np.float32(gain))
    check = round_trip(made, shot.srf, shot.rgb)
    return cube, metrics | {"round_trip_rmse": check["rmse"], "round_trip_brightness": check["brightness"]}


def write_results(results: dict, output: str | Path) -> Path:
    """Writes `output/metrics.json` atomically and returns its path."""
    path = figures.folder(output) / METRICS_FILE
    write_json(path, results)
    return path
