"""The self-ensemble: it turns with the image, averages what it should, and keeps to the contract of methods."""

import numpy as np
import pytest
from method_contract import Known, MethodContract
from mixtures import GRID
from trained_run import make_mixture_run, make_run

import hsgan
from hsgan.errors import RunError
from hsgan.evaluate.harness import Subject
from hsgan.reconstruct.choice import Choice
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.models import NetworkMethod
from hsgan.reconstruct.self_ensemble import SelfEnsemble
from hsgan.run.folder import RunFolder
from hsgan.spectra import srf as srf_lib

CAMERAS = srf_lib.load("default", GRID)
RGB = np.random.default_rng(0).random((9, 12, 3), np.float32)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("self_ensemble") / "run")


class Coarse(Method):
    """Sees squares of 4x4 pixels, and those below and to the right of each: no two sides are alike."""

    needs_camera, receptive_radius, stride = True, 8, 4

    def window(self, rgb, srf):
        height, width = rgb.shape[:2]
        image = np.pad(rgb, ((0, -height % 4), (0, -width % 4), (0, 0)), mode="edge")
        squares = image.reshape(image.shape[0] // 4, 4, image.shape[1] // 4, 4, 3).mean(axis=(1, 3))
        below = np.concatenate([squares[1:], np.zeros_like(squares[:1])])
        right = np.concatenate([squares[:, 1:], np.zeros_like(squares[:, :1])], axis=1)
        coarse = (squares + 0.5 * below + 0.3 * right).repeat(4, axis=0).repeat(4, axis=1)[:height, :width]
        return ((coarse + rgb) @ srf).astype(np.float32)


class TestSelfEnsemble(MethodContract):
    @pytest.fixture(scope="class", params=["coarse", "network"])
    @classmethod
    def method(cls, request, tmp_path_factory):
        if request.param == "coarse":
            return SelfEnsemble(Coarse("coarse", CAMERAS))
        run = make_run(tmp_path_factory.mktemp("contract") / "run")
        return SelfEnsemble(NetworkMethod.from_run(RunFolder.open(run)))


@pytest.mark.parametrize(
    "turn", [lambda image: np.rot90(image), lambda image: image[::-1], lambda image: image[:, ::-1]]
)
def test_the_cube_turns_with_the_image(turn):
    method, srf = SelfEnsemble(Coarse("coarse", CAMERAS)), CAMERAS.responses[0]
    rgb = np.random.default_rng(1).random((16, 12, 3), np.float32)
    found, expected = method.cube(np.ascontiguousarray(turn(rgb)), srf), turn(method.cube(rgb, srf))
    np.testing.assert_allclose(found, expected, rtol=1e-6)  # the eight come in another order
    plain = method.method
    assert np.abs(plain.cube(np.ascontiguousarray(turn(rgb)), srf) - turn(plain.cube(rgb, srf))).max() > 0.01


def test_a_shift_becomes_the_mean_of_the_four_neighbors():
    shifted = Known("shifted", CAMERAS, lambda rgb, srf: np.roll(rgb, 1, axis=1) @ srf)
    shifted.receptive_radius = None
    found = SelfEnsemble(shifted).cube(RGB, CAMERAS.responses[0])
    neighbors = [np.roll(RGB, step, axis=axis) for axis in (0, 1) for step in (-1, 1)]
    np.testing.assert_allclose(found, np.mean(neighbors, axis=0) @ CAMERAS.responses[0], rtol=1e-5)


def test_a_method_of_single_pixels_is_refused(tmp_path):
    run = make_mixture_run(tmp_path / "mixture")
    with pytest.raises(RunError, match=r"looks around a pixel.*Received: mixture_trained"):
        Choice(run=str(run), self_ensemble=True).load()


def test_every_way_to_ask_for_it_gives_it(run):
    network = NetworkMethod.from_run(RunFolder.open(run))
    found = [
        hsgan.Reconstructor.from_run(run, engine="tensorflow", self_ensemble=True).method,
        Choice(run=str(run), engine="tensorflow", self_ensemble=True).load(),
        Subject.open(run, self_ensemble=True).method,
    ]
    expected = SelfEnsemble(network).cube(RGB, CAMERAS.responses[0])
    assert np.abs(expected - network.cube(RGB, CAMERAS.responses[0])).max() > 1e-4
    for method in found:
        np.testing.assert_array_equal(method.cube(RGB, CAMERAS.responses[0]), expected)
        assert method.name == "hsgan_self_ensemble" and method.facts["self_ensemble"] == 8
