"""The mixture prior as a layer and as a network."""

import numpy as np
import pytest
import tensorflow as tf
from mixtures import CAMERA, PRIOR

from hsgan import config as config_lib
from hsgan.networks import cost
from hsgan.networks.layers.mixture import MixtureLayer
from hsgan.networks.mixture_net import MixtureNet
from hsgan.reconstruct.forward import portable_forward_of
from hsgan.spectra import mixture, srf

DICTIONARY = srf.load("default", np.arange(400, 701, 10))
RNG = np.random.default_rng(0)


def network(components=5, **kwargs):
    config = config_lib.load("mixture", [f"prior.components={components}"])
    return MixtureNet(config, DICTIONARY, **{"prior": PRIOR} | kwargs)


def image(height=6, width=5):
    return RNG.uniform(0, 0.4, (1, height, width, 3)).astype(np.float32)


def test_a_layer_starts_at_its_prior():
    layer = MixtureLayer(5, 31)
    layer.start_at(PRIOR)
    for found, expected in zip(layer.parameters(), PRIOR.parameters, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_whatever_the_weights_it_is_a_mixture():
    layer = MixtureLayer(4, 6)
    for weight in layer.weights:
        weight.assign(RNG.normal(0, 3, weight.shape))
    log_weights, _, factors = layer.parameters()
    assert np.exp(log_weights).sum() == pytest.approx(1, rel=1e-5)
    np.testing.assert_array_equal(factors, np.tril(factors))
    assert (np.diagonal(factors, axis1=1, axis2=2) > 0).all()


def test_more_components_than_the_layer_has_are_refused():
    with pytest.raises(ValueError, match=r"prior: must have at most 3 components\. Received: 5"):
        MixtureLayer(3, 31).start_at(PRIOR)


def test_the_network_is_the_closed_form():
    rgb, camera = image(), CAMERA[None].astype(np.float32)
    expected = mixture.mixture(rgb, camera, PRIOR.parameters, 1e-6)
    for components in (5, 8):
        found = network(components).reconstruct(rgb, camera)
        np.testing.assert_allclose(found, expected, atol=1e-4)  # parameters in float32, logits of some thousands


def test_all_weights_are_trained_and_get_gradients():
    net = network()
    assert len(net.trainable_variables) == 3 and len(net.mixture_layer.variables) == 4
    assert cost.parameters(net) == 5 * (1 + 31 + 31 * 31)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(net(image(), srf=CAMERA[None].astype(np.float32))["cube"] ** 2)
    for gradient in tape.gradient(loss, net.trainable_variables):
        assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0


def test_blind_it_supposes_the_mean_camera():
    net, rgb = network(), image()
    expected = net.reconstruct(rgb, DICTIONARY.responses.mean(axis=0)[None])
    np.testing.assert_array_equal(net(rgb)["cube"], expected)


def test_the_portable_form_gives_its_numbers():
    net, rgb = network(8), image()
    found = portable_forward_of(net).reconstruct(rgb, DICTIONARY.responses[2:3])
    np.testing.assert_allclose(found, net.reconstruct(rgb, DICTIONARY.responses[2:3]), atol=1e-4)
