"""EM against scikit-learn, its closed form, and a mixture that is known."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from hsgan.errors import DataError
from hsgan.prior import em

FLOOR = 1e-6


def spectra(count=5000, seed=0):
    """Spectra of four bands from three Gaussians: [count, 4], and their weights and means."""
    rng = np.random.default_rng(seed)
    weights, means = np.array([0.5, 0.3, 0.2]), np.array([[0.1] * 4, [0.9, 0.5, 0.2, 0.1], [0.2, 0.3, 0.6, 1.0]])
    kind = rng.choice(3, count, p=weights)
    root = 0.05 * np.array([[1, 0, 0, 0], [0.9, 0.3, 0, 0], [0.8, 0.3, 0.2, 0], [0.7, 0.3, 0.2, 0.1]])
    return means[kind] + rng.standard_normal((count, 4)) @ root.T, weights, means


def scikit_learn(values, mixture, iterations):
    """Returns scikit-learn's mixture after so many iterations from another's parameters."""
    weights, means, covariances = mixture
    model = GaussianMixture(
        len(weights), weights_init=weights, means_init=means, precisions_init=np.linalg.inv(covariances),
        reg_covar=FLOOR, max_iter=iterations, tol=0,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is stopped on purpose
        return model.fit(values)


def test_log_likelihood_is_scikit_learns():
    values = spectra()[0]
    mixture = em.fit(values, 3, iterations=2, floor=FLOOR)
    expected = scikit_learn(values, mixture, 1)
    found = em.log_likelihood(values, expected.weights_, expected.means_, expected.covariances_)
    assert found == pytest.approx(expected.score(values), rel=1e-9)  # two orders of summation in float64


def test_iterations_are_scikit_learns():
    """Both go on from the same start; the chunks do not divide the spectra evenly."""
    values = spectra(em._CHUNK + 700)[0]
    start = em.fit(values, 6, seed=1, iterations=0, floor=FLOOR)
    found = em.fit(values, 6, seed=1, iterations=5, floor=FLOOR)
    expected = scikit_learn(values, start, 5)
    for ours, theirs in zip(found, (expected.weights_, expected.means_, expected.covariances_), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)  # five steps of two orders of summation


def test_likelihood_never_falls():
    values = spectra()[0]
    found = [em.log_likelihood(values, *em.fit(values, 6, iterations=n, floor=0)) for n in range(8)]
    assert (np.diff(found) > -1e-9).all() and found[-1] > found[0] + 0.02


def test_one_component_is_mean_and_covariance():
    values = spectra()[0]
    weights, means, covariances = em.fit(values, 1, iterations=1, floor=FLOOR)
    assert weights == pytest.approx([1])
    np.testing.assert_allclose(means[0], values.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(covariances[0], np.cov(values.T, bias=True) + FLOOR * np.eye(4), rtol=1e-9)


def test_a_known_mixture_is_found():
    values, weights, means = spectra(20_000)
    found = em.fit(values, 3, iterations=30, floor=FLOOR)
    order = [np.abs(found[1] - mean).sum(axis=1).argmin() for mean in means]
    np.testing.assert_allclose(found[0][order], weights, atol=0.02)  # standard error of a share: 0.0035
    np.testing.assert_allclose(found[1][order], means, atol=0.005)  # standard error of a mean: 0.0008


def test_the_same_seed_gives_the_same_mixture_and_another_another():
    values = spectra()[0]
    first, again, other = (em.fit(values, 6, seed=seed, iterations=2) for seed in (3, 3, 4))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first[1], other[1])


@pytest.mark.parametrize("distinct", [1, 2, 5])
def test_no_more_components_than_distinct_spectra(distinct):
    values = np.repeat(np.linspace(0.1, 0.9, distinct)[:, None] * np.ones(4), 40, axis=0)
    weights, means, covariances = em.fit(values, 8, floor=FLOOR)
    assert len(weights) == distinct
    np.testing.assert_allclose(np.sort(means[:, 0]), np.linspace(0.1, 0.9, distinct), rtol=1e-9)
    np.testing.assert_allclose(covariances, np.broadcast_to(FLOOR * np.eye(4), covariances.shape), atol=1e-12)


def test_start_spreads_over_far_clusters():
    """Uniform draws would miss one of the eight small clusters nearly always."""
    rng = np.random.default_rng(0)
    centers = rng.uniform(-100, 100, (8, 3))
    points = np.concatenate([np.zeros((5000, 3)), np.repeat(centers, 5, axis=0)])
    nearest = em.start(points + 0.01 * rng.standard_normal(points.shape), 9, rng)
    assert len(set(nearest[::5][-8:])) == 8


@pytest.mark.parametrize("values", [np.zeros((0, 4)), np.zeros(4)])
def test_no_spectra_are_refused(values):
    with pytest.raises(DataError, match=r"spectra: must be \[n, bands\] with at least one\. Received: shape"):
        em.fit(values, 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(bad):
    values = spectra(50)[0]
    values[7, 2] = bad
    with pytest.raises(DataError, match=r"spectra: must be finite"):
        em.fit(values, 2)
