"""The nearest consistent cube, against SciPy's non-negative least squares and the closed form."""

import numpy as np
import pytest
from scipy.optimize import nnls

from hsgan.spectra import developed
from hsgan.spectra import srf as srf_lib
from hsgan.spectra.consistency import make_consistent

BANDS = np.arange(400, 701, 10, dtype=np.float32)
EXACT = 2e-6  # of RGB in [0, 1]: float32 sums, and the weight that bounds impossible colors


@pytest.fixture(scope="module")
def sensor():
    return srf_lib.default_dictionary(BANDS).srf("Nikon 5100")


@pytest.fixture(scope="module", params=["a sensor", "a developed picture"])
def srf(request, sensor):
    return sensor if request.param == "a sensor" else developed.responses(BANDS)  # which has negative values


def consistent(spectra, colors, srf):
    return make_consistent(np.float32(spectra)[None], np.float32(colors)[None], srf)[0]


def nearest_by_scipy(spectrum, color, srf):
    """`min |y' - y|^2` under a nearly infinite penalty on `C y' - x`, `y' >= 0`."""
    weight = 1e5
    return nnls(np.vstack([np.eye(len(spectrum)), weight * srf]), np.concatenate([spectrum, weight * color]))[0]


def test_projection_is_exact_and_nothing_negative(srf):
    rng = np.random.default_rng(0)
    colors = np.maximum(rng.normal(0.2, 0.3, (500, 31)), 0) @ srf.T  # of real spectra
    result = consistent(rng.normal(0.1, 0.15, (500, 31)), colors, srf)
    assert np.abs(result @ srf.T - colors).max() < EXACT
    assert result.min() >= 0 and result.dtype == np.float32


def test_no_other_solution_is_nearer(srf):
    rng = np.random.default_rng(1)
    spectra, colors = rng.normal(0.1, 0.15, (40, 31)), rng.uniform(0, 0.5, (40, 31)) @ srf.T
    result = consistent(spectra, colors, srf)
    expected = [nearest_by_scipy(*pair, srf) for pair in zip(spectra, colors, strict=True)]
    np.testing.assert_allclose(result, expected, atol=1e-4)  # weak bands feel the weights of both most


def test_where_nothing_is_negative_it_is_the_closed_form(srf):
    rng = np.random.default_rng(2)
    spectra = rng.uniform(0.4, 0.6, (50, 31))
    colors = spectra @ srf.T + rng.normal(0, 0.005, (50, 3))
    exact = srf.astype(np.float64)
    change = np.linalg.solve(exact @ exact.T, (colors - spectra @ exact.T).T).T @ exact
    np.testing.assert_allclose(consistent(spectra, colors, srf), spectra + change, atol=EXACT)


def test_a_consistent_cube_stays_as_it_is(srf):
    spectra = np.random.default_rng(3).uniform(0, 1, (30, 31)).astype(np.float32)
    np.testing.assert_allclose(consistent(spectra, spectra @ srf.T, srf), spectra, atol=1e-5)


def test_black_becomes_black(srf):
    result = consistent(np.random.default_rng(4).normal(0.1, 0.2, (30, 31)), np.zeros((30, 3)), srf)
    # Bands that the camera hardly sees need not become zero for black.
    assert np.abs(result @ srf.T).max() < 1e-4


def test_impossible_colors_get_the_nearest_possible(sensor):
    colors = np.eye(3)[[0, 1, 0, 1, 0]] * [[1], [1], [0.5], [0.3], [0.7]]  # no light is seen by red or green alone
    spectra = np.random.default_rng(5).normal(0.3, 0.2, (5, 31))
    result = consistent(spectra, colors, sensor)
    errors = np.linalg.norm(result @ sensor.T - colors, axis=1)
    best = [nnls(sensor.astype(np.float64), color)[1] for color in colors]
    assert np.isfinite(result).all() and min(best) > 0.01
    np.testing.assert_allclose(errors, best, atol=2e-3)  # the weight that bounds their spectra


def test_every_color_of_a_developed_picture_is_possible():
    """sRGB's colors are those of mixtures of three lights."""
    colors = np.array([(r, g, b) for r in (0, 1) for g in (0, 1) for b in (0, 1)], np.float64)
    result = consistent(np.zeros((8, 31)), colors, developed.responses(BANDS))
    np.testing.assert_allclose(result @ developed.responses(BANDS).T, colors, atol=1e-4)  # spectra of up to 20


def test_images_keep_their_shape(srf):
    rng = np.random.default_rng(6)
    cube = rng.uniform(0, 1, (7, 5, 31)).astype(np.float32)
    assert make_consistent(cube, cube @ srf.T, srf).shape == (7, 5, 31)
