"""Checks that an artefact must pass: loaded from its file again, it gives the Keras model's numbers.

Fixed images of several sizes, a single pixel and odd ones included, go through every signature, and are read as a
sensor's own values and as developed pictures. What counts is the largest difference, relative to the largest value of
the Keras model's outputs for these images.
"""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from hsgan.errors import HsganError
from hsgan.lite.model import LiteModel
from hsgan.networks.base import ReconstructionNetwork
from hsgan.reconstruct.forward import reconstruct_whole
from hsgan.reconstruct.models import SavedModel
from hsgan.spectra import developed
from hsgan.spectra.imaging import srgb_decode

SIZES = ((48, 64), (37, 53), (3, 41), (17, 16), (1, 1))
# Largest relative difference of each precision, two to three times what networks of the papers' size have with random
# weights (6e-4, 0.03, 0.06 and 0.05; trained ones less). The first two have 5e-7 and 3e-6, but dictionaries and
# statistics may be less kind to TFLite's closed forms in float32.
LIMITS = {
    "saved_model": 1e-4,
    "float32": 1e-4,
    "float16": 2e-3,
    "dynamic": 0.08,
    "int8": 0.15,
    "int16x8": 0.1,
}


@dataclass(frozen=True, eq=False)
class Case:
    """A fixed image, and what the Keras model says of it.

    Attributes:
      codes: the image, uint8 [h, w, 3].
      rgb: its linear light, float32 [1, h, w, 3].
      cube: float32 [1, h, w, bands], blind.
      srf: float32 [1, 3, bands], of the cube.
      supposed: float32 [1, 3, bands], of the image without a brightness.
      known: float32 [1, h, w, bands], the camera told.
      known_picture: float32 [1, h, w, bands], the responses of a developed picture told.
      picture: float32 [1, h, w, bands], of the whole image as a developed picture.
    """

    codes: np.ndarray
    rgb: np.ndarray
    cube: np.ndarray
    srf: np.ndarray
    supposed: np.ndarray
    known: np.ndarray
    known_picture: np.ndarray
    picture: np.ndarray


class Reference:
    """What the Keras model says of the fixed images.

    Args:
      network: a trained `hsgan.networks.base.ReconstructionNetwork`.
    """

    def __init__(self, network: ReconstructionNetwork):
        self.wavelengths_nm = np.asarray(network.dictionary.wavelengths_nm, np.float32)
        self.known = np.asarray(network.dictionary.responses[:1], np.float32)
        srf = developed.responses_within(self.wavelengths_nm)
        self.picture = self.known if srf is None else srf[None]
        images = (fixed_image(*size, seed=index) for index, size in enumerate(SIZES))
        self.cases = [_case(network, image, self.known, self.picture, srf is not None) for image in images]
        # Largest values over all images: the step of an integer does not shrink with an image.
        self.cube_peak = max(np.abs(cube).max() for case in self.cases for cube in (case.cube, case.known))
        # One form computes both, so neither step is smaller than the other's.
        pictures = max(np.abs(cube).max() for case in self.cases for cube in (case.picture, case.known_picture))
        self.picture_peak = max(self.cube_peak, pictures)
        self.srf_peak = max(np.abs(case.srf).max() for case in self.cases)

    def lite_difference(self, model: LiteModel) -> float:
        """Returns the largest relative difference of a `LiteModel`, over all images and signatures."""
        return max(self._difference(model, "reconstruct", case) for case in self.cases)

    def saved_model_difference(self, model: SavedModel) -> float:
        """Returns the largest relative difference of a `SavedModel`, over all images and signatures.

        The codes of `compact` and `compact_encoded` may differ by half a step beyond.
        """
        found = []
        for case in self.cases:
            found.append(self._difference(model, "serving_default", case))
            image = [tf.io.encode_png(case.codes).numpy()]
            found.append(difference(model.run("encoded", image=image)["cube"], case.picture, self.picture_peak))
            bands = np.array([[case.cube.shape[-1] - 1, 0]], np.int32)
            small = model.run("compact", rgb=case.rgb, bands=bands)
            found.append(_compact_difference(small, case.cube[..., bands[0]], self.cube_peak))
            small = model.run("compact_encoded", image=image, bands=bands)
            found.append(_compact_difference(small, case.picture[..., bands[0]], self.picture_peak))
        stated = model.run("wavelengths", bands=np.zeros((1, 0), np.int32))["wavelengths_nm"]
        found.append(difference(stated, self.wavelengths_nm[None]))
        pair = model.run("serving_default", rgb=np.concatenate([self.cases[0].rgb] * 2))["cube"]
        found.append(difference(pair, np.concatenate([self.cases[0].cube] * 2), self.cube_peak))
        return max(found)

    def _difference(self, model, signature, case):
        """Returns the largest relative difference in what both kinds of model have: blind, camera known, SRF."""
        blind = model.run(signature, rgb=case.rgb)
        known, picture = (model.run("known_srf", rgb=case.rgb, srf=srf)["cube"] for srf in (self.known, self.picture))
        estimated = model.run("estimate_srf", rgb=case.rgb)
        return max(
            difference(blind["cube"], case.cube, self.cube_peak),
            difference(blind["srf"], case.srf, self.srf_peak),
            difference(known, case.known, self.cube_peak),
            difference(picture, case.known_picture, self.picture_peak),
            difference(estimated["srf"], case.supposed, self.srf_peak),
        )


def _case(network, codes, srf, picture, pictured):
    """Returns the `Case` of a network and an image, uint8 [h, w, 3].

    Args:
      srf: float32 [1, 3, bands], of a camera.
      picture: likewise, of a developed picture.
      pictured: whether the bands allow one; otherwise the camera is estimated of pictures, too.
    """
    rgb = srgb_decode(codes / np.float32(255)).numpy()[None]
    whole = reconstruct_whole(network, rgb, network.brightness)
    of_picture = reconstruct_whole(network, rgb, network.brightness, picture if pictured else None)
    return Case(
        codes,
        rgb,
        whole["cube"].numpy(),
        whole["srf"].numpy(),
        network.estimate_srf(rgb).numpy(),
        network.reconstruct(rgb, srf).numpy(),
        network.reconstruct(rgb, picture).numpy(),
        of_picture["cube"].numpy(),
    )


def _compact_difference(answer, cube, peak):
    """Returns the difference of integers from a cube of the same bands, beyond half a step and relative to `peak`."""
    step = float(answer["scale"][0])
    beyond = np.maximum(np.abs(answer["cube"] * np.float64(step) - np.maximum(cube, 0)) - step / 2, 0)
    return difference(beyond, np.zeros_like(beyond), peak)


def fixed_image(height: int, width: int, seed: int) -> np.ndarray:
    """Returns uint8 [height, width, 3]: patches of color with shading and texture; equal in every call."""
    rng = np.random.default_rng(seed)
    patches = rng.random((height // 12 + 1, width // 12 + 1, 3)).repeat(12, axis=0).repeat(12, axis=1)[:height, :width]
    shading = np.linspace(0.5, 1.0, width)[None, :, None]
    values = patches * shading + rng.normal(0, 0.02, (height, width, 3))
    return np.round(255 * np.clip(values, 0, 1)).astype(np.uint8)


def difference(found: np.ndarray, expected: np.ndarray, peak: float | None = None) -> float:
    """Returns the largest difference relative to `peak`; infinity where anything is not finite.

    Args:
      found, expected: arrays.
      peak: None takes the largest value expected.

    Raises:
      HsganError: they have other shapes.
    """
    if found.shape != expected.shape:
        raise HsganError(
            f"export: an artefact gives {list(found.shape)} where the Keras model gives {list(expected.shape)}"
        )
    if not np.isfinite(found).all():
        return float("inf")
    peak = np.abs(expected).max() if peak is None else peak
    return float(np.abs(found - expected).max() / max(peak, 1e-6))


def check(name: str, found: float, limit: float) -> None:
    """Raises `HsganError` if a difference is above the limit."""
    if not found <= limit:
        raise HsganError(
            f"export: {name} differs from the Keras model by {found:.3g} of its largest value, more than {limit:g}: "
            f"deleted, nothing exported; leave it out of --tflite, or give --records like what it will see"
        )
