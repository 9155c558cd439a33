"""The background-aware correlation filter: its objective, and the ADMM that minimizes it.

Everything is on a grid of `rows` x `columns` cells with periodic borders. Features are float32 [rows, columns,
channels]. Their spectra, complex64 [rows, columns // 2 + 1, channels], are of `scipy.fft.rfft2` over the first two
axes, without normalization.

The filter `g` is looked for that minimizes

    1/2 || sum_k correlate(g_k, x_k) - y ||^2 + lambda/2 ||g||^2     with g = 0 outside of the target's rectangle.

All shifts of the whole window `x` take part, the background's with the target's: that is the method's name. Without the
restriction to the rectangle each frequency stands alone. ADMM splits the two: `g` free, one rank-one system a frequency
(Sherman-Morrison), and `h` inside of the rectangle, pulled together by a penalty that grows.

Source: Galoogahi, Fagg and Lucey, "Learning Background-Aware Correlation Filters for Visual Tracking", ICCV 2017,
section 3. The penalty counts in units of the number of cells, as in the authors' program.
"""

import numpy as np
from scipy import fft

_AXES = (0, 1)


def gaussian_label(rows: int, columns: int, sigma: float) -> np.ndarray:
    """Returns the desired response float32 [rows, columns]: a Gaussian around cell (0, 0), across the borders too.

    Args:
      rows: of the grid.
      columns: of the grid.
      sigma: width, cells.
    """
    row, column = (np.fft.fftfreq(count, 1 / count) for count in (rows, columns))
    return np.exp(-0.5 * (row[:, None] ** 2 + column[None, :] ** 2) / sigma**2).astype(np.float32)


def hann_window(rows: int, columns: int) -> np.ndarray:
    """Returns float32 [rows, columns, 1] that falls to 0 just outside of the grid, so that no cell is thrown away."""
    row, column = (np.sin(np.pi * (np.arange(count) + 0.5) / count) ** 2 for count in (rows, columns))
    return (row[:, None] * column[None, :])[..., None].astype(np.float32)


def support(rows: int, columns: int, height: float, width: float) -> tuple[slice, slice]:
    """Returns the rectangle of cells in the middle of the grid that the filter may use, at least one cell.

    Args:
      rows: of the grid.
      columns: of the grid.
      height: of the target, cells. It is rounded to the grid, about whose middle the rectangle lies as evenly as it
        can.
      width: of the target, cells.
    """
    return tuple(_middle(count, size) for count, size in ((rows, height), (columns, width)))


def spectrum(features: np.ndarray) -> np.ndarray:
    """Returns the spectra of features, complex64 [..., rows, columns // 2 + 1, channels]."""
    return fft.rfft2(features, axes=(-3, -2))


def response_spectrum(filter_spectrum: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Returns the spectrum of the response, complex [..., rows, columns // 2 + 1]: all channels' correlations, added.

    Args:
      filter_spectrum: complex [rows, columns // 2 + 1, channels].
      features: spectra complex [..., rows, columns // 2 + 1, channels].
    """
    return np.einsum("rck,...rck->...rc", filter_spectrum.conj(), features, optimize=True)


def solve_frequencies(
    features: np.ndarray, label: np.ndarray, target: np.ndarray, penalty: float | np.floating
) -> np.ndarray:
    """Solves ADMM's step for the free filter: at each frequency `(x x^H + p I) g = conj(y) x + p t`.

    The matrix is a multiple of the identity and one outer product: the Sherman-Morrison identity gives its inverse.

    Args:
      features: x, complex [rows, columns // 2 + 1, channels].
      label: y, complex [rows, columns // 2 + 1].
      target: t, what the penalty pulls the filter to, complex like `features`.
      penalty: p.

    Returns:
      g, complex like `features`.
    """
    right = label.conj()[..., None] * features + penalty * target
    energy = (features.real**2 + features.imag**2).sum(axis=-1)
    along = np.einsum("rck,rck->rc", features.conj(), right)
    return (right - features * (along / (penalty + energy))[..., None]) / penalty


def train_filter(
    features: np.ndarray,
    label: np.ndarray,
    inside: tuple[slice, slice],
    columns: int,
    regularization: float = 0.01,
    penalty: float = 1.0,
    penalty_growth: float = 10.0,
    penalty_limit: float = 1e3,
    iterations: int = 2,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the spectra of the filter's two halves after some iterations of ADMM from 0: (free, inside).

    They meet when ADMM has converged. After few iterations the free one still sees what is around the target: it finds
    the place again where the target was hidden, and is drawn to the background a little. The one inside of the
    rectangle is not.

    Args:
      features: spectra of the target's appearance, complex [rows, columns // 2 + 1, channels].
      label: spectrum of the desired response, complex [rows, columns // 2 + 1].
      inside: rows and columns of cells that the filter may use.
      columns: of the grid, which the half spectrum does not tell.
      regularization: lambda.
      penalty: mu of the first iteration, in units of the number of cells.
      penalty_growth: beta.
      penalty_limit: largest mu.
      iterations: of ADMM.
    """
    rows = features.shape[0]
    cells = np.float32(rows * columns)
    shrunk = np.zeros_like(features)
    # The multiplier, divided by the penalty.
    gap = np.zeros_like(features)
    for _ in range(iterations):
        pull = np.float32(penalty) * cells
        free = solve_frequencies(features, label, shrunk - gap, pull)
        spatial = fft.irfft2(free + gap, s=(rows, columns), axes=_AXES)
        kept = np.zeros_like(spatial)
        kept[inside] = spatial[inside] * (pull / (pull + np.float32(regularization)))
        shrunk = fft.rfft2(kept, axes=_AXES)
        grown = min(penalty * penalty_growth, penalty_limit)
        gap = (gap + free - shrunk) * np.float32(penalty / grown)
        penalty = grown
    return free, shrunk


def _middle(count, size):
    length = int(np.clip(round(size), 1, count))
    # Of the same parity as the grid, the rectangle lies evenly; otherwise half a cell aside.
    start = (count - length) // 2
    return slice(start, start + length)
