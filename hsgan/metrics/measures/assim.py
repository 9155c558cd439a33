"""ASSIM: structural similarity per band, averaged over bands. It takes most of the time of `seed`."""

import numpy as np

from hsgan.metrics import quality
from hsgan.metrics.measures import Column

COLUMNS = {
    "assim": Column("ASSIM", "{:.4f}", more_is_better=True),
    "assim_r2": Column("ASSIM (range 2)", "{:.4f}", more_is_better=True, shown=False),
}
PROTOCOLS = ("seed",)


def measure(truth: np.ndarray, estimate: np.ndarray) -> dict[str, float]:
    """Returns `assim`, range 1, and `assim_r2`, the same with range 2, as published numbers have it.

    Raises:
      ValueError: fewer than 7 pixels a side.
    """
    return {
        "assim": quality.ssim(truth, estimate),
        "assim_r2": quality.ssim(truth, estimate, data_range=2.0),
    }
