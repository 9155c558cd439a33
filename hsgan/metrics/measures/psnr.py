"""PSNR: per band with peak 1, averaged over bands."""

import numpy as np

from hsgan.metrics import quality
from hsgan.metrics.measures import Column

COLUMNS = {"psnr": Column("PSNR dB", "{:.2f}", more_is_better=True)}
PROTOCOLS = ("quick", "seed")


def measure(truth: np.ndarray, estimate: np.ndarray) -> dict[str, float]:
    """Returns `psnr`, dB (`quality.psnr`)."""
    return {"psnr": quality.psnr(truth, estimate)}
