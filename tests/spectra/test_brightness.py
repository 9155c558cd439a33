"""Brightness: closed forms, one rule for arrays and for graphs, and what it does with what is no light at all."""

import numpy as np
import pytest
import tensorflow as tf

from hsgan.reconstruct.tiling import Decoded
from hsgan.spectra import exposure, imaging

RNG = np.random.default_rng(0)
IMAGE = (RNG.random((40, 30, 1)) ** 4 * RNG.random((40, 30, 3))).astype(np.float32)


def test_a_uniform_image_is_as_bright_as_its_pixels():
    for channels in (3, 4, 31):
        assert exposure.brightness(np.full((5, 7, channels), 0.3)) == pytest.approx(0.3, rel=1e-12)
    bands = np.broadcast_to(np.array([0.1, 0.1, 0.3, 0.5, 0.2]), (5, 7, 5))
    assert exposure.brightness(bands) == pytest.approx(0.4, rel=1e-12)  # 0.1, 0.4, 0.2
    tinted = np.broadcast_to(np.array([0.1, 0.2, 0.6]), (5, 7, 3))
    assert exposure.brightness(tinted) == pytest.approx(0.6, rel=1e-12)


def test_it_is_the_power_mean():
    values = IMAGE.astype(np.float64).max(axis=-1)
    expected = np.mean(values**exposure.ORDER) ** (1 / exposure.ORDER)
    assert exposure.brightness(IMAGE) == pytest.approx(expected, rel=1e-12)
    # Between the mean and the largest value, and one bright pixel in a thousand does not decide.
    assert values.mean() < exposure.brightness(IMAGE) < values.max()
    struck = np.full((40, 25, 3), 0.1)
    struck[3, 4] = 1.0
    assert exposure.brightness(struck) < 0.7


@pytest.mark.parametrize("factor", [1 / 2, 1 / 10, 1 / 30, 1e-4])
def test_it_goes_with_the_light(factor):
    assert exposure.brightness(IMAGE * factor) == pytest.approx(factor * exposure.brightness(IMAGE), rel=1e-6)
    gain = exposure.gain(IMAGE * np.float32(factor), 0.5)
    assert exposure.brightness(IMAGE * np.float32(factor) * gain) == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (40, 30), (700, 600)])
@pytest.mark.parametrize("level", [1.0, 1e-3])
def test_graphs_have_the_same_rule(shape, level):
    rgb = (RNG.random((2, *shape, 3)) ** 3 * level).astype(np.float32)
    gain = tf.function(lambda images: imaging.gain(imaging.sampled(images), 0.4))(rgb)
    assert gain.shape == (2, 1, 1, 1)
    expected = [exposure.gain(image, 0.4) for image in rgb]
    np.testing.assert_allclose(gain[:, 0, 0, 0], expected, rtol=1e-5)  # float32 sums


def test_whole_numbers_in_graphs():
    counts = RNG.integers(0, 65536, (20, 30, 4)).astype(np.uint16)
    assert float(imaging.brightness(counts)) == pytest.approx(exposure.brightness(counts.astype(float)), rel=1e-5)


def test_a_large_image_is_read_at_every_so_many_rows_and_columns():
    codes = RNG.integers(0, 256, (900, 800, 3), np.uint8)
    seen = []

    def decode(part):
        seen.append(part.size)
        return part.astype(np.float32) / 255

    whole = exposure.brightness(codes.astype(np.float32) / 255)
    assert exposure.brightness(Decoded(codes, decode)) == whole
    assert sum(seen) <= 3 * exposure.PIXELS
    assert exposure.step(900, 800) == 2 and exposure.step(1, 1) == 1


def test_black_and_unfit_images_have_a_factor_too():
    assert np.isfinite(exposure.gain(np.zeros((4, 4, 3), np.float32), 0.5))
    for bad in (np.nan, np.inf):
        assert exposure.gain(np.full((4, 4, 3), bad, np.float32), 0.5) == 1
    assert exposure.gain(IMAGE, 0.0) == 1
    assert np.isfinite(imaging.gain(np.zeros((1, 4, 4, 3), np.float32), 0.5)).all()
