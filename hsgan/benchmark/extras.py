"""What suites measure beyond their table, each a function of the `SuiteRun`, giving what goes under "extra"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from hsgan.evaluate.stress import stress
from hsgan.evaluate.worth import Worth
from hsgan.metrics.srf import precision_curve, srf_precision

if TYPE_CHECKING:
    from hsgan.benchmark.runner import SuiteRun

CAMERAS = 10


def srf(run: SuiteRun) -> dict[str, Any]:
    """How well cameras are estimated, over ten test cameras ([SE] Fig. 5), and what that is worth.

    Errors, their curve and the precision, and beside them skill and decibels (`hsgan.evaluate.worth`); the same of the
    mean camera. Of the methods without a network those that look at the image stand there, too.
    """
    found, cameras_of = {}, test_cameras(run)
    scenes = list(run.scenes)
    closed = [method for method in run.closed_forms() if method.estimates_camera]
    for method in (*closed, *run.networks()):
        worths = {}
        for camera in tqdm(cameras_of, f"cameras, {method.name}", unit="camera", disable=None):
            worths[camera] = Worth()
            for _, cube in scenes:
                worths[camera].add(method, cube, run.dictionary.srf(camera))
        every = Worth.joined(worths.values())
        found[method.name] = _precision({camera: worth.errors for camera, worth in worths.items()}) | every.result()
        mean = every.result()["mean_camera"]
        found["mean camera"] = _precision({camera: worth.mean_errors for camera, worth in worths.items()})
        found["mean camera"] |= {"skill": 0.0, "lost_db": mean["lost_db"]}
    return {"srf": found}


def _precision(by_camera):
    """Returns the paper's measure of {camera: errors}, with its curve."""
    every = np.concatenate(list(by_camera.values()))
    thresholds, shares = precision_curve(every)
    return {
        "precision": srf_precision(every),
        "errors": by_camera,
        "curve": {"thresholds": thresholds.tolist(), "shares": shares.tolist()},
    }


def cameras(run: SuiteRun) -> dict[str, Any]:
    """Every row on ten test cameras, those that training never saw among them; the camera is given."""
    tested, found = test_cameras(run), {}
    for method in run.networks():
        results = {camera: run.evaluate([method], method, camera) for camera in tested}
        found[method.name] = {camera: result["methods"][method.name]["mean"] for camera, result in results.items()}
    return {"cameras": {"held_out": list(run.base.cameras.held_out), "rows": found}}


def stressed(run: SuiteRun) -> dict[str, Any]:
    """Every method under every degradation (`hsgan.evaluate.stress`); the cameras are those training never saw."""
    closed, networks = run.closed_forms(), list(run.networks())
    # All closed forms suppose the same camera: the first estimates it for all, and they are evaluated together.
    estimators = {method.name: closed[0] for method in closed} | {method.name: method for method in networks}
    scenes = list(run.scenes)
    unseen = {name: run.dictionary.srf(name) for name in run.base.cameras.held_out}
    return {
        "stress": stress(
            [*closed, *networks],
            scenes,
            run.camera,
            run.srf,
            run.dictionary.wavelengths_nm,
            None if run.known else estimators,
            cameras=unseen,
        )
    }


EXTRAS = {"srf": srf, "cameras": cameras, "stress": stressed}


def test_cameras(run: SuiteRun) -> list[str]:
    """Returns names of ten different cameras, or of all: first those that training never saw, then others at random."""
    held_out, names = list(run.base.cameras.held_out), run.dictionary.names
    order = np.random.default_rng(run.base.seed).permutation(len(names))
    return (held_out + [names[index] for index in order if names[index] not in held_out])[:CAMERAS]
