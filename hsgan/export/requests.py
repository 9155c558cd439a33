"""What a request must be, checked inside the exported graph: a bad one gets a clear error, and the server lives on.

The checks stand before the work: a header that announces a billion pixels is refused before anything is decoded.
"""

import tensorflow as tf

from hsgan.spectra.imaging import srgb_decode
from hsgan.spectra.srf import SUM_TOLERANCE

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC = b"\xff\xd8\xff"
# Of a PNG file: its magic number and the IHDR chunk; place of the depth and the kind of color in it.
PNG_HEADER_BYTES = 33
PNG_COLOR_TYPE = 25
PNG_WITH_COLOR = (2, 3, 6)  # RGB, palette, RGB with alpha; the others are gray


def require(condition: tf.Tensor, message: str, *received: tf.Tensor | int) -> tf.Operation:
    """Returns an operation that fails with `message` unless the scalar `condition` holds."""
    return tf.debugging.Assert(condition, [f"{message} Received:" if received else message, *received], summarize=8)


def checked_rgb(rgb: tf.Tensor, max_pixels: int, full_scale: bool = True) -> tf.Tensor:
    """Returns rgb float32 [n, h, w, 3] after checking shape, size and values.

    Args:
      rgb: what came in. max_pixels: largest n * h * w.
      full_scale: whether values end at 1; those of an image that was brought to a brightness may be larger.
    """
    rgb = _of_any_shape(rgb)
    shape = _padded_shape(rgb, 4)
    sizes = [
        require(
            tf.logical_and(tf.equal(tf.rank(rgb), 4), tf.equal(shape[3], 3)),
            "rgb: must be [n, h, w, 3]: a batch of images, R, G, B last; drop alpha, and do not send gray ones.",
            tf.shape(rgb),
        ),
        require(tf.reduce_all(shape > 0), "rgb: must have at least one image and one pixel.", tf.shape(rgb)),
        _few_enough("rgb", shape[0], shape[1], shape[2], max_pixels),
    ]
    with tf.control_dependencies(sizes):
        rgb = tf.identity(rgb)
    values = tf.reshape(rgb, [-1])
    finite = require(
        tf.reduce_all(tf.math.is_finite(values)), "rgb: every value must be finite; there is NaN or infinity in it."
    )
    low, high = tf.reduce_min(values), tf.reduce_max(values)
    in_range = require(
        tf.logical_not(tf.logical_or(low < 0, high > (1 if full_scale else rgb.dtype.max))),
        "rgb: must be linear light in [0, 1]; divide 8-bit values by 255, then undo the sRGB curve.",
        low,
        high,
    )
    with tf.control_dependencies([finite, in_range]):
        return _with_shape(rgb, (None, None, None, 3))


def checked_srf(srf: tf.Tensor, images: tf.Tensor, bands: int) -> tf.Tensor:
    """Returns srf float32 [n, 3, bands] after checking it.

    Args:
      srf: what came in. images: n, int32 scalar. bands: of the network.
    """
    srf = _of_any_shape(srf)
    wanted = tf.cast(tf.stack([images, 3, bands]), tf.int64)
    shape = require(
        tf.logical_and(tf.equal(tf.rank(srf), 3), tf.reduce_all(tf.equal(_padded_shape(srf, 3), wanted))),
        f"srf: must be [n, 3, {bands}], rows R, G, B over the bands, one SRF an image.",
        tf.shape(srf),
    )
    with tf.control_dependencies([shape]):
        srf = tf.identity(srf)
    sums = tf.reduce_sum(srf, axis=-1)
    mean_sums = tf.reduce_mean(sums, axis=-1)
    values = [
        require(tf.reduce_all(tf.math.is_finite(srf)), "srf: every value must be finite; there is NaN or infinity."),
        # Single values may be negative: those of developed pictures are.
        require(tf.reduce_all(sums > 0), "srf: every row must have a positive sum.", sums),
        require(
            tf.reduce_all(tf.abs(mean_sums - 1) <= SUM_TOLERANCE),
            "srf: its rows must sum to 1, in the mean of the three; divide it by that mean.",
            mean_sums,
        ),
    ]
    with tf.control_dependencies(values):
        return _with_shape(srf, (None, 3, bands))


def checked_bands(indices: tf.Tensor, images: tf.Tensor, bands: int) -> tf.Tensor:
    """Returns the bands asked for, int32 [n, k]; all where none is.

    One row an image, so that a server may join the requests of several callers along their first axis.
    """
    low, high = tf.reduce_min(indices), tf.reduce_max(indices)  # of none: the largest and the smallest int32
    none = tf.equal(tf.size(indices), 0)
    rules = [
        require(
            tf.equal(tf.shape(indices)[0], images), "bands: must be [n, k], a row for each image.", tf.shape(indices)
        ),
        require(
            tf.shape(indices)[1] <= bands,
            f"bands: must be at most {bands} an image, as many as there are.",
            tf.shape(indices),
        ),
        require(
            tf.logical_or(none, tf.logical_and(low >= 0, high < bands)),
            f"bands: must be indices in [0, {bands - 1}], or none for all.",
            indices,
        ),
    ]
    with tf.control_dependencies(rules):
        every = tf.tile(tf.range(bands)[None], [images, 1])
        # Others are refused by the rules. Until those have run, what is made of them must not fail in other words.
        return tf.cond(none, lambda: every, lambda: tf.clip_by_value(indices, 0, bands - 1))


def decoded(image: tf.Tensor, max_pixels: int) -> tf.Tensor:
    """Returns linear rgb float32 [n, h, w, 3] of JPEG or PNG files, string [n], all of one size.

    8 and 16 bit, sRGB. Refused: gray and CMYK images, transparent pixels (as `hsgan.files.photos` does). EXIF
    orientation and color profiles are not applied.
    """
    some = require(tf.size(image) > 0, "image: must hold at least one file.")
    with tf.control_dependencies([some]):
        sizes = tf.map_fn(lambda data: _size(data, max_pixels), image, fn_output_signature=tf.TensorSpec(2, tf.int64))
    height, width = sizes[0, 0], sizes[0, 1]
    rules = [
        require(tf.reduce_all(tf.equal(sizes, sizes[:1])), "image: all of a batch must have one size.", sizes),
        _few_enough("image", tf.size(image, out_type=tf.int64), height, width, max_pixels),
    ]
    with tf.control_dependencies(rules):
        image = tf.identity(image)
    encoded = tf.map_fn(_pixels, image, fn_output_signature=tf.TensorSpec((None, None, 3), tf.float32))
    return srgb_decode(encoded)


def _size(data, max_pixels):
    """Returns (height, width), int64 [2], by the header alone, of a file that may be decoded."""
    start = tf.strings.substr(tf.strings.join([data, b"\0" * PNG_HEADER_BYTES]), 0, PNG_HEADER_BYTES)
    kinds = [
        require(tf.strings.length(data) > 0, "image: is empty; send the bytes of a JPEG or PNG file."),
        require(
            tf.logical_or(_is_png(data), _is_jpeg(data)),
            "image: must be the bytes of a JPEG or PNG file, not a path, base64 text or another format.",
        ),
    ]
    with tf.control_dependencies(kinds):
        size = tf.cond(_is_png(data), lambda: _png_size(start), lambda: _jpeg_size(data))
    with tf.control_dependencies([_few_enough("image", 1, size[0], size[1], max_pixels)]):
        return tf.identity(size)


def _png_size(start):
    header = tf.cast(tf.io.decode_raw(start, tf.uint8), tf.int64)
    width, height = (tf.reduce_sum(header[at : at + 4] * [1 << 24, 1 << 16, 1 << 8, 1]) for at in (16, 20))
    rules = [
        require(
            tf.logical_and(tf.equal(tf.strings.substr(start, 12, 4), b"IHDR"), tf.minimum(width, height) > 0),
            "image: this PNG file is damaged or truncated in its header; send it again.",
        ),
        _colorful(tf.reduce_any(tf.equal(header[PNG_COLOR_TYPE], PNG_WITH_COLOR))),
    ]
    with tf.control_dependencies(rules):
        return tf.stack([height, width])


def _jpeg_size(data):
    shape = tf.image.extract_jpeg_shape(data, output_type=tf.int64)
    with tf.control_dependencies([_colorful(tf.equal(shape[2], 3))]):
        return tf.identity(shape[:2])


def _pixels(data):
    """Returns the encoded values float32 [h, w, 3] in [0, 1] of a file that `_size` has let pass."""
    return tf.cond(_is_png(data), lambda: _png_pixels(data), lambda: _jpeg_pixels(data))


def _png_pixels(data):
    values = tf.image.decode_png(data, channels=4, dtype=tf.uint16)  # 8 bits become 16 exactly
    opaque = require(
        tf.reduce_all(tf.equal(values[..., 3], 65535)),
        "image: has transparent pixels, which have no color of their own; flatten it first.",
    )
    with tf.control_dependencies([opaque]):
        return tf.cast(values[..., :3], tf.float32) / 65535


def _jpeg_pixels(data):
    return tf.cast(tf.image.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE"), tf.float32) / 255


def _is_png(data):
    return tf.equal(tf.strings.substr(data, 0, len(PNG_MAGIC)), PNG_MAGIC)


def _is_jpeg(data):
    return tf.equal(tf.strings.substr(data, 0, len(JPEG_MAGIC)), JPEG_MAGIC)


def _colorful(condition):
    return require(
        condition, "image: must be an RGB photo: a gray one holds no color, a CMYK one inks; convert it first."
    )


def _few_enough(name, images, height, width, max_pixels):
    """Each side is compared too: a product of sides out of a header may overflow."""
    return require(
        tf.logical_and(
            tf.maximum(height, width) <= max_pixels,
            images * tf.minimum(height, max_pixels) * tf.minimum(width, max_pixels) <= max_pixels,
        ),
        f"{name}: n * h * w must be at most {max_pixels}; send less at a time: estimate_srf of a thumbnail, then "
        "known_srf of tiles.",
        images,
        height,
        width,
    )


def _with_shape(tensor, shape):
    """Returns the tensor, known to have a shape. (`tf.ensure_shape` would run before the checks that it waits for.)"""
    tensor = tf.identity(tensor)
    tensor.set_shape(shape)
    return tensor


def _padded_shape(tensor, rank):
    """Returns the first `rank` sides, int64 [rank], ones where there are fewer.

    TensorFlow's optimizer takes a side out of a shape before a check that it was told to wait for.
    """
    return tf.concat([tf.shape(tensor, out_type=tf.int64), tf.ones(rank, tf.int64)], axis=0)[:rank]


def _of_any_shape(tensor):
    """Returns the tensor without what is known of its shape, which would let the checks of it be optimized away."""
    return tf.raw_ops.PlaceholderWithDefault(input=tensor, shape=tf.TensorShape(None))
