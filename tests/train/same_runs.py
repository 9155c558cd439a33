"""What it means that two runs are equal within rounding, for tests of trainings on several devices and machines."""

import numpy as np
import pytest


def weights(run):
    """The last weights of a run, a list of arrays."""
    return [np.asarray(weight) for weight in run.network("last").weights]


def check_equal(one, other):
    """Two runs of three or four steps, of about a rate each: weights within 2 % of the rate; both have moved.

    The sums of several devices are those of one in another order, and Adam makes of the smallest gradients steps as
    long as of the largest.
    """
    config = one.config
    rate = config.optimizer.generator if config.model == "hsgan" else config.paired.learning_rate
    apart = max(np.abs(here - there).max() for here, there in zip(weights(one), weights(other), strict=True))
    print(f"{config.model}: weights are {apart / rate:.1e} of a learning rate apart")
    assert apart < 0.02 * rate
    first, *_, last = one.history()
    assert first["psnr"] != last["psnr"]
    assert other.history()[-1]["psnr"] == pytest.approx(last["psnr"], abs=1e-3)
