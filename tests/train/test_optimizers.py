"""Optimizers: decay that is decoupled from the gradient, spared weights, rates that fall."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.train import optimizers

BETAS = config_lib.default_config().optimizer


def steps(optimizer, variables, gradients, count):
    """Applies the same gradients several times, and returns the values."""
    for _ in range(count):
        optimizer.apply([tf.constant(gradient, tf.float32) for gradient in gradients], variables)
    return [float(variable) for variable in variables]


def test_decay_without_gradient_shrinks_by_rate_times_decay_and_spares_what_it_is_told():
    variables = [keras.Variable(2.0), keras.Variable(3.0)]
    optimizer = optimizers.adam(BETAS, 0.1, variables, weight_decay=0.5, spared=variables[1:])
    found = steps(optimizer, variables, [0.0, 0.0], 4)
    np.testing.assert_allclose(found, [2 * (1 - 0.1 * 0.5) ** 4, 3], rtol=1e-6)


def test_decay_is_no_part_of_the_gradient():
    """Adam divides a gradient by its size: from the same weight a step with decay differs by the decay alone."""
    found = []
    for decay in (0.0, 0.5):
        variable = keras.Variable(2.0)
        found += steps(optimizers.adam(BETAS, 0.1, [variable], decay), [variable], [7.0], 1)
    assert found[0] == pytest.approx(2 - 0.1, abs=1e-6)
    assert found[0] - found[1] == pytest.approx(0.1 * 0.5 * 2, abs=0.006)  # before the step, or after it: 0.1 or 0.095


@pytest.mark.parametrize(("step", "share"), [(0, 1.0), (50, 0.505), (100, 0.01), (200, 0.01)])
def test_a_rate_falls_along_half_a_cosine(step, share):
    assert float(optimizers.falling(0.2, 0.01, 100)(step)) == pytest.approx(0.2 * share, rel=1e-5)


def test_a_rate_that_falls_to_itself_is_a_number():
    assert optimizers.falling(0.2, 1.0, 100) == 0.2
