"""Spectral normalization against NumPy's singular values, and its gradient against the closed form."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hsgan.networks.layers.spectral_norm import (
    NormalizedDense,
    NormalizedEfficientConvolution,
    SpectralNormalization,
    depthwise_normalized,
)

RNG = np.random.default_rng(0)
SHAPES = [(155, 62), (31, 64), (3, 8), (512, 1), (1, 1)]


def matrix(*shape):
    return tf.constant(RNG.standard_normal(shape), tf.float32)


def converged(kernel, steps=1000):
    keras.utils.set_random_seed(1)
    layer = SpectralNormalization()
    layer.build(kernel.shape)
    iterate = tf.function(layer.iterate)
    for _ in range(steps):
        iterate(kernel)
    return layer


def singular(kernel):
    return np.linalg.svd(np.asarray(kernel, np.float64), compute_uv=False)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_estimate_converges_to_the_largest_singular_value(shape):
    kernel = matrix(*shape)
    layer = converged(kernel)
    # float32, and a thousand steps where the second singular value is within a few percent of the first.
    np.testing.assert_allclose(layer.norm(kernel), singular(kernel)[0], rtol=1e-4)
    assert singular(layer(kernel))[0] == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_the_estimate_is_never_above_the_truth_and_grows(steps):
    kernel = matrix(40, 30)
    first, later = (float(converged(kernel, count).norm(kernel)) for count in (steps, steps + 2))
    assert first < later <= singular(kernel)[0] * (1 + 1e-6)


def test_the_gradient_flows_through_the_norm():
    """d<G, W / sigma>/dW = (G - <G, W / sigma> v u^T) / sigma, by NumPy's singular vectors."""
    kernel, upstream = matrix(12, 7), matrix(12, 7)
    layer = converged(kernel)
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        normalized = layer(kernel)
    gradient = tape.gradient(normalized, kernel, output_gradients=upstream).numpy()
    v, values, u = np.linalg.svd(kernel.numpy().astype(np.float64))
    outer = np.outer(v[:, 0], u[0])
    inner = (upstream.numpy() * kernel.numpy() / values[0]).sum()
    np.testing.assert_allclose(gradient, (upstream.numpy() - inner * outer) / values[0], atol=1e-4)
    # The function does not depend on the size of the kernel: no gradient along it.
    assert abs((gradient * kernel.numpy()).sum()) < 1e-4
    # What it would be were the norm a constant.
    assert np.abs(gradient - upstream.numpy() / values[0]).max() > 0.01


def test_a_call_changes_no_state_and_iterate_changes_the_vector_alone():
    layer = NormalizedEfficientConvolution(6)
    x = matrix(2, 5, 4, 3)
    first = layer(x)
    before = [np.array(weight) for weight in layer.get_weights()]
    np.testing.assert_array_equal(layer(x), first)
    assert all((a == b).all() for a, b in zip(before, layer.get_weights(), strict=True))
    layer.iterate()
    changed = [weight.path for weight, old in zip(layer.weights, before, strict=True) if (weight.numpy() != old).any()]
    assert [path.rsplit("/", 1)[-1] for path in changed] == ["u"]
    assert [weight.path for weight in layer.non_trainable_weights] == changed


def test_a_depthwise_kernel_is_divided_by_the_norm_of_its_block_diagonal_matrix():
    kernel = matrix(3, 3, 1, 5)
    blocks = np.zeros((45, 5))
    for channel in range(5):
        blocks[9 * channel : 9 * channel + 9, channel] = kernel.numpy()[..., 0, channel].ravel()
    np.testing.assert_allclose(depthwise_normalized(kernel), kernel / singular(blocks)[0], rtol=1e-5)


@pytest.mark.parametrize("build", [lambda: NormalizedEfficientConvolution(6), lambda: NormalizedDense(6)])
def test_the_size_of_a_kernel_does_not_matter(build):
    layer = build()
    x = matrix(2, 5, 4, 3) if isinstance(layer, NormalizedEfficientConvolution) else matrix(2, 3)
    first = layer(x)
    for weight in layer.trainable_weights:
        if "bias" not in weight.path:
            weight.assign(1000 * weight)
    np.testing.assert_allclose(layer(x), first, rtol=1e-4, atol=1e-6)


def test_zero_and_extreme_kernels_are_finite_and_so_are_their_gradients():
    layer = SpectralNormalization()
    layer.build((4, 3))
    for size in (0.0, 1e-12, 1e12):
        for function, kernel in ((layer, size * matrix(4, 3)), (depthwise_normalized, size * matrix(3, 3, 1, 4))):
            with tf.GradientTape() as tape:
                tape.watch(kernel)
                total = tf.reduce_sum(tf.square(function(kernel)))
            assert np.isfinite(total) and np.isfinite(tape.gradient(total, kernel)).all()


def test_a_vector_becomes_a_unit_vector_at_once():
    layer = NormalizedDense(1)
    layer(matrix(1, 512))
    weights = layer.spectral(tf.convert_to_tensor(layer.kernel))
    assert np.linalg.norm(weights) == pytest.approx(1, rel=1e-5)
