"""Terms that compare an estimate with its truth: closed forms."""

import numpy as np
import pytest

from hsgan.losses.paired import FORMS

TRUTH = np.full((1, 2, 2, 4), 0.4, np.float32)
DARK = np.zeros((1, 2, 2, 4), np.float32)


@pytest.mark.parametrize(
    ("name", "truth", "expected"),
    [
        ("l1", TRUTH, 0.1),
        ("mrae", TRUTH, 0.25),
        ("mrae", DARK, 10.0),
        ("leveled", TRUTH, 0.01 / 0.5),
        ("leveled", DARK, 0.01 / 0.1),
    ],
)
def test_an_error_of_a_tenth(name, truth, expected):
    assert float(FORMS[name](truth + 0.1, truth)) == pytest.approx(expected, rel=1e-5)
    assert float(FORMS[name](truth - 0.1, truth)) == pytest.approx(expected, rel=1e-5)


def test_the_level_is_the_spectrums_mean():
    truth = np.array([[[[0.0, 0.8]]]], np.float32)
    assert float(FORMS["leveled"](truth + 0.1, truth)) == pytest.approx(0.01 / 0.5, rel=1e-5)
