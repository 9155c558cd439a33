"""Closed-form estimates: exact in RGB, optimal as they claim, differentiable."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import interpolate, optimize

from hsgan.spectra import closed_form, imaging, srf

GRID = np.arange(400, 701, 10)
CAMERA = srf.load("default", GRID).responses[0]
RNG = np.random.default_rng(0)
RGB = RNG.random((5, 6, 3)).astype(np.float32)


def spectra(count=2000):
    """Correlated spectra with a mean, [count, 31]."""
    smooth = np.exp(-0.5 * ((GRID[:, None] - GRID[None, ::3]) / 40.0) ** 2)
    return RNG.random((count, smooth.shape[1])) @ smooth.T


def test_smooth_reproduces_rgb_exactly():
    cube = closed_form.smooth(RGB, CAMERA)
    # float32 rounding of values up to 3
    np.testing.assert_allclose(imaging.project(cube, CAMERA), RGB, atol=1e-6)


def test_smooth_is_the_smoothest():
    """Against a general solver: minimize the roughness under the equality constraint."""
    difference = np.diff(np.eye(31), axis=0)
    roughness = difference.T @ difference + closed_form.SMOOTH_EPSILON * np.eye(31)
    x = RGB[0, 0].astype(float)
    system = np.block([[roughness, CAMERA.T], [CAMERA, np.zeros((3, 3))]])
    expected = np.linalg.solve(system, np.concatenate([np.zeros(31), x]))[:31]
    np.testing.assert_allclose(closed_form.smooth(RGB, CAMERA)[0, 0], expected, atol=1e-5)
    result = optimize.minimize(
        lambda y: y @ roughness @ y, expected * 0.9, jac=lambda y: 2 * roughness @ y,
        constraints={"type": "eq", "fun": lambda y: CAMERA @ y - x, "jac": lambda y: CAMERA}, method="SLSQP",
    )  # fmt: skip
    np.testing.assert_allclose(result.x, expected, atol=1e-3)


def test_wiener_is_the_linear_minimum_mean_square_estimate():
    """With the sample mean and covariance it equals least squares on the pairs they came from."""
    truth = spectra()
    rgb = truth @ CAMERA.T
    mean, covariance = truth.mean(axis=0), np.cov(truth.T, bias=True)
    estimate = closed_form.wiener(rgb[None].astype(np.float32), CAMERA, mean, covariance, 0.0)[0]
    design = np.concatenate([rgb, np.ones((len(rgb), 1))], axis=1)
    expected = design @ np.linalg.lstsq(design, truth, rcond=None)[0]
    np.testing.assert_allclose(estimate, expected, atol=2e-4)  # float32 against a float64 least-squares solution


def test_wiener_without_noise_reproduces_rgb_and_with_much_noise_gives_the_mean():
    truth = spectra()
    mean, covariance = truth.mean(axis=0).astype(np.float32), np.cov(truth.T).astype(np.float32)
    exact = closed_form.wiener(RGB, CAMERA, mean, covariance, 0.0)
    np.testing.assert_allclose(imaging.project(exact, CAMERA), RGB, atol=1e-5)
    np.testing.assert_allclose(closed_form.wiener(RGB, CAMERA, mean, covariance, 1e9)[0, 0], mean, atol=1e-5)


@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_ridge_is_linear_regression_on_pairs(noise):
    """Against least squares without an intercept; the ridge as rows that pull every coefficient to zero."""
    truth = spectra()
    rgb = truth @ CAMERA.T
    second_moment = truth.T @ truth / len(truth)
    estimate = closed_form.ridge(rgb[None].astype(np.float32), CAMERA, second_moment, noise)[0]
    design = np.concatenate([rgb, np.sqrt(len(truth) * noise) * np.eye(3)])
    target = np.concatenate([truth, np.zeros((3, 31))])
    expected = rgb @ np.linalg.lstsq(design, target, rcond=None)[0]
    np.testing.assert_allclose(estimate, expected, atol=2e-4)  # float32 against a float64 least-squares solution
    brighter = closed_form.ridge(2 * RGB, CAMERA, second_moment, noise)
    np.testing.assert_allclose(brighter, 2 * closed_form.ridge(RGB, CAMERA, second_moment, noise), rtol=1e-6)


def test_one_camera_per_sample():
    cameras = srf.load("default", GRID).responses[:2]
    mean, covariance = spectra().mean(axis=0), np.cov(spectra().T)
    batch = np.stack([RGB, RGB])
    functions = (
        closed_form.smooth,
        lambda x, c: closed_form.wiener(x, c, mean, covariance, 1e-4),
        lambda x, c: closed_form.ridge(x, c, covariance, 1e-4),
    )
    for function in functions:
        together = function(batch, cameras)
        for sample in range(2):
            np.testing.assert_allclose(together[sample], function(RGB, cameras[sample]), atol=1e-5)


@pytest.mark.parametrize("name", ["smooth", "wiener"])
def test_gradient_with_respect_to_the_camera(name):
    """Against central differences, in the direction of another camera; float32 through float64 solves."""
    covariance = np.cov(spectra().T)
    mean = np.zeros(31)
    weights = RNG.standard_normal((5, 6, 31)).astype(np.float32)

    def value(camera):
        if name == "smooth":
            cube = closed_form.smooth(RGB, camera)
        else:
            cube = closed_form.wiener(RGB, camera, mean, covariance, 1e-3)
        return tf.reduce_sum(cube * weights)

    camera = tf.constant(CAMERA)
    with tf.GradientTape() as tape:
        tape.watch(camera)
        result = value(camera)
    direction = srf.load("default", GRID).responses[1] - CAMERA
    step = 1e-2
    numeric = (value(CAMERA + step * direction) - value(CAMERA - step * direction)) / (2 * step)
    analytic = tf.reduce_sum(tape.gradient(result, camera) * direction)
    np.testing.assert_allclose(analytic, numeric, rtol=2e-2)


def test_equal_rows_of_the_camera_stay_finite():
    gray = np.repeat(CAMERA[:1], 3, axis=0)
    assert np.isfinite(closed_form.smooth(np.full((1, 1, 3), 0.5, np.float32), gray)).all()


def test_interpolation_passes_through_the_three_values():
    cube = closed_form.interpolate_bands(RGB, GRID).numpy()
    np.testing.assert_allclose(cube[..., [30, 15, 0]], RGB, atol=1e-6)
    parabola = interpolate.KroghInterpolator([400, 550, 700], RGB[0, 0, ::-1])
    np.testing.assert_allclose(cube[0, 0], parabola(GRID), atol=1e-5)
    linear = closed_form.interpolate_bands(RGB, GRID, order=1).numpy()
    np.testing.assert_allclose(linear[0, 0], np.interp(GRID, [400, 550, 700], RGB[0, 0, ::-1]), atol=1e-6)
    with pytest.raises(ValueError, match=r"order: must be 1 or 2\. Received: 3"):
        closed_form.interpolate_bands(RGB, GRID, order=3)
