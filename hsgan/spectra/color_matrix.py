"""A camera from its color matrix: the SRF of a camera that nobody measured.

RAW files of over a thousand cameras come with a matrix `M` from CIE XYZ to the camera's own linear RGB (a DNG's
ColorMatrix; LibRaw knows those of other formats). It was fitted to what the camera makes of surfaces in a known light,
so on such surfaces the camera's SRF `C` and `M cmf` nearly agree. Nine numbers do not tell 93. The rest comes from the
cameras that were measured: around their mean `c`, with their covariance `K` over channels and bands,

    C = argmin  mean |(C - M cmf) s|^2 / tau^2  +  (C - c)^T K^-1 (C - c),   C >= 0

over the spectra `s` of measured materials in the matrix's light. It is a least squares problem with bounds, and has one
solution. A little white noise in `K` lets `C` leave the space of the measured cameras' principal components.

`tau` and the noise were chosen by leaving out 22 of 28 measured cameras in turn, matrices made from their own curves
and the 24 patches of ISO 17321-1, which are not among the materials here. The other six are those that
`tests/spectra/test_color_matrix.py` reports.
"""

import numpy as np

from hsgan.errors import DataError
from hsgan.spectra import reflectances
from hsgan.spectra.illuminants import illuminant
from hsgan.spectra.observer import observer
from hsgan.spectra.srf import SrfDictionary, normalize

LIGHT = "D65"  # what color matrices are made for, where a file has one for daylight
MATERIALS = ("CIE 224:2017", "rawtoaces")
CHART = ("ISO 17321-1",)  # not among them
# Of the response to a typical surface: what the matrix may be wrong by.
_TOLERANCE = 0.01
# Standard deviation of the white noise, relative to that of the measured cameras.
_NOISE = 0.3


def estimate(matrix: np.ndarray, dictionary: SrfDictionary, light: str = LIGHT) -> np.ndarray:
    """Returns the SRF float32 [3, bands] of a camera, not negative, rows of unit sum.

    Args:
      matrix: float [3, 3], from XYZ to the camera's linear R, G, B; rows in any scale, since photos are balanced.
      dictionary: measured cameras, at least two.
      light: that the matrix was made for, a name in `hsgan.spectra.illuminants`.

    Raises:
      DataError: a matrix of no camera: not finite, singular, or a channel that white light does not reach; no such
        light; a dictionary of one camera.
    """
    matrix = np.asarray(matrix, np.float64)
    if len(dictionary.names) < 2:
        raise DataError(f"camera: a color matrix needs two measured cameras beside it. Received: {dictionary.source}")
    functions, power = observer(dictionary.wavelengths_nm), illuminant(light, dictionary.wavelengths_nm)
    _check(matrix, functions @ power)
    measured = dictionary.responses.astype(np.float64)
    mean, seen = measured.mean(axis=0), matrix @ functions
    # A white surface gives what it gives the mean camera: the scale of a row says nothing.
    seen *= ((mean @ power) / (seen @ power))[:, None]
    spectra = reflectances.load(dictionary.wavelengths_nm, MATERIALS) * power
    scale = np.sqrt(np.mean((spectra @ mean.T) ** 2))
    fit = np.kron(np.eye(3), _square_root(spectra.T @ spectra / len(spectra)) / (_TOLERANCE * scale))
    likely = np.linalg.inv(np.linalg.cholesky(_covariance(measured - mean)))
    from scipy.optimize import nnls

    curves, _ = nnls(np.concatenate([fit, likely]), np.concatenate([fit @ seen.ravel(), likely @ mean.ravel()]))
    return normalize(curves.reshape(mean.shape))


def of_chart(srf: np.ndarray, wavelengths_nm: np.ndarray) -> np.ndarray:
    """Returns the matrix of a camera, float64 [3, 3], as a maker would find it: by a chart in daylight, four decimals.

    Args:
      srf: float [3, bands].
      wavelengths_nm: float [bands].
    """
    lit = reflectances.load(wavelengths_nm, CHART) * illuminant(LIGHT, wavelengths_nm)
    seen = lit @ np.transpose(srf).astype(np.float64)
    matrix = np.linalg.lstsq(lit @ observer(wavelengths_nm).T, seen, rcond=None)[0].T
    return np.round(matrix / np.abs(matrix).max(), 4)


def _check(matrix, white):
    """Raises `DataError` unless the matrix can be a camera's; `white` is the XYZ of a white surface."""
    rule = "color matrix: must be [3, 3], finite and not singular, and must see white in every channel"
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        raise DataError(f"{rule}. Received: {matrix.tolist()}")
    lit = matrix @ white
    if not (lit > 0).all() or np.linalg.cond(matrix / lit[:, None]) > 1e4:
        raise DataError(f"{rule}. Received: {matrix.tolist()}")


def _covariance(differences):
    """Returns the covariance of cameras [n, 3, bands] about their mean, with white noise: [3 bands, 3 bands]."""
    flat = differences.reshape(len(differences), -1)
    covariance = flat.T @ flat / len(flat)
    size = len(covariance)
    return covariance + np.eye(size) * _NOISE**2 * np.trace(covariance) / size


def _square_root(moment):
    """Returns a matrix `W` with `W^T W = moment`, a positive semi-definite one."""
    values, vectors = np.linalg.eigh(moment)
    return np.sqrt(np.maximum(values, 0))[:, None] * vectors.T
