"""The SRF error and its precision curve against closed forms."""

import numpy as np
import pytest

from hsgan.metrics import srf as srf_metrics


def test_error_closed_forms():
    truth = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], float)
    assert srf_metrics.srf_error(truth, truth) == 0
    assert srf_metrics.srf_error(truth, np.roll(truth, 1, axis=1)) == 1
    half = 0.5 * truth + 0.5 * np.roll(truth, 1, axis=1)
    assert srf_metrics.srf_error(truth, half) == pytest.approx(0.5)


def test_precision_is_the_area_under_the_curve():
    errors = np.random.default_rng(0).random(28)
    thresholds, share = srf_metrics.precision_curve(errors, np.linspace(0, 1, 20001))
    # A staircase of 28 steps, sampled 20,001 times: each step is misplaced by at most 5e-5.
    assert srf_metrics.srf_precision(errors) == pytest.approx(np.trapezoid(share, thresholds), abs=5e-5)
    assert share[0] == 0 and share[-1] == 1


def test_precision_of_exact_and_hopeless_estimates():
    assert srf_metrics.srf_precision([0, 0]) == 1
    assert srf_metrics.srf_precision([1.0]) == 0


@pytest.mark.parametrize(
    "truth, estimate, message",
    [
        (np.ones((3, 4)), np.ones((3, 5)), "of one shape"),
        (np.zeros((3, 4)), np.zeros((3, 4)), "not all zero"),
        (np.ones((3, 4)), np.full((3, 4), np.nan), "must be finite"),
    ],
)
def test_unfit_srfs_are_refused(truth, estimate, message):
    with pytest.raises(ValueError, match=message):
        srf_metrics.srf_error(truth, estimate)


def test_no_errors_is_refused():
    with pytest.raises(ValueError, match="one number an estimate"):
        srf_metrics.srf_precision([])
