"""The exported forms of the forward pass give the Keras model's numbers."""

import numpy as np
import pytest
import tensorflow as tf
from trained_run import WAVELENGTHS_NM, agd_net, mixture_net, network

from hsgan import config as config_lib
from hsgan.reconstruct import portable
from hsgan.reconstruct.forward import Forward, FusedForward, MixtureForward, forward_of, portable_forward_of
from hsgan.reconstruct.portable import PORTABLE
from hsgan.spectra import closed_form, srf

DICTIONARY = srf.load("default", WAVELENGTHS_NM)
RNG = np.random.default_rng(2)
COVARIANCE = (0.02 * np.exp(-((WAVELENGTHS_NM[:, None] - WAVELENGTHS_NM) ** 2) / 5000)).astype(np.float32)
MEAN = np.full(31, 0.3, np.float32)
# float32 rounding in another order; found: 1.6e-6 of the largest value.
TOLERANCE = 1e-5
# The 3x3 systems are solved in float32 instead of float64; found: 1.2e-5 (smooth), 3.4e-5 (wiener).
CLOSED_FORM_TOLERANCE = 1e-4


def image(batch, height, width):
    return tf.constant(RNG.random((batch, height, width, 3), np.float32))


def relative(found, expected):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("initialization", config_lib.INITIALIZATIONS)
def test_fused_and_portable_equal_the_keras_model(initialization):
    model = network(initialization)
    fused, lite = forward_of(model), portable_forward_of(model)
    for size in ((2, 37, 21), (1, 1, 1), (3, 3, 40)):
        rgb = image(*size)
        expected = model(rgb)
        assert relative(fused.estimate_srf(rgb), expected["srf"]) <= TOLERANCE
        assert relative(fused.reconstruct(rgb, expected["srf"]), expected["cube"]) <= TOLERANCE
        found = lite.reconstruct(rgb[:1], expected["srf"][:1])
        tolerance = TOLERANCE if initialization == "learned" else CLOSED_FORM_TOLERANCE
        assert relative(found, expected["cube"][:1]) <= tolerance


@pytest.mark.parametrize("initialization", config_lib.INITIALIZATIONS)
def test_agd_net_is_portable(initialization):
    model, rgb, response = agd_net(initialization), image(1, 21, 17), tf.constant(DICTIONARY.responses[2][None])
    expected = model.reconstruct(rgb, response)
    assert relative(forward_of(model).reconstruct(rgb, response), expected) <= TOLERANCE
    assert relative(portable_forward_of(model).reconstruct(rgb, response), expected) <= CLOSED_FORM_TOLERANCE


def test_the_mixture_in_parts_is_the_whole():
    """A batch of two images, each larger than a part and with another camera."""
    (model, _), rgb = mixture_net(), image(2, 50, 45) / 3
    cameras = tf.constant(DICTIONARY.responses[1:3])
    form = forward_of(model)
    assert isinstance(form, MixtureForward)
    assert relative(form.reconstruct(rgb, cameras), model.reconstruct(rgb, cameras)) <= CLOSED_FORM_TOLERANCE


@pytest.mark.parametrize("camera", range(0, 28, 5))
def test_closed_forms_without_float64(camera):
    rgb, response = image(1, 6, 5), tf.constant(DICTIONARY.responses[camera][None])
    assert (
        relative(closed_form.smooth(rgb, response, operations=PORTABLE), closed_form.smooth(rgb, response))
        <= CLOSED_FORM_TOLERANCE
    )
    expected = closed_form.wiener(rgb, response, MEAN, COVARIANCE, 1e-4)
    assert (
        relative(closed_form.wiener(rgb, response, MEAN, COVARIANCE, 1e-4, PORTABLE), expected) <= CLOSED_FORM_TOLERANCE
    )


def test_plain_float32_would_not_do():
    """The guard above fails where the flat spectrum is not eliminated on paper."""
    difference = np.diff(np.eye(31), axis=0)
    inverse = np.linalg.inv(difference.T @ difference + closed_form.SMOOTH_EPSILON * np.eye(31)).astype(np.float32)
    rgb, worst = image(1, 6, 5), 0
    for camera in DICTIONARY.responses[::5]:
        plain = closed_form.wiener(rgb, tf.constant(camera[None]), np.zeros(31, np.float32), inverse, 0.0, PORTABLE)
        worst = max(worst, relative(plain, closed_form.smooth(rgb, camera[None])))
    assert worst > 10 * CLOSED_FORM_TOLERANCE


def test_equal_rows_of_an_srf_stay_finite():
    same = tf.constant(np.repeat(DICTIONARY.responses[:1, :1], 3, axis=1))
    assert np.isfinite(closed_form.smooth(image(1, 4, 4), same, operations=PORTABLE)).all()
    assert np.isfinite(closed_form.wiener(image(1, 4, 4), same, MEAN, COVARIANCE, 1e-4, PORTABLE)).all()


def test_a_subnetwork_of_kernels_is_needed():
    with pytest.raises(ValueError, match="kernels: a stage must have at least one unit"):
        portable.stage_output(image(1, 4, 4), [], None)


def test_only_the_unpaired_network_is_fused():
    assert isinstance(forward_of(network()), FusedForward)
    plain = Forward(network())
    rgb = image(1, 9, 8)
    assert relative(plain.reconstruct(rgb, plain.estimate_srf(rgb)), network()(rgb)["cube"]) <= TOLERANCE
