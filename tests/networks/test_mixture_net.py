"""The mixture prior as a layer and as a network."""

import numpy as np
import pytest
import tensorflow as tf
from mixtures import CAMERA, PRIOR

from hsgan import config as config_lib
from hsgan.networks import cost
from hsgan.networks.layers.mixture import MixtureLayer
from hsgan.networks.mixture_net import MixtureNet
from hsgan.reconstruct.forward import forward_of, portable_forward_of
from hsgan.reconstruct.methods import Knowledge, closed_forms
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


def test_blind_it_supposes_its_cameras_by_their_evidence():
    net, rgb = network(), np.concatenate([image(), 2 * image()])
    # The same prior as a method without a network, in float64.
    (method,) = closed_forms(DICTIONARY, Knowledge(PRIOR.moments, prior=PRIOR), ["mixture"])
    found = net(rgb)
    for number, photo in enumerate(rgb):
        np.testing.assert_allclose(found["srf"][number], method.estimate_srf(photo), atol=1e-5)
    assert np.abs(found["srf"] - DICTIONARY.responses.mean(axis=0)).max() > 1e-3
    np.testing.assert_allclose(found["cube"], net.reconstruct(rgb, found["srf"]), atol=1e-6)


@pytest.mark.parametrize("form", [forward_of, portable_forward_of])
def test_exports_see_the_same_evidence(form):
    net, rgb = network(), image()
    np.testing.assert_allclose(form(net).estimate_srf(rgb), net.estimate_srf(rgb), atol=1e-6)


def test_the_portable_form_gives_its_numbers():
    net, rgb = network(8), image()
    found = portable_forward_of(net).reconstruct(rgb, DICTIONARY.responses[2:3])
    np.testing.assert_allclose(found, net.reconstruct(rgb, DICTIONARY.responses[2:3]), atol=1e-4)
