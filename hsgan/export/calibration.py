"""Images out of cube records: to calibrate quantized models with, and to measure what each precision costs."""

import itertools
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from hsgan.evaluate.degradations import Degraded
from hsgan.evaluate.harness import evaluate
from hsgan.metrics.protocols import quick
from hsgan.reconstruct.method import Method
from hsgan.records.reader import iterate_cubes
from hsgan.spectra import developed, exposure
from hsgan.spectra.imaging import project
from hsgan.spectra.srf import SrfDictionary

CALIBRATION_IMAGES = 12
CALIBRATION_SIDE = 96


def calibration_images(
    records: str | Path, dictionary: SrfDictionary, split: str = "train", brightness: float = 0.0
) -> dict[str, list[dict[str, np.ndarray]]]:
    """Returns {signature: [inputs]} for `hsgan.export.tflite.quantize`.

    Crops of the first cubes, seen through different cameras of the dictionary and at different exposures. Where the
    camera is told, each also as the developed picture that it would make.

    Args:
      records: folder of cube records.
      dictionary: the network's cameras.
      split: of the records.
      brightness: of the network, that whole images are brought to; 0: it sees them as they are.
    """
    cubes = [cube for _, cube in itertools.islice(iterate_cubes(records, split), CALIBRATION_IMAGES)]
    rng, images, pictures = np.random.default_rng(0), [], []
    picture = developed.responses_within(dictionary.wavelengths_nm)
    for number in range(CALIBRATION_IMAGES):
        cube = cubes[number % len(cubes)]
        top, left = (int(rng.integers(max(side - CALIBRATION_SIDE, 0) + 1)) for side in cube.shape[:2])
        crop = cube[top : top + CALIBRATION_SIDE, left : left + CALIBRATION_SIDE]
        srf = dictionary.responses[number % len(dictionary.responses)]
        # As it is, then as a photo whose brightest value is full scale.
        images.append(_seen(crop, srf, full=not number % 2))
        if picture is not None:
            pictures.append(_seen(crop, picture, full=not number % 2))
    whole = [{"rgb": inputs["rgb"]} for inputs in images]
    parts, told = ([_bright(inputs, brightness) for inputs in some] for some in (images, pictures))
    estimated = [{"rgb": inputs["rgb"]} for inputs in parts]
    return {"reconstruct": whole, "known_srf": parts + told, "estimate_srf": estimated}


def _seen(cube, srf, full):
    """Returns the inputs {"rgb", "srf"} of a cube seen through an SRF; `full`: its largest value is full scale."""
    rgb = project(cube, srf).numpy()
    rgb = rgb / max(float(rgb.max()), 1e-6) if full else rgb
    return {"rgb": np.clip(rgb, 0, 1)[None].astype(np.float32), "srf": srf[None].astype(np.float32)}


def _bright(inputs, brightness):
    """Returns inputs whose image is brought to a brightness."""
    return inputs | {"rgb": inputs["rgb"] * exposure.gain(inputs["rgb"][0], brightness)}


def accuracy(
    methods: Iterable[Method],
    records: str | Path,
    camera: str,
    srf: np.ndarray,
    scenes: int,
    max_pixels: int,
    split: str = "validation",
) -> tuple[dict, int]:
    """Returns {name: {metric: mean}} of blind reconstructions, and how many scenes were used.

    Args:
      methods: each gets the camera that it estimates itself.
      records: folder of cube records.
      camera: name of the camera that sees them.
      srf: its SRF, float32 [3, bands].
      scenes: at most so many, the first ones.
      max_pixels: of larger ones the middle is used.
      split: of the records.
    """
    measured, count = {}, 0
    for method in methods:
        first = itertools.islice(iterate_cubes(records, split), scenes)
        cubes = ((scene, middle(cube, max_pixels)) for scene, cube in first)
        found = evaluate([method], cubes, camera, srf, estimator=method, protocol=quick.name, degrade=Clipped(srf))
        means, by_scene = (found["methods"][method.name][key] for key in ("mean", "scenes"))
        measured[method.name] = {metric: means[metric] for metric in quick.columns}
        count = len(by_scene)
    return measured, count


class Clipped:
    """No degradation but the end of the scale: an exported model takes no value beyond [0, 1], not even by rounding.

    Args:
      srf: float32 [3, bands], of the camera.
    """

    def __init__(self, srf: np.ndarray):
        self.srf = srf

    def __call__(self, scene: str, truth: np.ndarray, rgb: np.ndarray) -> Degraded:
        return Degraded(truth, np.clip(rgb, 0, 1), self.srf)


def middle(cube: np.ndarray, max_pixels: int) -> np.ndarray:
    """Returns a cube, or of one of more than `max_pixels` pixels its middle, of the same proportions."""
    height, width = cube.shape[:2]
    share = min((max_pixels / (height * width)) ** 0.5, 1)
    rows, columns = max(int(height * share), 1), max(int(width * share), 1)
    top, left = (height - rows) // 2, (width - columns) // 2
    return cube[top : top + rows, left : left + columns]
