"""The spectral angle between the spectra of each pixel, averaged: over all pixels, and over lit ones."""

import numpy as np

from hsgan.metrics import quality
from hsgan.metrics.measures import Column

COLUMNS = {
    "sam_deg": Column("SAM °", "{:.2f}", more_is_better=False),
    "sam_lit_deg": Column("lit SAM °", "{:.2f}", more_is_better=False),
    "lit_fraction": Column("lit pixels", "{:.2f}", more_is_better=True, shown=False),
}
PROTOCOLS = ("quick", "seed")


def measure(truth: np.ndarray, estimate: np.ndarray) -> dict[str, float]:
    """Returns `sam_deg`, `sam_lit_deg` and `lit_fraction`.

    They are the mean angle in degrees, the same over pixels whose true mean radiance exceeds 0.02, and the share of
    these. Where no pixel is lit, `sam_lit_deg` falls back to `sam_deg`.
    """
    angles, lit = quality.spectral_angles(truth, estimate), quality.lit_mask(truth)
    return {
        "sam_deg": float(angles.mean()),
        "sam_lit_deg": float(angles[lit].mean() if lit.any() else angles.mean()),
        "lit_fraction": float(lit.mean()),
    }
