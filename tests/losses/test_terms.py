"""Terms of the objectives against a few lines of NumPy, Keras's own losses, and their invariances."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from hsgan import losses

RNG = np.random.default_rng(0)
CUBE = RNG.standard_normal((2, 4, 5, 31)).astype(np.float32)
SRF = RNG.random((2, 3, 31)).astype(np.float32)
RGB = RNG.random((2, 4, 5, 3)).astype(np.float32)
LOGITS = np.array([-3.0, 0.0, 0.5, 80.0], np.float32)


def test_adversarial_terms_are_binary_cross_entropy():
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    ones, zeros = np.ones(4, np.float32), np.zeros(4, np.float32)
    np.testing.assert_allclose(losses.adversarial_generator(LOGITS), entropy(ones, LOGITS), rtol=1e-6)
    expected = entropy(zeros, LOGITS) + entropy(ones, LOGITS[::-1])
    np.testing.assert_allclose(losses.adversarial_discriminator(LOGITS, LOGITS[::-1]), expected, rtol=1e-6)


def test_back_projection():
    error = np.einsum("bhws,bcs->bhwc", CUBE, SRF) - RGB
    np.testing.assert_allclose(losses.back_projection(CUBE, SRF, RGB), (error**2).mean(), rtol=1e-5)


def test_smoothness_forms():
    difference = np.diff(CUBE, axis=-1)
    np.testing.assert_allclose(losses.smoothness(CUBE), np.abs(difference).mean(), rtol=1e-5)
    np.testing.assert_allclose(losses.smoothness(CUBE, "squared"), (difference**2).mean(), rtol=1e-5)
    assert losses.smoothness(np.ones_like(CUBE)) == 0


def test_positivity_forms():
    negative = np.minimum(CUBE, 0)
    expected = (4 * negative**2).sum(axis=(1, 2, 3)).mean()
    np.testing.assert_allclose(losses.positivity(CUBE), expected, rtol=1e-5)
    np.testing.assert_allclose(losses.positivity(CUBE, "absolute"), -2 * negative.sum(axis=(1, 2, 3)).mean(), rtol=1e-5)
    assert losses.positivity(np.abs(CUBE)) == 0


def test_semantic_cross_entropy_skips_void():
    logits = RNG.standard_normal((2, 4, 5, 7)).astype(np.float32)
    labels = RNG.integers(0, 7, (2, 4, 5)).astype(np.int32)
    labels[0, :2] = 255
    known = labels != 255
    expected = -special.log_softmax(logits[known], axis=-1)[np.arange(known.sum()), labels[known]].mean()
    np.testing.assert_allclose(losses.semantic_cross_entropy(logits, labels, 255), expected, rtol=1e-5)
    assert losses.semantic_cross_entropy(logits, np.full_like(labels, 255), 255) == 0


@pytest.mark.parametrize(
    "term",
    [
        lambda cube: losses.back_projection(cube, SRF, RGB),
        losses.smoothness,
        lambda cube: losses.smoothness(cube, "squared"),
        losses.positivity,
        lambda cube: losses.positivity(cube, "absolute"),
    ],
)
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_gradients_are_finite_on_flat_cubes(term, value):
    cube = tf.Variable(tf.fill(CUBE.shape, value))
    with tf.GradientTape() as tape:
        loss = term(cube)
    assert np.isfinite(tape.gradient(loss, cube)).all()
