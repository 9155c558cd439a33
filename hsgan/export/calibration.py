"""Images out of cube records: to calibrate quantized models with, and to measure what each precision costs."""

import itertools

import numpy as np

from hsgan.evaluate.harness import evaluate
from hsgan.records.reader import iterate_cubes
from hsgan.spectra.imaging import project

CALIBRATION_IMAGES = 12
CALIBRATION_SIDE = 96


def calibration_images(records, dictionary, split="train"):
    """Returns {signature: [inputs]} for `hsgan.export.tflite.quantize`.

    Crops of the first cubes, seen through different cameras of the dictionary and at different exposures.

    Args:
      records: folder of cube records. dictionary: the network's cameras. split: of the records.
    """
    cubes = [cube for _, cube in itertools.islice(iterate_cubes(records, split), CALIBRATION_IMAGES)]
    rng, images = np.random.default_rng(0), []
    for number in range(CALIBRATION_IMAGES):
        cube = cubes[number % len(cubes)]
        top, left = (int(rng.integers(max(side - CALIBRATION_SIDE, 0) + 1)) for side in cube.shape[:2])
        crop = cube[top : top + CALIBRATION_SIDE, left : left + CALIBRATION_SIDE]
        srf = dictionary.responses[number % len(dictionary.responses)]
        rgb = project(crop, srf).numpy()
        # As it is, then as a photo whose brightest value is full scale.
        rgb = rgb if number % 2 else rgb / max(float(rgb.max()), 1e-6)
        images.append({"rgb": np.clip(rgb, 0, 1)[None].astype(np.float32), "srf": srf[None].astype(np.float32)})
    alone = [{"rgb": inputs["rgb"]} for inputs in images]
    return {"reconstruct": alone, "known_srf": images, "estimate_srf": alone}


def accuracy(models, records, camera, srf, scenes, max_pixels, split="validation"):
    """Returns {name: {"psnr", "sam_deg", "sam_lit_deg"}} of blind reconstructions, and how many scenes were used.

    Args:
      models: {name: function of rgb [1, h, w, 3] that gives {"cube": [1, h, w, bands]}}.
      records, split: cubes. camera, srf: name and SRF [3, bands] of the camera that sees them.
      scenes: at most so many, the first ones. max_pixels: of larger ones the middle is used.
    """
    methods = {name: _method(model) for name, model in models.items()}
    first = itertools.islice(iterate_cubes(records, split), scenes)
    cubes = ((scene, middle(cube, max_pixels)) for scene, cube in first)
    results = evaluate(methods, cubes, camera, srf)
    measured = {
        name: {metric: method["mean"][metric] for metric in ("psnr", "sam_deg", "sam_lit_deg")}
        for name, method in results["methods"].items()
    }
    return measured, len(next(iter(results["methods"].values()))["scenes"])


def middle(cube, max_pixels):
    """Returns a cube, or of one of more than `max_pixels` pixels its middle, of the same proportions."""
    height, width = cube.shape[:2]
    share = min((max_pixels / (height * width)) ** 0.5, 1)
    rows, columns = max(int(height * share), 1), max(int(width * share), 1)
    top, left = (height - rows) // 2, (width - columns) // 2
    return cube[top : top + rows, left : left + columns]


def _method(model):
    """Returns a model as a method of the harness; the SRF is the model's own estimate."""
    return lambda rgb, srf: np.asarray(model(np.ascontiguousarray(np.clip(rgb, 0, 1))[None])["cube"])[0]
