"""What an estimate of the camera is worth: 0 for the mean camera, 1 for the true one, and in decibels."""

import numpy as np
import pytest
from method_contract import Known
from trained_run import WAVELENGTHS_NM, scene

from hsgan.evaluate.worth import Worth, worth_of_estimate
from hsgan.metrics import quality
from hsgan.metrics.srf import srf_error, srf_skill
from hsgan.spectra import closed_form
from hsgan.spectra import srf as srf_lib

CAMERAS = srf_lib.load("default", WAVELENGTHS_NM)
TRUE, MEAN = CAMERAS.srf("Sigma SDMerill"), CAMERAS.responses.mean(axis=0)
SCENES = [(str(number), scene(number).astype(np.float32) / 65535) for number in range(2)]


def method(estimate):
    return Known("m", CAMERAS, lambda rgb, srf: closed_form.smooth(rgb, srf).numpy(), estimate)


def test_the_true_camera_loses_nothing_and_has_skill_1():
    found = worth_of_estimate(method(lambda rgb: TRUE), lambda: SCENES, TRUE)
    assert found["skill"] == 1 and found["lost_db"] == pytest.approx(0, abs=1e-6)
    assert found["mean_camera"]["error"] == pytest.approx(srf_error(TRUE, MEAN))
    assert found["mean_camera"]["lost_db"] > 0.1


def test_the_mean_camera_has_skill_0():
    for supposed in (method(None), method(lambda rgb: MEAN)):
        found = worth_of_estimate(supposed, lambda: SCENES, TRUE)
        assert found["skill"] == 0 and found["lost_db"] == pytest.approx(found["mean_camera"]["lost_db"])


def test_half_way_has_half_the_skill_and_a_camera_beyond_the_mean_less_than_none():
    half = worth_of_estimate(method(lambda rgb: (TRUE + MEAN) / 2), lambda: SCENES, TRUE)
    assert half["skill"] == pytest.approx(0.5, abs=1e-5)
    assert 0 < half["lost_db"] < half["mean_camera"]["lost_db"]
    beyond = np.maximum(2 * MEAN - TRUE, 0)
    beyond = srf_lib.normalize(beyond)
    assert worth_of_estimate(method(lambda rgb: beyond), lambda: SCENES, TRUE)["skill"] < 0


def test_decibels_are_those_of_the_cubes():
    worth, other = Worth(), CAMERAS.responses[3]
    (_, truth) = SCENES[1]
    worth.add(method(lambda rgb: other), truth, TRUE)
    rgb = truth @ TRUE.T
    known, blind = (quality.psnr(truth, closed_form.smooth(rgb, srf).numpy()) for srf in (TRUE, other))
    assert worth.lost_db == [pytest.approx(known - blind, abs=1e-3)]
    assert Worth.joined([worth, worth]).lost_db == worth.lost_db * 2


def test_skill_wants_pairs_of_errors():
    assert srf_skill([0.1, 0.1], [0.2, 0.2]) == pytest.approx(0.5)
    assert srf_skill([0.0], [0.0]) == 0 and srf_skill([0.1], [0.0]) == -1
    with pytest.raises(ValueError, match="one number an image each"):
        srf_skill([0.1], [0.1, 0.2])
