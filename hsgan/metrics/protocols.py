"""Protocols: which metrics are computed, over which pixels and how averaged, by name.

A protocol is a function `(truth, estimate) -> {metric: value}` of two cubes float [height, width, bands] in linear
radiance. What it computes are the modules of `hsgan.metrics.measures` that name it. It stands in `PROTOCOLS`, the only
list of them. Source: method section 14.
"""

import importlib
from collections.abc import Callable

import numpy as np

from hsgan.metrics import measures, quality
from hsgan.metrics.measures import Column

MSTPP_BORDER = 128
MEASURES = [importlib.import_module(f"{measures.__name__}.{name}") for name in measures.MODULES]


def whole(truth: np.ndarray, estimate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns both as they are: the protocol of the two papers behind this package, nothing clipped."""
    return truth, estimate


def central_half(truth: np.ndarray, estimate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the central half of rows and columns, as the NTIRE 2022 challenge has it, nothing clipped.

    A quarter of each side (rounded down) is left out at each end.
    """
    middle = tuple(slice(side // 4, side - side // 4) for side in truth.shape[:2])
    return truth[middle], estimate[middle]


def clamped_middle(truth: np.ndarray, estimate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns rows and columns 128:-128, clamped to [0, 1], as MST++ and the peers that follow it have them.

    Their program clamps for the PSNR alone; for estimates within [0, 1] that is the same.

    Raises:
      ValueError: the border leaves nothing (256 pixels a side or fewer).
    """
    if min(truth.shape[:2]) <= 2 * MSTPP_BORDER:
        raise ValueError(
            f"truth: protocol mstpp leaves out {MSTPP_BORDER} pixels at each edge and needs more than "
            f"{2 * MSTPP_BORDER} a side; take protocol ntire2022 for smaller cubes. Received: {truth.shape[:2]}"
        )
    middle = slice(MSTPP_BORDER, -MSTPP_BORDER)
    return np.clip(truth[middle, middle], 0, 1), np.clip(estimate[middle, middle], 0, 1)


class Protocol:
    """A protocol: `protocol(truth, estimate)` gives {metric: value}.

    Args:
      name: of it; `hsgan.metrics.measures` say by it whether they belong to it.
      looks_at: what of two checked cubes is compared, a function of both that returns both.

    Attributes:
      columns: {metric: `Column`} of what it gives and every table shows.
    """

    def __init__(self, name: str, looks_at: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]):
        self.name, self.looks_at = name, looks_at
        self._measures = [module for module in MEASURES if name in module.PROTOCOLS]
        self.columns: dict[str, Column] = {
            metric: column for module in self._measures for metric, column in module.COLUMNS.items() if column.shown
        }

    def __call__(self, truth: np.ndarray, estimate: np.ndarray) -> dict[str, float]:
        """Returns {metric: value}.

        Args:
          truth: float [height, width, bands].
          estimate: as `truth`.

        Raises:
          ValueError: cubes that cannot be compared (`quality.check_pair`), or that are too small for it.
        """
        truth, estimate = self.looks_at(*quality.check_pair(truth, estimate))
        found: dict[str, float] = {}
        for module in self._measures:
            found |= module.measure(truth, estimate)
        return found


seed = Protocol("seed", whole)  # the default
quick = Protocol("quick", whole)  # `seed` without what takes most of its time: for suites of many evaluations
ntire2022 = Protocol("ntire2022", central_half)
mstpp = Protocol("mstpp", clamped_middle)
PROTOCOLS = {protocol.name: protocol for protocol in (seed, quick, ntire2022, mstpp)}


def protocol(name: str) -> Protocol:
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
