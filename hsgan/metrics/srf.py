"""Quality of an estimated camera spectral response (SRF).

Source: method section 9; [SE] Fig. 5, which leaves the error measure open.
"""

import numpy as np
from numpy.typing import ArrayLike


def srf_error(truth: np.ndarray, estimate: np.ndarray) -> float:
    """Returns the error of an estimated SRF, in [0, 1]: `sum |C - C_hat| / sum (|C| + |C_hat|)`.

    0: equal; 1: no wavelength in common. For rows of unit sum it is the share of the response that lies at the wrong
    wavelengths. Our choice: the paper names no error measure.

    Args:
      truth: float [3, bands].
      estimate: float [3, bands].

    Raises:
      ValueError: unequal shapes, no response at all, or values that are not finite.
    """
    truth, estimate = np.asarray(truth, np.float64), np.asarray(estimate, np.float64)
    if truth.shape != estimate.shape or truth.ndim != 2:
        raise ValueError(f"truth, estimate: must be [3, bands] of one shape. Received: {truth.shape}, {estimate.shape}")
    total = np.abs(truth).sum() + np.abs(estimate).sum()
    if not np.isfinite(total) or total == 0:
        raise ValueError("truth, estimate: must be finite and not all zero")
    return float(np.abs(truth - estimate).sum() / total)


def precision_curve(errors: ArrayLike, thresholds: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Returns (thresholds, share of `errors` at or below each): the curve of [SE] Fig. 5.

    Args:
      errors: float [count], of `srf_error`, at least one.
      thresholds: float [points], ascending; the default is 0 to 1 by 0.01.

    Raises:
      ValueError: no errors.
    """
    values = np.asarray(errors, np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"errors: must be one number an estimate. Received: shape {values.shape}")
    thresholds = np.linspace(0, 1, 101) if thresholds is None else np.asarray(thresholds, np.float64)
    return thresholds, np.searchsorted(np.sort(values), thresholds, side="right") / values.size


def srf_precision(errors: ArrayLike) -> float:
    """Returns the area under `precision_curve` over thresholds 0 to 1, in [0, 1]: 1 if all estimates are exact.

    Computed exactly: the area under the share of errors below a threshold is one less their mean.
    """
    thresholds = np.clip(np.asarray(errors, np.float64), 0, 1)
    precision_curve(thresholds)
    return float(1 - thresholds.mean())


def srf_skill(errors: ArrayLike, reference: ArrayLike) -> float:
    """Returns `1 - mean(errors) / mean(reference)`: 0 is as good as a reference camera, 1 exact, below 0 worse.

    Args:
      errors: float [count], of `srf_error`, of estimates.
      reference: float [count], of the same images with the reference in place of an estimate, e.g. the mean camera.

    Raises:
      ValueError: none, or a different number of each.
    """
    own, others = np.asarray(errors, np.float64), np.asarray(reference, np.float64)
    if own.ndim != 1 or own.shape != others.shape or own.size == 0:
        raise ValueError(f"errors, reference: must be one number an image each. Received: {own.shape}, {others.shape}")
    # A reference that is exact leaves nothing to gain.
    return float(1 - own.mean() / others.mean()) if others.mean() > 0 else -float(own.mean() > 0)
