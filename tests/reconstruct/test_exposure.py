"""The same scene in less light: the same spectra, but for one factor, by every method that brings images to a level."""

from dataclasses import replace

import numpy as np
import pytest
from method_contract import MethodContract
from mixtures import PRIOR
from PIL import Image
from test_models import small_network
from trained_run import STATISTICS, WAVELENGTHS_NM, make_run

import hsgan
from hsgan.config import MODELS
from hsgan.reconstruct import methods
from hsgan.reconstruct.models import NetworkMethod
from hsgan.reconstruct.tiling import Decoded
from hsgan.spectra import srf as srf_lib

CAMERAS = srf_lib.load("default", WAVELENGTHS_NM)
KNOWLEDGE = methods.Knowledge(STATISTICS, 1e-4, PRIOR, brightness=0.4)
LESS = (1 / 2, 1 / 10, 1 / 30)
RGB = np.random.default_rng(1).random((24, 20, 3)).astype(np.float32) ** 2


def closed_form(name, knowledge=KNOWLEDGE):
    (method,) = methods.closed_forms(CAMERAS, knowledge, [name])
    return method


def network(name):
    method = NetworkMethod(small_network(name), name)
    method.brightness = 0.4
    return method


def largest_angle(first, second):
    """Largest angle between the spectra of two cubes, degrees."""
    norms = np.linalg.norm(first, axis=-1) * np.linalg.norm(second, axis=-1)
    cosine = (first.astype(float) * second).sum(-1) / np.maximum(norms, 1e-30)
    return np.degrees(np.arccos(np.clip(cosine[norms > 0], -1, 1))).max()


@pytest.mark.parametrize("factor", LESS)
@pytest.mark.parametrize("build, name", [
    *((closed_form, name) for name in methods.CLOSED_FORMS),
    *((network, name) for name in MODELS if name != "mixture"),
])  # fmt: skip
def test_less_light_gives_the_same_spectra(build, name, factor):
    method = build(name)
    srf = CAMERAS.srf("Nikon 5100")
    bright, dark = (method.cube(RGB * np.float32(level), srf) for level in (1, factor))
    # float32 rounding of other numbers, through all layers
    np.testing.assert_allclose(dark / factor, bright, atol=2e-4 * np.abs(bright).max())
    np.testing.assert_allclose(
        method.estimate_srf(RGB * np.float32(factor)), method.estimate_srf(RGB), atol=1e-5 * CAMERAS.responses.max()
    )


@pytest.mark.parametrize("build", [closed_form, network])
@pytest.mark.parametrize("gain", [1.0, 0.1, 30.0])
def test_the_mixture_takes_the_factor_into_its_form(build, gain):
    """Its cube is that of the image times the factor, divided by it: what other methods do by passes over both."""
    method, srf = build("mixture"), CAMERAS.srf("Nikon 5100")
    expected = method.window(RGB * np.float32(gain), srf) / gain
    made = method.exposed_window(RGB, srf, np.float32(gain))
    assert expected.max() > 0.1
    # float32 rounding of other logits: they are large where an RGB is far from all components.
    np.testing.assert_allclose(made, expected, atol=2e-4 * expected.max())


def test_without_it_the_spectra_turn():
    method = closed_form("wiener", replace(KNOWLEDGE, brightness=0.0))
    srf = CAMERAS.srf("Nikon 5100")
    turned = [largest_angle(method.cube(RGB * np.float32(factor), srf), method.cube(RGB, srf)) for factor in LESS]
    assert turned == sorted(turned) and turned[-1] > 10


def test_deviations_come_back_with_the_values():
    method, srf = closed_form("mixture"), CAMERAS.srf("Nikon 5100")
    bright, dark = (method.cube_and_deviation(RGB * np.float32(level), srf) for level in (1, 0.1))
    for first, second in zip(bright, dark, strict=True):
        np.testing.assert_allclose(second * 10, first, rtol=2e-2, atol=1e-4 * first.max())


def test_a_black_image_gives_a_black_cube():
    cube = closed_form("wiener").cube(np.zeros((4, 5, 3), np.float32), CAMERAS.srf("Nikon 5100"))
    assert np.abs(cube).max() < 1e-5


def test_one_factor_serves_all_tiles(monkeypatch):
    """One half in the light, the other in the dark: a factor for each tile would make an edge between them."""
    method, srf = closed_form("wiener"), CAMERAS.srf("Nikon 5100")
    rgb = np.concatenate([RGB, RGB / 50])
    whole = method.cube(rgb, srf)
    monkeypatch.setattr(method, "tile", 9)
    np.testing.assert_allclose(method.cube(rgb, srf), whole, atol=1e-6)
    codes = np.round(rgb * 65535).astype(np.uint16)
    decoded = Decoded(codes, lambda part: part.astype(np.float32) / 65535)
    np.testing.assert_array_equal(method.cube(decoded, srf), method.cube(codes.astype(np.float32) / 65535, srf))


class TestExposedMethod(MethodContract):
    @pytest.fixture(params=["wiener", "mixture"])
    def method(self, request):
        return closed_form(request.param)


def test_a_dark_photo_is_warned_of():
    model = hsgan.Reconstructor(closed_form("smooth"))
    with pytest.warns(UserWarning, match=r"photo: is dark: its brightest parts have 0\.0\d+ of full scale, less than"):
        model.reconstruct(RGB * np.float32(0.02))
    model.reconstruct(RGB)


def test_the_program_warns_of_a_dark_photo_and_goes_on(tmp_path, program):
    run = make_run(tmp_path / "run")
    for name, level in (("bright", 200), ("dark", 40)):
        Image.fromarray(np.full((12, 10, 3), level, np.uint8)).save(tmp_path / f"{name}.png")
    status, stdout, stderr = program(
        "hsgan.reconstruct", f"--run={run}", str(tmp_path / "bright.png"), str(tmp_path / "dark.png"),
        f"--output={tmp_path / 'out'}", "--nopreviews", "--formats=npz",
    )  # fmt: skip
    assert status == 0 and stdout.count("round trip") == 2
    assert stderr.startswith(f"warning: {tmp_path / 'dark.png'}: is dark: ") and stderr.count("warning") == 1
