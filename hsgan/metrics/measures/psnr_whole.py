"""PSNR of one mean squared error over the whole cube, peak 1."""

import numpy as np

from hsgan.metrics import quality
from hsgan.metrics.measures import psnr

COLUMNS = psnr.COLUMNS  # what "PSNR" means is the protocol's
PROTOCOLS = ("ntire2022", "mstpp")


def measure(truth: np.ndarray, estimate: np.ndarray) -> dict[str, float]:
    """Returns `psnr`, dB (`quality.psnr_whole`)."""
    return {"psnr": quality.psnr_whole(truth, estimate)}
