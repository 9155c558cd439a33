"""How well a target was followed: boxes found beside true ones, in one pass from the first box.

Boxes are float64 [..., 4]: left, top, width, height in pixels, where pixel 0 reaches from 0 to 1. Frames whose true box
is NaN, where the target is not to be seen, do not count.

Source: Wu, Lim and Yang, "Online Object Tracking: A Benchmark", CVPR 2013, and the toolkit of that benchmark, whose
center errors count up to and with the threshold, and whose overlaps only beyond it. `ap` is of [SE] Table 4.
"""

import numpy as np

# Pixels; the precision plot begins at 0, the average precision at 1.
DISTANCES = np.arange(51)
OVERLAPS = np.linspace(0, 1, 21)
REPORTED_DISTANCE = 20


def centers(boxes: np.ndarray) -> np.ndarray:
    """Returns float64 [..., 2]: (x, y) of the middles of boxes."""
    boxes = np.asarray(boxes, np.float64)
    return boxes[..., :2] + boxes[..., 2:] / 2


def center_errors(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Returns the distances of the boxes' middles, float64 [...], pixels."""
    return np.linalg.norm(centers(found) - centers(truth), axis=-1)


def overlaps(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Returns the intersections over unions of boxes, float64 [...]; 0 where both are empty."""
    truth, found = (np.asarray(boxes, np.float64) for boxes in (truth, found))
    low = np.maximum(truth[..., :2], found[..., :2])
    high = np.minimum(truth[..., :2] + truth[..., 2:], found[..., :2] + found[..., 2:])
    both = np.clip(high - low, 0, None).prod(axis=-1)
    union = truth[..., 2:].prod(axis=-1) + found[..., 2:].prod(axis=-1) - both
    # Of equal boxes it is 1, not a little more by rounding.
    return np.minimum(np.divide(both, union, out=np.zeros_like(both), where=union > 0), 1)


def tracking_measures(truth: np.ndarray, found: np.ndarray) -> dict:
    """Returns the measures of one sequence.

    Args:
      truth: float [frames, 4]; rows of NaN do not count.
      found: float [frames, 4].

    Returns:
      {"precision": the share of frames with a center error of at most each of `DISTANCES`, "success": the share with an
      overlap of more than each of `OVERLAPS`, "ap": mean precision of 1 to 50 px, "dp": precision at 20 px, "auc": mean
      success, "location_error": mean center error, px}.

    Raises:
      ValueError: other shapes, or no frame that counts.
    """
    truth, found = (np.asarray(boxes, np.float64) for boxes in (truth, found))
    if truth.shape != found.shape or truth.ndim != 2 or truth.shape[1] != 4:
        raise ValueError(f"boxes: must both be [frames, 4]. Received: {truth.shape} and {found.shape}")
    known = ~np.isnan(truth).any(axis=1)
    if not known.any():
        raise ValueError("truth: must have a box in one frame at least. Received: none")
    errors, shares = center_errors(truth[known], found[known]), overlaps(truth[known], found[known])
    precision = (errors[:, None] <= DISTANCES).mean(axis=0)
    success = (shares[:, None] > OVERLAPS).mean(axis=0)
    return {
        "ap": float(precision[1:].mean()),
        "dp": float(precision[REPORTED_DISTANCE]),
        "auc": float(success.mean()),
        "location_error": float(errors.mean()),
        "precision": precision.tolist(),
        "success": success.tolist(),
    }


def mean_measures(sequences: list[dict]) -> dict:
    """Returns the means of `tracking_measures` over sequences, curves included: each sequence counts alike."""
    return {
        name: np.mean([measures[name] for measures in sequences], axis=0).tolist()
        for name in ("ap", "dp", "auc", "location_error", "precision", "success")
    }
