"""A Keras model whose `train_step` may run on several replicas, each with its part of the batch (`hsgan.replicas`)."""

from collections.abc import Callable

import keras
import tensorflow as tf

from hsgan import replicas


class ReplicatedModel(keras.Model):
    """What every `train_step` of this package needs to give, on several replicas, the update of one device.

    The step takes its gradients by `gradients`, applies them by `apply`, and averages its logs by
    `hsgan.replicas.means`. The model is built when it is constructed.
    """

    def gradients(self, tape: tf.GradientTape, loss: tf.Tensor, variables: list) -> list[tf.Tensor]:
        """Returns the gradients of the mean of `loss` over all replicas, equal on all of them.

        That of a variable which the loss does not depend on is None, as the tape gives it.

        Args:
          tape: that has recorded the loss.
          loss: mean over this replica's part of the batch.
          variables: those to differentiate by.
        """
        if replicas.count() == 1:
            return tape.gradient(loss, variables)
        # Divided at the loss, not behind it: what is clipped on the way must have the size that it has on one device.
        share = tf.fill(tf.shape(loss), 1 / replicas.count())
        found = tape.gradient(loss, variables, output_gradients=share)
        totals = iter(replicas.totals([gradient for gradient in found if gradient is not None]))
        return [gradient if gradient is None else next(totals) for gradient in found]

    def apply(self, optimizer: keras.Optimizer, gradients: list[tf.Tensor], variables: list) -> None:
        """Applies what `gradients` returned, which is equal on all replicas, by a Keras optimizer."""
        if replicas.count() > 1:
            # Keras would exchange them, and add them up, once more; it has no public setting for that.
            optimizer._all_reduce_sum_gradients = lambda gradients_and_variables: gradients_and_variables
        optimizer.apply(gradients, variables)

    def make_train_function(self, force: bool = False) -> Callable:
        """As Keras's; on several replicas the step itself has averaged its logs, and any replica's are those."""
        strategy = self.distribute_strategy
        if strategy.num_replicas_in_sync == 1:
            return super().make_train_function(force)
        if self.train_function is None or force:
            step = tf.function(lambda batch: strategy.run(self.train_step, args=(batch,)), autograph=False)

            def train(iterator):
                logs = step(next(iterator))
                return {name: strategy.experimental_local_results(value)[0] for name, value in logs.items()}

            self.train_function = train
        return self.train_function

    def _maybe_symbolic_build(self, *arguments, **options):
        """Nothing: a trainer is built already, and Keras's would reduce a batch over replicas."""
