"""HSCNN-D against its definition written out with concatenations, and what follows from having no biases."""

import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.networks import hscnn_d
from hsgan.spectra import srf

DICTIONARY = srf.load("default", np.arange(400, 701, 10))
RGB = tf.constant(np.random.default_rng(0).random((2, 9, 10, 3)), tf.float32)


def network_of(blocks):
    config = config_lib.default_config()
    config.hscnn_d.blocks = blocks
    return hscnn_d.HSCNNDNet(config, DICTIONARY)


def written_out(body, rgb):
    """Two convolutions where the network has one of both, and a concatenation wherever a layer reads several."""

    def conv(x, kernel):
        kernel = tf.convert_to_tensor(kernel)
        return tf.nn.conv2d(x, kernel if kernel.shape.rank == 4 else kernel[None, None], 1, "SAME")

    def two_paths(layer, x):
        first, second = tf.split(tf.convert_to_tensor(layer.spatial), 2, axis=-1)
        a, b = tf.nn.relu(conv(x, first)), tf.nn.relu(conv(x, second))
        mixed = [tf.nn.relu(conv(path, kernel)) for path, kernel in zip((a, b), layer.pointwise, strict=True)]
        return tf.concat([a, b, *mixed], axis=-1)

    features = two_paths(body.first, rgb)
    for block in body.blocks:
        paths = two_paths(block.paths, tf.nn.relu(conv(features, block.squeeze)))
        features = tf.concat([features, tf.nn.relu(conv(paths, block.fuse))], axis=-1)
    return features, conv(features, body.last)


@pytest.mark.parametrize("blocks", [1, hscnn_d.GROUP, 2 * hscnn_d.GROUP + 3])
def test_groups_equal_concatenations(blocks):
    network = network_of(blocks)
    features, cube = written_out(network.body, RGB)
    assert features.shape[-1] == 64 + 16 * blocks
    # float32 rounding of sums in another order, through up to 19 blocks
    np.testing.assert_allclose(network(RGB)["cube"], cube, atol=2e-5 * np.abs(cube).max())


def test_the_cube_scales_with_the_exposure():
    network = network_of(3)
    np.testing.assert_allclose(network(4 * RGB)["cube"], 4 * network(RGB)["cube"], rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(network(tf.zeros_like(RGB))["cube"], tf.zeros((2, 9, 10, 31)))


def test_features_keep_their_size_through_the_blocks():
    """He initialization: a signal neither fades nor explodes on its way through 64 blocks."""
    network = network_of(64)
    features, _ = written_out(network.body, RGB)
    sizes = np.sqrt(np.mean(np.square(features), axis=(0, 1, 2))).reshape(-1, 16).mean(axis=1)
    assert sizes.min() > 0.05 and sizes.max() < 50
