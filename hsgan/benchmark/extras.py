"""What suites measure beyond their table, each a function of the `SuiteRun`, giving what goes under "extra"."""

import numpy as np

from hsgan.evaluate.stress import stress
from hsgan.metrics.srf import precision_curve, srf_error, srf_precision
from hsgan.reconstruct.methods import estimate_srf, reconstruct_cube
from hsgan.records.reader import iterate_cubes
from hsgan.spectra.imaging import project

CAMERAS = 10


def srf(run):
    """SRF precision over ten test cameras ([SE] Fig. 5): errors, their curve, and those of the mean camera beside."""
    cameras = test_cameras(run)
    estimates = {name: (lambda rgb, network=network: estimate_srf(network, rgb)) for name, network in run.networks()}
    estimates["mean camera"] = lambda rgb: run.mean_camera
    errors = {name: {} for name in estimates}
    scenes = list(iterate_cubes(run.cubes, run.split))
    for camera in cameras:
        truth = run.dictionary.srf(camera)
        images = [project(cube, truth).numpy() for _, cube in scenes]
        for name, estimate in estimates.items():
            errors[name][camera] = [srf_error(truth, estimate(rgb)) for rgb in images]
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
    for name, network in run.networks():
        methods = {name: lambda rgb, srf, network=network: reconstruct_cube(network, rgb, srf)}
        found[name] = {}
        for camera in tested:
            results = run.evaluate(methods, lambda rgb, network=network: estimate_srf(network, rgb), camera)
            found[name][camera] = results["methods"][name]["mean"]
    return {"cameras": {"held_out": list(run.base.cameras.held_out), "rows": found}}


def stressed(run):
    """Every method under every degradation (`hsgan.evaluate.stress`); the cameras are those training never saw."""
    methods = run.closed_forms()
    estimates = dict.fromkeys(methods, lambda rgb: run.mean_camera)
    for name, network in run.networks():
        methods[name] = lambda rgb, srf, network=network: reconstruct_cube(network, rgb, srf)
        estimates[name] = lambda rgb, network=network: estimate_srf(network, rgb)
    scenes = list(iterate_cubes(run.cubes, run.split))
    unseen = {name: run.dictionary.srf(name) for name in run.base.cameras.held_out}
    return {
        "stress": stress(
            methods,
            scenes,
            run.camera,
            run.srf,
            run.dictionary.wavelengths_nm,
            None if run.known else estimates,
            cameras=unseen,
        )
    }


EXTRAS = {"srf": srf, "cameras": cameras, "stress": stressed}


def test_cameras(run):
    """Returns names of ten different cameras, or of all: first those that training never saw, then others at random."""
    held_out, names = list(run.base.cameras.held_out), run.dictionary.names
    order = np.random.default_rng(run.base.seed).permutation(len(names))
    return (held_out + [names[index] for index in order if names[index] not in held_out])[:CAMERAS]
