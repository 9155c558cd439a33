"""The methods behind one interface; tiling that changes nothing."""

import numpy as np
import pytest
from trained_run import WAVELENGTHS_NM, network

from hsgan import config as config_lib
from hsgan.errors import DataError
from hsgan.networks.build import build_network
from hsgan.reconstruct import methods
from hsgan.spectra import srf as srf_lib
from hsgan.spectra.imaging import project


@pytest.fixture(scope="module")
def model():
    return network()


@pytest.fixture
def rgb():
    return np.random.default_rng(4).random((37, 53, 3), np.float32)


def test_every_method_gives_a_cube(model, rgb):
    srf = methods.estimate_srf(model, rgb)
    assert srf.shape == (3, 31)
    found = {name: method(rgb, srf) for name, method in methods.methods_of(model).items()}
    assert list(found) == ["bi", "smooth", "wiener", "ridge", "hsgan"]
    for cube in found.values():
        assert cube.shape == (37, 53, 31) and cube.dtype == np.float32
    # `smooth` reproduces the RGB exactly but for float32.
    np.testing.assert_allclose(project(found["smooth"], srf), rgb, atol=1e-4)
    mean, covariance = (part.numpy().astype(float) for part in model.statistics)
    gain = covariance @ srf.T @ np.linalg.inv(srf @ covariance @ srf.T + 1e-4 * np.eye(3))
    # float32, and a floor of 1e-6 relative in the 3x3 system
    np.testing.assert_allclose(found["wiener"], mean + (rgb - srf @ mean) @ gain.T, atol=2e-3)


def test_the_network_is_called_with_the_srf(model, rgb):
    for name in ("Nikon 5100", "Sigma SDMerill"):
        srf = model.dictionary.srf(name)
        expected = model(rgb[None], srf=srf[None])["cube"][0].numpy()
        found = methods.methods_of(model)["hsgan"](rgb, srf)
        # The fast form sums in another order: float32 rounding, relative to the largest value.
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("tile", [16, 24, 40])
def test_tiles_give_the_whole_image(model, rgb, tile):
    srf = model.dictionary.srf("Nikon 5100")
    whole = methods.reconstruct_cube(model, rgb, srf, tile=64)
    assert np.abs(whole - methods.reconstruct_cube(model, rgb * 0, srf, tile=64)).max() > 0.1
    # Convolutions of other sizes may sum in another order: float32 rounding of values up to about 8. A halo that is one
    # pixel short is off by 2e-4.
    np.testing.assert_allclose(methods.reconstruct_cube(model, rgb, srf, tile=tile), whole, atol=1e-5)


def test_receptive_radius_is_enough_and_not_more(model):
    radius = 3 * (1 + 2)  # every stage looks one pixel further by its first convolution and by each of its units
    srf = model.dictionary.srf("Nikon 5100")
    dark = np.zeros((41, 41, 3), np.float32)
    lit = dark.copy()
    lit[20, 20] = 1
    changed = np.abs(methods.reconstruct_cube(model, lit, srf) - methods.reconstruct_cube(model, dark, srf)).max(-1) > 0
    assert np.abs(np.argwhere(changed) - 20).max() == radius


def test_one_pixel_is_an_image(model):
    rgb = np.full((1, 1, 3), 0.5, np.float32)
    srf = methods.estimate_srf(model, rgb)
    assert np.isfinite(methods.reconstruct_cube(model, rgb, srf)).all()


def test_large_images_are_estimated_from_means_over_squares(model, rgb, monkeypatch):
    large = rgb.repeat(3, axis=0).repeat(3, axis=1)
    expected = methods.estimate_srf(model, rgb)
    exact = methods.tiling.thumbnail
    monkeypatch.setattr(methods.tiling, "thumbnail", lambda image: exact(image, 37 * 53))
    # The thumbnail is the small image again, up to float32 rounding of the means.
    np.testing.assert_allclose(methods.estimate_srf(model, large), expected, rtol=1e-4)


@pytest.mark.parametrize("name", ["hsgan", "agd_net", "hscnn_d", "fm_net", "chs_gan", "dbf"])
def test_every_network_in_tiles_equals_itself(name):
    """Tiles smaller than their halos too; an image of every border."""
    other = small_network(name)
    srf = other.dictionary.responses[0]
    for size in ((75, 61), (1, 1), (3, 29)):
        rgb = np.random.default_rng(2).random((*size, 3), np.float32)
        expected = other(rgb[None], srf=srf[None])["cube"][0].numpy()
        for tile in (None, 16, 9):
            found, count = np.zeros_like(expected), np.zeros(size, int)
            for block, part in methods.reconstruct_tiles(other, rgb, srf, tile):
                found[block] = part
                count[block] += 1
            assert (count == 1).all()
            # Convolutions of other sizes may sum in another order: float32 rounding.
            np.testing.assert_allclose(found, expected, atol=2e-5 * np.abs(expected).max())


def small_network(name):
    """A small network of each kind, whose halos are wider than some tiles, and whose weights all matter."""
    config = config_lib.default_config()
    with config.unlocked():
        config.model = name
        config.generator.update(stages=2, growth=6, units=2)
        config.agd_net.update(stages=2, growth=6, units=2)
        config.hscnn_d.blocks = 3
        config.fm_net.update(blocks=1, width=8)
    other = build_network(config, srf_lib.load("default", WAVELENGTHS_NM))
    rng = np.random.default_rng(1)
    for weight in other.trainable_weights:
        fan_in = np.prod(weight.shape[:-1]) if len(weight.shape) > 1 and weight.shape[-2] > 1 else 9
        weight.assign(rng.normal(0, np.sqrt(1 / fan_in), weight.shape))
    return other


def test_unfit_images_are_refused(model):
    srf = model.dictionary.srf("Nikon 5100")
    for bad, message in (
        (np.zeros((0, 4, 3), np.float32), "at least one pixel"),
        (np.zeros((4, 4, 4), np.float32), "without alpha"),
        (np.zeros((4, 4, 3), np.uint8), "must be float32"),
        (np.full((4, 4, 3), np.nan, np.float32), "must be finite"),
    ):
        with pytest.raises(DataError, match=message):
            methods.estimate_srf(model, bad)
        with pytest.raises(DataError, match=message):
            methods.reconstruct_cube(model, bad, srf)
