"""Gradient penalties: closed forms, finite differences, and what happens where there is no gradient."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.losses.gradient_penalty import CENTERS, between, gradient_penalty
from hsgan.networks.discriminator import build_discriminator

RNG = np.random.default_rng(0)
SHAPE = (3, 4, 5, 6)


def cubes(*shape):
    return tf.constant(RNG.random(shape or SHAPE), tf.float32)


def weight_gradients(tape, value, judge):
    """Gradients of the weights that the penalty depends on, as NumPy arrays, and those weights."""
    variables = judge.trainable_variables
    pairs = [(g, v) for g, v in zip(tape.gradient(value, variables), variables, strict=True) if g is not None]
    return [gradient.numpy() for gradient, _ in pairs], [variable for _, variable in pairs]


def discriminator(regularizer="gp1", widths=(4, 6)):
    keras.utils.set_random_seed(2)
    config = config_lib.default_config()
    config.discriminator.widths, config.discriminator.units = widths, 2
    config.loss.regularizer = regularizer
    return build_discriminator(config, 6)


@pytest.mark.parametrize("center", CENTERS.values())
def test_a_linear_judge_has_one_norm_everywhere(center):
    weights = cubes(*SHAPE[1:]) - 0.5
    found = gradient_penalty(lambda x: tf.einsum("bhws,hws->b", x, weights), cubes(), center)
    np.testing.assert_allclose(found, (np.linalg.norm(weights) - center) ** 2, rtol=1e-5)


@pytest.mark.parametrize("center", CENTERS.values())
def test_norms_are_per_sample(center):
    x = cubes() * tf.reshape([0.1, 1.0, 3.0], (3, 1, 1, 1))
    found = gradient_penalty(lambda x: tf.reduce_sum(x * x, axis=(1, 2, 3)) / 2, x, center)
    norms = np.linalg.norm(x.numpy().reshape(3, -1), axis=1)
    np.testing.assert_allclose(found, np.mean((norms - center) ** 2), rtol=1e-5)


@pytest.mark.parametrize("center", CENTERS.values())
def test_the_gradient_in_the_weights_is_that_of_finite_differences(center):
    """On a judge with a curved response, in float64."""
    weights = tf.Variable(RNG.standard_normal((6, 4)))
    x = tf.constant(RNG.random(SHAPE))

    def penalty():
        return gradient_penalty(
            lambda x: tf.reduce_sum(tf.tanh(tf.tensordot(x, weights, 1)) ** 3, (1, 2, 3)), x, center
        )

    with tf.GradientTape() as tape:
        value = penalty()
    gradient = tape.gradient(value, weights).numpy()
    step, direction = 1e-5, RNG.standard_normal((6, 4))
    start = weights.numpy()
    ends = []
    for sign in (1, -1):
        weights.assign(start + sign * step * direction)
        ends.append(float(penalty()))
    # Central differences: error of order step**2.
    assert (gradient * direction).sum() == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-6)


@pytest.mark.parametrize("regularizer", ["gp1", "spectral_norm"])
def test_the_gradient_through_the_discriminator_is_that_of_finite_differences(regularizer):
    """Batch normalization, swish and depthwise convolutions have second derivatives."""
    judge = discriminator(regularizer)
    x = cubes(2, 32, 32, 6)

    def penalty():
        return gradient_penalty(judge.judge, x, 0.0)

    with tf.GradientTape() as tape:
        value = penalty()
    gradients, variables = weight_gradients(tape, value, judge)
    norm = np.sqrt(sum(np.square(gradient).sum() for gradient in gradients))
    start = [variable.numpy() for variable in variables]
    step, ends = 1e-2 * float(value) / norm, []
    for sign in (1, -1):
        for variable, value_, gradient in zip(variables, start, gradients, strict=True):
            variable.assign(value_ + sign * step * gradient / norm)
        ends.append(float(penalty()))
    # Along the gradient the slope is its length; float32 values that differ by 2 % have a difference good to 1 %.
    assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(norm, rel=0.02)


def test_where_there_is_no_gradient_the_penalty_and_its_gradient_are_finite():
    """gp0 at its optimum, and at the start of a discriminator whose last layer is zero."""
    judge = discriminator()
    judge.score.kernel.assign(0 * judge.score.kernel)
    x = cubes(2, 32, 32, 6)
    for center, expected in ((0.0, 0.0), (1.0, 1.0)):
        with tf.GradientTape() as tape:
            value = gradient_penalty(judge.judge, x, center)
        assert float(value) == expected
        gradients, _ = weight_gradients(tape, value, judge)
        assert all(np.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize("value", [0.0, 1e-6, 1.0, 1e4])
@pytest.mark.parametrize("center", CENTERS.values())
def test_flat_black_and_extreme_cubes_are_finite(value, center):
    judge = discriminator()
    x = tf.fill((2, 32, 32, 6), np.float32(value))
    with tf.GradientTape() as tape:
        found = gradient_penalty(judge.judge, x, center)
    gradients, _ = weight_gradients(tape, found, judge)
    assert np.isfinite(found) and all(np.isfinite(gradient).all() for gradient in gradients)


def test_black_cubes_do_not_count():
    x = cubes(4, 4, 5, 6) * tf.reshape([1.0, 0.0, 1.0, 0.0], (4, 1, 1, 1))
    found = gradient_penalty(lambda x: 2 * tf.reduce_sum(x, axis=(1, 2, 3)), x, 1.0)
    np.testing.assert_allclose(found, (2 * np.sqrt(120) - 1) ** 2 / 2, rtol=1e-5)


def test_without_batch_statistics_each_sample_is_judged_alone():
    judge = discriminator("spectral_norm")
    x = cubes(3, 32, 32, 6)
    alone = [float(gradient_penalty(judge.judge, x[i : i + 1], 1.0)) for i in range(3)]
    np.testing.assert_allclose(gradient_penalty(judge.judge, x, 1.0), np.mean(alone), rtol=1e-4)


def test_points_lie_between_and_follow_seed_and_step():
    real, fake = cubes(), cubes() + 2
    points = between(real, fake, [1, 5]).numpy()
    share = (fake - points) / (fake - real)
    for sample in share.numpy():
        np.testing.assert_allclose(sample, sample.flat[0], atol=1e-5)
    shares = share.numpy()[:, 0, 0, 0]
    assert len(set(shares.round(4))) == 3 and shares.min() >= 0 and shares.max() < 1
    np.testing.assert_array_equal(points, between(real, fake, [1, 5]))
    for seed in ([1, 6], [2, 5]):
        assert np.abs(points - between(real, fake, seed)).max() > 0.01


def test_shares_are_uniform():
    points = between(tf.ones((4000, 1, 1, 1)), tf.zeros((4000, 1, 1, 1)), [0, 0]).numpy().ravel()
    # 4000 draws: deciles hold 400, standard deviation 19.
    assert np.abs(np.histogram(points, 10, (0, 1))[0] - 400).max() < 5 * 19
