"""Graphs of several networks in one process: traced once each, and no warning of it."""

import logging

import numpy as np
import pytest
import tensorflow as tf
from mixtures import PRIOR

from hsgan.reconstruct.graphs import compiled
from hsgan.reconstruct.pixelwise import PixelwiseMixture

MANY = 7  # TensorFlow warns of five traces in a row


class Scaled:
    """Something like a network: a function of its own weight."""

    def __init__(self, factor):
        self.factor, self.traces = tf.Variable(float(factor)), 0

    def apply(self, values):
        self.traces += 1
        return self.factor * values


@pytest.fixture
def warned():
    """What TensorFlow logs, as it comes."""
    records, handler = [], logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())
    tf.get_logger().addHandler(handler)
    yield records
    tf.get_logger().removeHandler(handler)


def test_many_networks_are_traced_once_each_without_a_warning(warned):
    for factor in range(MANY):
        network = Scaled(factor)
        graph = compiled(network.apply, [tf.TensorSpec((None,))])
        for size in (2, 3):
            np.testing.assert_array_equal(graph(np.ones(size, np.float32)), np.full(size, factor))
        network.factor.assign(9)
        np.testing.assert_array_equal(graph(np.ones(1, np.float32)), [9])
        assert network.traces == 1
    assert warned == []


def test_as_many_functions_of_tensorflows_own_are_warned_of(warned):
    for factor in range(MANY):
        tf.function(Scaled(factor).apply, input_signature=[tf.TensorSpec((None,))])(np.ones(2, np.float32))
    assert any("triggered tf.function retracing" in message for message in warned)


def test_many_mixtures_too(warned):
    rgb, srf = np.full((4, 3, 3), 0.5, np.float32), np.full((3, PRIOR.means.shape[1]), 0.1, np.float32)
    cubes = [PixelwiseMixture(lambda: PRIOR.parameters, 1e-4).estimate(rgb, srf) for _ in range(MANY)]
    assert warned == [] and all(np.array_equal(cube, cubes[0]) for cube in cubes)
