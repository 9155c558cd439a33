"""Measured reflectances by set."""

import numpy as np
import pytest

from hsgan.errors import DataError
from hsgan.spectra import reflectances

GRID = np.arange(400, 701, 10)


@pytest.mark.parametrize("name", reflectances.SETS)
def test_every_set_holds_reflectances_over_the_default_bands(name):
    loaded = reflectances.load(GRID, (name,))
    assert len(loaded) == len(reflectances.measured(name)) >= 20
    assert loaded.min() >= 0 and 0.3 < loaded.max() <= 1


def test_a_color_checker_is_in_its_order():
    """White is the 19th patch, black the 24th, of every 24-patch ColorChecker."""
    for name in ("ColorChecker N Ohta", "BabelColor Average"):
        loaded = reflectances.load(GRID, (name,))
        assert loaded.mean(axis=1).argmax() == 18 and loaded.mean(axis=1).argmin() == 23


def test_sets_that_do_not_reach_the_wavelengths_are_left_out():
    wide = np.arange(390, 751, 10)
    expected = [name for name in reflectances.SETS if reflectances.measured(name)[0][0][-1] >= 750]
    assert len(expected) < len(reflectances.SETS)
    np.testing.assert_array_equal(reflectances.load(wide), reflectances.load(wide, tuple(expected)))


def test_an_unknown_set_is_refused_by_name():
    with pytest.raises(DataError, match=r"reflectances: there are CIE 224:2017, .*\. Received: 'Munsell'"):
        reflectances.measured("Munsell")
