"""What a computation on several replicas of `tf.distribute` has to know of the others.

A batch is cut into equal parts, one a replica, in the order of the replicas. Losses are means over a part and are
divided by the number of replicas, so that the sum of all gradients is that of the whole batch. What couples the samples
of a batch (batch statistics, counts) is summed over the replicas, with gradients; random numbers are drawn for the
whole batch, and each replica takes its own. So an update of N replicas is that of one device with the same batch, but
for rounding.

With one replica every function gives back what it got: nothing is added to the graph.
"""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf


def count() -> int:
    """Returns how many replicas share the batch of the computation at hand; 1 outside of one."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


def total(value: tf.Tensor) -> tf.Tensor:
    """Returns the sum of a tensor over all replicas; its gradient is the sum of theirs."""
    if count() == 1:
        return value
    # `identity` gives each a device, which the exchange between machines wants to know.
    placed = tf.nest.map_structure(tf.identity, value)
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, placed)


def totals(values: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Returns `total` of each of some tensors, in one exchange."""
    return list(values) if count() == 1 else total(list(values))


def means(values: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Returns the means of float32 scalars over all replicas, by name."""
    if count() == 1:
        return values
    return dict(zip(values, (value / count() for value in totals(list(values.values()))), strict=True))


def after(value: tf.Tensor, earlier: tf.Tensor) -> tf.Tensor:
    """Returns `value`, whose gradient is computed before that of `earlier`.

    Replicas must exchange in one order. The gradients of two computations that do not depend on each other come in an
    order that can differ from replica to replica: the second is made to depend on the first.

    Args:
      value: input of the second computation.
      earlier: result of the first.
    """
    return value if count() == 1 else value + 0 * tf.cast(tf.reduce_sum(earlier), value.dtype)


def whole_shape(values: tf.Tensor) -> tf.Tensor:
    """Returns the shape that this replica's part of a batch, [batch, ...], has in the whole batch; int32."""
    shape = tf.shape(values)
    return tf.concat([shape[:1] * count(), shape[1:]], axis=0)


def own(drawn: tf.Tensor) -> tf.Tensor:
    """Returns this replica's rows of what was drawn for the whole batch, float [batch * replicas, ...]."""
    if count() == 1:
        return drawn
    rows = tf.shape(drawn)[0] // count()
    first = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.int32) * rows
    return drawn[first : first + rows]


def assign_each(variables: Sequence, values: Sequence, change: Callable) -> None:
    """Changes variables alike on all replicas.

    Args:
      variables: Keras's or TensorFlow's.
      values: one tensor a variable, equal on all replicas.
      change: function of a `tf.Variable` and its value, which assigns.
    """
    variables = [variable.value if isinstance(variable, keras.Variable) else variable for variable in variables]
    if count() == 1:
        for variable, value in zip(variables, values, strict=True):
            change(variable, value)
        return

    def merged(strategy, values):
        for variable, value in zip(variables, values, strict=True):
            strategy.extended.update(variable, change, args=(value,), group=False)

    tf.distribute.get_replica_context().merge_call(merged, args=(values,))
