"""The harness: every method on every test cube, through one camera, by one protocol."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from hsgan import config as config_lib
from hsgan.disk.whole import write_json
from hsgan.errors import DataError
from hsgan.metrics import protocols
from hsgan.metrics import srf as srf_metrics
from hsgan.metrics.coverage import coverage
from hsgan.plot import figures
from hsgan.reconstruct import TENSORFLOW
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.models import NO_PRIOR, NetworkMethod, closed_forms_of
from hsgan.reconstruct.round_trip import round_trip
from hsgan.records.manifest import read_manifest
from hsgan.records.reader import iterate_cubes
from hsgan.run.folder import RunFolder, versions
from hsgan.spectra.imaging import project

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

    Returns:
      The results, as in `metrics.json` (`evaluate`), with the figures' paths in `output` under "figures".

    Raises:
      RunError: no run, or one without such weights; an engine that cannot run it.
      DataError: no cube records, other wavelengths, no such camera (lists near names), a scene that cannot be scored,
        an output that is a file.
    """
    figures.check_folder(output)
    folder = RunFolder.open(run)
    known_srf = folder.config.cameras.known if known_srf is None else known_srf
    method = NetworkMethod.from_run(folder, checkpoint, engine)
    manifest = read_manifest(data)
    manifest.check_wavelengths(config_lib.wavelengths_nm(folder.config))
    camera = camera or folder.test_camera
    srf = method.dictionary.srf(camera)
    gallery = figures.Gallery(f"{output}/figures", method.wavelengths_nm, figure_scenes)
    forms = closed_forms_of(folder, method)
    results = evaluate(
        [*forms, method],
        tqdm(iterate_cubes(data, split), "evaluating", manifest.split(split).records, unit="scene", disable=None),
        camera,
        srf,
        estimator=None if known_srf else method,
        protocol=protocol,
        on_scene=gallery.add,
    )
    if not known_srf:
        gallery.add_srf(camera, srf)
    results |= {
        "figures": [str(path.relative_to(output)) for path in gallery.paths],
        "run": str(folder.path),
        "config": folder.config.name,
        "engine": engine,
        "checkpoint": {"which": checkpoint, **folder.weights_record(checkpoint)},
        "data": {"records": str(data), "source": manifest.source, "split": split},
        "versions": versions(),
    }
    if "mixture" not in results["methods"]:
        results["absent"] = {"mixture": NO_PRIOR.format(run=folder.path)}
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
    score = protocols.protocol(protocol)
    scored, srf_errors = {method.name: {} for method in methods}, {}
    if len(scored) < len(methods):
        raise DataError(f"methods: must have different names. Received: {', '.join(method.name for method in methods)}")
    for scene, truth in scenes:
        if scene in srf_errors:
            raise DataError(f"scene {scene}: there are two of this name")
        rgb, made_by, gain = project(truth, srf).numpy(), srf, 1.0
        if degrade is not None:
            truth, rgb, made_by, gain = degrade(scene, truth, rgb)
        used = np.asarray(srf if estimator is None else estimator.estimate_srf(rgb), np.float32)
        srf_errors[scene] = srf_metrics.srf_error(made_by, used)
        cubes = {}
        for method in methods:
            name, (made, deviation) = method.name, method.cube_and_deviation(rgb, used)
            cubes[name] = made if gain == 1 else made / np.float32(gain)
            try:
                scored[name][scene] = score(truth, cubes[name])
            except ValueError as error:
                raise DataError(f"scene {scene}, method {name}: {error}") from error
            if deviation is not None:
                scored[name][scene] |= coverage(truth, cubes[name], deviation / np.float32(gain))
            check = round_trip(made, used, rgb)
            scored[name][scene] |= {"round_trip_rmse": check["rmse"], "round_trip_brightness": check["brightness"]}
        if on_scene is not None:
            on_scene(scene, truth, rgb, cubes, used)
    if not srf_errors:
        raise DataError("evaluation: there is not one scene")
    results = {"protocol": protocol, "camera": camera, "blind": estimator is not None}
    results["methods"] = {
        name: {"mean": protocols.average(by_scene), "scenes": by_scene} for name, by_scene in scored.items()
    }
    if estimator is not None:
        errors = list(srf_errors.values())
        precision = srf_metrics.srf_precision(errors)
        results["srf"] = {"error": float(np.mean(errors)), "precision": precision, "scenes": srf_errors}
    return results


def write_results(results: dict, output: str | Path) -> Path:
    """Writes `output/metrics.json` atomically and returns its path."""
    path = figures.folder(output) / METRICS_FILE
    write_json(path, results)
    return path
