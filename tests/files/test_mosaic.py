"""Mosaic frames: which pixel is which band, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from hsgan.errors import DataError
from hsgan.files.mosaic import WAVELENGTHS_NM, read_mosaic


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_bands_are_the_pixels_of_a_block_row_by_row(tmp_path, dtype):
    values = np.random.default_rng(0).integers(0, 250, (8, 12)).astype(dtype)
    Image.fromarray(values).save(tmp_path / "1.png")
    cube = read_mosaic(tmp_path / "1.png")
    assert cube.shape == (2, 3, 16) and cube.dtype == np.float32
    for band in range(16):
        np.testing.assert_array_equal(cube[..., band], values[band // 4 :: 4, band % 4 :: 4])
    np.testing.assert_allclose(WAVELENGTHS_NM, np.arange(470, 621, 10))


def test_what_is_no_mosaic(tmp_path):
    Image.fromarray(np.zeros((8, 10), np.uint8)).save(tmp_path / "odd.png")
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "rgb.png")
    (tmp_path / "text.png").write_text("no image")
    for name, message in (
        ("odd.png", "must be multiples of 4. Received: 10 x 8"),
        ("rgb.png", "must be a gray mosaic of 16 bands. Received: color mode RGB"),
        ("text.png", "is damaged or truncated, or not a mosaic of 16 bands"),
        ("none.png", "no such file"),
    ):
        with pytest.raises(DataError, match=message):
            read_mosaic(tmp_path / name)
