"""Whether stated uncertainties are true: how many values lie in the intervals that should hold so many of them."""

import numpy as np

# Half widths of the intervals that hold half, and nine tenths, of a Gaussian's values, in standard deviations.
HALF_WIDTHS = {"coverage_50": 0.6745, "coverage_90": 1.6449}


def interval(values: np.ndarray, deviation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the lower and upper end of the 90 % interval about values; there is no light below none.

    Args:
      values: float [bands].
      deviation: their standard deviations, float [bands].
    """
    width = HALF_WIDTHS["coverage_90"] * deviation
    return np.maximum(values - width, np.minimum(values, 0)), values + width


def coverage(truth: np.ndarray, estimate: np.ndarray, deviation: np.ndarray) -> dict[str, float]:
    """Returns the shares of all values whose truth lies within the 50 % and the 90 % interval about the estimate.

    Args:
      truth: float [height, width, bands].
      estimate: of the same shape.
      deviation: the standard deviations that are stated for its values, of the same shape.
    """
    counts = dict.fromkeys(HALF_WIDTHS, 0)
    for row in range(len(truth)):  # a row at a time: no further cube in memory
        errors = np.abs(truth[row] - estimate[row])
        for name, width in HALF_WIDTHS.items():
            counts[name] += int((errors <= width * deviation[row]).sum())
    return {name: count / truth.size for name, count in counts.items()}
