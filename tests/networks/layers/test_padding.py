"""Padding by repeating edges, against NumPy's, with and without static shapes."""

import numpy as np
import pytest
import tensorflow as tf

from hsgan.networks.layers import padding

IMAGES = np.random.default_rng(0).random((2, 5, 7, 3)).astype(np.float32)


def test_edges_are_repeated_as_numpy_does():
    expected = np.pad(IMAGES, ((0, 0), (0, 3), (0, 13), (0, 0)), mode="edge")
    np.testing.assert_array_equal(padding.repeat_edges(tf.constant(IMAGES), 8, 20), expected)


@pytest.mark.parametrize(("stride", "size"), [(1, (5, 7)), (4, (8, 8)), (5, (5, 10)), (16, (16, 16))])
def test_sides_become_multiples(stride, size):
    free = tf.function(lambda x: padding.to_multiple(x, stride), input_signature=[tf.TensorSpec((None,) * 3 + (3,))])
    static = padding.to_multiple(tf.constant(IMAGES), stride)
    assert static.shape == (2, *size, 3)
    np.testing.assert_array_equal(free(IMAGES), static)
    np.testing.assert_array_equal(static[:, :5, :7], IMAGES)


def test_gradients_gather_at_the_edge():
    images = tf.Variable(IMAGES)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(padding.repeat_edges(images, 6, 9))
    expected = np.ones((5, 7))
    expected[-1] *= 2
    expected[:, -1] *= 3
    np.testing.assert_array_equal(tape.gradient(total, images)[0, :, :, 0], expected)
