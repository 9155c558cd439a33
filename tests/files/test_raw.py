"""Camera RAW: the sensor's numbers come out as they went in, and what is refused."""

import numpy as np
import pytest
from raw_files import write_dng

from hsgan.errors import DataError
from hsgan.files import photos, raw

LEFT, RIGHT = (0.2, 0.5, 0.1), (0.6, 0.3, 0.45)
# 14 bits of the sensor below its white level, twice over for the balance's rounding to 1/10000.
STEP = 2 / 10000


@pytest.fixture
def scene():
    rgb = np.empty((40, 60, 3))
    rgb[:, :30], rgb[:, 30:] = LEFT, RIGHT
    return rgb


def test_the_cameras_own_linear_rgb_comes_out(tmp_path, scene):
    rgb = photos.read_photo(write_dng(tmp_path / "a.dng", scene))
    assert rgb.shape == scene.shape and rgb.dtype == np.float32
    # Away from the edge, where demosaicing mixes; no matrix, no curve, no brightening; balanced as shot.
    np.testing.assert_allclose(rgb[8:-8, 8:22], np.broadcast_to(LEFT, (24, 14, 3)), atol=STEP)
    np.testing.assert_allclose(rgb[8:-8, 38:-8], np.broadcast_to(RIGHT, (24, 14, 3)), atol=STEP)


def test_brightness_does_not_depend_on_the_brightest_pixel(tmp_path, scene):
    for factor in (1 / 8, 1.8):  # the latter's brightest is 0.9 of full scale
        rgb = photos.read_photo(write_dng(tmp_path / "a.dng", np.minimum(scene * factor, 0.95)))
        np.testing.assert_allclose(rgb[20, 10], np.array(LEFT) * factor, atol=STEP)


def test_full_scale_is_one_and_neutral(tmp_path):
    white = photos.read_photo(write_dng(tmp_path / "a.dng", np.ones((24, 24, 3))))
    np.testing.assert_array_equal(white[8:-8, 8:-8], 1)


def test_orientation_and_other_patterns(tmp_path, scene):
    turned = photos.read_photo(write_dng(tmp_path / "a.dng", scene, orientation=6))  # a quarter turn clockwise
    assert turned.shape == (60, 40, 3)
    np.testing.assert_allclose(turned[10, 20], LEFT, atol=STEP)
    other = photos.read_photo(write_dng(tmp_path / "b.dng", scene, pattern=(2, 1, 1, 0)))
    np.testing.assert_allclose(other[20, 10], LEFT, atol=STEP)


def test_encoding_does_not_matter(tmp_path, scene):
    path = write_dng(tmp_path / "a.dng", scene)
    np.testing.assert_array_equal(photos.read_photo(path, "srgb"), photos.read_photo(path, "linear"))
    assert photos.is_raw(path) and photos.is_raw(write_dng(tmp_path / "a.xyz", scene))


def test_without_the_package_the_remedy_is_named(tmp_path, scene, monkeypatch):
    path = write_dng(tmp_path / "a.dng", scene)
    monkeypatch.setattr(raw, "find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"a\.dng: camera RAW needs the package rawpy: pip install 'hsgan\[raw\]'"):
        photos.read_photo(path)


def test_too_many_pixels_are_refused_before_decoding(tmp_path, scene, monkeypatch):
    path = write_dng(tmp_path / "a.dng", scene)
    monkeypatch.setattr(photos, "MAX_PIXELS", 1000)
    with pytest.raises(DataError, match="Received: 60 x 40"):
        photos.read_photo(path)


def test_damage_and_other_files_get_one_line(tmp_path, scene, capfd):
    path = write_dng(tmp_path / "a.dng", scene)
    path.write_bytes(path.read_bytes()[:3000])
    for content, message in ((None, "is damaged or truncated"), (b"no camera made this\n" * 50, "LibRaw knows")):
        if content:
            path.write_bytes(content)
        with pytest.raises(DataError) as caught:
            photos.read_photo(path)
        assert str(caught.value).startswith(f"{path}: ") and message in str(caught.value)
        assert "\n" not in str(caught.value)
