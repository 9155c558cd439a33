"""How functions of networks become TensorFlow graphs, everywhere in this package."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


def compiled(function: Callable, signature: Sequence[Any]) -> Callable:
    """Returns a function as one graph for all sizes, which is traced when it is first called.

    Nothing of it is rewritten by AutoGraph: our functions have no Python control flow on tensors.

    Args:
      function: of tensors, and of one network or prior, whose weights are read at every call.
      signature: `tf.TensorSpec`s of its arguments.
    """
    # TensorFlow counts the traces of all functions of the same code, and warns of five in a row. Several networks need
    # a trace each. A `partial` is counted by itself.
    return tf.function(functools.partial(function), input_signature=signature, autograph=False)
