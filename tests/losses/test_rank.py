"""The rank loss against singular value decompositions of every patch, by itself, and against finite differences."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan import losses
from hsgan.errors import ConfigError

RNG = np.random.default_rng(0)
SIZES = [(48, 16, (48, 48)), (48, 16, (96, 71)), (6, 2, (12, 9)), (4, 4, (8, 12)), (3, 1, (5, 4))]


def cubes(height, width, bands=31, batch=2):
    """An estimate and a truth whose spectra lie near few dimensions, as natural ones do."""
    rng, shape = np.random.default_rng(1), (batch, height, width)
    truth = rng.random((*shape, 3)) @ rng.random((3, bands)) / 3 + 0.02 * rng.standard_normal((*shape, bands))
    estimate = truth + 0.05 * rng.standard_normal((*shape, bands))
    return estimate.astype(np.float32), truth.astype(np.float32)


def patches_of(cube, patch, stride):
    """Yields (place in the cube, P) of every patch, P float64 [bands, pixels]."""
    for sample in range(cube.shape[0]):
        for top in range(0, cube.shape[1] - patch + 1, stride):
            for left in range(0, cube.shape[2] - patch + 1, stride):
                place = (sample, slice(top, top + patch), slice(left, left + patch))
                yield place, cube[place].reshape(-1, cube.shape[-1]).T.astype(np.float64)


def written_out(estimate, truth, patch, stride, weighting):
    """Value and gradient as section 12 of the method writes them, patch by patch."""
    value, count, gradient = 0.0, 0, np.zeros(estimate.shape)
    pairs = zip(patches_of(estimate, patch, stride), patches_of(truth, patch, stride), strict=True)
    for (place, p), (_, g) in pairs:
        u, sp, _ = np.linalg.svd(p, full_matrices=False)
        sg = np.linalg.svd(g, compute_uv=False)
        mask = np.maximum(sp, sg) > 1e-3
        value, count = value + np.abs(sp - sg)[mask].sum(), count + mask.sum()
        if weighting == "relative":
            weights = (sp - sg) / (np.maximum(sp, sg) ** 2 + 1e-6) / p.size
        else:
            weights = np.sign(sp - sg) / np.maximum(sp, 1e-3)
        pulled = u @ np.diag(weights * mask) @ u.T @ p
        gradient[place] += pulled.T.reshape(patch, patch, -1)
    return value / count, gradient if weighting == "relative" else gradient / count


def value_and_gradient(estimate, truth, *arguments):
    estimate = tf.constant(estimate)
    with tf.GradientTape() as tape:
        tape.watch(estimate)
        value = losses.rank(estimate, truth, *arguments)
    return value.numpy(), tape.gradient(value, estimate).numpy()


@pytest.mark.parametrize("weighting", ["relative", "none"])
@pytest.mark.parametrize(("patch", "stride", "size"), SIZES)
def test_value_and_gradient_are_the_written_formulas(patch, stride, size, weighting):
    bands = 31 if patch == 48 else 4
    estimate, truth = cubes(*size, bands)
    value, gradient = value_and_gradient(estimate, truth, patch, stride, weighting)
    expected_value, expected = written_out(estimate, truth, patch, stride, weighting)
    np.testing.assert_allclose(value, expected_value, rtol=1e-6)
    # The loss's own output is float32.
    np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())


def test_without_weighting_the_gradient_is_the_derivative():
    """By central differences of the value along random directions."""
    estimate, truth = cubes(64, 64)
    _, gradient = value_and_gradient(estimate, truth, 48, 16, "none")
    rng, step = np.random.default_rng(2), 3e-4
    for _ in range(3):
        direction = (gradient / np.abs(gradient).max() + 0.1 * rng.standard_normal(gradient.shape)).astype(np.float32)
        ahead, behind = (losses.rank(estimate + sign * step * direction, truth, 48, 16, "none") for sign in (1, -1))
        # The values are float32 of about 1.5, and differ by about 0.005: rounding is 3e-5 of that.
        np.testing.assert_allclose((ahead - behind) / (2 * step), (gradient * direction).sum(), rtol=1e-4)


def test_small_singular_values_are_resolved():
    """Of float32 Gram matrices nothing would be left of the smaller half of these."""
    u, _ = np.linalg.qr(RNG.standard_normal((31, 31)))
    v, _ = np.linalg.qr(RNG.standard_normal((48**2, 31)))
    singular = np.geomspace(80, 2e-3, 31)
    cube = ((u * singular) @ v.T).T.reshape(1, 48, 48, 31).astype(np.float32)
    np.testing.assert_allclose(losses.rank(cube, np.zeros_like(cube)), singular.mean(), rtol=1e-6)
    shrunk = singular * np.where(singular < 0.02, 0.5, 1)
    other = ((u * shrunk) @ v.T).T.reshape(1, 48, 48, 31).astype(np.float32)
    np.testing.assert_allclose(losses.rank(other, cube), (singular - shrunk).mean(), rtol=1e-3)


def test_relative_weighting_pulls_every_singular_value_alike():
    """Twice the truth: each component is pulled by half its singular value over its square, large or small."""
    truth = cubes(48, 48)[1]
    _, gradient = value_and_gradient(2 * truth, truth)
    (_, pull), (_, p) = next(patches_of(gradient, 48, 16)), next(patches_of(2 * truth, 48, 16))
    u, singular, v = np.linalg.svd(p, full_matrices=False)
    np.testing.assert_allclose(np.diag(u.T @ pull @ v.T) * p.size, np.full(31, 0.5), rtol=1e-4)
    assert singular[0] > 50 * singular[-1]


FLAT = np.full((1, 64, 64, 31), 0.5, np.float32)
BLACK = np.zeros_like(FLAT)
NATURAL = cubes(64, 64, batch=1)[0]


@pytest.mark.parametrize("weighting", ["relative", "none"])
@pytest.mark.parametrize("truth", [FLAT, BLACK, NATURAL], ids=["flat", "black", "natural"])
@pytest.mark.parametrize("estimate", [FLAT, BLACK, NATURAL], ids=["flat", "black", "natural"])
def test_degenerate_patches_give_finite_gradients(estimate, truth, weighting):
    value, gradient = value_and_gradient(estimate, truth, 48, 16, weighting)
    assert np.isfinite(value) and np.isfinite(gradient).all()
    if estimate is truth:
        assert value == 0 and not gradient.any()
    else:
        assert value > 0
    assert np.abs(gradient).max() <= (1e-4 if weighting == "relative" else 1e-2)


def test_what_is_not_a_number_shows_in_the_value():
    broken = NATURAL.copy()
    broken[0, 3, 3, 3] = np.nan
    assert np.isnan(losses.rank(broken, NATURAL)) and np.isnan(losses.rank(NATURAL, broken))


def test_the_truth_gets_no_gradient():
    estimate, truth = map(tf.Variable, cubes(48, 48))
    with tf.GradientTape() as tape:
        value = losses.rank(estimate, truth)
    gradients = tape.gradient(value, [estimate, truth])
    assert gradients[0] is not None and gradients[1] is None


@pytest.mark.parametrize("weighting", ["relative", "none"])
def test_float32_under_mixed_precision_and_in_a_graph(weighting):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        estimate, truth = cubes(64, 48)
        half = tf.cast(estimate, tf.bfloat16)
        graph = tf.function(losses.rank)(half, truth, 48, 16, weighting)
        assert graph.dtype == tf.float32
        exact, _ = written_out(tf.cast(half, tf.float32).numpy(), truth, 48, 16, weighting)
        np.testing.assert_allclose(graph, exact, rtol=1e-6)
        _, gradient = value_and_gradient(half, truth, 48, 16, weighting)
        assert gradient.dtype == tf.bfloat16.as_numpy_dtype
    finally:
        keras.config.set_dtype_policy(before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((48, 16, "square"), "weighting: must be one of 'relative', 'none'. Received: 'square'"),
        ((48, 20, "none"), "stride: must divide patch=48. Received: 20"),
        ((80, 16, "none"), r"at least patch=80. Received: \(64, 64\)"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        losses.rank(NATURAL, NATURAL, *arguments)


def test_the_configuration_refuses_such_a_stride():
    with pytest.raises(ConfigError, match=r"paired\.rank_stride: must divide paired\.rank_patch\. Received: 20"):
        config_lib.load("demo", ["paired.rank_stride=20"])
