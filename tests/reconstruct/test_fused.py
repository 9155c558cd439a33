"""The fast form gives the network's numbers: every initialization, any size, any blocks, known and estimated SRF."""

import numpy as np
import pytest
import tensorflow as tf
from mixtures import PRIOR

from hsgan import config as config_lib
from hsgan.networks.hsgan_net import HSGANNet
from hsgan.reconstruct import fused
from hsgan.reconstruct.fused import FusedReconstructor
from hsgan.spectra import srf as srf_lib

GRID = np.arange(400, 701, 10)
DICTIONARY = srf_lib.load("default", GRID)
RNG = np.random.default_rng(3)
# Of the largest value: float32 rounding through 20 units of 1x1 and depthwise convolutions, found to be 7e-7.
TOLERANCE = 1e-5


def model(initialization="learned", **generator):
    """A `HSGANNet` whose weights all matter; of the papers' size unless told otherwise."""
    config = config_lib.default_config()
    config.generator.update(initialization=initialization, **generator)
    spectra = RNG.random((100, 31))
    network = HSGANNet(config, DICTIONARY, (spectra.mean(axis=0), np.cov(spectra.T)), prior=PRIOR)
    for weight in network.generator.weights:
        fan_in = np.prod(weight.shape[:-1]) if weight.shape[-2] > 1 else 9
        weight.assign(RNG.normal(0, np.sqrt(2 / fan_in), weight.shape))
    for weight in network.srf_estimator.weights:
        weight.assign(weight + RNG.normal(0, 0.05, weight.shape))
    return network


def image(height, width):
    return RNG.random((height, width, 3), np.float32)


def difference(found, expected):
    """The largest difference, relative to the largest value."""
    expected = np.asarray(expected)
    assert found.shape == expected.shape and found.dtype == expected.dtype == np.float32
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("initialization", config_lib.INITIALIZATIONS)
def test_equals_the_keras_model(initialization):
    network = model(initialization)
    fast = FusedReconstructor(network)
    for size in ((37, 53), (1, 1), (3, 61), (140, 18)):
        rgb = image(*size)
        expected, found = network(rgb[None]), fast(rgb)
        # The estimator's graph may sum in another order than its eager operations.
        assert difference(found["srf"], expected["srf"][0]) <= TOLERANCE
        assert difference(found["cube"], expected["cube"][0]) <= TOLERANCE
        known = DICTIONARY.responses[3]
        expected = network(rgb[None], srf=known[None])
        assert difference(fast(rgb, known)["cube"], expected["cube"][0]) <= TOLERANCE


def test_blocks_give_the_whole_image():
    network = model("smooth", stages=3, growth=20)
    fast, rgb, srf = FusedReconstructor(network), image(61, 45), DICTIONARY.responses[0]
    whole = fast.reconstruct(rgb, srf, block=(61, 45))
    for block in ((20, 45), (61, 7), (16, 16), (1, 45)):
        assert difference(fast.reconstruct(rgb, srf, block=block), whole) <= TOLERANCE


def test_the_srf_is_the_whole_images(monkeypatch):
    monkeypatch.setattr(fused, "BLOCK", (12, 20))
    network = model(stages=1)
    fast = FusedReconstructor(network)
    for size in ((37, 53), (64, 41), (17, 16), (5, 90)):
        rgb = image(*size)
        assert difference(fast.estimate_srf(rgb), network.srf_estimator(rgb[None])[0]) <= TOLERANCE
    plain = difference(fast.estimate_srf(image(40, 40)), fast.estimate_srf(0 * image(40, 40)))
    assert plain > 10 * TOLERANCE  # the image matters


def test_a_halo_one_pixel_short_is_seen(monkeypatch):
    network = model("smooth", stages=2)
    fast, rgb, srf = FusedReconstructor(network), image(40, 30), DICTIONARY.responses[0]
    whole = fast.reconstruct(rgb, srf)
    exact = fused.tiles
    monkeypatch.setattr(fused, "tiles", lambda height, width, block, radius: exact(height, width, block, radius - 1))
    assert difference(fast.reconstruct(rgb, srf, block=(16, 16)), whole) > 10 * TOLERANCE


@pytest.mark.parametrize(
    "generator",
    [
        {"stages": 1},
        {"stages": 2, "growth": 5, "units": 1},
        {"growth": 33},
        {"stages": 2, "kernel_size": 1},
        {"stages": 1, "kernel_size": 5},
    ],
)
def test_other_sizes_of_network(generator):
    network, rgb = model("prior", **generator), image(25, 31)
    srf = DICTIONARY.responses[1]
    expected = network(rgb[None], srf=srf[None])["cube"][0]
    assert difference(FusedReconstructor(network)(rgb, srf)["cube"], expected) <= TOLERANCE


def test_weights_are_read_at_every_call():
    network, rgb = model(stages=2), image(9, 11)
    fast = FusedReconstructor(network)
    before = fast(rgb)
    for weight in (*network.generator.weights, *network.srf_estimator.weights):
        weight.assign(0.9 * weight)
    expected, found = network(rgb[None]), fast(rgb)
    assert difference(found["cube"], expected["cube"][0]) <= TOLERANCE
    assert difference(found["cube"], before["cube"]) > 0.01
    assert difference(found["srf"], before["srf"]) > TOLERANCE


def test_a_mixed_precision_network_computes_in_float32():
    network, rgb, srf = model("smooth", stages=2), image(20, 20), DICTIONARY.responses[0]
    config = config_lib.default_config()
    config.generator.update(initialization="smooth", stages=2)
    mixed = HSGANNet(config, DICTIONARY, dtype="mixed_bfloat16")
    mixed.set_weights(network.get_weights())
    fast = FusedReconstructor(mixed)
    assert fast.estimate_srf(rgb).shape == (3, 31)
    found = fast(rgb, srf)["cube"]
    assert difference(found, network(rgb[None], srf=srf[None])["cube"][0]) <= TOLERANCE


def test_the_graph_is_fused():
    """Every sum, bias and ReLU of a stage is done by a convolution, or the graph is as slow as the plain one."""
    kernels = fused.fold(model(stages=2).generator.stages[1])
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        feed = tf.nest.map_structure(lambda kernel: tf.compat.v1.placeholder(tf.float32, kernel.shape), kernels)
        rgb = tf.compat.v1.placeholder(tf.float32, (1, None, None, 3))
        output = tf.identity(fused.stage_output(rgb, feed, 62))
        metadata = tf.compat.v1.RunMetadata()
        values = dict(zip(tf.nest.flatten(feed), (np.zeros(k.shape) for k in tf.nest.flatten(feed)), strict=True))
        options = tf.compat.v1.RunOptions(output_partition_graphs=True)
        session.run(output, values | {rgb: np.zeros((1, 8, 8, 3))}, options=options, run_metadata=metadata)
    operations = [node.op for graph in metadata.partition_graphs for node in graph.node]
    if not any("Mkl" in operation for operation in operations):
        pytest.skip("this TensorFlow runs without oneDNN (TF_ENABLE_ONEDNN_OPTS=0, or another processor)")
    assert not {"AddN", "AddV2", "Relu", "BiasAdd"} & set(operations)
