"""Operations with gradients of their own give what TensorFlow's gradients of the plain forms give."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hsgan.networks.layers.activation import activation, silu
from hsgan.networks.layers.efficient import DenselyConnected, EfficientConvolution, register_multiple
from hsgan.networks.layers.normalization import (
    BatchStatisticsNormalization,
    filled_up,
    shifted_in_vain,
    spectral_zero_mean,
    trained_zero_mean,
)

RNG = np.random.default_rng(0)


def values(*shape, dtype=tf.float64):
    return tf.constant(RNG.standard_normal(shape), dtype)


def gradients(function, *arguments):
    """Returns the first gradient of a weighted sum of outputs, and that of a weighted sum of its squares."""
    weights = tf.constant(np.random.default_rng(1).standard_normal(function(*arguments).shape), arguments[0].dtype)
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(arguments)
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            total = tf.reduce_sum(weights * function(*arguments))
        first = tape.gradient(total, arguments, unconnected_gradients="zero")
        squares = tf.add_n([tf.reduce_sum(tf.square(gradient)) for gradient in first])
    return first, outer.gradient(squares, arguments, unconnected_gradients="zero")


def assert_alike(mine, plain, *arguments):
    np.testing.assert_allclose(mine(*arguments), plain(*arguments), rtol=1e-12, atol=1e-12)  # float64
    for found, expected in zip(gradients(mine, *arguments), gradients(plain, *arguments), strict=True):
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


def test_silu():
    x = tf.concat([values(50), tf.constant([0.0, 1e-300, 30.0, -30.0, 700.0, -700.0], tf.float64)], 0)
    assert_alike(silu, lambda x: x / (1 + tf.exp(-x)), x)
    assert activation("silu") is silu and activation("relu") is keras.activations.relu


def test_zero_mean_is_its_own_gradient():
    assert_alike(lambda x: trained_zero_mean(x, 7), spectral_zero_mean, values(2, 3, 3, 7))


def test_zero_mean_of_the_first_channels_alone():
    x = values(2, 3, 3, 7)
    wide = trained_zero_mean(filled_up(x, 16), 7)
    np.testing.assert_allclose(wide[..., :7], spectral_zero_mean(x), atol=1e-12)


def test_a_bias_before_a_normalization_does_nothing():
    norm = BatchStatisticsNormalization()
    norm.build((None, None, None, 5))
    norm.gamma.assign(RNG.uniform(0.5, 2, 5))
    norm.beta.assign(RNG.standard_normal(5))
    x, bias = values(4, 6, 6, 5, dtype=tf.float32), values(5, dtype=tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch((x, bias))
        cheap, plain = norm(shifted_in_vain(x, bias)), norm(tf.nn.bias_add(x, bias))
        mine, written_out = tf.reduce_sum(cheap**3), tf.reduce_sum(plain**3)
    np.testing.assert_allclose(cheap, plain, atol=1e-5)  # float32, of order 1
    for found, expected in zip(tape.gradient(mine, (x, bias)), tape.gradient(written_out, (x, bias)), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-3)  # sums of 144 float32 of order 10


@pytest.mark.parametrize(
    ("channels", "expected"), [(62, 64), (31, 32), (22, 32), (64, 64), (59, 64), (118, 128), (4, 4), (17, 17), (84, 96)]
)
def test_channels_are_filled_up_where_that_is_cheap(channels, expected):
    assert register_multiple(channels) == expected


def pixels(x):
    return tf.reduce_sum(tf.sin(x))


@pytest.mark.parametrize(
    "arguments",
    [
        {"activation": "relu", "zero_mean": True},
        {"activation": "relu", "use_bias": True},
        {"activation": "silu", "use_bias": True, "batch_norm": True},
    ],
)
def test_training_computes_with_more_channels_and_gives_the_same(arguments):
    units = [EfficientConvolution(width, **arguments) for width in (14, 14, 15)]
    stack = DenselyConnected([*units, EfficientConvolution(5)])
    x = values(2, 6, 7, 3, dtype=tf.float32)
    stack(x)
    for weight in stack.trainable_weights:
        weight.assign(weight + 0.2 * RNG.standard_normal(weight.shape))
    assert units[0](x, channels=16).shape[-1] == 16
    found = []
    for training in (False, True):
        with tf.GradientTape() as tape:
            tape.watch(x)
            output = stack(x, training=training)
            loss = pixels(output)
        found.append([output, *tape.gradient(loss, [x, *(weight.value for weight in stack.trainable_weights)])])
    assert found[0][0].shape == (2, 6, 7, 5)
    for plain, wide in zip(*found, strict=True):
        scale = max(1.0, np.abs(plain).max())
        np.testing.assert_allclose(wide, plain, atol=2e-5 * scale)  # float32
