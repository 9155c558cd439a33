"""The closed forms as methods: the contract, and their numbers."""

from dataclasses import replace

import numpy as np
import pytest
from method_contract import MethodContract
from mixtures import PRIOR
from trained_run import STATISTICS, WAVELENGTHS_NM

from hsgan.reconstruct import methods
from hsgan.reconstruct.method import Method
from hsgan.spectra import mixture
from hsgan.spectra import srf as srf_lib
from hsgan.spectra.imaging import project

CAMERAS = srf_lib.load("default", WAVELENGTHS_NM)
SRF = CAMERAS.responses[0]
KNOWLEDGE = methods.Knowledge(STATISTICS, 1e-4, PRIOR)


class TestClosedForms(MethodContract):
    @pytest.fixture(params=methods.CLOSED_FORMS)
    def method(self, request):
        (method,) = methods.closed_forms(CAMERAS, KNOWLEDGE, [request.param])
        assert method.name == method.facts["model"] == request.param
        return method


def test_closed_forms_are_what_they_say():
    rgb, srf = np.random.default_rng(4).random((37, 53, 3), np.float32), CAMERAS.srf("Nikon 5100")
    found = {method.name: method.cube(rgb, srf) for method in methods.closed_forms(CAMERAS, KNOWLEDGE)}
    assert list(found) == ["bi", "smooth", "wiener", "ridge", "mixture"]
    # `smooth` reproduces the RGB exactly but for float32.
    np.testing.assert_allclose(project(found["smooth"], srf), rgb, atol=1e-4)
    mean, covariance = STATISTICS
    for name, prior, offset in (
        ("wiener", covariance, mean),
        ("ridge", covariance + np.outer(mean, mean), 0 * mean),
    ):
        gain = prior @ srf.T @ np.linalg.inv(srf @ prior @ srf.T + 1e-4 * np.eye(3))
        # float32, and a floor of 1e-6 relative in the 3x3 system
        np.testing.assert_allclose(found[name], offset + (rgb - srf @ offset) @ gain.T, atol=2e-3)
    # parts of the image against the whole of it
    np.testing.assert_allclose(found["mixture"], mixture.mixture(rgb, srf, PRIOR.parameters), atol=1e-4)


@pytest.mark.parametrize(
    ("flag", "missing", "ask"),
    [
        (
            "gives_deviation",
            "uncertain_window",
            lambda method, rgb: method.cube_and_deviation(rgb, CAMERAS.responses[0]),
        ),
        ("estimates_camera", "srf_of", lambda method, rgb: method.estimate_srf(rgb)),
    ],
)
def test_a_flag_without_its_function_is_a_mistake_of_the_method(flag, missing, ask):
    class Careless(Method):
        def window(self, rgb, srf):
            return project(rgb, srf)

    method = Careless("careless", CAMERAS)
    setattr(method, flag, True)
    with pytest.raises(NotImplementedError, match=f"Careless: {flag} is set, so {missing} must be defined"):
        ask(method, np.ones((4, 4, 3), np.float32))


def test_without_a_prior_there_is_no_mixture():
    names = [method.name for method in methods.closed_forms(CAMERAS, methods.Knowledge(STATISTICS))]
    assert names == ["bi", "smooth", "wiener", "ridge"]


def test_the_deviation_is_the_priors_times_its_temperature():
    rgb, srf = np.random.default_rng(4).random((37, 53, 3), np.float32) / 2, CAMERAS.srf("Nikon 5100")
    knowledge = methods.Knowledge(STATISTICS, prior=replace(PRIOR, temperature=1.5))
    (method,) = methods.closed_forms(CAMERAS, knowledge, ["mixture"])
    cube, deviation = method.cube_and_deviation(rgb, srf)
    form = mixture.solve_mixture(srf, PRIOR.parameters, mixture.NOISE)
    expected, one = mixture.deviate_mixture(rgb, form)
    np.testing.assert_allclose(cube, expected, atol=1e-4)
    np.testing.assert_allclose(deviation, 1.5 * one, rtol=2e-2)
    np.testing.assert_allclose(cube, method.cube(rgb, srf), atol=1e-6)
    (smooth,) = methods.closed_forms(CAMERAS, knowledge, ["smooth"])
    assert smooth.cube_and_deviation(rgb, srf)[1] is None


def test_the_camera_that_a_closed_form_supposes_is_the_mean_of_its_dictionary():
    some = CAMERAS.without(CAMERAS.names[3:])
    (method,) = methods.closed_forms(some, KNOWLEDGE, ["smooth"])
    expected = np.mean([CAMERAS.srf(name) for name in CAMERAS.names[:3]], axis=0)
    np.testing.assert_allclose(method.estimate_srf(np.zeros((4, 5, 3), np.float32)), expected, atol=1e-7)
