"""Protocols: which metrics are computed, over which pixels and how averaged, by name.

A protocol is a function `(truth, estimate) -> {metric: value}` of two cubes float [height, width, bands] in linear
radiance. It stands in `PROTOCOLS`, the only list of them.
Source: method section 14.
"""

import numpy as np

from hsgan.metrics import quality


def seed(truth, estimate):
    """The protocol of the two papers behind this package, on whole images, nothing clipped.

    Returns:
      `psnr` dB, per band with peak 1, averaged; `assim`, SSIM per band, range 1, averaged; `assim_r2`, the same with
      range 2, as published numbers have it; `sam_deg`, mean spectral angle in degrees; `sam_lit_deg`, the same over
      pixels whose true mean radiance exceeds 0.02; `lit_fraction`, their share. Where no pixel is lit, `sam_lit_deg`
      falls back to `sam_deg` (and `lit_fraction` is 0).

    Raises:
      ValueError: cubes that cannot be compared (`quality.check_pair`), or fewer than 7 pixels a side.
    """
    truth, estimate = quality.check_pair(truth, estimate)
    angles, lit = quality.spectral_angles(truth, estimate), quality.lit_mask(truth)
    return {
        "psnr": quality.psnr(truth, estimate),
        "assim": quality.ssim(truth, estimate),
        "assim_r2": quality.ssim(truth, estimate, data_range=2.0),
        "sam_deg": float(angles.mean()),
        "sam_lit_deg": float(angles[lit].mean() if lit.any() else angles.mean()),
        "lit_fraction": float(lit.mean()),
    }


PROTOCOLS = {"seed": seed}


def protocol(name):
    """Returns the protocol called `name`.

    Raises:
      ValueError: no such protocol; lists them.
    """
    if name not in PROTOCOLS:
        raise ValueError(f"protocol: must be one of {', '.join(PROTOCOLS)}. Received: {name!r}")
    return PROTOCOLS[name]


def average(scenes):
    """Returns {metric: mean over scenes} of {scene: {metric: value}}; only numbers that all scenes have.

    Raises:
      ValueError: no scenes.
    """
    if not scenes:
        raise ValueError("scenes: must hold at least one scene")
    first, *rest = scenes.values()
    names = [name for name in first if all(isinstance(scene.get(name), int | float) for scene in (first, *rest))]
    return {name: float(np.mean([scene[name] for scene in scenes.values()])) for name in names}
