"""The root of the mean squared error."""

import numpy as np

from hsgan.metrics import quality
from hsgan.metrics.measures import Column

COLUMNS = {"rmse": Column("RMSE", "{:.4f}", more_is_better=False)}
PROTOCOLS = ("ntire2022", "mstpp")


def measure(truth: np.ndarray, estimate: np.ndarray) -> dict[str, float]:
    """Returns `rmse`, over all values of the cube."""
    return {"rmse": quality.rmse(truth, estimate)}
