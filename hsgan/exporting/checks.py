"""Checks that an artefact must pass: loaded from its file again, it gives the Keras model's numbers.

Fixed images of several sizes, a single pixel and odd ones included, go through every signature. What counts is the
largest difference, relative to the largest value of the Keras model's output for that image.
"""

import numpy as np
import tensorflow as tf

from hsgan.errors import HsganError
from hsgan.spectra.imaging import srgb_decode

SIZES = ((48, 64), (37, 53), (3, 41), (17, 16), (1, 1))
# Largest relative difference of each precision. float32: rounding in another order, and TFLite's closed forms without
# float64 (3e-5). The others: two to four times the largest that was found in trained and random networks.
LIMITS = {
    "saved_model": 1e-4,
    "float32": 1e-4,
    "float16": 5e-3,
    "dynamic": 0.1,
    "int8": 0.15,
    "int16x8": 0.1,
}


class SavedModel:
    """A SavedModel, loaded from its folder; calls take and give NumPy."""

    def __init__(self, folder):
        self._loaded = tf.saved_model.load(str(folder))

    def run(self, signature, **inputs):
        """Returns {output: array} of a signature."""
        function = self._loaded.signatures[signature]
        return {name: value.numpy() for name, value in function(**tf.nest.map_structure(tf.constant, inputs)).items()}

    def reconstruct(self, rgb):
        """Returns the cube float32 [1, h, w, bands] and SRF [1, 3, bands] of an image [1, h, w, 3], camera unknown."""
        return self.run("serving_default", rgb=rgb)


class LiteModel:
    """A TFLite file, loaded by LiteRT; as `SavedModel`."""

    def __init__(self, file):
        from ai_edge_litert.interpreter import Interpreter

        # One interpreter a signature: LiteRT's memory of one is not given to the next.
        self._open = lambda: Interpreter(str(file), num_threads=2)
        self._runners = {}

    def run(self, signature, **inputs):
        if signature not in self._runners:
            interpreter = self._open()
            self._runners[signature] = interpreter, interpreter.get_signature_runner(signature)
        return self._runners[signature][1](**inputs)

    def reconstruct(self, rgb):
        return self.run("reconstruct", rgb=rgb)


class Reference:
    """What the Keras model says of the fixed images.

    Args:
      network: a trained `hsgan.networks.base.ReconstructionNetwork`.
    """

    def __init__(self, network):
        self.known = np.asarray(network.dictionary.responses[:1], np.float32)
        self.cases = []
        for index, size in enumerate(SIZES):
            codes = fixed_image(*size, seed=index)
            rgb = srgb_decode(codes / np.float32(255)).numpy()[None]
            blind, known = network(rgb), network(rgb, srf=self.known)
            self.cases.append((codes, rgb, blind["cube"].numpy(), blind["srf"].numpy(), known["cube"].numpy()))

    def lite_difference(self, model):
        """Returns the largest relative difference of a `LiteModel`, over all images and signatures."""
        found = []
        for _, rgb, cube, srf, known_cube in self.cases:
            blind = model.reconstruct(rgb)
            found += [difference(blind["cube"], cube), difference(blind["srf"], srf)]
            found.append(difference(model.run("known_srf", rgb=rgb, srf=self.known)["cube"], known_cube))
            found.append(difference(model.run("estimate_srf", rgb=rgb)["srf"], srf))
        return max(found)

    def saved_model_difference(self, model):
        """Returns the largest relative difference of a `SavedModel`, over all images and signatures.

        The codes of `compact` may differ by half a step beyond.
        """
        found = []
        for codes, rgb, cube, srf, known_cube in self.cases:
            blind = model.reconstruct(rgb)
            found += [difference(blind["cube"], cube), difference(blind["srf"], srf)]
            found.append(difference(model.run("known_srf", rgb=rgb, srf=self.known)["cube"], known_cube))
            found.append(difference(model.run("estimate_srf", rgb=rgb)["srf"], srf))
            png = [tf.io.encode_png(codes).numpy()]
            found.append(difference(model.run("encoded", image=png)["cube"], cube))
            bands = np.array([cube.shape[-1] - 1, 0], np.int32)
            small = model.run("compact", rgb=rgb, bands=bands)
            wanted, step = np.maximum(cube[..., bands], 0), float(small["scale"][0])
            excess = np.abs(small["cube"] * np.float64(step) - wanted).max() - step / 2
            found.append(max(excess, 0) / max(np.abs(cube).max(), 1e-6))
        pair = np.concatenate([self.cases[0][1]] * 2)
        found.append(difference(model.reconstruct(pair)["cube"], np.concatenate([self.cases[0][2]] * 2)))
        return max(found)


def fixed_image(height, width, seed):
    """Returns uint8 [height, width, 3]: patches of color with shading and texture; equal in every call."""
    rng = np.random.default_rng(seed)
    patches = rng.random((height // 12 + 1, width // 12 + 1, 3)).repeat(12, axis=0).repeat(12, axis=1)[:height, :width]
    shading = np.linspace(0.5, 1.0, width)[None, :, None]
    values = patches * shading + rng.normal(0, 0.02, (height, width, 3))
    return np.round(255 * np.clip(values, 0, 1)).astype(np.uint8)


def difference(found, expected):
    """Returns the largest difference relative to the largest value; infinity where anything is not finite."""
    if found.shape != expected.shape:
        raise HsganError(f"export: an artefact gives {list(found.shape)} where the Keras model gives {expected.shape}")
    if not np.isfinite(found).all():
        return float("inf")
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-6))


def check(name, found, limit):
    """Raises `HsganError` if a difference is above the limit."""
    if not found <= limit:
        raise HsganError(
            f"export: {name} differs from the Keras model by {found:.3g} of its largest value, more than {limit:g}: "
            f"deleted, nothing exported; leave it out of --tflite, or give --records like what it will see"
        )
