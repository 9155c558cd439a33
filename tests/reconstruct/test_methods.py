"""The closed forms as methods: the contract, and their numbers."""

import numpy as np
import pytest
from method_contract import MethodContract
from trained_run import STATISTICS, WAVELENGTHS_NM

from hsgan.reconstruct import methods
from hsgan.spectra import srf as srf_lib
from hsgan.spectra.imaging import project

CAMERAS = srf_lib.load("default", WAVELENGTHS_NM)


class TestClosedForms(MethodContract):
    @pytest.fixture(params=methods.CLOSED_FORMS)
    def method(self, request):
        (method,) = methods.closed_forms(CAMERAS, STATISTICS, names=[request.param])
        assert method.name == method.facts["model"] == request.param
        return method


def test_closed_forms_are_what_they_say():
    rgb, srf = np.random.default_rng(4).random((37, 53, 3), np.float32), CAMERAS.srf("Nikon 5100")
    found = {method.name: method.cube(rgb, srf) for method in methods.closed_forms(CAMERAS, STATISTICS, 1e-4)}
    assert list(found) == ["bi", "smooth", "wiener", "ridge"]
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


def test_the_camera_that_a_closed_form_supposes_is_the_mean_of_its_dictionary():
    some = CAMERAS.without(CAMERAS.names[3:])
    (method,) = methods.closed_forms(some, STATISTICS, names=["smooth"])
    expected = np.mean([CAMERAS.srf(name) for name in CAMERAS.names[:3]], axis=0)
    np.testing.assert_allclose(method.estimate_srf(np.zeros((4, 5, 3), np.float32)), expected, atol=1e-7)
