"""DBF's basis: the best of its size for the spectra it is fitted to; the network starts at zero and can be trained."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.networks.dbf import DBFNet, spectral_basis
from hsgan.spectra import imaging, srf

GRID = np.arange(400, 701, 10)
DICTIONARY = srf.load("default", GRID)
RNG = np.random.default_rng(0)


def spectra(count=3000):
    bumps = np.exp(-0.5 * ((GRID[:, None] - GRID[None, ::3]) / 30.0) ** 2)
    return RNG.random((count, bumps.shape[1])) @ bumps.T / 5


@pytest.mark.parametrize("count", [1, 3, 10])
def test_basis_is_the_best_of_its_size(count):
    """Its projection's error equals the truncated singular value decomposition's, which no other basis undercuts."""
    truth = spectra()
    basis = spectral_basis(truth.mean(axis=0), np.cov(truth.T, bias=True), count)
    weights = np.linalg.lstsq(basis, truth.T, rcond=None)[0]
    error = np.sum((truth.T - basis @ weights) ** 2)
    least = np.sum(np.linalg.svd(truth, compute_uv=False)[count:] ** 2)
    np.testing.assert_allclose(error, least, rtol=1e-6)
    np.testing.assert_allclose(np.mean(weights**2, axis=1), 1, rtol=1e-6)
    assert (basis.sum(axis=0) >= 0).all()


def test_basis_takes_moments_without_full_rank():
    basis = spectral_basis(np.zeros(31), np.zeros((31, 31)), 10)
    np.testing.assert_array_equal(basis, np.zeros((31, 10)))


def network_of(truth):
    keras.utils.set_random_seed(0)
    config = config_lib.default_config()
    config.dbf.widths, config.dbf.basis = (8, 12), 10
    return DBFNet(config, DICTIONARY, (truth.mean(axis=0), np.cov(truth.T, bias=True)))


def test_it_starts_at_zero_and_stays_in_the_span_of_the_basis():
    network = network_of(spectra())
    rgb = tf.constant(RNG.random((1, 8, 8, 3)), tf.float32)
    np.testing.assert_array_equal(network(rgb)["cube"], tf.zeros((1, 8, 8, 31)))
    network.unet.head.kernel.assign(RNG.standard_normal(network.unet.head.kernel.shape))
    cube, basis = network(rgb)["cube"].numpy().reshape(-1, 31), np.asarray(network.basis)
    weights = np.linalg.lstsq(basis, cube.T, rcond=None)[0]
    np.testing.assert_allclose(basis @ weights, cube.T, atol=1e-5)
    assert np.abs(cube).max() > 0.01
    assert "basis" not in [weight.name for weight in network.trainable_weights]


def test_reprojection_alone_teaches_it_spectra():
    """RGB is all that it sees of the truth; what the basis makes of it has most of the spectra's energy right."""
    truth = spectra(16 * 16 * 2).reshape(2, 16, 16, 31).astype(np.float32)
    network = network_of(truth.reshape(-1, 31))
    camera = DICTIONARY.responses[:1].repeat(2, axis=0)
    rgb = imaging.project(truth, camera)
    optimizer = keras.optimizers.Adam(3e-3)

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((imaging.project(network(rgb)["cube"], camera) - rgb) ** 2)
        variables = network.trainable_weights
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    losses = [float(step()) for _ in range(150)]
    assert losses[-1] < 0.05 * losses[0]
    error = np.mean((network(rgb)["cube"] - truth) ** 2)
    assert error < 0.2 * np.mean(truth**2)
