"""Measures of tracking against counts by hand."""

import numpy as np
import pytest

from hsgan.metrics.tracking import center_errors, mean_measures, overlaps, tracking_measures

TRUTH = np.array([[10.0, 20, 30, 40]] * 4)


def test_overlaps_and_center_errors():
    found = np.array([[10, 20, 30, 40], [25, 20, 30, 40], [40, 20, 30, 40], [10, 20, 60, 40]], float)
    # Equal; half of each shared, a third of both; touching; twice as wide.
    np.testing.assert_allclose(overlaps(TRUTH, found), [1, 1 / 3, 0, 1 / 2])
    np.testing.assert_allclose(center_errors(TRUTH, found), [0, 15, 30, 15])
    assert overlaps(np.zeros(4), np.zeros(4)) == 0


def test_measures_of_known_errors():
    found = TRUTH.copy()
    found[:, 0] += [0, 3, 20, 60]  # center errors; of 30 px width
    measures = tracking_measures(TRUTH, found)
    # Errors of 0 count from 1 px on, 3 from 3 on, 20 from 20 on, 60 never.
    assert measures["ap"] == pytest.approx((50 + 48 + 31) / (4 * 50))
    assert measures["dp"] == pytest.approx(3 / 4)
    assert measures["location_error"] == pytest.approx(83 / 4)
    # Overlaps 1, 27/33, 10/50 and 0; more than 0, .05, .. 1: 20, 17, and 4 (not its own .2) of 21 thresholds.
    assert measures["auc"] == pytest.approx((20 + 17 + 4) / (4 * 21))
    assert len(measures["precision"]) == 51 and len(measures["success"]) == 21


def test_a_perfect_track_reaches_no_success_at_full_overlap():
    measures = tracking_measures(TRUTH, TRUTH)
    assert measures["ap"] == 1 and measures["dp"] == 1 and measures["location_error"] == 0
    assert measures["success"][-1] == 0 and measures["auc"] == pytest.approx(20 / 21)


def test_frames_without_the_target_do_not_count():
    truth, found = TRUTH.copy(), TRUTH.copy()
    truth[1], found[1] = np.nan, 1000
    assert tracking_measures(truth, found)["location_error"] == 0


@pytest.mark.parametrize("truth, found, message", [
    (TRUTH, TRUTH[:3], r"boxes: must both be \[frames, 4\]"),
    (TRUTH * np.nan, TRUTH, "truth: must have a box in one frame"),
])  # fmt: skip
def test_what_cannot_be_measured(truth, found, message):
    with pytest.raises(ValueError, match=message):
        tracking_measures(truth, found)


def test_sequences_count_alike():
    short, long = tracking_measures(TRUTH[:1], TRUTH[:1]), tracking_measures(TRUTH, TRUTH + 500)
    means = mean_measures([short, long])
    assert means["ap"] == pytest.approx(0.5)
    assert means["precision"] == pytest.approx(list(np.full(51, 0.5)))
