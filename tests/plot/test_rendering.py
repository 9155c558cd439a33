"""Rendering of cubes against colour-science and closed forms; the points and bands that are shown."""

import warnings

import numpy as np
import pytest
from matplotlib import image
from trained_run import WAVELENGTHS_NM

from hsgan.plot import figures, rendering


def test_flat_spectrum_is_white_and_scale_is_the_peak():
    cube = np.full((2, 3, 31), 0.25, np.float32)
    np.testing.assert_allclose(rendering.pseudo_rgb(cube, WAVELENGTHS_NM, peak=0.25), 1, atol=1e-5)
    # sRGB code of half the light
    expected = 1.055 * 0.5 ** (1 / 2.4) - 0.055
    np.testing.assert_allclose(rendering.pseudo_rgb(cube, WAVELENGTHS_NM, peak=0.5), expected, atol=1e-5)


def test_display_matrix_agrees_with_colour_science():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # colour's notes on optional packages
        import colour

    spectrum = np.exp(-(((WAVELENGTHS_NM - 600) / 40.0) ** 2))
    shape = colour.SpectralShape(400, 700, 10)
    functions = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"].copy().align(shape)
    flat = colour.SpectralDistribution(np.ones(31), shape)
    distribution = colour.SpectralDistribution(spectrum, shape)
    xyz, white = (
        colour.msds_to_XYZ(part.values[None], cmfs=functions, illuminant=flat, method="Integration", shape=shape)[0]
        for part in (distribution, flat)
    )
    to_srgb = colour.RGB_COLOURSPACES["sRGB"].matrix_XYZ_to_RGB
    expected = (to_srgb @ xyz) / (to_srgb @ white)
    # The matrix of the standard has four decimals.
    np.testing.assert_allclose(rendering.display_matrix(WAVELENGTHS_NM) @ spectrum, expected, atol=2e-3)


@pytest.mark.parametrize("wavelength, channel", [(620, 0), (540, 1), (450, 2)])
def test_single_bands_have_their_color(wavelength, channel):
    cube = np.zeros((1, 1, 31), np.float32)
    cube[..., wavelength == WAVELENGTHS_NM] = 1
    assert rendering.pseudo_rgb(cube, WAVELENGTHS_NM, peak=1)[0, 0].argmax() == channel


def test_points_find_different_materials():
    cube = np.full((48, 48, 31), 0.1, np.float32)
    cube[:16, :16, :10] = 1
    cube[32:, 32:, 20:] = 1
    cube[32:, :16] = 1
    places = {(row // 16, column // 16) for row, column in rendering.pick_points(cube, 3)}
    assert places == {(0, 0), (2, 2), (2, 0)}


@pytest.mark.parametrize("shape", [(1, 1, 31), (1, 3, 31), (200, 2, 31)])
def test_points_of_small_and_black_cubes_lie_inside(shape):
    points = rendering.pick_points(np.zeros(shape))
    assert 1 <= len(set(points)) == len(points) <= 4
    assert all(0 <= row < shape[0] and 0 <= column < shape[1] for row, column in points)


def test_nearest_bands():
    assert rendering.nearest_bands(WAVELENGTHS_NM, (450, 551, 900, 549)) == [5, 15, 30]


def test_figures_are_drawn_without_warnings(tmp_path):
    truth = np.random.default_rng(0).random((10, 14, 31)).astype(np.float32)
    cubes = {"a": truth + 0.1, "b": truth * 0.9}
    srf = np.full((3, 31), 1 / 31)
    for name, figure in {
        "errors": figures.error_maps("s", truth, cubes, WAVELENGTHS_NM),
        "spectra": figures.spectra("s", truth, cubes, WAVELENGTHS_NM),
        "exact": figures.error_maps("s", truth, {"a": truth}, WAVELENGTHS_NM),
        "black": figures.spectra("s", 0 * truth[:1, :1], {"a": 0 * truth[:1, :1]}, WAVELENGTHS_NM),
        "srf": figures.srf_curves("camera", srf, {"x": srf, "y": srf}, WAVELENGTHS_NM),
    }.items():
        path = figures.save(figure, tmp_path / f"{name}.png")
        assert image.imread(path).std() > 0.01
    assert len(list(tmp_path.iterdir())) == 5


def test_error_maps_share_one_scale():
    truth = np.zeros((8, 8, 31))
    figure = figures.error_maps("s", truth, {"a": truth + 0.1, "b": truth + 0.4}, WAVELENGTHS_NM)
    maps = [axis.images[0] for axis in figure.axes if axis.images and axis.images[0].get_cmap().name == "magma"]
    assert len(maps) == 6 and all(shown.get_clim() == (0, pytest.approx(0.4)) for shown in maps)
    assert [axis.get_ylabel() for axis in figure.axes if "nm" in axis.get_ylabel()] == ["450 nm", "550 nm", "650 nm"]


def test_gallery_names_files_safely(tmp_path):
    gallery = figures.Gallery(tmp_path / "f", WAVELENGTHS_NM, scenes=1)
    truth = np.random.default_rng(0).random((8, 8, 31)).astype(np.float32)
    for scene in ("../odd name/ö", "second"):
        gallery.add(scene, truth, truth[..., :3], {"a": truth}, np.ones((3, 31)))
    gallery.add_srf("camera", np.ones((3, 31)))
    assert [path.name for path in gallery.paths] == [".._odd_name_-errors.png", ".._odd_name_-spectra.png", "srf.png"]
    assert all(path.parent == tmp_path / "f" for path in gallery.paths)
