"""Metamers of a camera: other spectra that it sees as the same RGB. NumPy, float64 inside.

A cube splits into what a camera sees and a metameric black that it does not: `Y = C^+ C Y + (I - C^+ C) Y`. Adding a
black changes the spectra and leaves the RGB as it is; no method can tell the two cubes apart by their RGB.

Source: Wyszecki, "Evaluation of metameric colors", 1958; the stress test follows Fu et al., "Limitations of data-driven
spectral reconstruction: an optics-aware analysis", 2025. Theirs scales each pixel's own black; ours draws a new one, so
that a cube without any black has metamers too.
"""

import numpy as np

# Correlation length of a drawn black, in bands: at 10 nm a band, features of real spectra are about as wide.
SMOOTHNESS_BANDS = 3.0
# Share of the seen spectrum below which a direction counts as not seen, e.g. for two equal rows of an SRF.
_RANK_TOLERANCE = 1e-6


def null_projector(srf: np.ndarray) -> np.ndarray:
    """Returns the projector `I - C^+ C` onto the spectra that a camera does not see, float64 [bands, bands].

    Args:
      srf: float [3, bands].

    Raises:
      ValueError: not [channels, bands] with fewer channels than bands, or values that are not finite.
    """
    srf = np.asarray(srf, np.float64)
    if srf.ndim != 2 or srf.shape[0] >= srf.shape[1] or not np.isfinite(srf).all():
        raise ValueError(f"srf: must be finite [channels, bands] with more bands. Received: shape {srf.shape}")
    return np.eye(srf.shape[1]) - np.linalg.pinv(srf, rcond=_RANK_TOLERANCE) @ srf


def draw_black(srf: np.ndarray, seed: int) -> np.ndarray:
    """Returns a metameric black of unit length, float64 [bands]: smooth, random, the same for the same seed."""
    bands = np.arange(np.shape(srf)[-1])
    smoothing = np.exp(-0.5 * np.square((bands[:, None] - bands) / SMOOTHNESS_BANDS))
    black = null_projector(srf) @ smoothing @ np.random.default_rng(seed).standard_normal(len(bands))
    return black / np.linalg.norm(black)


def metamer(cube: np.ndarray, srf: np.ndarray, strength: float, seed: int) -> np.ndarray:
    """Returns a cube with other spectra and the same RGB.

    One black (`draw_black`) for the whole cube, scaled pixel by pixel to `strength` times the length of the pixel's
    spectrum, or to as much as keeps every band between 0 and the larger of 1 and the cube's own value. Where a band is
    0 already and the black would lower it, the pixel stays as it is.

    Args:
      cube: float [height, width, bands], linear radiance, not negative.
      srf: float [3, bands].
      strength: length of the black over that of the spectrum; 0 gives the cube itself.
      seed: int, or a sequence of ints, not negative.

    Returns:
      float32 [height, width, bands].

    Raises:
      ValueError: negative `strength`; a cube that is negative somewhere, or of other bands than the SRF.
    """
    if not 0 <= strength < np.inf:
        raise ValueError(f"strength: must be a number, not negative. Received: {strength!r}")
    if np.ndim(cube) != 3 or cube.shape[-1] != np.shape(srf)[-1] or np.min(cube) < 0:
        raise ValueError(
            "cube: must be [height, width, bands] with the SRF's bands, not negative. "
            f"Received: shape {np.shape(cube)}, SRF of {np.shape(srf)[-1]} bands"
        )
    black = draw_black(srf, seed)
    changed = np.empty(cube.shape, np.float32)
    for row, spectra in enumerate(cube):  # a row at a time: float64 for the row alone
        changed[row] = _add(spectra.astype(np.float64), black, strength)
    return changed


def _add(spectra, black, strength):
    """Adds as much of `black` [bands] to `spectra` [width, bands] as `strength` and the limits allow."""
    room = np.where(black < 0, spectra, np.maximum(1 - spectra, 0))
    largest = np.min(room / np.maximum(np.abs(black), 1e-12), axis=-1)
    amount = np.minimum(strength * np.linalg.norm(spectra, axis=-1), largest)
    # The room is an exact limit but for rounding.
    return np.maximum(spectra + amount[:, None] * black, 0)
