"""Protocols: which metrics are computed, over which pixels and how averaged, by name.

A protocol is a function `(truth, estimate) -> {metric: value}` of two cubes float [height, width, bands] in linear
radiance. It stands in `PROTOCOLS`, the only list of them.
Source: method section 14.
"""

from collections.abc import Callable

import numpy as np

from hsgan.metrics import quality

MSTPP_BORDER = 128


def seed(truth: np.ndarray, estimate: np.ndarray) -> dict[str, float]:
    """The protocol of the two papers behind this package, on whole images, nothing clipped.

    Returns:
      What `quick` gives, and `assim`, SSIM per band, range 1, averaged; `assim_r2`, the same with range 2, as published
      numbers have it.

    Raises:
      ValueError: cubes that cannot be compared (`quality.check_pair`), or fewer than 7 pixels a side.
    """
    first = quick(truth, estimate)
    truth, estimate = np.asarray(truth), np.asarray(estimate)
    return {
        "psnr": first.pop("psnr"),
        "assim": quality.ssim(truth, estimate),
        "assim_r2": quality.ssim(truth, estimate, data_range=2.0),
        **first,
    }


def quick(truth: np.ndarray, estimate: np.ndarray) -> dict[str, float]:
    """`seed` without its SSIM, which takes most of the time: for suites of many evaluations.

    Returns:
      `psnr` dB, per band with peak 1, averaged; `sam_deg`, mean spectral angle in degrees; `sam_lit_deg`, the same over
      pixels whose true mean radiance exceeds 0.02; `lit_fraction`, their share. Where no pixel is lit, `sam_lit_deg`
      falls back to `sam_deg` (and `lit_fraction` is 0).

    Raises:
      ValueError: cubes that cannot be compared.
    """
    truth, estimate = quality.check_pair(truth, estimate)
    angles, lit = quality.spectral_angles(truth, estimate), quality.lit_mask(truth)
    return {
        "psnr": quality.psnr(truth, estimate),
        "sam_deg": float(angles.mean()),
        "sam_lit_deg": float(angles[lit].mean() if lit.any() else angles.mean()),
        "lit_fraction": float(lit.mean()),
    }


def ntire2022(truth: np.ndarray, estimate: np.ndarray) -> dict[str, float]:
    """The protocol of the NTIRE 2022 challenge: the central half of rows and columns, nothing clipped.

    A quarter of each side (rounded down) is left out at each end.

    Returns:
      `mrae`, mean relative absolute error (`quality.mrae`: its denominator is at least 1e-3); `rmse`; `psnr` dB, of
      that RMSE with peak 1: one mean squared error over the cube.

    Raises:
      ValueError: cubes that cannot be compared.
    """
    truth, estimate = quality.check_pair(truth, estimate)
    rows, columns = (slice(side // 4, side - side // 4) for side in truth.shape[:2])
    return _relative_and_squared(truth[rows, columns], estimate[rows, columns])


def mstpp(truth: np.ndarray, estimate: np.ndarray) -> dict[str, float]:
    """The protocol of MST++ and the peers that follow it: both cubes clamped to [0, 1], rows and columns 128:-128.

    Their program clamps for the PSNR alone; for estimates within [0, 1] that is the same.

    Returns:
      `mrae`, `rmse`, `psnr`, as `ntire2022`.

    Raises:
      ValueError: cubes that cannot be compared, or of which the border leaves nothing (256 pixels a side or fewer).
    """
    truth, estimate = quality.check_pair(truth, estimate)
    if min(truth.shape[:2]) <= 2 * MSTPP_BORDER:
        raise ValueError(
            f"truth: protocol mstpp leaves out {MSTPP_BORDER} pixels at each edge and needs more than "
            f"{2 * MSTPP_BORDER} a side; take protocol ntire2022 for smaller cubes. Received: {truth.shape[:2]}"
        )
    middle = slice(MSTPP_BORDER, -MSTPP_BORDER)
    truth, estimate = (np.clip(cube[middle, middle], 0, 1) for cube in (truth, estimate))
    return _relative_and_squared(truth, estimate)


def _relative_and_squared(truth, estimate):
    return {
        "mrae": quality.mrae(truth, estimate),
        "rmse": quality.rmse(truth, estimate),
        "psnr": quality.psnr_whole(truth, estimate),
    }


PROTOCOLS = {"seed": seed, "quick": quick, "ntire2022": ntire2022, "mstpp": mstpp}


def protocol(name: str) -> Callable[[np.ndarray, np.ndarray], dict[str, float]]:
    """Returns the protocol called `name`.

    Raises:
      ValueError: no such protocol; lists them.
    """
    if name not in PROTOCOLS:
        raise ValueError(f"protocol: must be one of {', '.join(PROTOCOLS)}. Received: {name!r}")
    return PROTOCOLS[name]


def average(scenes: dict[str, dict[str, float]]) -> dict[str, float]:
    """Returns {metric: mean over scenes} of {scene: {metric: value}}; only numbers that all scenes have.

    Raises:
      ValueError: no scenes.
    """
    if not scenes:
        raise ValueError("scenes: must hold at least one scene")
    first, *rest = scenes.values()
    names = [name for name in first if all(isinstance(scene.get(name), int | float) for scene in (first, *rest))]
    return {name: float(np.mean([scene[name] for scene in scenes.values()])) for name in names}
