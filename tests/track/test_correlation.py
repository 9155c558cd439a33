"""The correlation filter against direct solutions of what it is defined by."""

import numpy as np
import pytest
from scipy import fft

from hsgan.track import correlation

ROWS, COLUMNS, CHANNELS = 7, 8, 3
INSIDE = correlation.support(ROWS, COLUMNS, 3, 4)


@pytest.fixture
def features():
    return np.random.default_rng(0).normal(size=(ROWS, COLUMNS, CHANNELS))


def label():
    return correlation.gaussian_label(ROWS, COLUMNS, 0.8).astype(np.float64)


def correlate(filters, features):
    """Returns sum_k sum_p g_k(p) x_k(p + shift), for every shift, by rolling."""
    return np.array(
        [
            [(filters * np.roll(features, (-row, -column), (0, 1))).sum() for column in range(COLUMNS)]
            for row in range(ROWS)
        ]
    )


def direct_filter(features, regularization):
    """Returns the filter [rows, columns, channels] of the constrained least squares, by its normal equations."""
    places = [(r, c, k) for r in range(*INSIDE[0].indices(ROWS)) for c in range(*INSIDE[1].indices(COLUMNS))
              for k in range(CHANNELS)]  # fmt: skip
    # One row a shift of the window, one column a free value of the filter.
    shifts = [np.roll(features, (-row, -column), (0, 1)) for row in range(ROWS) for column in range(COLUMNS)]
    matrix = np.array([[shifted[place] for place in places] for shifted in shifts])
    values = np.linalg.solve(matrix.T @ matrix + regularization * np.eye(len(places)), matrix.T @ label().ravel())
    found = np.zeros_like(features)
    for place, value in zip(places, values, strict=True):
        found[place] = value
    return found


def trained(features, regularization, **settings):
    halves = correlation.train_filter(
        correlation.spectrum(features), fft.rfft2(label()), INSIDE, COLUMNS, regularization, **settings
    )
    return [fft.irfft2(half, s=(ROWS, COLUMNS), axes=(0, 1)) for half in halves]


def test_response_is_the_correlation(features):
    filters = np.random.default_rng(1).normal(size=features.shape)
    spectrum = correlation.response_spectrum(correlation.spectrum(filters), correlation.spectrum(features))
    found = fft.irfft2(spectrum, s=(ROWS, COLUMNS))
    np.testing.assert_allclose(found, correlate(filters, features), atol=1e-12)  # float64 rounding of sums of 168


def test_sherman_morrison_is_the_solution_of_every_frequency(features):
    rng = np.random.default_rng(2)
    x, y = correlation.spectrum(features), fft.rfft2(label())
    target = rng.normal(size=x.shape) + 1j * rng.normal(size=x.shape)
    found = correlation.solve_frequencies(x, y, target, 3.0)
    for row in range(x.shape[0]):
        for column in range(x.shape[1]):
            at = x[row, column]
            matrix = np.outer(at, at.conj()) + 3.0 * np.eye(CHANNELS)
            expected = np.linalg.solve(matrix, y[row, column].conj() * at + 3.0 * target[row, column])
            np.testing.assert_allclose(found[row, column], expected, rtol=1e-10)  # float64, condition under 1e3


@pytest.mark.parametrize("regularization", [0.01, 5.0])
def test_many_iterations_solve_the_constrained_problem(features, regularization):
    expected = direct_filter(features, regularization)
    for found in trained(features, regularization, penalty=0.2, penalty_growth=1.0, iterations=3000):
        # ADMM converges linearly; the rest is the float32 of its factors.
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_a_growing_penalty_keeps_the_multiplier(features):
    # The scaled multiplier shrinks as the penalty grows, so that the same problem is solved.
    expected = direct_filter(features, 5.0)
    for found in trained(features, 5.0, penalty=0.05, penalty_growth=1.01, penalty_limit=0.5, iterations=3000):
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_one_half_stays_inside_and_the_other_comes_nearer(features):
    outside = np.ones((ROWS, COLUMNS), bool)
    outside[INSIDE] = False
    shares = []
    for iterations in (1, 2):
        free, inside = trained(features, 0.01, iterations=iterations)
        assert np.abs(inside[outside]).max() < 1e-12 < np.abs(inside[~outside]).min()
        shares.append((free[outside] ** 2).sum() / (free**2).sum())
    # Ten times the penalty; of this window it is a ninth.
    assert shares[1] < 0.2 * shares[0]


def test_label_and_support():
    found = correlation.gaussian_label(6, 5, 2.0)
    assert found[0, 0] == 1
    assert found[1, 2] == pytest.approx(np.exp(-5 / 8))
    assert found[5, 0] == found[1, 0] and found[0, 4] == found[0, 1]
    assert correlation.support(9, 10, 3, 4) == (slice(3, 6), slice(3, 7))
    assert correlation.support(9, 10, 0.2, 99) == (slice(4, 5), slice(0, 10))


def test_window_is_even_and_falls_to_the_border():
    found = correlation.hann_window(6, 5)[..., 0]
    np.testing.assert_allclose(found, found[::-1, ::-1])
    assert found[2, 2] == found.max() and 0 < found[0, 0] < 0.01
