"""What every `hsgan.reconstruct.method.Method` keeps to: the base of its tests, and methods made up for other tests."""

import numpy as np
import pytest

from hsgan.errors import DataError
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.tiling import Decoded

SIZES = ((41, 33), (1, 1), (3, 29))


class Known(Method):
    """A method whose cubes are known beforehand.

    Args:
      name, dictionary: as for every method.
      function: (rgb, srf) -> cube, of whole images.
      estimate: rgb -> SRF; None supposes the mean camera.
    """

    def __init__(self, name, dictionary, function, estimate=None):
        super().__init__(name, dictionary)
        self.function, self.estimate, self.estimates_camera = function, estimate, estimate is not None

    def srf_of(self, rgb):
        return self.estimate(rgb)

    def window(self, rgb, srf):
        return self.function(rgb, srf)


def joined(blocks, shape):
    """Returns the array of (place, block); each pixel must come once, in float32."""
    found, count = np.zeros(shape, np.float32), np.zeros(shape[:2], int)
    for place, block in blocks:
        assert block.dtype == np.float32
        found[place] = block
        count[place] += 1
    assert (count == 1).all()
    return found


class MethodContract:
    """Tests of one method; a subclass has the fixture `method`, and sets a tolerance of its own if need be."""

    # Of the largest value: float32 rounding of other orders of summation.
    tolerance = 1e-5

    @pytest.fixture
    def srf(self, method):
        return method.dictionary.responses[-1]

    def test_it_says_what_it_is(self, method):
        assert isinstance(method.name, str) and method.name
        assert method.wavelengths_nm.dtype == np.float32 and (np.diff(method.wavelengths_nm) > 0).all()
        assert method.bands == method.wavelengths_nm.size and f"{method.bands} bands" in repr(method)
        assert all(isinstance(value, str | int | float) for value in method.facts.values())
        assert {type(method.needs_camera), type(method.estimates_camera), type(method.gives_deviation)} == {bool}

    @pytest.mark.parametrize("size", SIZES)
    def test_tiles_give_the_whole_image_and_cover_it_once(self, method, srf, size, monkeypatch):
        rgb = np.random.default_rng(2).random((*size, 3), np.float32)
        whole = method.cube(rgb, srf)
        assert whole.shape == (*size, method.bands) and whole.dtype == np.float32
        assert np.abs(whole - method.cube(0 * rgb, srf)).max() > 0.01
        for tile in (16, 9):
            monkeypatch.setattr(method, "tile", tile)
            found = joined(method.reconstruct(rgb, srf), whole.shape)
            np.testing.assert_allclose(found, whole, atol=self.tolerance * np.abs(whole).max())

    def test_an_image_read_in_parts_is_the_image(self, method, srf):
        codes = np.random.default_rng(3).integers(0, 256, (21, 18, 3), np.uint8)
        decoded = Decoded(codes, lambda part: part.astype(np.float32) / 255)
        np.testing.assert_array_equal(method.cube(decoded, srf), method.cube(codes.astype(np.float32) / 255, srf))

    def test_the_camera_matters_where_it_is_needed(self, method):
        rgb = np.random.default_rng(4).random((12, 10, 3), np.float32)
        first, last = (method.cube(rgb, srf) for srf in method.dictionary.responses[[0, -1]])
        assert (np.abs(first - last).max() > 1e-3) == method.needs_camera

    def test_it_supposes_a_camera(self, method):
        rng = np.random.default_rng(5)
        images = [rng.random((40, 30, 3), np.float32) * np.float32(level) for level in ([1, 1, 0.2], [0.2, 1, 1])]
        found = [method.estimate_srf(rgb) for rgb in (*images, images[0][:1, :1])]
        for srf in found:
            assert srf.shape == (3, method.bands) and srf.dtype == np.float32
            assert (srf >= 0).all() and srf.sum(axis=1).mean() == pytest.approx(1, abs=1e-4)
        assert (np.abs(found[0] - found[1]).max() > 1e-6) == method.estimates_camera
        if not method.estimates_camera:
            np.testing.assert_allclose(found[0], method.mean_camera)

    def test_a_large_image_is_estimated_from_means_over_squares(self, method, monkeypatch):
        rgb = np.random.default_rng(6).random((21, 17, 3), np.float32)
        expected = method.estimate_srf(rgb)
        monkeypatch.setattr(method, "thumbnail_pixels", 21 * 17)
        # The thumbnail is the small image again, up to float32 rounding of the means.
        found = method.estimate_srf(rgb.repeat(3, axis=0).repeat(3, axis=1))
        np.testing.assert_allclose(found, expected, atol=max(self.tolerance, 1e-4) * expected.max())

    @pytest.mark.parametrize(("bad", "message"), [
        (np.zeros((0, 4, 3), np.float32), "at least one pixel"),
        (np.zeros((4, 4, 4), np.float32), "without alpha"),
        (np.zeros((4, 4, 3), np.uint8), "must be float32"),
        (np.full((4, 4, 3), np.nan, np.float32), "must be finite"),
        (np.full((4, 4, 3), np.inf, np.float32), "must be finite"),
    ])  # fmt: skip
    def test_unfit_images_are_refused(self, method, srf, bad, message):
        with pytest.raises(DataError, match=message):
            method.cube(bad, srf)
        with pytest.raises(DataError, match=message):
            list(method.reconstruct(bad, srf))
        if method.estimates_camera:
            with pytest.raises(DataError, match=message):
                method.estimate_srf(bad)
