"""What suites measure beyond their table, each a function of the `SuiteRun`, giving what goes under "extra"."""

import numpy as np

from hsgan.evaluate.stress import stress
from hsgan.metrics.srf import precision_curve, srf_error, srf_precision
from hsgan.records.reader import iterate_cubes
from hsgan.spectra.imaging import project

CAMERAS = 10


def srf(run):
    """SRF precision over ten test cameras ([SE] Fig. 5): errors, their curve, and those of the mean camera beside."""
    methods, mean = list(run.networks()), run.mean_camera
    errors = {name: {} for name in (*(method.name for method in methods), "mean camera")}
    scenes = list(iterate_cubes(run.cubes, run.split))
    for camera in test_cameras(run):
        truth = run.dictionary.srf(camera)
        images = [project(cube, truth).numpy() for _, cube in scenes]
        for method in methods:
            errors[method.name][camera] = [srf_error(truth, method.estimate_srf(rgb)) for rgb in images]
        errors["mean camera"][camera] = [srf_error(truth, mean)] * len(images)
    found = {}
    for name, by_camera in errors.items():
        every = np.concatenate(list(by_camera.values()))
        thresholds, shares = precision_curve(every)
        found[name] = {
            "precision": srf_precision(every),
            "errors": by_camera,
            "curve": {"thresholds": thresholds.tolist(), "shares": shares.tolist()},
        }
    return {"srf": found}


def cameras(run):
    """Every row on ten test cameras, those that training never saw among them; the camera is given."""
    tested, found = test_cameras(run), {}
    for method in run.networks():
        results = {camera: run.evaluate([method], method, camera) for camera in tested}
        found[method.name] = {camera: result["methods"][method.name]["mean"] for camera, result in results.items()}
    return {"cameras": {"held_out": list(run.base.cameras.held_out), "rows": found}}


def stressed(run):
    """Every method under every degradation (`hsgan.evaluate.stress`); the cameras are those training never saw."""
    closed, networks = run.closed_forms(), list(run.networks())
    # All closed forms suppose the same camera: the first estimates it for all, and they are evaluated together.
    estimators = {method.name: closed[0] for method in closed} | {method.name: method for method in networks}
    scenes = list(iterate_cubes(run.cubes, run.split))
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


def test_cameras(run):
    """Returns names of ten different cameras, or of all: first those that training never saw, then others at random."""
    held_out, names = list(run.base.cameras.held_out), run.dictionary.names
    order = np.random.default_rng(run.base.seed).permutation(len(names))
    return (held_out + [names[index] for index in order if names[index] not in held_out])[:CAMERAS]
