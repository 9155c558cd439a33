"""What all baseline networks share: published counts, an image whose size the graph does not know, reach."""

import numpy as np
import pytest
import tensorflow as tf
from subjects import DICTIONARY, activate, image, small_network

from hsgan import config as config_lib
from hsgan.errors import ConfigError
from hsgan.networks import cost
from hsgan.networks.build import build_network

BASELINES = pytest.mark.parametrize("model", ["hscnn_d", "fm_net", "chs_gan", "dbf"])


def published(model):
    config = config_lib.default_config()
    config.model = model
    return build_network(config, DICTIONARY)


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
def test_size_may_be_unknown_in_the_graph(model):
    network = activate(small_network(model))
    free = tf.function(lambda rgb: network(rgb)["cube"], input_signature=[tf.TensorSpec((None, None, None, 3))])
    rgb = image(1, 9, 14, 3)
    np.testing.assert_allclose(free(rgb), network(rgb)["cube"], atol=1e-5)


@BASELINES
def test_receptive_radius_is_reached_and_not_exceeded(model):
    """By the gradients of one output pixel in every place of a cell of the coarsest level."""
    network = activate(small_network(model))
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
