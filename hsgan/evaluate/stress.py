"""The stress suite: how each method's numbers fall as something goes wrong, degradation by degradation."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from tqdm import tqdm

from hsgan.errors import ConfigError
from hsgan.evaluate.degradations import DEGRADATIONS, Setting, other_cameras
from hsgan.evaluate.harness import evaluate
from hsgan.metrics.protocols import quick
from hsgan.reconstruct.method import Method

METRICS = (*quick.columns, "round_trip_rmse", "round_trip_brightness")


def stress(
    methods: Sequence[Method],
    scenes: Iterable[tuple[str, np.ndarray]] | Callable,
    camera: str,
    srf: np.ndarray,
    wavelengths_nm: np.ndarray,
    estimators: Mapping[str, Method] | None = None,
    levels: Mapping[str, Sequence] | None = None,
    cameras: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
) -> dict:
    """Evaluates all methods under every degradation at every level, by protocol `quick`.

    Args:
      methods: of different names.
      scenes: (name, cube float32 [height, width, bands]), read once for each level: a list, or a function that returns
        a fresh iterator.
      camera: the test camera's name.
      srf: its SRF, float32 [3, bands].
      wavelengths_nm: float [bands].
      estimators: {method's name: the method whose estimate of the camera it gets} (blind); None: all get the test
        camera's SRF, also where the degradation is another camera.
      levels: {degradation: its levels} to evaluate, names of `DEGRADATIONS` (and "camera"); None takes all, at their
        default levels.
      cameras: {name: srf} of further cameras, e.g. those that training did not see; each is a level of "camera".
      seed: of noise and metamers.

    Returns:
      {"camera", "blind", "seed", "scenes" (their number), "clean": {method: {metric: mean}}, "degradations": {name:
      {"label", "levels", "clean" (the level at which nothing changes), "methods": {method: {metric: [one number a
      level]}}}}}; metrics: `METRICS`, means over the scenes. Equal arguments give equal numbers.

    Raises:
      ConfigError: no such degradation, or a level out of its range, before anything is evaluated.
      DataError: as `hsgan.evaluate.harness.evaluate`.
    """
    known = DEGRADATIONS | ({"camera": other_cameras(camera, cameras)} if cameras else {})
    chosen = {name: known[name].levels for name in known} if levels is None else levels
    _check_names(chosen, known)
    setting = Setting(np.asarray(srf, np.float32), wavelengths_nm, seed, cameras)
    work = [
        (name, level, known[name].build(level, setting))
        for name, its_levels in chosen.items()
        for level in its_levels
        if level != known[name].clean
    ]
    read = scenes if callable(scenes) else lambda: scenes

    def means(degrade=None):
        return _evaluate(methods, read, camera, srf, estimators, degrade)

    clean, count = means()
    found = {
        (name, level): means(degrade)[0] for name, level, degrade in tqdm(work, "stress", unit="level", disable=None)
    }
    return {
        "camera": camera,
        "blind": estimators is not None,
        "seed": seed,
        "scenes": count,
        "clean": clean,
        "degradations": {
            name: _curves(known[name], chosen[name], [found.get((name, level), clean) for level in chosen[name]])
            for name in chosen
        },
    }


def _check_names(chosen, known):
    for name, levels in chosen.items():
        if name not in known:
            raise ConfigError(f"stress: no degradation {name!r}; there are {', '.join(known)}")
        if isinstance(levels, str) or len(levels) == 0:
            raise ConfigError(f"stress: levels of {name}: must be a list of at least one. Received: {levels!r}")


def _evaluate(methods, read, camera, srf, estimators, degrade):
    """Returns {method: {metric: mean}} and the number of scenes; methods of one estimator are evaluated together."""
    estimator_of = {method.name: estimators[method.name] if estimators else None for method in methods}
    means = {}
    for shared in dict.fromkeys(estimator_of.values()):
        group = [method for method in methods if estimator_of[method.name] is shared]
        results = evaluate(group, read(), camera, srf, shared, protocol=quick.name, degrade=degrade)["methods"]
        means |= {name: {metric: result["mean"][metric] for metric in METRICS} for name, result in results.items()}
        count = len(next(iter(results.values()))["scenes"])
    return {method.name: means[method.name] for method in methods}, count


def _curves(degradation, levels, means):
    return {
        "label": degradation.label,
        "levels": list(levels),
        "clean": degradation.clean,
        "methods": {
            method: {metric: [mean[method][metric] for mean in means] for metric in METRICS} for method in means[0]
        },
    }
