"""The optimizers of the unpaired training (method section 7), each built on its variables.

Keras's `SGD(weight_decay=)` shrinks the weights by `lr * decay` a step, outside the momentum; the papers' optimizer
adds `decay * weight` to the gradient, so that the decay passes through the momentum and is `1 / (1 - momentum)` times
as strong. `coupled_decay` is the latter.
"""

import keras


def adam(config, learning_rate, variables):
    """Returns Adam with the configuration's betas, built on `variables`."""
    values = config.optimizer
    optimizer = keras.optimizers.Adam(learning_rate, beta_1=values.beta_1, beta_2=values.beta_2, epsilon=1e-8)
    return _built(optimizer, variables)


def poly_sgd(learning_rate, momentum, power, steps, variables):
    """Returns SGD with momentum whose rate falls as `(1 - step / steps) ** power` (the poly schedule), built."""
    schedule = keras.optimizers.schedules.PolynomialDecay(learning_rate, steps, end_learning_rate=0.0, power=power)
    return _built(keras.optimizers.SGD(schedule, momentum=momentum), variables)


def coupled_decay(gradients, variables, decay):
    """Returns the gradients plus `decay` times the variables: L2 regularization as the papers' optimizer has it."""
    return [gradient + decay * variable for gradient, variable in zip(gradients, variables, strict=True)]


def _built(optimizer, variables):
    # An optimizer that is not built on its variables has no state to restore, and restarts silently on resume.
    optimizer.build(variables)
    return optimizer
