"""Spectra are drawn with the intervals that their cube knows."""

import numpy as np
import xarray
from matplotlib.collections import PolyCollection

from hsgan.metrics.coverage import interval
from hsgan.plot import pictures
from hsgan.plot.view import CubeView

WAVELENGTHS_NM = np.arange(400, 701, 10)
VALUES = np.random.default_rng(0).random((6, 5, 31), np.float32)
POINTS = [(1, 2), (4, 3)]


def view(deviation):
    coords = {"wavelength": WAVELENGTHS_NM}
    if deviation is not None:
        coords["deviation"] = (("y", "x", "wavelength"), deviation)
    return CubeView(xarray.DataArray(VALUES, dims=("y", "x", "wavelength"), coords=coords))


def areas(figure):
    """Returns {wavelength: (low, high)} of each shaded area of the figure's spectra."""
    found = []
    for area in figure.axes[1].collections:
        if isinstance(area, PolyCollection):
            corners = area.get_paths()[0].vertices
            limits = {nm: corners[np.isclose(corners[:, 0], nm), 1] for nm in WAVELENGTHS_NM}
            found.append({nm: (values.min(), values.max()) for nm, values in limits.items()})
    return found


def test_ninety_percent_intervals_are_shaded():
    figure = pictures._spectra(view(VALUES / 4), "cube", POINTS)
    shaded = areas(figure)
    assert len(shaded) == 2 and "90 % intervals" in figure.get_suptitle()
    for (row, column), area in zip(POINTS, shaded, strict=True):
        expected = interval(VALUES[row, column], VALUES[row, column] / 4)
        np.testing.assert_allclose(np.array(list(area.values())).T, expected, rtol=1e-5)


def test_without_deviations_nothing_is_shaded():
    figure = pictures._spectra(view(None), "cube", POINTS)
    assert areas(figure) == [] and "interval" not in figure.get_suptitle()


def test_there_is_no_light_below_none():
    low, high = interval(np.array([0.1, 0.5, -0.2]), np.array([0.2, 0.1, 0.1]))
    np.testing.assert_allclose(low, [0, 0.5 - 0.16449, -0.2])
    np.testing.assert_allclose(high, [0.42898, 0.66449, -0.03551], rtol=1e-4)
