"""The optimizers of all trainings (method sections 7, 12, 13), each built on its variables.

Keras's `SGD(weight_decay=)` shrinks the weights by `lr * decay` a step, outside the momentum; the papers' optimizer
adds `decay * weight` to the gradient, so that the decay passes through the momentum and is `1 / (1 - momentum)` times
as strong. `coupled_decay` is the latter. The decay of `adam` is decoupled (Loshchilov and Hutter's AdamW, 2019).
"""

from collections.abc import Sequence

import keras
import tensorflow as tf
from ml_collections import ConfigDict

Rate = float | keras.optimizers.schedules.LearningRateSchedule


def adam(
    values: ConfigDict,
    learning_rate: Rate,
    variables: Sequence[keras.Variable],
    weight_decay: float = 0.0,
    spared: Sequence[keras.Variable] = (),
) -> keras.optimizers.Optimizer:
    """Returns Adam with the betas of a section of the configuration, built on `variables`.

    Args:
      values: a section with `beta_1` and `beta_2`.
      learning_rate: a number, or a schedule.
      variables: what it will update.
      weight_decay: share of the rate by which a step shrinks them.
      spared: those of them that do not shrink.
    """
    betas = {"beta_1": values.beta_1, "beta_2": values.beta_2}
    optimizer = keras.optimizers.Adam(learning_rate, **betas, epsilon=1e-8, weight_decay=weight_decay or None)
    if weight_decay:
        optimizer.exclude_from_weight_decay(var_list=list(spared))
    return _built(optimizer, variables)


def falling(rate: float, share: float, steps: int) -> Rate:
    """Returns a rate that falls along half a cosine over `steps` to a share of itself; itself where that is all."""
    return rate if share == 1 else keras.optimizers.schedules.CosineDecay(rate, steps, alpha=share)


def schedule(values: ConfigDict, steps: int) -> Rate:
    """Returns the learning rate of `config.paired` over a run of `steps`: a number or a Keras schedule.

    constant; cosine, or polynomial with `power`, from `learning_rate` to `final_learning_rate`; halving, `halvings`
    times at equal distances.
    """
    first, last = values.learning_rate, values.final_learning_rate
    schedules = keras.optimizers.schedules
    if values.schedule == "cosine":
        return schedules.CosineDecay(first, steps, alpha=last / first)
    if values.schedule == "polynomial":
        return schedules.PolynomialDecay(first, steps, end_learning_rate=last, power=values.power)
    if values.schedule == "halving" and values.halvings:
        return schedules.ExponentialDecay(first, max(steps // (values.halvings + 1), 1), 0.5, staircase=True)
    return first


def poly_sgd(
    learning_rate: float, momentum: float, power: float, steps: int, variables: Sequence[keras.Variable]
) -> keras.optimizers.Optimizer:
    """Returns SGD with momentum whose rate falls as `(1 - step / steps) ** power` (the poly schedule), built."""
    schedule = keras.optimizers.schedules.PolynomialDecay(learning_rate, steps, end_learning_rate=0.0, power=power)
    return _built(keras.optimizers.SGD(schedule, momentum=momentum), variables)


def coupled_decay(gradients: Sequence[tf.Tensor], variables: Sequence[keras.Variable], decay: float) -> list[tf.Tensor]:
    """Returns the gradients plus `decay` times the variables: L2 regularization as the papers' optimizer has it."""
    return [gradient + decay * variable for gradient, variable in zip(gradients, variables, strict=True)]


def _built(optimizer, variables):
    # An optimizer that is not built on its variables has no state to restore, and restarts silently on resume.
    optimizer.build(variables)
    return optimizer
