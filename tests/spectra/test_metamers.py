"""Metamers: another spectrum, the same RGB, nothing negative."""

import numpy as np
import pytest
from scipy.linalg import null_space

from hsgan.spectra import metamers, srf

WAVELENGTHS_NM = np.arange(400, 701, 10)
CAMERAS = srf.load("default", WAVELENGTHS_NM)
CAMERA = CAMERAS.srf("Nikon 5100")


def cube(height=12, width=9):
    """Smooth bright spectra with a black and a saturated pixel."""
    rng = np.random.default_rng(1)
    basis = np.stack([np.exp(-(((WAVELENGTHS_NM - center) / 80) ** 2)) for center in (430, 540, 650)])
    values = (rng.random((height, width, 3)) @ basis).astype(np.float32) / 2
    values[0, 0], values[0, 1] = 0, 1
    return np.minimum(values, 1)


def test_the_projector_is_that_of_the_null_space():
    projector = metamers.null_projector(CAMERA)
    basis = null_space(CAMERA.astype(np.float64))
    assert basis.shape == (31, 28)
    # Two float64 decompositions of one matrix.
    np.testing.assert_allclose(projector, basis @ basis.T, atol=1e-10)
    np.testing.assert_allclose(projector @ projector, projector, atol=1e-12)


def test_a_gray_camera_has_a_null_space_of_all_but_one_dimension():
    assert np.trace(metamers.null_projector(np.repeat(CAMERA[:1], 3, axis=0))) == pytest.approx(30)


@pytest.mark.parametrize("camera", ["Nikon 5100", "Sigma SDMerill"])
@pytest.mark.parametrize("strength", [0.05, 0.4, 10.0])
def test_the_rgb_stays_and_the_spectra_change(camera, strength):
    truth, response = cube(), CAMERAS.srf(camera).astype(np.float64)
    changed = metamers.metamer(truth, response, strength, seed=3)
    assert changed.dtype == np.float32
    assert changed.min() >= 0 and changed.max() <= 1
    # A float32 cube of values up to 1.
    np.testing.assert_allclose(changed @ response.T, truth.astype(np.float64) @ response.T, atol=1e-6)
    moved = np.linalg.norm(changed - truth, axis=-1) / np.maximum(np.linalg.norm(truth, axis=-1), 1e-9)
    assert moved.max() <= strength * (1 + 1e-5)
    assert np.median(moved) > 0.9 * min(strength, 0.1)


def test_a_small_black_has_exactly_the_length_asked_for():
    truth = np.full((2, 3, 31), 0.5, np.float32)
    changed = metamers.metamer(truth, CAMERA, 0.1, seed=0)
    np.testing.assert_allclose(np.linalg.norm(changed - truth, axis=-1), 0.1 * 0.5 * np.sqrt(31), rtol=1e-5)


def test_black_pixels_stay_black_and_strength_zero_changes_nothing():
    truth = cube()
    assert (metamers.metamer(truth, CAMERA, 0.4, seed=3)[0, 0] == 0).all()
    np.testing.assert_array_equal(metamers.metamer(truth, CAMERA, 0, seed=3), truth)


def test_the_seed_decides():
    truth = cube()
    first, again, other = (metamers.metamer(truth, CAMERA, 0.1, seed) for seed in ([1, 2], [1, 2], [1, 3]))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((np.zeros((2, 2, 31)), CAMERA, -0.1), "strength: must be a number, not negative. Received: -0.1"),
        ((np.zeros((2, 2, 30)), CAMERA, 0.1), "with the SRF's bands, not negative. Received: shape .2, 2, 30."),
        ((np.full((2, 2, 31), -1e-3), CAMERA, 0.1), "not negative"),
        ((np.zeros((2, 2, 3)), np.eye(3), 0.1), "srf: must be finite .channels, bands. with more bands"),
        ((np.zeros((2, 2, 31)), np.full((3, 31), np.nan), 0.1), "srf: must be finite"),
    ],
)
def test_unfit_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        metamers.metamer(*arguments, seed=0)


@pytest.mark.data
def test_all_measured_cameras_have_metamers(real_data):
    dictionary = srf.load(real_data / "srf/camspec_database.txt", WAVELENGTHS_NM)
    truth = cube(32, 32)
    for response in dictionary.responses:
        changed = metamers.metamer(truth, response, 0.2, seed=5)
        np.testing.assert_allclose((changed - truth) @ response.T, 0, atol=1e-6)
        assert np.abs(changed - truth).max() > 0.02
