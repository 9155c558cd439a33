"""PSNR, SSIM, spectral angle, relative error of a cube against the truth, as pure functions in NumPy.

Cubes are float [height, width, bands]; sums are float64; memory is bounded by a band (PSNR, SSIM) or a few rows (all
else). Every function returns finite values for black pixels, all-zero cubes and equal cubes.
Source: method sections 9, 14, 17.
"""

import numpy as np

# Equal bands have no PSNR (log of 0). Root mean squared errors below 1e-5 of full scale are smaller than the step of a
# 16-bit record (1.5e-5): nothing above 100 dB can be told from such data.
PSNR_CAP_DB = 100.0
LIT_THRESHOLD = 0.02
# Of full scale: where the truth is darker, a relative error is taken as a share of this. Photon and read noise of the
# published cubes are of this order: below it a ratio measures the sensor, and on a black pixel it has no value at all.
SMALLEST_DENOMINATOR = 1e-3

_STRIP_ROWS = 64


def check_pair(truth: np.ndarray, estimate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Raises unless two cubes can be compared; returns them as arrays.

    Raises:
      ValueError: not three axes, unequal shapes, no pixels, or values that are not finite.
    """
    truth, estimate = np.asarray(truth), np.asarray(estimate)
    if truth.ndim != 3 or truth.shape != estimate.shape or truth.size == 0:
        raise ValueError(
            "truth, estimate: must be [height, width, bands] of one shape. "
            f"Received: {truth.shape} and {estimate.shape}"
        )
    for name, cube in (("truth", truth), ("estimate", estimate)):
        if not all(np.isfinite(row).all() for row in cube):
            raise ValueError(f"{name}: must hold finite values only. Received: NaN or infinity")
    return truth, estimate


def psnr(truth: np.ndarray, estimate: np.ndarray, data_range: float = 1.0) -> float:
    """Returns the peak signal-to-noise ratio in dB: per band, then averaged over bands.

    Nothing is clipped or cropped. A band that is reproduced exactly, or nearly, counts as `PSNR_CAP_DB`.

    Args:
      truth: float [height, width, bands].
      estimate: as `truth`.
      data_range: the peak.
    """
    floor = data_range**2 * 10 ** (-PSNR_CAP_DB / 10)
    errors = (_error(truth[..., band], estimate[..., band]) for band in range(truth.shape[-1]))
    mse = np.array([np.mean(np.square(error)) for error in errors])
    return float(np.mean(10 * np.log10(data_range**2 / np.maximum(mse, floor))))


def mrae(truth: np.ndarray, estimate: np.ndarray) -> float:
    """Returns the mean relative absolute error: the mean over all values of `|estimate - truth| / truth`.

    Where the truth is below `SMALLEST_DENOMINATOR`, the latter divides. Sums are over one row at a time.
    """
    rows = zip(truth, estimate, strict=True)
    sums = [np.sum(np.abs(_error(a, b)) / np.maximum(a, SMALLEST_DENOMINATOR, dtype=np.float64)) for a, b in rows]
    return float(np.sum(sums) / truth.size)


def rmse(truth: np.ndarray, estimate: np.ndarray) -> float:
    """Returns the root of the mean squared error over all values of the cube."""
    sums = [np.sum(np.square(_error(a, b))) for a, b in zip(truth, estimate, strict=True)]
    return float(np.sqrt(np.sum(sums) / truth.size))


def psnr_whole(truth: np.ndarray, estimate: np.ndarray, data_range: float = 1.0) -> float:
    """Returns the peak signal-to-noise ratio in dB of one mean squared error over the whole cube, at most the cap.

    Not `psnr`: one bad band weighs more here than in a mean of decibels.
    """
    return min(float(20 * np.log10(data_range / max(rmse(truth, estimate), 1e-300))), PSNR_CAP_DB)


def ssim(
    truth: np.ndarray,
    estimate: np.ndarray,
    data_range: float = 1.0,
    window: int = 7,
    k1: float = 0.01,
    k2: float = 0.03,
) -> float:
    """Returns the structural similarity: per band over all whole windows, then averaged over bands (ASSIM).

    Uniform window and sample covariance; windows that reach over the border do not count, which drops a border of
    `window // 2` pixels.

    Args:
      truth: float [height, width, bands], at least `window` pixels a side.
      estimate: as `truth`.
      data_range: of the values; 1 for ASSIM, 2 for `assim_r2` (method section 14).
      window: side of the window, pixels.
      k1: constant of the SSIM.
      k2: constant of the SSIM.

    Raises:
      ValueError: fewer than `window` pixels a side.

    Source: Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004.
    """
    if min(truth.shape[:2]) < window:
        raise ValueError(f"truth: must have at least {window} pixels a side for SSIM. Received: {truth.shape[:2]}")
    c1, c2 = (k1 * data_range) ** 2, (k2 * data_range) ** 2
    bands = [_band_ssim(truth[..., i], estimate[..., i], window, c1, c2) for i in range(truth.shape[-1])]
    return float(np.mean(bands))


def spectral_angles(truth: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """Returns the angle between the spectra of each pixel, float64 [height, width], in degrees, [0, 180].

    The cosine is clamped to [-1, 1]. Two black spectra are equal: 0 degrees. A black one beside another has no
    direction: 90 degrees (cosine 0).
    """
    angles = np.empty(truth.shape[:2])
    for start in range(0, truth.shape[0], _STRIP_ROWS):
        rows = slice(start, start + _STRIP_ROWS)
        a, b = truth[rows].astype(np.float64), estimate[rows].astype(np.float64)
        energy_a, energy_b = np.einsum("hws,hws->hw", a, a), np.einsum("hws,hws->hw", b, b)
        # One root of the product, not a product of roots: equal spectra then have a cosine of exactly 1.
        norm = np.sqrt(energy_a * energy_b)
        cosine = np.divide(np.einsum("hws,hws->hw", a, b), norm, out=np.zeros_like(norm), where=norm > 0)
        cosine[(energy_a == 0) & (energy_b == 0)] = 1.0
        angles[rows] = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    return angles


NO_SCALE, BEST_SCALE = SCALES = ("none", "best")  # of an estimate, before it is compared


def best_scale(truth: np.ndarray, estimate: np.ndarray) -> float:
    """Returns the number by which `estimate` comes nearest to `truth`, in the sum of squares over all values; 1 for 0.

    For cubes of one scene under two exposures.
    """
    rows = zip(truth, estimate, strict=True)
    sums = [(np.vdot(a, b), np.vdot(b, b)) for a, b in ((a.astype(np.float64), b.astype(np.float64)) for a, b in rows)]
    product, energy = np.sum(sums, axis=0)
    return float(product / energy) if energy > 0 else 1.0


def lit_mask(truth: np.ndarray, threshold: float = LIT_THRESHOLD) -> np.ndarray:
    """Returns bool [height, width]: pixels whose mean radiance over the bands exceeds `threshold` of full scale."""
    return truth.mean(axis=-1, dtype=np.float64) > threshold


def _error(truth, estimate):
    return np.subtract(estimate, truth, dtype=np.float64)


def _band_ssim(x, y, window, c1, c2):
    x, y = x.astype(np.float64), y.astype(np.float64)
    mean_x, mean_y = _window_means(x, window), _window_means(y, window)
    sample = window**2 / (window**2 - 1)
    variance_x = sample * (_window_means(x * x, window) - mean_x * mean_x)
    variance_y = sample * (_window_means(y * y, window) - mean_y * mean_y)
    covariance = sample * (_window_means(x * y, window) - mean_x * mean_y)
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    return np.mean(luminance * (2 * covariance + c2) / (variance_x + variance_y + c2))


def _window_means(image, window):
    """Means over all whole `window` x `window` squares of `image`, by running sums."""
    for axis in (0, 1):
        sums = np.cumsum(image, axis=axis)
        sums = np.insert(sums, 0, 0.0, axis=axis)
        size = sums.shape[axis]
        image = np.take(sums, range(window, size), axis=axis) - np.take(sums, range(size - window), axis=axis)
    return image / window**2
