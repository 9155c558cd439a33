"""The peak of a response between cells: Newton's method on its trigonometric interpolation."""

import numpy as np
from scipy import fft

# Places where Newton's method may begin, cells from the largest one. Between two cells of about the same height the
# cells themselves can be no peak at all.
_OFFSETS = np.linspace(-0.5, 0.5, 5)


def find_peak(spectra: np.ndarray, columns: int, steps: int = 5) -> tuple[int, float, float, float]:
    """Returns which of some periodic responses is largest, where, and how large.

    Around each one's largest cell the response is interpolated by the one function that has no higher frequency and
    agrees with it at all cells. The best of some places there decides, and Newton's method goes on from it. Where the
    function is not concave, or leads further than a cell away, that place stands.

    Args:
      spectra: of `scipy.fft.rfft2` of the responses, complex [responses, rows, columns // 2 + 1].
      columns: of the responses.
      steps: of Newton's method; with 0 the largest cell is taken as it is.

    Returns:
      (response, row, column, value): its number, and signed shifts from cell (0, 0), at most half of the grid.
    """
    rows = spectra.shape[1]
    responses = fft.irfft2(spectra, s=(rows, columns))
    cells = [np.array(np.unravel_index(np.argmax(response), response.shape), np.float64) for response in responses]
    if not steps:
        found = [(float(response.max()), cell) for response, cell in zip(responses, cells, strict=True)]
    else:
        found = [
            _best_around(_weights(spectrum, columns), columns, cell)
            for spectrum, cell in zip(spectra, cells, strict=True)
        ]
    best = int(np.argmax([value for value, _ in found]))
    value, place = found[best]
    if steps:
        weights = _weights(spectra[best], columns)
        refined = _refined(weights, columns, place, steps)
        higher = float(_expand(weights, columns, refined[:1], refined[1:], (0,))[0, 0, 0, 0])
        value, place = (higher, refined) if higher >= value else (value, place)
    row, column = ((shift + size / 2) % size - size / 2 for shift, size in zip(place, (rows, columns), strict=True))
    return best, float(row), float(column), value


def _best_around(weights, columns, cell):
    """Returns (value, place) of the largest interpolated response at `_OFFSETS` around a cell."""
    rows, others = cell[0] + _OFFSETS, cell[1] + _OFFSETS
    values = _expand(weights, columns, rows, others, (0,))[0, 0]
    best = np.unravel_index(np.argmax(values), values.shape)
    return float(values[best]), np.array([rows[best[0]], others[best[1]]])


def _refined(weights, columns, start, steps):
    """Returns the place after some steps of Newton's method, or `start`."""
    place = start
    for _ in range(steps):
        table = _expand(weights, columns, place[:1], place[1:], (0, 1, 2))[:, :, 0, 0]
        gradient, hessian = table[[1, 0], [0, 1]], np.array([[table[2, 0], table[1, 1]], [table[1, 1], table[0, 2]]])
        # Negative definite: a peak lies ahead, no saddle.
        if not (hessian[0, 0] < 0 and np.linalg.det(hessian) > 0):
            return start
        place = place - np.linalg.solve(hessian, gradient)
        if np.abs(place - start).max() > 1:
            return start
    return place


def _weights(spectrum, columns):
    """Returns the weights of the waves, complex128 like the half spectrum, which stands for the whole."""
    weights = spectrum.astype(np.complex128) / (spectrum.shape[0] * columns)
    # Every column but the first, and the last of an even number, occurs twice.
    weights[:, 1 : (columns + 1) // 2] *= 2
    return weights


def _expand(weights, columns, rows, others, orders):
    """Returns derivatives of the interpolation, float64 [orders, orders, rows, others].

    Args:
      weights: of `_weights`. columns: of the grid.
      rows, others: float [places], of the rows and columns of a grid of places.
      orders: of the derivatives along each axis.
    """
    row = _derivatives(np.fft.fftfreq(len(weights)), np.asarray(rows), orders)
    column = _derivatives(np.fft.rfftfreq(columns), np.asarray(others), orders)
    return (row[:, None] @ weights @ column.swapaxes(-1, -2)[None]).real


def _derivatives(frequencies, places, orders):
    """Returns derivatives of the waves, complex128 [orders, places, frequencies]."""
    angular = 2 * np.pi * frequencies
    waves = np.exp(1j * angular * places[:, None])
    found = np.stack([(1j * angular) ** order * waves for order in orders])
    # Half the rate has no sign: its wave is a cosine.
    half = np.abs(frequencies) == 0.5
    shift = np.pi * places[:, None]
    for index, order in enumerate(orders):
        found[index, :, half] = (np.pi**order * np.cos(shift + order * np.pi / 2)).T
    return found
