"""Requests that cannot be served get a clear error, and what can be is decoded as the package's own reader does."""

import io
import resource

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from hsgan.export import requests
from hsgan.files.photos import read_photo
from hsgan.spectra import developed

RNG = np.random.default_rng(5)
COLORS = RNG.integers(0, 256, (20, 30, 3), np.uint8)
MAX_PIXELS = 4096


@tf.function(input_signature=[tf.TensorSpec(None, tf.float32)])
def checked_rgb(rgb):
    return requests.checked_rgb(rgb, MAX_PIXELS)


@tf.function(input_signature=[tf.TensorSpec(None, tf.float32)])
def checked_srf(srf):
    return requests.checked_srf(srf, 2, 31)


@tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32)])
def checked_bands(bands):
    return requests.checked_bands(bands, 2, 31)


@tf.function(input_signature=[tf.TensorSpec((None,), tf.string)])
def decoded(image):
    return requests.decoded(image, MAX_PIXELS)


def file(values, kind="PNG", mode=None):
    image = Image.fromarray(values)
    buffer = io.BytesIO()
    (image.convert(mode) if mode else image).save(buffer, kind)
    return buffer.getvalue()


def with_png_size(width, height):
    data = bytearray(file(COLORS))
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return bytes(data)


def with_jpeg_size(width, height):
    data = bytearray(file(COLORS, "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(data)


def transparent(alpha):
    values = np.dstack([COLORS, np.full(COLORS.shape[:2], 255, np.uint8)])
    values[3, 4, 3] = alpha
    return file(values)


BAD_IMAGES = {
    "none": ([], "image: must hold at least one file"),
    "empty": ([b""], "image: is empty"),
    "a path": ([b"photo.jpg"], "image: must be the bytes of a JPEG or PNG file"),
    "another format": ([file(COLORS, "BMP")], "image: must be the bytes of a JPEG or PNG file"),
    "header cut": ([requests.PNG_MAGIC], "image: this PNG file is damaged or truncated in its header"),
    "PNG cut": ([file(COLORS)[:300]], "Invalid PNG data, size 300"),
    "JPEG cut": ([file(COLORS, "JPEG")[:300]], "Invalid JPEG data, size 300"),
    "JPEG's end cut": ([file(COLORS, "JPEG")[:-20]], "Invalid JPEG data"),
    "PNG bomb": ([with_png_size(60000, 60000)], "image: n \\* h \\* w must be at most 4096; send less"),
    "PNG of sides beyond int32": ([with_png_size(2**32 - 1, 2**32 - 1)], "must be at most 4096"),
    "PNG without pixels": ([with_png_size(0, 9)], "image: this PNG file is damaged"),
    "JPEG bomb": ([with_jpeg_size(60000, 60000)], "image: n \\* h \\* w must be at most 4096"),
    "too many": ([file(COLORS)] * 7, r"must be at most 4096.*\[7\] \[20\] \[30\]"),
    "gray PNG": ([file(COLORS[..., 0])], "image: must be an RGB photo"),
    "gray JPEG": ([file(COLORS[..., 0], "JPEG")], "image: must be an RGB photo"),
    "CMYK": ([file(COLORS, "JPEG", "CMYK")], "image: must be an RGB photo"),
    "see-through pixel": ([transparent(7)], "image: has transparent pixels"),
    "two sizes": ([file(COLORS), file(COLORS[:9])], "image: all of a batch must have one size"),
}


@pytest.mark.parametrize("case", BAD_IMAGES)
def test_bad_images(case):
    images, message = BAD_IMAGES[case]
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        decoded(tf.constant(images, tf.string))
    assert decoded(tf.constant([file(COLORS)])).shape == (1, 20, 30, 3)


def test_a_refused_image_is_not_decoded():
    """A real one, of 256 MB when decoded, in a quarter of a megabyte."""
    bomb = tf.constant([file(np.zeros((6000, 6000, 3), np.uint8))])
    decoded(tf.constant([file(COLORS)]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3):
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be at most 4096"):
            decoded(bomb)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


GOOD_IMAGES = {
    "PNG": file(COLORS),
    "JPEG": file(COLORS, "JPEG"),
    "palette": file(COLORS, "PNG", "P"),
    "opaque alpha": transparent(255),
    "one pixel": file(COLORS[:1, :1]),
    "three rows": file(COLORS[:3]),
    "16 bit": tf.io.encode_png(RNG.integers(0, 65536, (9, 8, 3)).astype(np.uint16)).numpy(),
}


@pytest.mark.parametrize("case", GOOD_IMAGES)
def test_images_are_decoded_as_the_package_reads_them(case, tmp_path):
    (tmp_path / "image").write_bytes(GOOD_IMAGES[case])
    expected = read_photo(tmp_path / "image")
    # sRGB's curve in float32 instead of a table made in float64.
    np.testing.assert_allclose(decoded(tf.constant([GOOD_IMAGES[case]]))[0], expected, rtol=0, atol=1e-6)


def rgb(height=4, width=5, channels=3, batch=2):
    return RNG.random((batch, height, width, channels), np.float32)


BAD_RGB = {
    "no batch": (rgb()[0], r"rgb: must be \[n, h, w, 3\]: a batch of images.*\[4 5 3\]"),
    "alpha": (rgb(channels=4), r"rgb: must be \[n, h, w, 3\]: .*drop alpha"),
    "gray": (rgb(channels=1), r"rgb: must be \[n, h, w, 3\]: .*drop alpha"),
    "five axes": (rgb()[..., None], r"rgb: must be \[n, h, w, 3\]"),
    "a number": (np.zeros(()), r"rgb: must be \[n, h, w, 3\]"),
    "no images": (rgb(batch=0), "rgb: must have at least one image"),
    "no pixels": (rgb(height=0), "rgb: must have at least one image and one pixel"),
    "too large": (rgb(100, 50), "rgb: n \\* h \\* w must be at most 4096"),
    "NaN": (np.where(rgb() > 0.9, np.float32(np.nan), rgb()), "rgb: every value must be finite"),
    "infinity": (rgb() * np.float32(np.inf), "rgb: every value must be finite"),
    "8-bit values": (rgb() * 255, r"rgb: must be linear light in \[0, 1\]"),
    "negative": (rgb() - 1, r"rgb: must be linear light in \[0, 1\]"),
}


@pytest.mark.parametrize("case", BAD_RGB)
def test_bad_rgb(case):
    values, message = BAD_RGB[case]
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        checked_rgb(values.astype(np.float32))
    good = rgb()
    np.testing.assert_array_equal(checked_rgb(good), good)


SRF = np.full((2, 3, 31), 1 / 31, np.float32)
BAD_SRF = {
    "no batch": (SRF[0], r"srf: must be \[n, 3, 31\], rows R, G, B"),
    "one for two": (SRF[:1], r"srf: must be \[n, 3, 31\], rows R, G, B"),
    "other bands": (SRF[..., :30], r"srf: must be \[n, 3, 31\]"),
    "NaN": (SRF * np.float32(np.nan), "srf: every value must be finite"),
    "negative": (SRF * np.array([[1], [-1], [3]], np.float32), r"srf: every row must have a positive sum"),
    "peak 1": (SRF * 31, "srf: its rows must sum to 1"),
}


@pytest.mark.parametrize("case", BAD_SRF)
def test_bad_srf(case):
    values, message = BAD_SRF[case]
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        checked_srf(values)
    balanced = SRF * np.array([[0.8], [1], [1.2]], np.float32)  # as an estimated one
    np.testing.assert_array_equal(checked_srf(balanced), balanced)
    lobed = np.stack([developed.responses(np.arange(400, 701, 10))] * 2)
    assert lobed.min() < -0.05
    np.testing.assert_array_equal(checked_srf(lobed), lobed)


def test_bands():
    assert checked_bands(tf.zeros((2, 0), tf.int32)).numpy().tolist() == [list(range(31))] * 2
    with pytest.raises(tf.errors.InvalidArgumentError, match="bands: must be at most 31 an image"):
        checked_bands(np.zeros((2, 32), np.int32))
    assert checked_bands([[30, 0, 0], [1, 2, 3]]).numpy().tolist() == [[30, 0, 0], [1, 2, 3]]
    for wrong in ([[31], [0]], [[0], [-1]], [[0, 99], [0, 1]]):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"bands: must be indices in \[0, 30\], or none"):
            checked_bands(wrong)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"bands: must be \[n, k\], a row for each image"):
        checked_bands([[1, 2, 3]])
