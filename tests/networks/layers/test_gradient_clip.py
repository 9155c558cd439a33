"""L1 gradient clipping: exact gradients (Eq. 7)."""

import numpy as np
import pytest
import tensorflow as tf

from hsgan.networks.layers.gradient_clip import clip_gradient_l1

SHAPE = (3, 4, 5, 31)
TAU = 1 / np.sqrt(4 * 5 * 31)
RNG = np.random.default_rng(0)


def clipped(upstream, dtype=tf.float32, **arguments):
    x = tf.constant(RNG.standard_normal(upstream.shape), dtype)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = clip_gradient_l1(x, **arguments)
    np.testing.assert_array_equal(tf.cast(y, tf.float32), tf.cast(x, tf.float32))
    return tape.gradient(y, x, output_gradients=tf.constant(upstream, dtype)).numpy()


def with_norms(*norms):
    """Gradients of random direction with these norms, sample by sample."""
    values = RNG.standard_normal(SHAPE)
    return (values / np.linalg.norm(values.reshape(3, -1), axis=1)[:, None, None, None]
            * np.reshape(norms, (3, 1, 1, 1))).astype(np.float32)  # fmt: skip


def norms(gradient):
    return np.linalg.norm(gradient.reshape(len(gradient), -1).astype(float), axis=1)


def test_larger_gradients_get_the_norm_of_an_l1_loss():
    upstream = with_norms(2 * TAU, 10.0, 1e6)
    gradient = clipped(upstream)
    np.testing.assert_allclose(norms(gradient), TAU, rtol=1e-5)
    expected = upstream * (TAU / norms(upstream))[:, None, None, None]
    np.testing.assert_allclose(gradient, expected, rtol=1e-4)


def test_smaller_gradients_pass_bit_by_bit_zero_included():
    upstream = with_norms(0.0, 1e-20, 0.99 * TAU)
    np.testing.assert_array_equal(clipped(upstream), upstream)


def test_samples_do_not_influence_each_other():
    upstream = with_norms(100.0, 0.5 * TAU, 0.0)
    together = clipped(upstream)
    for sample in range(3):
        alone = clipped(upstream[sample : sample + 1])
        np.testing.assert_allclose(together[sample], alone[0], rtol=1e-6)


def test_tau_is_the_gradient_norm_of_a_mean_absolute_error():
    estimate = tf.Variable(RNG.standard_normal(SHAPE), dtype=tf.float32)
    with tf.GradientTape() as tape:
        error = tf.reduce_sum(tf.reduce_mean(tf.abs(estimate), axis=(1, 2, 3)))
    np.testing.assert_allclose(norms(tape.gradient(error, estimate).numpy()), TAU, rtol=1e-5)


def test_the_scale_acts_after_clipping():
    np.testing.assert_allclose(norms(clipped(with_norms(1.0, 1.0, TAU / 2), scale=2.0)), [2 * TAU, 2 * TAU, TAU],
                               rtol=1e-5)  # fmt: skip


@pytest.mark.parametrize("sign", [1, -1])
def test_signs_are_kept(sign):
    upstream = sign * np.abs(with_norms(1.0, 2.0, 3.0))
    assert (np.sign(clipped(upstream)) == np.sign(upstream)).all()


def test_bfloat16_is_clipped_in_float32():
    gradient = clipped(with_norms(1.0, 1e4, TAU / 4), tf.bfloat16)
    # bfloat16 has 8 bits of mantissa
    np.testing.assert_allclose(norms(gradient.astype(np.float32)), [TAU, TAU, TAU / 4], rtol=1e-2)


def test_in_a_graph_of_unknown_size():
    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 31))])
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = 1e3 * tf.reduce_sum(clip_gradient_l1(x))
        return tape.gradient(loss, x)

    np.testing.assert_allclose(norms(gradient(tf.zeros(SHAPE)).numpy()), TAU, rtol=1e-5)
