"""Coverage of stated intervals."""

import numpy as np
import pytest

from hsgan.metrics.coverage import HALF_WIDTHS, coverage


def test_half_widths_are_a_gaussians():
    stats = pytest.importorskip("scipy.stats")
    for name, width in HALF_WIDTHS.items():
        assert 2 * stats.norm.cdf(width) - 1 == pytest.approx(int(name[-2:]) / 100, abs=1e-4)


def test_true_deviations_cover_what_they_say():
    rng = np.random.default_rng(0)
    deviation = rng.uniform(0.01, 0.1, (60, 50, 31)).astype(np.float32)
    truth = rng.random((60, 50, 31), np.float32)
    found = coverage(truth, truth + deviation * rng.standard_normal(truth.shape), deviation)
    # 93,000 draws: standard errors 0.0016 and 0.001
    assert found == {"coverage_50": pytest.approx(0.5, abs=0.01), "coverage_90": pytest.approx(0.9, abs=0.01)}


def test_no_error_is_within_no_deviation():
    cube = np.ones((2, 3, 4), np.float32)
    assert coverage(cube, cube, 0 * cube) == {"coverage_50": 1.0, "coverage_90": 1.0}
    assert coverage(cube, cube + 1, 0 * cube) == {"coverage_50": 0.0, "coverage_90": 0.0}
