"""FM-Net: the mixture of functions against its definition; the published count's biases; finite at extremes."""

import numpy as np
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.networks import cost, fm_net
from hsgan.spectra import closed_form, srf

DICTIONARY = srf.load("default", np.arange(400, 701, 10))
RNG = np.random.default_rng(0)


def mixture(width=5, filters=4):
    layer = fm_net.FunctionMixture(width, filters)
    layer.build((None, None, None, 3))
    for weight in layer.weights:
        weight.assign(RNG.standard_normal(weight.shape) * 0.2)
    return layer


def test_mixture_by_its_definition():
    """Sigmoids divided by their sum, written out; the functions by the layer's own convolutions."""
    layer, inputs = mixture(), tf.constant(RNG.random((2, 14, 13, 3)), tf.float32)
    scores = inputs
    for convolution in (*layer.mixing, layer.scores):
        scores = convolution(scores)
    sigmoids = 1 / (1 + np.exp(-scores.numpy().astype(np.float64)))
    weights = sigmoids / sigmoids.sum(axis=-1, keepdims=True)
    values = [last(first(inputs)).numpy() for first, last in layer.functions]
    expected = sum(weights[..., [k]] * values[k] for k in range(3))
    np.testing.assert_allclose(layer(inputs), expected, atol=1e-5)
    assert [first.kernel.shape[0] for first, _ in layer.functions] == [3, 7, 11]


def test_weights_stay_finite_where_all_sigmoids_vanish():
    layer = mixture()
    inputs = tf.constant(RNG.random((1, 12, 12, 3)), tf.float32)
    for convolution in layer.mixing:
        convolution.kernel.assign(tf.abs(convolution.kernel) * 10)
    layer.scores.kernel.assign(-tf.abs(layer.scores.kernel) * 10)  # sigmoids of -1e4 and less are 0 in float32
    with tf.GradientTape() as tape:
        output = layer(inputs)
    assert np.isfinite(output).all()
    assert all(np.isfinite(gradient).all() for gradient in tape.gradient(output, layer.trainable_weights))


def test_only_the_functions_have_biases():
    config = config_lib.default_config()
    network = fm_net.FMNet(config, DICTIONARY)
    biases = [weight for weight in network.trainable_weights if len(weight.shape) == 1]
    assert len(biases) == 6 * 6
    assert cost.parameters(network) == 11_792_925


def test_what_the_last_block_gives_is_added_to_the_interpolated_rgb():
    config = config_lib.default_config()
    config.fm_net.blocks, config.fm_net.width = 1, 4
    network = fm_net.FMNet(config, DICTIONARY)
    rgb = tf.constant(RNG.random((1, 8, 8, 3)), tf.float32)
    for _, last in network.fuse[1].functions:
        last.kernel.assign(tf.zeros_like(last.kernel))
    expected = closed_form.interpolate_bands(rgb, DICTIONARY.wavelengths_nm)
    np.testing.assert_allclose(network(rgb)["cube"], expected, atol=1e-6)
