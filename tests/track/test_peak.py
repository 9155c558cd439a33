"""The peak between cells: of functions whose peak is known."""

import numpy as np
import pytest
from scipy import fft, optimize

from hsgan.track.peak import find_peak

SIZES = [(8, 8), (7, 8), (8, 7), (15, 10)]


def wave(shape, peak, orders=(1, 2)):
    """Returns a sum of cosines that is largest at `peak`."""
    rows, columns = np.arange(shape[0])[:, None] - peak[0], np.arange(shape[1])[None, :] - peak[1]
    return sum(np.cos(2 * np.pi * n * rows / shape[0]) + np.cos(2 * np.pi * n * columns / shape[1]) for n in orders)


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("peak", [(0, 0), (0.3, -0.4), (2.49, 1.5), (-1.25, 3.2)])
def test_cosines_peak_where_they_were_put(shape, peak):
    _, row, column, value = find_peak(fft.rfft2(wave(shape, peak))[None], shape[1])
    assert (row, column) == pytest.approx(peak, abs=1e-6)  # five steps of Newton from within half a cell
    assert value == pytest.approx(4, abs=1e-9)


def test_noise_is_refined_as_an_optimizer_does():
    rng = np.random.default_rng(3)
    response = rng.normal(size=(8, 10)) + 4 * wave((8, 10), (1.2, -2.3), (1, 2, 3))
    found = find_peak(fft.rfft2(response)[None], 10, steps=20)[1:]

    def waves(count, shift):
        found = np.exp(2j * np.pi * np.fft.fftfreq(count) * shift)
        # Half the rate has no sign.
        found[count // 2] = np.cos(np.pi * shift)
        return found

    def at(place):
        # The plain definition of the interpolation, a sum over the whole spectrum.
        spectrum = fft.fft2(response) / response.size
        return -(spectrum * waves(8, place[0])[:, None] * waves(10, place[1])).real.sum()

    best = optimize.minimize(at, np.array(found[:2]) + 0.05, tol=1e-12)
    assert found[:2] == pytest.approx(best.x, abs=1e-5)  # the optimizer's gradient is by differences
    assert found[2] == pytest.approx(-best.fun, abs=1e-9)


@pytest.mark.parametrize("response", [np.ones((6, 6)), np.eye(6), -np.eye(6)])
def test_never_below_the_largest_cell_nor_far_from_it(response):
    _, row, column, value = find_peak(fft.rfft2(response)[None], 6)
    assert value >= response.max() - 1e-12
    assert abs(row) <= 3 and abs(column) <= 3


def test_the_largest_of_several_and_whole_cells_without_steps():
    responses = np.stack([height * wave((8, 8), (1.4, 0)) for height in (1.0, 1.2, 1.1)])
    assert find_peak(fft.rfft2(responses), 8)[:3] == pytest.approx((1, 1.4, 0), abs=1e-6)
    best, row, column, value = find_peak(fft.rfft2(responses), 8, steps=0)
    assert (best, row, column) == (1, 1, 0) and value == pytest.approx(responses[1, 1, 0])
