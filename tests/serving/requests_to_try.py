"""One request for every signature: what all tests of serving send."""

import io

import numpy as np
from PIL import Image


def photo(height=13, width=17, seed=0):
    """Returns a PNG file's bytes."""
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(20, 230, (height, width, 3), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def requests(model, seed=0):
    """Returns {signature: {input: array, or list of bytes}} for an image of 13x17 pixels."""
    rgb = np.random.default_rng(seed).random((1, 13, 17, 3), np.float32)
    return {
        "serving_default": {"rgb": rgb},
        "encoded": {"image": [photo(seed=seed)]},
        "known_srf": {"rgb": rgb, "srf": np.asarray(model.dictionary.responses[seed : seed + 1], np.float32)},
        "compact": {"rgb": rgb, "bands": np.array([[30, 4 + seed]], np.int32)},
        "compact_encoded": {"image": [photo(seed=seed)], "bands": np.array([[30, 4 + seed]], np.int32)},
        "estimate_srf": {"rgb": rgb},
        "wavelengths": {"bands": np.array([[30, 4 + seed]], np.int32)},
    }


SIGNATURES = ("serving_default", "encoded", "known_srf", "compact", "compact_encoded", "estimate_srf", "wavelengths")
