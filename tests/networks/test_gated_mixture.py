"""The gate of the mixture: where it starts, what it may change, and what it cannot."""

import keras
import numpy as np
import tensorflow as tf
from mixtures import CAMERA, PRIOR
from subjects import activate

from hsgan import config as config_lib
from hsgan.networks.gated_mixture import GatedMixtureNet
from hsgan.networks.mixture_net import MixtureNet
from hsgan.reconstruct.forward import portable_forward_of
from hsgan.spectra import mixture, srf

DICTIONARY = srf.load("default", np.arange(400, 701, 10))
RGB = np.random.default_rng(0).uniform(0, 0.4, (1, 12, 11, 3)).astype(np.float32)
SRF = CAMERA[None].astype(np.float32)


def network(trained=False):
    config = config_lib.default_config()
    config.model = "gated_mixture"
    config.prior.update({"components": 5, "trained": trained})
    config.gated_mixture.update({"growth": 6, "units": 2})
    keras.utils.set_random_seed(1)
    return GatedMixtureNet(config, DICTIONARY, prior=PRIOR)


def active():
    """A network whose gate says something."""
    net = network()
    activate(net.stage)
    return net


def test_it_starts_at_the_mixture():
    net = network()
    plain = MixtureNet(config_lib.load("mixture", ["prior.components=5"]), DICTIONARY, prior=PRIOR)
    found, expected = net.reconstruct(RGB, SRF), plain.reconstruct(RGB, SRF)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert np.abs(active().reconstruct(RGB, SRF) - expected).max() > 1e-3


def test_the_prior_is_trained_only_if_asked_to():
    gate = len(network().stage.trainable_variables)
    assert len(network().trainable_variables) == gate > 0
    assert len(network(trained=True).trainable_variables) == gate + 3


def test_a_gate_that_raises_all_logits_alike_changes_nothing():
    form = mixture.solve_mixture(SRF, PRIOR.parameters, 1e-6)
    plain = mixture.estimate_mixture(RGB, form)
    alike = mixture.estimate_mixture(RGB, form, gate=lambda rgb, shares: rgb[..., :1] + 0 * shares)
    np.testing.assert_allclose(alike, plain, atol=1e-4)  # logits of some thousands, in float32


def test_a_gate_that_closes_all_but_one_component_gives_its_estimate():
    form = mixture.solve_mixture(SRF, PRIOR.parameters, 1e-6)
    for component in range(5):
        one = [np.array([0.0]), PRIOR.means[[component]], PRIOR.factors[[component]]]
        expected = mixture.mixture(RGB, SRF, one, 1e-6)
        opened = tf.constant(np.where(np.arange(5) == component, 1e6, 0), tf.float32)
        found = mixture.estimate_mixture(RGB, form, gate=lambda rgb, shares, add=opened: add + 0 * shares)
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_it_looks_as_far_as_it_says():
    net = active()
    rgb = tf.Variable(np.resize(RGB, (1, 15, 15, 3)))
    with tf.GradientTape() as tape:
        output = tf.reduce_sum(net.reconstruct(rgb, SRF)[0, 7, 7])
    rows, columns = np.nonzero(np.abs(tape.gradient(output, rgb)[0]).max(axis=-1))
    radius = net.receptive_radius
    assert radius == 3
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (7 - radius, 7 + radius, 7 - radius, 7 + radius)


def test_the_portable_form_gives_its_numbers():
    net = active()
    found = portable_forward_of(net).reconstruct(RGB, SRF)
    np.testing.assert_allclose(found, net.reconstruct(RGB, SRF), atol=1e-4)
