"""The counter of multiply-adds, against layers counted by hand and the counts of the method's specification."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.errors import HsganError
from hsgan.networks import cost
from hsgan.networks.build import build_network
from hsgan.spectra import closed_form, srf

DICTIONARY = srf.load("default", np.arange(400, 701, 10))


def count(function, *shapes):
    """Multiply-adds of a function of tensors of these shapes."""
    specs = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
    return cost.graph_multiply_adds(tf.function(function).get_concrete_function(*specs).graph)


def network_of(model, **sections):
    config = config_lib.default_config()
    config.model = model
    for section, values in sections.items():
        config[section].update(values)
    return build_network(config, DICTIONARY)


@pytest.mark.parametrize(
    ("layer", "channels", "expected"),
    [
        # outputs * what each of them sums over, for images of 10 x 12 pixels
        (keras.layers.Conv2D(5, 3, padding="same"), 4, (10 * 12 * 5) * (9 * 4)),
        (keras.layers.Conv2D(5, (3, 5), padding="valid"), 4, (8 * 8 * 5) * (15 * 4)),
        (keras.layers.Conv2D(5, 3, strides=2, padding="same"), 4, (5 * 6 * 5) * (9 * 4)),
        (keras.layers.Conv2D(5, 3, dilation_rate=2, padding="same"), 4, (10 * 12 * 5) * (9 * 4)),
        (keras.layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same"), 4, (10 * 12 * 8) * 9),
        (keras.layers.DepthwiseConv2D(3, strides=2, padding="same"), 4, (5 * 6 * 4) * 9),
        (keras.layers.SeparableConv2D(5, 3, padding="same"), 4, 10 * 12 * (4 * 9 + 4 * 5)),
        # each of the 10 x 12 inputs times a whole kernel
        (keras.layers.Conv2DTranspose(5, 2, strides=2), 4, (10 * 12 * 4) * (4 * 5)),
        (keras.layers.Conv2DTranspose(5, 3, strides=2, padding="same"), 4, (10 * 12 * 4) * (9 * 5)),
        (keras.layers.Dense(7), 4, (10 * 12) * (4 * 7)),
        (keras.layers.EinsumDense("bhwc,cs->bhws", output_shape=(10, 12, 7)), 4, (10 * 12) * (4 * 7)),
        (keras.layers.ReLU(), 4, 0),
        (keras.layers.MaxPooling2D(), 4, 0),
    ],
    ids=lambda value: value.name if isinstance(value, keras.layers.Layer) else str(value),
)
def test_layers_counted_by_hand(layer, channels, expected):
    layer.build((1, 10, 12, channels))
    assert count(layer, (1, 10, 12, channels)) == expected


@pytest.mark.parametrize(
    ("function", "shapes", "expected"),
    [
        # two groups of two channels each
        (lambda x, k: tf.nn.conv2d(x, k, 1, "SAME"), [(1, 10, 12, 4), (3, 3, 2, 6)], (10 * 12 * 6) * (9 * 2)),
        (tf.matmul, [(3, 4), (4, 5)], 3 * 4 * 5),
        (lambda a, b: tf.matmul(a, b, transpose_a=True), [(4, 3), (4, 5)], 3 * 4 * 5),
        (lambda a, b: tf.matmul(a, b, transpose_b=True), [(3, 4), (5, 4)], 3 * 4 * 5),
        (tf.matmul, [(2, 6, 3, 4), (2, 6, 4, 5)], 2 * 6 * 3 * 4 * 5),
        (lambda a, b: tf.matmul(a, b, transpose_a=True), [(2, 4, 3), (2, 4, 5)], 2 * 3 * 4 * 5),
        (lambda a, b: tf.einsum("bhws,bcs->bhwc", a, b), [(2, 5, 6, 31), (2, 3, 31)], 2 * 5 * 6 * 31 * 3),
        (lambda a, b: tf.einsum("...s,cs->...c", a, b), [(2, 5, 6, 31), (3, 31)], 2 * 5 * 6 * 31 * 3),
        (lambda a: tf.einsum("bij->bji", a), [(2, 5, 6)], 0),
        (lambda a, b: tf.tensordot(a, b, axes=[[-1], [1]]), [(5, 6, 3), (31, 3)], 5 * 6 * 3 * 31),
        # L = [[a, 0, 0], [b, c, 0], [d, e, f]]: products in the sums of c, e and f (1 + 1 + 2)
        (tf.linalg.cholesky, [(2, 3, 3)], 2 * 4),
        (tf.linalg.triangular_solve, [(3, 3), (3, 31)], (0 + 1 + 2) * 31),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_products_counted_by_hand(function, shapes, expected):
    assert count(function, *shapes) == expected


def test_what_cannot_be_counted_is_an_error():
    with pytest.raises(HsganError, match=r"the cost of an operation must be known\. Received: Conv3D"):
        count(lambda x: tf.nn.conv3d(x, tf.ones((3, 3, 3, 2, 4)), (1,) * 5, "SAME"), (1, 4, 4, 4, 2))
    inner = tf.function(lambda x: tf.matmul(x, x))
    with pytest.raises(HsganError, match=r"Received: PartitionedCall .*nested functions"):
        count(lambda x: inner(x), (3, 3))
    with pytest.raises(HsganError, match=r"Received: StatelessWhile"):
        count(lambda x: tf.while_loop(lambda i, y: i < 9, lambda i, y: (i + 1, tf.matmul(y, y)), (0, x))[1], (3, 3))
    with pytest.raises(HsganError, match=r"shapes must be known"):
        count(lambda x: tf.matmul(x, tf.ones((4, 5))), (None, 4))


def test_the_unpaired_network_as_the_specification_counts_it():
    """43.7 G at 482x512 is the sum over its convolutions; back-projections and the dictionary come on top."""
    network = network_of("hsgan")
    assert cost.parameters(network) == 301_616
    pixels = 482 * 512
    products = 3 * 93 * pixels + 28 * 93
    total = cost.multiply_adds(network, 482, 512)
    assert round((total - products) / 1e8) == 437
    assert round(total / pixels / 1e3) == 177


def test_stages_cost_their_weights_at_every_pixel():
    network = network_of("hsgan", generator={"initialization": "smooth"})
    matrix = 31 * 31 * 3 + 31 * 9 + 4 + 3 * 32 + 3 * 32  # C P, its Gram matrix, Cholesky, and two triangular solves
    counted = count(lambda rgb: network(rgb, DICTIONARY.responses[:1]), (1, 40, 30, 3))
    assert counted == 40 * 30 * (170_996 + 3 * 93 + 93) + matrix


def test_interpolation_is_one_matrix_at_each_pixel():
    wavelengths_nm = DICTIONARY.wavelengths_nm
    assert count(lambda rgb: closed_form.interpolate_bands(rgb, wavelengths_nm), (20, 30, 3)) == 20 * 30 * 93


def test_a_large_image_is_counted_without_its_memory():
    assert cost.multiply_adds(network_of("chs_gan"), 1392, 1300) == 448_664 * 1392 * 1300
