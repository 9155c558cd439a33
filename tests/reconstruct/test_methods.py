"""The closed forms as methods: the contract, and their numbers."""

from dataclasses import replace

import numpy as np
import pytest
from method_contract import MethodContract
from mixtures import PRIOR
from scipy import special, stats
from trained_run import STATISTICS, WAVELENGTHS_NM

from hsgan.errors import RunError
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


class Plain(Method):
    """A method that defines what it must, and neither optional part."""

    def window(self, rgb, srf):
        return project(rgb, srf)


def test_a_method_without_deviations_refuses_them_by_name():
    method = Plain("plain", CAMERAS)
    with pytest.raises(RunError, match="plain: does not say how uncertain its values are"):
        method.check_deviation()
    with pytest.raises(RunError, match="plain: does not say how uncertain its values are"):
        list(method.reconstruct_uncertain(np.ones((4, 4, 3), np.float32), CAMERAS.responses[0]))


@pytest.mark.parametrize("looks", [False, True])
def test_a_method_without_an_estimate_supposes_the_mean_camera(looks):
    method = Plain("plain", CAMERAS)
    method.estimates_camera = looks
    found = method.estimate_srf(np.ones((4, 4, 3), np.float32))
    np.testing.assert_array_equal(found, CAMERAS.responses.mean(axis=0))


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


def drawn(srf, count=mixture.GRID**2, seed=0):
    """Returns the RGB float32 [GRID, GRID, 3] of spectra drawn from the prior, seen through a camera."""
    rng = np.random.default_rng(seed)
    component = rng.choice(PRIOR.components, count, p=PRIOR.weights)
    spectra = PRIOR.means[component] + np.einsum(
        "nij,nj->ni", PRIOR.factors[component], rng.standard_normal((count, len(WAVELENGTHS_NM)))
    )
    return (spectra @ srf.T).reshape(mixture.GRID, mixture.GRID, 3).astype(np.float32)


def test_the_mixture_estimates_the_camera_by_its_evidence():
    some = CAMERAS.without(CAMERAS.names[4:])
    (method,) = methods.closed_forms(some, KNOWLEDGE, ["mixture"])
    rgb = drawn(some.responses[2])
    logs = []
    for srf in some.responses.astype(np.float64):
        covariances = srf @ PRIOR.covariances @ srf.T + mixture.CAMERA_NOISE * np.eye(3)
        of_components = [
            np.log(weight) + stats.multivariate_normal.logpdf(rgb.reshape(-1, 3), srf @ mean, covariance)
            for weight, mean, covariance in zip(PRIOR.weights, PRIOR.means, covariances, strict=True)
        ]
        anything = np.full((1, mixture.GRID**2), np.log(0.01))
        logs.append(special.logsumexp(np.concatenate([of_components, anything]), axis=0).mean())
    expected = special.softmax(mixture.INDEPENDENT_PIXELS * np.array(logs))
    # float32 of logarithms of some tens
    np.testing.assert_allclose(method.camera_shares(rgb), expected, rtol=1e-3)
    np.testing.assert_allclose(method.estimate_srf(rgb), np.tensordot(expected, some.responses, 1), atol=1e-4)
    assert np.argmax(expected) == 2
    # Colors that no spectrum of the prior has say nothing.
    strange = np.broadcast_to(np.float32([1, 0, 1]), (4, 5, 3))
    np.testing.assert_allclose(method.camera_shares(strange), np.full(4, 0.25), rtol=1e-5)


def test_of_a_larger_image_the_evidence_is_that_of_pixels_on_a_grid():
    (method,) = methods.closed_forms(CAMERAS, KNOWLEDGE, ["mixture"])
    rgb = np.random.default_rng(1).uniform(0, 1, (117, 230, 3)).astype(np.float32)
    rows, columns = ((2 * np.arange(mixture.GRID) + 1) * side // (2 * mixture.GRID) for side in rgb.shape[:2])
    np.testing.assert_array_equal(method.camera_shares(rgb), method.camera_shares(rgb[rows][:, columns]))
    assert np.ptp(method.camera_shares(rgb)) > 0.01


def test_the_average_over_cameras_is_that_of_the_cubes_under_each():
    averaged, mixed = methods.closed_forms(CAMERAS, KNOWLEDGE, ["mixture_averaged", "mixture"])
    rgb = drawn(CAMERAS.responses[5])
    shares = mixed.camera_shares(rgb)
    expected = sum(share * mixed.cube(rgb, srf) for share, srf in zip(shares, CAMERAS.responses, strict=True))
    np.testing.assert_allclose(averaged.cube(rgb, CAMERAS.responses[0]), expected, atol=1e-5)
    # one image, one belief: its tiles are those of the whole
    averaged.tile = 16
    np.testing.assert_allclose(averaged.cube(rgb, CAMERAS.responses[0]), expected, atol=1e-5)


def test_the_camera_that_a_closed_form_supposes_is_the_mean_of_its_dictionary():
    some = CAMERAS.without(CAMERAS.names[3:])
    (method,) = methods.closed_forms(some, KNOWLEDGE, ["smooth"])
    expected = np.mean([CAMERAS.srf(name) for name in CAMERAS.names[:3]], axis=0)
    np.testing.assert_allclose(method.estimate_srf(np.zeros((4, 5, 3), np.float32)), expected, atol=1e-7)
