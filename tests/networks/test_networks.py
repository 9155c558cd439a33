"""Generator, SRF estimator, discriminator, semantic branch: sizes, counts, and what the equations demand."""

import numpy as np
import pytest
import tensorflow as tf
from mixtures import PRIOR

from hsgan import config as config_lib
from hsgan.networks.base import ReconstructionNetwork
from hsgan.networks.discriminator import build_discriminator, leading_components, mean_normalized
from hsgan.networks.generator import build_generator
from hsgan.networks.hsgan_net import HSGANNet
from hsgan.networks.semantic import build_semantic_branch
from hsgan.networks.srf_estimator import build_srf_estimator
from hsgan.spectra import closed_form, mixture, srf

GRID = np.arange(400, 701, 10)
DICTIONARY = srf.load("default", GRID)
RNG = np.random.default_rng(0)


def image(*shape):
    return tf.constant(RNG.random(shape), tf.float32)


def settings(initialization="learned"):
    config = config_lib.default_config()
    config.generator.initialization = initialization
    return config


def camera(count):
    return tf.constant(np.repeat(DICTIONARY.responses[:1], count, axis=0))


def trained_like(model):
    """Replaces all weights by random ones of a trained network's size: no zero start, all paths active."""
    model.set_weights([RNG.standard_normal(weight.shape) * 0.1 for weight in model.get_weights()])


def test_parameter_counts_of_the_specification():
    config = settings()
    assert build_generator(config, 31).count_params() == 170_996
    assert build_generator(config, 31).stages[0].count_params() == 42_749
    assert build_srf_estimator(config, DICTIONARY.responses).count_params() == 130_620
    discriminator = build_discriminator(config, 31)
    assert discriminator.count_params() == 630_531
    assert len(discriminator.trainable_variables) == len(discriminator.variables)


def test_the_discriminator_sees_leading_components_of_variance_one():
    rng = np.random.default_rng(3)
    root, mean = rng.standard_normal((31, 31)) * 0.01, rng.uniform(0.2, 0.4, 31)
    spectra = mean + rng.standard_normal((100_000, 31)) @ root.T
    basis = leading_components((mean, root @ root.T), 4)
    seen = spectra / mean.mean() @ basis
    np.testing.assert_allclose(np.cov(seen.T), np.eye(4), atol=0.03)
    variances = np.linalg.eigvalsh(root @ root.T)[::-1]
    np.testing.assert_allclose(np.linalg.norm(basis, axis=0), mean.mean() / np.sqrt(variances[:4]))


def test_the_discriminator_of_components_is_blind_to_the_rest_and_its_noise_follows_the_seed():
    config = settings()
    config.discriminator.update(widths=(4,), units=1, components=3, noise=0.5)
    statistics = np.full(31, 0.3), np.diag(np.arange(31, 0, -1) / 100)
    discriminator = build_discriminator(config, 31, statistics=statistics)
    trained_like(discriminator)
    cube = image(2, 16, 16, 31)
    # The eigenvectors are the bands here: what changes within the others, at the same mean, is not seen.
    other = tf.concat([cube[..., :3], tf.reverse(cube[..., 3:], axis=[-1])], axis=-1)
    np.testing.assert_allclose(discriminator(cube), discriminator(other), rtol=1e-4)
    assert np.abs(discriminator(cube) - discriminator(tf.reverse(cube, axis=[-1]))).max() > 1e-4
    once, again, next_one = (discriminator(cube, seed=tf.constant([7, step])) for step in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert np.abs(once - next_one).max() > 1e-4 and np.abs(once - discriminator(cube)).max() > 1e-4


def test_sizes_come_from_the_configuration():
    config = settings()
    config.generator.stages, config.generator.growth, config.generator.units = 2, 8, 3
    config.discriminator.widths, config.discriminator.units = (8, 16), 2
    generator = build_generator(config, 16)
    assert generator(image(1, 5, 4, 3), image(1, 3, 16)).shape == (1, 5, 4, 16)
    assert build_discriminator(config, 16)(image(3, 32, 64, 16)).shape == (3,)
    estimator = build_srf_estimator(config, RNG.random((5, 3, 16)))
    assert estimator.weights_of(image(1, 32, 32, 3)).shape == (1, 3, 5)


def written_out(generator, rgb, srf):
    """Eqs. 2-4 with concatenations and explicit SZM."""

    def stage(layer, x):
        features = [layer.head(x)]
        for unit in layer.dense.units:
            center = zero_mean if unit.zero_mean else tf.identity
            joined = center(tf.concat(features, axis=-1))
            hidden = unit.activation(tf.nn.conv2d(joined, tf.convert_to_tensor(unit.pointwise)[None, None], 1, "SAME"))
            kernel = tf.transpose(unit.depthwise, (0, 1, 3, 2))
            hidden = tf.nn.depthwise_conv2d(center(hidden), kernel, (1, 1, 1, 1), "SAME")
            features.append(unit.activation(hidden))
        return features[-1]

    first, *others = generator.stages
    cube = stage(first, rgb)
    for layer in others:
        cube = cube + stage(layer, tf.einsum("bhws,bcs->bhwc", cube, srf) - rgb)
    return tf.where(cube > 0, cube, 0.001 * cube)


def zero_mean(x):
    return x - tf.reduce_mean(x, axis=-1, keepdims=True)


def test_the_fused_generator_equals_the_equations():
    generator = build_generator(settings(), 31)
    rgb = image(2, 24, 20, 3)
    plain, fused = written_out(generator, rgb, camera(2)), generator(rgb, camera(2))
    # float32 rounding through 4 stages of 5 units, relative to the largest value
    assert np.abs(plain - fused).max() <= 1e-5 * np.abs(plain).max()


@pytest.mark.parametrize("initialization", ["learned", "smooth"])
def test_receptive_radius_is_6_px_a_stage(initialization):
    """By the gradient of one output pixel: differences of outputs would drown in float32 rounding at the rim."""
    generator = build_generator(settings(initialization), 31)
    trained_like(generator)
    rgb = tf.Variable(image(1, 61, 61, 3))
    with tf.GradientTape() as tape:
        output = tf.reduce_sum(generator(rgb, camera(1))[0, 30, 30])
    rows, columns = np.nonzero(np.abs(tape.gradient(output, rgb)[0]).max(axis=-1))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (6, 54, 6, 54)


def test_physics_initialization_starts_at_the_closed_form():
    rgb = image(2, 9, 8, 3)
    mean, covariance = tf.zeros(31) + 0.1, tf.constant(np.cov(RNG.random((31, 100))), tf.float32)
    smooth = build_generator(settings("smooth"), 31)(rgb, camera(2))
    expected = tf.nn.leaky_relu(closed_form.smooth(rgb, camera(2)), 0.001)
    np.testing.assert_allclose(smooth, expected, atol=1e-6)
    prior = build_generator(settings("prior"), 31)(rgb, camera(2), (mean, covariance))
    expected = tf.nn.leaky_relu(closed_form.wiener(rgb, camera(2), mean, covariance, 1e-4), 0.001)
    np.testing.assert_allclose(prior, expected, atol=1e-6)


def test_mixture_initialization_starts_at_the_closed_form(tmp_path):
    """Its noise is `config.prior`'s; fewer components than configured change nothing; the weights hold all of it."""
    rgb, srf = image(2, 9, 8, 3) / 3, camera(2)
    net = HSGANNet(settings("mixture"), DICTIONARY, prior=PRIOR)
    expected = mixture.mixture(rgb, srf, PRIOR.parameters, 1e-6)
    assert PRIOR.components < net.mixture_layer.components
    np.testing.assert_allclose(net.reconstruct(rgb, srf), expected, atol=1e-5)  # the prior in float32
    net.save_weights(tmp_path / "net.weights.h5")
    again = HSGANNet(settings("mixture"), DICTIONARY)
    again.load_weights(tmp_path / "net.weights.h5")
    np.testing.assert_array_equal(again.reconstruct(rgb, srf), net.reconstruct(rgb, srf))


@pytest.mark.parametrize("trained", [False, True])
def test_the_prior_is_trained_along_only_if_asked_for(trained):
    config = settings("mixture")
    config.prior.trained = trained
    net = HSGANNet(config, DICTIONARY, prior=PRIOR)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(net(image(1, 8, 8, 3))["cube"] ** 2)
    gradients = tape.gradient(loss, net.mixture_layer.variables[:3])
    trainable = {id(variable) for variable in net.trainable_variables}
    assert [id(variable) in trainable for variable in net.mixture_layer.variables] == [trained] * 3 + [False]
    assert all(np.abs(gradient).max() > 0 for gradient in gradients)


def test_srf_estimate_is_a_white_balanced_convex_combination():
    estimator = build_srf_estimator(settings(), DICTIONARY.responses)
    trained_like(estimator)
    weights = estimator.weights_of(image(2, 33, 40, 3)) * 30
    estimate = estimator.combine(weights).numpy()
    gains = estimate.sum(axis=-1)
    np.testing.assert_allclose(gains.mean(axis=1), 1, rtol=1e-5)
    sigmoid = 1 / (1 + np.exp(-weights.numpy()))
    expected = sigmoid.sum(axis=-1) / sigmoid.sum(axis=-1).mean(axis=1, keepdims=True)
    np.testing.assert_allclose(gains, expected, rtol=1e-5)
    shape = estimate / gains[..., None]
    assert (shape >= DICTIONARY.responses.min(axis=0) - 1e-6).all()
    assert (shape <= DICTIONARY.responses.max(axis=0) + 1e-6).all()


def test_one_dominant_weight_picks_that_camera():
    estimator = build_srf_estimator(settings(), DICTIONARY.responses)
    weights = np.full((1, 3, 28), -50.0, np.float32)
    weights[:, :, 7] = 50.0
    np.testing.assert_allclose(estimator.combine(weights)[0], DICTIONARY.responses[7], atol=1e-6)


def test_training_starts_from_the_mean_camera():
    estimator = build_srf_estimator(settings(), DICTIONARY.responses)
    expected = np.repeat(DICTIONARY.responses.mean(axis=0)[None], 2, axis=0)
    np.testing.assert_allclose(estimator(image(2, 32, 32, 3)), expected, atol=1e-6)


def test_a_known_srf_takes_the_estimates_place():
    model = HSGANNet(settings("smooth"), DICTIONARY)
    rgb = image(1, 20, 20, 3)
    output = model(rgb, srf=camera(1))
    np.testing.assert_array_equal(output["srf"], camera(1))
    np.testing.assert_array_equal(output["cube"], model.generator(rgb, camera(1)))


def test_discriminator_ignores_brightness():
    discriminator = build_discriminator(settings(), 31)
    cube = image(2, 64, 64, 31)
    darker = cube * tf.reshape([1.0, 0.25], (2, 1, 1, 1))  # one sample only: batch statistics hide a common factor
    np.testing.assert_allclose(discriminator(cube), discriminator(darker), atol=1e-4)
    np.testing.assert_allclose(tf.reduce_mean(mean_normalized(cube), axis=(1, 2, 3)), 1, rtol=1e-4)
    assert np.isfinite(discriminator(tf.zeros((2, 64, 64, 31)))).all()


def test_the_means_gradient_is_stopped():
    cube = tf.Variable(image(1, 4, 4, 31))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(mean_normalized(cube))
    expected = 1 / (tf.reduce_mean(cube) + 1e-6)
    np.testing.assert_allclose(tape.gradient(total, cube), np.full(cube.shape, expected), rtol=1e-5)


def test_semantic_branch_predicts_at_the_parsers_resolution_and_repeats_its_dropout():
    branch = build_semantic_branch(settings(), classes=11, bands=31, parser_channels=11)
    cube, features = image(2, 32, 32, 31), image(2, 30, 28, 11)
    first = branch(cube, parser_features=features, seed=tf.constant([0, 1]))
    assert first.shape == (2, 30, 28, 11)
    np.testing.assert_array_equal(first, branch(cube, parser_features=features, seed=tf.constant([0, 1])))
    assert np.abs(first - branch(cube, parser_features=features, seed=tf.constant([0, 2]))).max() > 0


def test_a_network_that_does_not_reconstruct_cannot_be_made():
    class Unfinished(ReconstructionNetwork):
        pass

    with pytest.raises(TypeError, match=r"abstract method '?reconstruct"):
        Unfinished(DICTIONARY)
