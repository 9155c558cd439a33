"""The mean relative absolute error."""

import numpy as np

from hsgan.metrics import quality
from hsgan.metrics.measures import Column

COLUMNS = {"mrae": Column("MRAE", "{:.4f}", more_is_better=False)}
PROTOCOLS = ("ntire2022", "mstpp")


def measure(truth: np.ndarray, estimate: np.ndarray) -> dict[str, float]:
    """Returns `mrae` (`quality.mrae`: its denominator is at least 1e-3)."""
    return {"mrae": quality.mrae(truth, estimate)}
