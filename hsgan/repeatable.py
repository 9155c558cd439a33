"""Sums whose order is fixed, so that a training gives the same bits however busy the machine is.

TensorFlow's `AddN`, on a processor, adds into the buffer of whichever of its inputs nobody else needs any more, and
begins with that one. Which one it is depends on which other operations are done by then: on timing. Sums of three and
more numbers then differ in their last bits from run to run, and `tf.config.experimental.enable_op_determinism` does not
see it. `AddN` has three sources: `tf.add_n`, for which `ordered_sum` stands here; the gradients of what is used more
than once; and the graph optimizer, which makes one of chains of additions.
"""

import functools
import operator
from collections.abc import Sequence

import tensorflow as tf
from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import backprop


def ordered_sum(terms: Sequence[tf.Tensor]) -> tf.Tensor:
    """Returns the sum of tensors of one shape, from the first to the last."""
    return functools.reduce(operator.add, terms)


def make_repeatable() -> None:
    """Makes every gradient and every graph of this process from here on repeatable bit for bit.

    Operations take their deterministic kernels, `tf.GradientTape` adds what it adds in order, and the graph optimizer
    leaves additions as they are. Which sum the tape adds gradients by can be set through TensorFlow's internals alone.
    """
    tf.config.experimental.enable_op_determinism()
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})
    pywrap_tfe.TFE_Py_RegisterVSpace(backprop._default_vspace._replace(aggregate_fn=_aggregate))


def _aggregate(gradients):
    dense = all(isinstance(gradient, tf.Tensor) for gradient in gradients)
    return ordered_sum(gradients) if dense else backprop._aggregate_grads(gradients)
