"""Efficient convolutions and densely connected stacks: the fast form gives the written-out form's numbers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hsgan.networks.layers.efficient import DenselyConnected, EfficientConvolution
from hsgan.networks.layers.normalization import BatchStatisticsNormalization, spectral_zero_mean

RNG = np.random.default_rng(0)


def image(*shape):
    return tf.constant(RNG.standard_normal(shape), tf.float32)


def written_out(layer, inputs):
    """The unit as the method states it: concatenate, SZM, 1x1, ReLU, SZM, depthwise, ReLU."""
    center = spectral_zero_mean if layer.zero_mean else tf.identity
    x = center(tf.concat(inputs, axis=-1))
    x = layer.activation(tf.nn.conv2d(x, tf.convert_to_tensor(layer.pointwise)[None, None], 1, "SAME"))
    kernel = tf.transpose(layer.depthwise, (0, 1, 3, 2))
    return layer.activation(tf.nn.depthwise_conv2d(center(x), kernel, (1, 1, 1, 1), "SAME"))


@pytest.mark.parametrize("zero_mean", [False, True])
@pytest.mark.parametrize("activation", [None, "relu"])
def test_folded_and_concat_free_equals_written_out(zero_mean, activation):
    inputs = [image(2, 9, 7, 31), image(2, 9, 7, 62), image(2, 9, 7, 62)]
    layer = EfficientConvolution(62, activation=activation, zero_mean=zero_mean)
    fast = layer(inputs)
    # float32 sums of 155 products of order 1
    np.testing.assert_allclose(fast, written_out(layer, inputs), atol=1e-5)


def test_zero_mean_ignores_a_common_offset_of_all_channels():
    layer = EfficientConvolution(8, activation="relu", zero_mean=True)
    x = image(1, 6, 6, 31)
    np.testing.assert_allclose(layer(x), layer(x + 3.0), atol=1e-4)


def test_parameter_counts():
    x = image(1, 8, 8, 31)
    for arguments, count in (
        ({}, 31 * 62 + 9 * 62),
        ({"use_bias": True}, 31 * 62 + 11 * 62),
        ({"use_bias": True, "batch_norm": True}, 31 * 62 + 15 * 62),
        ({"kernel_size": 5}, 31 * 62 + 25 * 62),
    ):
        layer = EfficientConvolution(62, **arguments)
        layer(x)
        assert layer.count_params() == count


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (1, 3)])
def test_strides_halve_the_size(size):
    layer = EfficientConvolution(4, strides=2, activation="silu", batch_norm=True, use_bias=True)
    output = layer(image(2, *size, 3))
    assert output.shape == (2, -(-size[0] // 2), -(-size[1] // 2), 4)
    assert layer.compute_output_shape((2, *size, 3)) == output.shape


def test_zero_start_gives_zero():
    layer = EfficientConvolution(31, depthwise_initializer="zeros")
    assert (layer(image(1, 5, 5, 3)).numpy() == 0).all()


@pytest.mark.parametrize(("initial_weights", "gain"), [("he", 6), ("pytorch", 1)])
def test_weights_start_within_the_square_root_of_the_gain_over_the_fan_in(initial_weights, gain):
    layer = EfficientConvolution(400, initial_weights=initial_weights)
    layer.build((None, None, None, 50))
    for weight, fan_in in ((layer.pointwise, 50), (layer.depthwise, 9)):
        limit = np.sqrt(gain / fan_in)
        assert np.abs(weight).max() == pytest.approx(limit, rel=0.01) and np.abs(weight).max() <= limit
        # Uniform: 3,600 draws leave 2 % of the deviation open.
        assert np.std(weight) == pytest.approx(limit / np.sqrt(3), rel=0.05)


def test_zero_mean_excludes_bias():
    with pytest.raises(ValueError, match="zero_mean: excludes use_bias"):
        EfficientConvolution(3, zero_mean=True, use_bias=True)


def dense_stack(**arguments):
    return DenselyConnected([EfficientConvolution(6, activation="relu", **arguments), EfficientConvolution(5)])


def test_dense_stack_sees_all_earlier_outputs():
    stack = dense_stack()
    x = image(2, 6, 7, 3)
    output = stack(x)
    first = stack.units[0](x)
    expected = stack.units[1]([x, first])
    np.testing.assert_array_equal(output, expected)
    assert stack.units[1].pointwise.shape == (9, 5)
    assert output.shape == stack.compute_output_shape(x.shape) == (2, 6, 7, 5)


def test_batch_statistics_normalization():
    layer = BatchStatisticsNormalization()
    x = 5 * image(4, 8, 8, 3) + 2
    first, again = layer(x), layer(x)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(np.mean(first, axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(np.var(first, axis=(0, 1, 2)), 1, atol=1e-3)
    assert len(layer.weights) == len(layer.trainable_weights) == 2
    assert layer.count_params() == 6
    theirs = keras.layers.BatchNormalization(epsilon=layer.epsilon)
    np.testing.assert_allclose(first, theirs(x, training=True), atol=1e-5)
