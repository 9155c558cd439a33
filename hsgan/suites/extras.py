"""What suites measure beyond their table, each a function of the `SuiteRun`, giving what goes under "extra"."""

import numpy as np

from hsgan.data.statistics import cube_statistics
from hsgan.evaluation.methods import closed_form_methods, estimate_srf, reconstruct_cube
from hsgan.evaluation.stress import stress
from hsgan.metrics.srf import precision_curve, srf_error, srf_precision
from hsgan.records.reader import iterate_cubes
from hsgan.spectra.imaging import project

CAMERAS = 10


def srf(run):
    """SRF precision over ten random cameras ([SE] Fig. 5): errors, their curve, and those of the mean camera beside."""
    cameras = random_cameras(run.dictionary, CAMERAS, run.base.seed)
    mean = run.training_cameras.responses.mean(axis=0)
    estimates = {name: (lambda rgb, network=network: estimate_srf(network, rgb)) for name, network in run.networks()}
    estimates["mean camera"] = lambda rgb: mean
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
    held_out = list(run.base.cameras.held_out)
    seen = random_cameras(run.dictionary, len(run.dictionary.names), run.base.seed)
    tested = held_out + [name for name in seen if name not in held_out][: CAMERAS - len(held_out)]
    found = {}
    for name, network in run.networks():
        methods = {name: lambda rgb, srf, network=network: reconstruct_cube(network, rgb, srf)}
        found[name] = {}
        for camera in tested:
            results = run.evaluate(methods, lambda rgb, network=network: estimate_srf(network, rgb), camera)
            found[name][camera] = results["methods"][name]["mean"]
    return {"cameras": {"held_out": held_out, "rows": found}}


def stressed(run):
    """Every method under every degradation (`hsgan.evaluation.stress`)."""
    mean = run.training_cameras.responses.mean(axis=0)
    statistics = cube_statistics(run.cubes, "train")
    methods = dict(closed_form_methods(run.dictionary.wavelengths_nm, statistics, run.base.generator.prior_noise))
    estimates = dict.fromkeys(methods, lambda rgb: mean)
    for name, network in run.networks():
        methods[name] = lambda rgb, srf, network=network: reconstruct_cube(network, rgb, srf)
        estimates[name] = lambda rgb, network=network: estimate_srf(network, rgb)
    scenes = list(iterate_cubes(run.cubes, run.split))
    return {
        "stress": stress(
            methods, scenes, run.camera, run.srf, run.dictionary.wavelengths_nm, None if run.known else estimates
        )
    }


EXTRAS = {"srf": srf, "cameras": cameras, "stress": stressed}


def random_cameras(dictionary, count, seed):
    """Returns `count` different cameras' names at random, or all of them in random order."""
    order = np.random.default_rng(seed).permutation(len(dictionary.names))
    return [dictionary.names[index] for index in order[:count]]
