"""Image formation: projection, noise, exposure, sRGB."""

import colour
import numpy as np
import pytest
import tensorflow as tf

from hsgan.spectra import imaging

RNG = np.random.default_rng(0)


def srf(*shape):
    values = RNG.random((*shape, 3, 31)).astype(np.float32)
    return values / values.sum(axis=-1, keepdims=True)


def test_projection_is_the_matrix_product():
    cube, camera = RNG.random((4, 5, 31)).astype(np.float32), srf()
    np.testing.assert_allclose(imaging.project(cube, camera), cube @ camera.T, rtol=1e-5)


def test_a_camera_per_sample():
    cubes, cameras = RNG.random((2, 4, 5, 31)).astype(np.float32), srf(2)
    projected = imaging.project(cubes, cameras)
    for sample in range(2):
        np.testing.assert_allclose(projected[sample], imaging.project(cubes[sample], cameras[sample]), rtol=1e-5)


def test_a_white_cube_gives_white():
    np.testing.assert_allclose(imaging.project(np.ones((2, 2, 31), np.float32), srf()), 1, rtol=1e-6)


def test_srgb_agrees_with_colour_science():
    values = np.linspace(0, 1, 1001).astype(np.float32)
    np.testing.assert_allclose(imaging.srgb_encode(values), colour.models.eotf_inverse_sRGB(values), atol=1e-6)
    np.testing.assert_allclose(imaging.srgb_decode(values), colour.models.eotf_sRGB(values), atol=1e-6)
    np.testing.assert_allclose(imaging.srgb_decode(imaging.srgb_encode(values)), values, atol=1e-6)


@pytest.mark.parametrize("function", [imaging.srgb_encode, imaging.srgb_decode])
def test_srgb_gradients_are_finite_at_the_ends(function):
    values = tf.constant([0.0, 0.0031308, 0.04045, 1.0])
    with tf.GradientTape() as tape:
        tape.watch(values)
        encoded = function(values)
    assert np.isfinite(tape.gradient(encoded, values)).all()


def test_noise_has_the_stated_variance_and_repeats():
    rgb = np.full((200, 200, 3), 0.4, np.float32)
    noisy = imaging.add_noise(rgb, seed=(1, 2), shot=0.01, read=0.02).numpy()
    # 120,000 samples: the sample variance of a Gaussian is within 2 % (5 standard errors of sqrt(2 / n)).
    np.testing.assert_allclose((noisy - rgb).var(), 0.01 * 0.4 + 0.02**2, rtol=0.02)
    np.testing.assert_array_equal(noisy, imaging.add_noise(rgb, seed=(1, 2), shot=0.01, read=0.02))
    assert not np.array_equal(noisy, imaging.add_noise(rgb, seed=(1, 3), shot=0.01, read=0.02))
    np.testing.assert_array_equal(imaging.add_noise(rgb, seed=(1, 2)), rgb)


def test_exposure_doubles_and_saturates():
    np.testing.assert_allclose(imaging.expose(np.array([0.1, 0.3, 0.6], np.float32), 1), [0.2, 0.6, 1.0], rtol=1e-6)
    np.testing.assert_allclose(imaging.expose(np.array([0.6], np.float32), 1, clip=False), [1.2], rtol=1e-6)
