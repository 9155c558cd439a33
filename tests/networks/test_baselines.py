"""What all baseline networks share: published counts, any image size, gradients, precision, weights, reach."""

import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.errors import ConfigError
from hsgan.networks import cost
from hsgan.networks.build import build_network
from hsgan.spectra import srf

GRID = np.arange(400, 701, 10)
DICTIONARY = srf.load("default", GRID)
RNG = np.random.default_rng(0)
SMALL = {
    "hscnn_d": {"blocks": 3},
    "fm_net": {"blocks": 2, "width": 6},
    "chs_gan": {"widths": (4, 6, 8)},
    "dbf": {"widths": (4, 6, 8), "basis": 4},
}
BASELINES = pytest.mark.parametrize("model", list(SMALL))


def image(*shape):
    return tf.constant(RNG.random(shape), tf.float32)


def published(model):
    config = config_lib.default_config()
    config.model = model
    return build_network(config, DICTIONARY)


def small(model, dtype=None, statistics=None):
    config = config_lib.default_config()
    config.model = model
    config[model].update(SMALL[model])
    return build_network(config, DICTIONARY, statistics, dtype)


def trained_like(network):
    """Replaces the trained weights by random positive ones: no zero start, all paths active; constants stay.

    Their sums are about 1, so that signals keep their size and no sigmoid saturates.
    """
    for weight in network.trainable_weights:
        inputs = np.prod(weight.shape[:-1]) if len(weight.shape) > 1 else 10
        weight.assign(2 * RNG.random(weight.shape) / inputs)


@pytest.mark.parametrize(
    ("model", "parameters", "multiply_adds"),
    [
        # HSCNN-D has no bias, so that every weight is used once a pixel; of FM-Net's, the 2 x 3 biases of six blocks
        # (64, but 31 in the last) are not multiplied, and the interpolation over the bands is.
        ("hscnn_d", 3_606_816, 3_606_816),
        ("fm_net", 11_792_925, 11_792_925 - (6 * 6 * 64 - 3 * 33) + 93),
        # Every level of 2x2 pixels costs a quarter of its weights; a transposed convolution one kernel a coarse pixel.
        ("chs_gan", 1_090_463, 448_664),
        ("dbf", 1_129_138, 455_675 + 310),
    ],
)
def test_published_sizes(model, parameters, multiply_adds):
    network = published(model)
    assert cost.parameters(network) == parameters
    assert cost.multiply_adds(network, 8, 12) == multiply_adds * 8 * 12


@BASELINES
@pytest.mark.parametrize("size", [(16, 16), (9, 13), (1, 1), (2, 70)])
def test_any_image_size(model, size):
    network = small(model)
    output = network(image(2, *size, 3))
    assert output["cube"].shape == (2, *size, 31)
    assert output["srf"].shape == (2, 3, 31)
    assert np.isfinite(output["cube"]).all()


@BASELINES
def test_size_may_be_unknown_in_the_graph(model):
    network = small(model)
    trained_like(network)
    free = tf.function(lambda rgb: network(rgb)["cube"], input_signature=[tf.TensorSpec((None, None, None, 3))])
    rgb = image(1, 9, 14, 3)
    np.testing.assert_allclose(free(rgb), network(rgb)["cube"], atol=1e-5)


@BASELINES
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_gradients_reach_all_weights(model, policy):
    network = small(model, policy, (np.full(31, 0.3), np.eye(31) * 0.01))
    trained_like(network)
    with tf.GradientTape() as tape:
        cube = network(image(2, 12, 12, 3))["cube"]
        loss = tf.reduce_sum(cube**2)
    assert cube.dtype == tf.float32
    for weight, gradient in zip(network.trainable_weights, tape.gradient(loss, network.trainable_weights), strict=True):
        assert weight.dtype == "float32"
        assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0, weight.path


@BASELINES
def test_precision_changes_little(model):
    networks = [small(model, policy, (np.full(31, 0.3), np.eye(31) * 0.01)) for policy in (None, "mixed_bfloat16")]
    trained_like(networks[0])
    networks[1].set_weights(networks[0].get_weights())
    rgb = image(1, 16, 16, 3)
    full, half = (network(rgb)["cube"].numpy() for network in networks)
    # bfloat16 has 8 bits: 0.4 % a rounding, of sums of positive terms, through up to ten layers
    assert 0 < np.abs(full - half).max() <= 0.05 * np.abs(full).max()


@BASELINES
def test_weights_survive_a_file(model, tmp_path):
    statistics = (RNG.random(31), np.cov(RNG.random((31, 100))))
    network = small(model, statistics=statistics)
    trained_like(network)
    network.save_weights(tmp_path / "x.weights.h5")
    again = small(model)
    again.load_weights(tmp_path / "x.weights.h5")
    rgb = image(1, 10, 11, 3)
    np.testing.assert_array_equal(network(rgb)["cube"], again(rgb)["cube"])
    np.testing.assert_allclose(again.statistics[0], statistics[0], rtol=1e-6)


@BASELINES
def test_receptive_radius_is_reached_and_not_exceeded(model):
    """By the gradients of one output pixel in every place of a cell of the coarsest level."""
    network = small(model, statistics=(np.full(31, 0.3), np.eye(31) * 0.01))
    trained_like(network)
    radius, stride = network.receptive_radius, network.stride
    middle = -(-radius // stride) * stride
    side = 2 * middle + stride
    rgb = tf.Variable(image(1, side, side, 3))
    reach = []
    for place in range(stride):
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(network(rgb)["cube"][0, middle + place, middle])
        rows = np.nonzero(np.abs(tape.gradient(total, rgb)[0]).max(axis=(1, 2)))[0]
        reach += [middle + place - rows.min(), rows.max() - middle - place]
    assert max(reach) == radius


@BASELINES
def test_initialization_repeats_with_the_seed(model):
    import keras

    weights = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        weights.append(small(model).get_weights())
    assert all(np.array_equal(a, b) for a, b in zip(weights[0], weights[1], strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(weights[0], weights[2], strict=True))


@pytest.mark.parametrize(
    ("overrides", "rule"),
    [
        (["hscnn_d.blocks=0"], "hscnn_d.blocks: must be positive. Received: 0"),
        (["chs_gan.widths=()"], "chs_gan.widths: must be one or more positive whole numbers"),
        (["model=dbf", "dbf.basis=32"], "dbf.basis: must not exceed the number of bands. Received: 32"),
    ],
)
def test_sizes_have_rules(overrides, rule):
    with pytest.raises(ConfigError) as error:
        config_lib.load("demo", overrides)
    assert rule in str(error.value)
