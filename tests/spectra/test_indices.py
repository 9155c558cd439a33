"""Normalized differences and bands against closed forms."""

import numpy as np
import pytest

from hsgan.errors import DataError
from hsgan.spectra import bands, indices

NM = np.arange(400.0, 701.0, 10.0)


def test_normalized_difference_is_the_ratio_and_nan_in_the_dark():
    first, second = np.array([[3.0, 0.0, 0.004]]), np.array([[1.0, 2.0, 0.005]])
    np.testing.assert_array_equal(indices.normalized_difference(first, second), [[0.5, -1.0, np.nan]])


def test_exposure_drops_out():
    first, second = np.random.default_rng(0).uniform(0.1, 1, (2, 5, 5))
    once = indices.normalized_difference(first, second)
    np.testing.assert_allclose(indices.normalized_difference(0.5 * first, 0.5 * second), once, rtol=1e-12)


def test_negative_values_count_as_nothing():
    assert indices.normalized_difference([[-0.2]], [[0.5]]) == -1


def test_named_indices_take_the_nearest_bands():
    assert indices.bands_of(indices.parse("PRI"), NM) == (13, 17)  # 531 and 570 nm
    assert indices.bands_of(indices.parse("550, 670"), NM) == (15, 27)


@pytest.mark.parametrize("text", ["evi", "550", "550,x", "550,550", "nan,550", ""])
def test_what_is_no_index_is_refused(text):
    with pytest.raises(DataError, match=r"^index: must be one of grvi, .*Received: "):
        indices.parse(text)


@pytest.mark.parametrize("name", ["ndvi", "ndwi"])
def test_an_index_beyond_the_bands_is_refused(name):
    with pytest.raises(DataError, match=rf"^index {name}: wavelength: must lie in .* 400-700 nm. Received: 8"):
        indices.bands_of(indices.parse(name), NM)


def test_edges_lie_half_way():
    np.testing.assert_array_equal(bands.edges([400, 410, 430]), [395, 405, 420, 440])
    assert bands.band_at([400, 410, 430], 439) == 2
    with pytest.raises(DataError, match="Received: 441 nm"):
        bands.band_at([400, 410, 430], 441)
    with pytest.raises(ValueError, match="two or more"):
        bands.edges([400])
