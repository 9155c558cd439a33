"""Features against closed forms, plain loops and SciPy."""

import numpy as np
import pytest
from scipy import optimize

from hsgan.errors import ConfigError, DataError
from hsgan.track import abundances, cells, color, hog, sshmg, window
from hsgan.track.features import BLOCKS, Features

RNG = np.random.default_rng(5)


def ramp(angle, side=24, slope=3.0):
    """Returns a plane float32 [side, side] that rises by `slope` a pixel in the direction `angle` (from x to y)."""
    y, x = np.mgrid[:side, :side]
    return (100 + slope * (np.cos(angle) * x + np.sin(angle) * y)).astype(np.float32)


def cells_of(maps, cell=4, grain=1):
    """Returns the sums of maps over the cells of a window as large as they are, [rows, columns, channels]."""
    axes = []
    for length in maps.shape[:2]:
        count = length * grain // cell
        axes.append(window.shares((0, length), length / 2, cell / grain, count, beyond=False)[None])
    return window.pool(maps, *axes)[0]


@pytest.mark.parametrize("grain", [1, 2])
def test_cells_get_bilinear_shares(grain):
    weights, bins = RNG.random((12, 24), np.float32), RNG.integers(0, 5, (12, 24))
    found = cells_of(cells.bin_maps(weights, bins, 5, grain), 4, grain)
    expected = np.zeros((3, 6, 5))
    for row in range(12):
        for column in range(24):
            # Places of the middles of the squares, in cells from the middle of the first.
            y, x = ((place // grain + 0.5) * grain / 4 - 0.5 for place in (row, column))
            for r in range(3):
                for c in range(6):
                    share = max(0, 1 - abs(y - r)) * max(0, 1 - abs(x - c))
                    expected[r, c, bins[row, column]] += share * weights[row, column]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)  # float32


def test_shares_of_a_pixel_add_up_and_go_on_beyond_the_border():
    inside = window.shares((0, 40), 20.3, 4.2, 6, beyond=False)
    # Pixels further than half a cell inside of the window.
    covered = np.abs(np.arange(40) + 0.5 - 20.3) < 2.5 * 4.2
    np.testing.assert_allclose(inside.sum(axis=0)[covered], 1, rtol=1e-6)
    far = window.shares((0, 10), 0.0, 4.0, 6, beyond=True)
    # Each cell of side 4 gets 4 pixels in all; those left of the border get the first pixel alone.
    np.testing.assert_allclose(far.sum(axis=1), 4, rtol=1e-6)
    np.testing.assert_allclose(far[0], [4] + [0] * 9, atol=1e-6)
    assert window.shares((0, 10), 0.0, 4.0, 6, beyond=False)[0].sum() == 0


def test_parts_of_an_axis():
    assert window.span(10.2, 4, 50) == (8, 13)
    assert window.span(1, 8, 50) == (0, 5) and window.span(49, 8, 50) == (45, 50)
    assert window.span(-30, 8, 50) == (0, 1) and window.span(90, 8, 50) == (49, 50)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_differences_are_numpys(axis):
    values = RNG.random((4, 5, 3)).astype(np.float32)
    np.testing.assert_allclose(cells.differences(values, axis), np.gradient(values, axis=axis), atol=1e-6)
    assert not cells.differences(values[:1], 0).any()
    codes = RNG.integers(0, 256, (4, 5)).astype(np.uint8)
    np.testing.assert_allclose(cells.differences(codes, 0), np.gradient(codes.astype(float), axis=0))


def hog_of(pixels, grain=2):
    return hog.hog(cells_of(hog.direction_maps(pixels, grain), 4, grain))


@pytest.mark.parametrize("bin_number", range(18))
def test_hog_of_a_ramp_has_one_direction(bin_number):
    found = hog_of(ramp(2 * np.pi * bin_number / 18)[..., None])[2, 2]
    assert found[:18].argmax() == bin_number and found[18:27].argmax() == bin_number % 9
    # All energy in one channel, normalized over four cells: half of the norm, which the clipping cuts to 0.2.
    assert found[bin_number] == pytest.approx(4 * 0.5 * 0.2) == found[18 + bin_number % 9]
    assert np.count_nonzero(found[:27]) == 2
    np.testing.assert_allclose(found[27:], 0.2357 * 0.2, rtol=1e-5)


def test_hog_sees_neither_brightness_nor_contrast():
    picture = (40 + 60 * RNG.random((32, 32, 3))).astype(np.float32)
    first, second = hog_of(picture), hog_of(2 * picture + 10)
    assert first.shape == (8, 8, 31)
    np.testing.assert_allclose(first, second, atol=1e-4)  # what the floor under the energy leaves


def test_hog_moves_with_the_picture_and_turns_with_its_sign():
    picture = (255 * RNG.random((32, 40, 3))).astype(np.float32)
    moved = hog_of(picture[:, 4:])
    np.testing.assert_allclose(moved[2:-2, 2:-2], hog_of(picture)[2:-2, 3:-2], atol=1e-5)
    negative, found = hog_of(255 - picture), hog_of(picture)
    np.testing.assert_allclose(negative[..., :18], np.roll(found[..., :18], 9, axis=-1), atol=1e-5)
    np.testing.assert_allclose(negative[..., 18:27], found[..., 18:27], atol=1e-5)


def test_hog_takes_the_channel_of_the_largest_gradient():
    flat, steep = ramp(0.0, slope=1.0), ramp(np.pi / 2, slope=5.0)
    found = hog_of(np.stack([flat, steep, 0 * flat], axis=-1))
    np.testing.assert_array_equal(found, hog_of(steep[..., None]))


def test_color_names_know_their_colors():
    for index, (name, value) in enumerate(color.BASIC_COLORS.items()):
        found = color.color_names(np.full((1, 1, 3), value, np.uint8))[0, 0]
        assert found.sum() == pytest.approx(1, abs=1e-5)
        assert found.argmax() == index, name
    # Halfway between two of them neither is more likely, and both are more than the others.
    brown, purple = (np.array(color.BASIC_COLORS[name], float) for name in ("brown", "purple"))
    near = color.color_names(np.array([[0.7 * brown + 0.3 * purple]]))[0, 0]
    assert near[2] > near[7] > np.delete(near, [2, 7]).max()


def sshmg_of(cube):
    return sshmg.sshmg(cells_of(sshmg.direction_maps(cube, 2), 4, 2))


def test_sshmg_has_the_papers_channels():
    found = sshmg_of(RNG.random((16, 20, 16), np.float32) * 200)
    assert found.shape == (4, 5, 208) and found.dtype == np.float32
    assert found.min() >= 0 and found.max() <= np.float32(sshmg.CLIP)


@pytest.mark.parametrize("angle, slope, theta, phi", [
    (0.0, 0.0, 0, 1),  # in the plane, along x; the axis of the bands is at a right angle
    (2 * np.pi * 4 / 9, 0.1, 4, 1),
    (2 * np.pi * 7 / 9, -0.1, 7, 2),
    (0.0, 50.0, 0, 0),  # nearly along the bands
    (0.0, -50.0, 0, 3),
])  # fmt: skip
def test_directions_of_a_ramp(angle, slope, theta, phi):
    cube = ramp(angle)[..., None] + slope * np.arange(8, dtype=np.float32)
    found_theta, found_phi, length = sshmg.directions(cube)
    inner = (slice(4, -4), slice(4, -4), slice(2, -2))
    assert (found_theta[inner] == theta).all()
    if slope:
        assert (found_phi[inner] == phi).all()
    # Gradients of float32 values near 400.
    np.testing.assert_allclose(length[inner], np.hypot(3.0, slope), rtol=1e-4)


def test_sshmg_sees_ratios_only():
    cube = (50 + 100 * RNG.random((16, 16, 8))).astype(np.float32)
    np.testing.assert_allclose(sshmg_of(cube), sshmg_of(3 * cube), atol=1e-4)  # the floor under the energy
    assert not sshmg_of(np.full((8, 8, 4), 7, np.float32)).any()


def test_sshmg_adds_up_voxels_of_four_bands():
    cube = RNG.random((4, 4, 8), np.float32)
    theta, phi, length = sshmg.directions(cube)
    found = sshmg.direction_maps(cube, 2)
    # Bands 4 to 7, the second theta and the last phi, in the upper right square.
    square = (slice(0, 2), slice(2, 4), slice(4, 8))
    assert found[0, 1, 13 + 1] == pytest.approx(length[square][theta[square] == 1].sum(), rel=1e-5)
    assert found[0, 1, 13 + 9 + 3] == pytest.approx(length[square][phi[square] == 3].sum(), rel=1e-5)


def test_unmixing_is_scipys_non_negative_least_squares():
    materials = RNG.random((6, 16))
    spectra = RNG.random((200, 6)) @ materials * (RNG.random((200, 1)) > 0.1) + RNG.normal(0, 0.3, (200, 16))
    found = abundances.unmix(spectra, materials)
    for pixel, spectrum in zip(found, spectra, strict=True):
        np.testing.assert_allclose(pixel, optimize.nnls(materials.T, spectrum)[0], atol=1e-9)
    assert (found == 0).mean() > 0.1  # so that sets differ


def test_unmixing_ends_where_full_exchanges_would_circle():
    # Nearly equal materials: the sets of present ones go to and fro.
    base = RNG.random(16)
    materials = base + 1e-3 * RNG.random((8, 16))
    spectra = RNG.normal(0, 1, (500, 16))
    found = abundances.unmix(spectra, materials)
    expected = np.array([optimize.nnls(materials.T, spectrum)[0] for spectrum in spectra])
    rest = [np.linalg.norm(spectra - values @ materials, axis=1) for values in (found, expected)]
    np.testing.assert_allclose(*rest, rtol=1e-7)  # of near-equal materials only the fit is determined


def test_pure_spectra_are_the_endmembers():
    pure = np.eye(4, 12) + 0.2
    shares = RNG.dirichlet(np.ones(4), 300) * 0.9
    spectra = np.concatenate([shares @ pure, pure])
    found = abundances.endmembers(spectra, 8)
    expected = pure / np.linalg.norm(pure, axis=1, keepdims=True)
    assert len(found) == 4  # no more than the spectra span
    for spectrum in expected:
        assert (found @ spectrum).max() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("names, pixels, channels", [
    (("hog", "color"), RNG.integers(0, 256, (48, 48, 3)).astype(np.uint8), (31, 11)),
    (("sshmg", "abundances"), RNG.random((48, 48, 16), np.float32), (208, 8)),
    (("hog",), RNG.random((48, 48, 16), np.float32), (31,)),
])  # fmt: skip
def test_blocks_stand_side_by_side_with_equal_energy(names, pixels, channels):
    features = Features(names)
    features.begin(pixels)
    shares = [[window.shares((0, 24), 12.0, side, 8, beyond)[None] for _ in "yx"]
              for beyond in (False, True) for side in (2.0,)]  # fmt: skip
    found = features(features.maps(pixels, 2), *shares)
    assert found.shape == (1, 8, 8, sum(channels)) and found.dtype == np.float32
    for part in np.split(found, np.cumsum(channels)[:-1], axis=-1):
        assert (part**2).mean() == pytest.approx(1, rel=1e-5)
    black = features(features.maps(np.zeros_like(pixels), 2), *shares)
    assert np.isfinite(black).all()


@pytest.mark.parametrize("name, channels, message", [
    ("color", 16, "features: color needs RGB frames; take hog, sshmg or abundances. Received: 16 bands"),
    ("sshmg", 31, "features: sshmg needs bands in multiples of 4. Received: 31"),
])  # fmt: skip
def test_features_that_do_not_fit_the_frames(name, channels, message):
    with pytest.raises(DataError, match=message):
        Features((name,)).begin(np.ones((8, 8, channels), np.float32))


def test_nothing_to_see_and_unknown_names():
    with pytest.raises(DataError, match="is black around the target"):
        BLOCKS["abundances"]().begin(np.zeros((8, 8, 16), np.float32))
    with pytest.raises(ConfigError, match=r"features: must be of hog, color, sshmg, abundances. Received: hog, lbp"):
        Features(("hog", "lbp"))
