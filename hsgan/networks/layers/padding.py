"""Padding by repeating edge pixels, for images whose size is known only when the graph runs."""

import tensorflow as tf


def repeat_edges(images: tf.Tensor, height: int | tf.Tensor, width: int | tf.Tensor) -> tf.Tensor:
    """Repeats the last row and column of images [batch, h, w, c] up to a height and width no smaller than theirs.

    Args:
      images: any type, [batch, h, w, c].
      height: a whole number or an int32 scalar.
      width: as `height`.

    Returns:
      The images, [batch, height, width, c].
    """
    shape = tf.shape(images)
    rows, columns = tf.minimum(tf.range(height), shape[1] - 1), tf.minimum(tf.range(width), shape[2] - 1)
    return tf.gather(tf.gather(images, rows, axis=1), columns, axis=2)


def to_multiple(images: tf.Tensor, stride: int) -> tf.Tensor:
    """Repeats the edges of images [batch, h, w, c] so that both sides are multiples of `stride`."""
    if images.shape[1] is not None and images.shape[2] is not None:
        height, width = (-(-side // stride) * stride for side in images.shape[1:3])
        return images if (height, width) == tuple(images.shape[1:3]) else repeat_edges(images, height, width)
    shape = tf.shape(images)
    return repeat_edges(images, -(-shape[1] // stride) * stride, -(-shape[2] // stride) * stride)
