"""Random crops as pure functions of a stateless seed, for `Dataset.map`; sizes in pixels.

A random rescale by a factor `f`, then a crop of `size`, is done as: cut a window of `size / f`, resize it to `size`.
Factors whose window would leave the image are clipped to the largest window that fits.
"""

from collections.abc import Sequence

import tensorflow as tf

from hsgan.data.area import average_window
from hsgan.records.schema import VOID


def cube_crop(
    values: tf.Tensor, seed: tf.Tensor, size: int, scale: Sequence[float], unit: tf.Tensor | float = 1.0
) -> tf.Tensor:
    """Cuts one random crop out of a scene.

    Args:
      values: uint16 or float [height, width, bands].
      seed: int [2].
      size: side of the crop.
      scale: range of the rescale factor, drawn for each axis alone.
      unit: float [], factor of the result.

    Returns:
      float32 [size, size, bands], in the units of `values * unit`; area average of the window, flipped at random on
      both axes.
    """
    extent = tf.shape(values)[:2]
    draws = tf.random.stateless_uniform([6], seed)
    factor = scale[0] + (scale[1] - scale[0]) * draws[:2]
    window = tf.minimum(tf.cast(tf.round(size / factor), tf.int32), extent)
    offset = _offset(draws[2:4], extent - window)
    flips = draws[4:] < 0.5

    def cut():
        crop = tf.slice(values, [*tf.unstack(offset), 0], [size, size, -1])
        return tf.cast(_flip(_flip(crop, flips[0], 0), flips[1], 1), tf.float32) * unit

    return _where_equal(window, size, cut, lambda: average_window(values, offset, window, size, flips, unit))


def photo_crop(
    image: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor, size: int, scale: Sequence[float]
) -> tuple[tf.Tensor, tf.Tensor]:
    """Cuts one random crop out of a photo and its label map.

    A photo that is smaller than `size` even at the largest factor is continued by reflection, where labels are void.

    Args:
      image: float32 [height, width, 3], in [0, 1].
      labels: uint8 [height, width].
      seed: int [2].
      size: side of the crop.
      scale: range of the rescale factor, one for both axes.

    Returns:
      image float32 [size, size, 3] (bilinear, antialiased), labels int32 [size, size] (nearest), flipped at random
      left to right.
    """
    extent = tf.shape(labels)
    draws = tf.random.stateless_uniform([4], seed)
    fitting = size / tf.cast(tf.reduce_min(extent), tf.float32)
    low = tf.minimum(tf.maximum(tf.cast(scale[0], tf.float32), fitting), scale[1])
    factor = low + (scale[1] - low) * draws[0]
    window = tf.maximum(tf.cast(tf.round(size / factor), tf.int32), 1)
    # Rounding must not ask for a pixel more than a photo that fits has.
    window = tf.where(fitting <= scale[1], tf.minimum(window, tf.reduce_min(extent)), window)
    offset = _offset(draws[1:3], tf.maximum(extent - window, 0))
    rows, real_rows = _mirrored(offset[0], window, extent[0])
    columns, real_columns = _mirrored(offset[1], window, extent[1])
    image = tf.gather(tf.gather(image, rows), columns, axis=1)
    labels = tf.gather(tf.gather(labels, rows), columns, axis=1)
    real = real_rows[:, None] & real_columns[None, :]
    labels = tf.where(real, tf.cast(labels, tf.int32), VOID)
    image = _where_equal(window, size, lambda: image, lambda: _bilinear(image, window, size))
    image = tf.clip_by_value(image, 0, 1)  # the resize's weights sum to 1 only within rounding
    nearest = tf.minimum(
        tf.cast((tf.range(size, dtype=tf.float32) + 0.5) * tf.cast(window, tf.float32) / size, tf.int32), window - 1
    )
    labels = tf.gather(tf.gather(labels, nearest), nearest, axis=1)
    flip = draws[3] < 0.5
    image, labels = _flip(image, flip, 1), _flip(labels, flip, 1)
    return tf.ensure_shape(image, [size, size, 3]), tf.ensure_shape(labels, [size, size])


def shrink(image: tf.Tensor, size: int) -> tf.Tensor:
    """Returns float [height, width, channels] resized to [size, size, channels] by area average."""

    def resized():
        return tf.image.resize(image[None], [size, size], method=tf.image.ResizeMethod.AREA)[0]

    shrunk = _where_equal(tf.shape(image)[:2], size, lambda: image, resized)
    return tf.ensure_shape(shrunk, [size, size, image.shape[-1]])


def _bilinear(image, window, size):
    """Antialiased where it shrinks; where it grows that changes nothing, and costs four times as much."""
    return tf.cond(
        window > size,
        lambda: tf.image.resize(image, [size, size], antialias=True),
        lambda: tf.image.resize(image, [size, size]),
    )


def _where_equal(extent, size, kept, resized):
    return tf.cond(tf.reduce_all(extent == size), kept, resized)


def _offset(draws, room):
    """Returns whole offsets 0 to `room`, all equally likely, from draws in [0, 1)."""
    return tf.minimum(tf.cast(draws * tf.cast(room + 1, tf.float32), tf.int32), room)


def _mirrored(offset, window, extent):
    """Returns pixel indices [window] from `offset` on, reflected at the borders, and which of them are real."""
    index = offset + tf.range(window) - tf.maximum(window - extent, 0) // 2
    real = (index >= 0) & (index < extent)
    period = tf.maximum(2 * (extent - 1), 1)
    folded = tf.math.floormod(index, period)
    return tf.minimum(folded, period - folded), real


def _flip(image, flip, axis):
    return tf.cond(flip, lambda: tf.reverse(image, [axis]), lambda: image)
