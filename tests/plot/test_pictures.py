"""Pictures of cubes against closed forms: strips, lights, points, and what is refused before anything is written."""

import numpy as np
import pytest
import xarray as xr
from trained_run import WAVELENGTHS_NM

from hsgan.errors import DataError
from hsgan.plot import pictures, rendering, view
from hsgan.plot.pictures import Wish
from hsgan.plot.view import CubeView
from hsgan.spectra.observer import XYZ_TO_SRGB, observer


def data_array(values, **attributes):
    return xr.DataArray(
        np.asarray(values, np.float32),
        dims=("y", "x", "wavelength"),
        coords={"wavelength": WAVELENGTHS_NM[: np.shape(values)[2]]},
        attrs=attributes,
    )


@pytest.fixture
def noise():
    return np.random.default_rng(0).random((37, 29, 31))


def test_strips_do_not_show(noise, monkeypatch):
    whole = {step: CubeView(data_array(noise)).render("A", step=step) for step in (1, 3)}
    monkeypatch.setattr(view, "_STRIP_PIXELS", 29 * 5)
    for step, picture in whole.items():
        np.testing.assert_array_equal(CubeView(data_array(noise)).render("A", step=step), picture)
    np.testing.assert_array_equal(whole[3], whole[1][::3, ::3])


def test_relighting_with_the_scenes_own_light_changes_nothing_but_the_scale():
    relit = rendering.relight_matrix(WAVELENGTHS_NM, "FL2", "FL2")
    plain = XYZ_TO_SRGB @ observer(WAVELENGTHS_NM)
    np.testing.assert_allclose(relit, plain * (relit[0, 0] / plain[0, 0]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("light", ["D65", "A", "FL2", "LED-B3", "HP1"])
def test_the_adapted_eye_sees_white_as_white(light):
    matrix = rendering.relight_matrix(WAVELENGTHS_NM, light, adapted=True)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-6)


def test_light_a_has_the_color_that_colour_science_says():
    import colour

    xy = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["A"]
    xyz = colour.xy_to_XYZ(xy)
    expected = XYZ_TO_SRGB @ xyz
    white = rendering.relight_matrix(WAVELENGTHS_NM, "A").sum(axis=1)
    # Sums over 400-700 nm in steps of 10 nm stand for integrals over 360-830 nm.
    np.testing.assert_allclose(white, expected / expected.max(), atol=5e-3)


def test_the_wavelengths_have_their_colors():
    violet, blue, green, yellow, red, infrared = rendering.wavelength_colors([410, 470, 540, 572, 660, 850])
    assert violet[2] > violet[0] > violet[1] and blue.argmax() == 2 and green.argmax() == 1 and red.argmax() == 0
    assert min(yellow[:2]) > 0.8 and yellow[2] < 0.1
    assert infrared[0] == infrared[1] == infrared[2]


def test_a_grid_lies_evenly_inside(noise):
    points = pictures.points_of(CubeView(data_array(noise)), Wish(grid=(2, 2)))
    assert points == [(9, 7), (9, 21), (27, 7), (27, 21)]
    with pytest.raises(DataError, match=r"grid: must not exceed the image, 37x29. Received: 38x1"):
        pictures.points_of(CubeView(data_array(noise)), Wish(grid=(38, 1)))


def test_nothing_is_written_where_a_wish_cannot_be_met(noise, tmp_path):
    with pytest.raises(DataError, match="LED-B3 has no light at 400 nm"):
        pictures.draw(data_array(noise, illuminant="LED-B3"), tmp_path / "out" / "cube", Wish())
    assert list(tmp_path.iterdir()) == []


def test_black_and_tiny_cubes_are_drawn(tmp_path):
    paths, _ = pictures.draw(data_array(np.zeros((1, 2, 31))), tmp_path / "black", Wish())
    assert all(path.is_file() for path in paths)


def test_one_band_is_no_spectrum():
    with pytest.raises(DataError, match="must have two bands or more"):
        CubeView(data_array(np.zeros((2, 2, 1))))
