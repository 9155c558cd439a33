"""What `--convert` makes of photos that are no opaque RGB, against Pillow and closed forms."""

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from hsgan.errors import DataError
from hsgan.files.convert import Conversion, background
from hsgan.files.photos import read_codes

WHITE = Conversion()
PIXELS = np.random.default_rng(0).integers(0, 256, (6, 9, 4), np.uint8)


def test_transparent_pixels_get_the_background(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    alpha, colors = PIXELS[..., 3:] / 255, PIXELS[..., :3]
    for color, behind in (("white", (255, 255, 255)), ("#ff8000", (255, 128, 0))):
        codes, encoding = read_codes(tmp_path / "a.png", conversion=background(color))
        expected = np.round(alpha * colors + (1 - alpha) * behind)
        assert encoding == "srgb" and codes.dtype == np.uint8
        assert np.abs(codes.astype(int) - expected).max() <= 1  # float32 of a half


def test_in_every_depth(tmp_path):
    deep = PIXELS.astype(np.uint16) * 257
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(deep))
    Image.fromarray(PIXELS).save(tmp_path / "b.png")
    found, plain = (read_codes(tmp_path / name, conversion=WHITE)[0] for name in ("a.png", "b.png"))
    assert found.dtype == np.uint16
    np.testing.assert_allclose(found / 257, plain, atol=0.51)
    values = PIXELS.astype(np.float32) / 255
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", extrasamples=["unassalpha"])
    codes, encoding = read_codes(tmp_path / "a.tif", conversion=WHITE)
    assert encoding == "linear"
    np.testing.assert_allclose(codes, values[..., 3:] * values[..., :3] + 1 - values[..., 3:], atol=1e-6)


def test_what_is_opaque_stays_as_it_is(tmp_path):
    Image.fromarray(PIXELS[..., :3]).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_codes(tmp_path / "a.png", conversion=WHITE)[0], PIXELS[..., :3])


def test_inks_become_colors(tmp_path):
    inks = Image.new("CMYK", (16, 8), (20, 180, 90, 10))
    inks.save(tmp_path / "a.jpg", quality=100)
    codes, _ = read_codes(tmp_path / "a.jpg", conversion=WHITE)
    with Image.open(tmp_path / "a.jpg") as image:
        np.testing.assert_array_equal(codes, np.asarray(image.convert("RGB")))
    inks.save(tmp_path / "b.jpg", icc_profile=b"nonsense" * 40)
    with pytest.raises(DataError, match=r"b\.jpg: its ICC profile is damaged or not for CMYK"):
        read_codes(tmp_path / "b.jpg", conversion=WHITE)


def test_the_first_frame_of_a_gif(tmp_path):
    frames = [Image.new("RGB", (6, 4), color) for color in ((200, 60, 60), (0, 0, 250))]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    codes, encoding = read_codes(tmp_path / "a.gif", conversion=WHITE)
    assert encoding == "srgb" and codes.shape == (4, 6, 3) and (codes == (200, 60, 60)).all()


def test_gray_stays_refused(tmp_path):
    Image.new("L", (4, 4), 90).save(tmp_path / "a.jpg")
    with pytest.raises(DataError, match=r"a\.jpg: is a gray photo"):
        read_codes(tmp_path / "a.jpg", conversion=WHITE)


@pytest.mark.parametrize("color", ["", "whit", "#12", "rgb(1,2"])
def test_a_color_that_is_none_is_refused(color):
    with pytest.raises(DataError, match="background: must be a color's name, or #rrggbb"):
        background(color)
