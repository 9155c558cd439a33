"""One batch shared out over replicas gives the update of one device with the whole batch, and runs change between them.

The replicas are logical devices of the processor (`tests/conftest.py`).
"""

import json

import ml_collections
import numpy as np
import pytest
from same_runs import check_equal, weights

from hsgan.errors import ConfigError, RunError
from hsgan.networks.hrnet import VARIANTS, Variant
from hsgan.networks.parsers import REPORT_FILE
from hsgan.train.callbacks import FiniteGuard
from hsgan.train.loop import train

TRAININGS = {
    "hsgan": {"optimizer.ema": 0.9, "loss.synthetic": 1.0, "loss.synthetic_srf": 1.0,
              "pairs.light": 0.1},
    "gp1": {"loss.regularizer": "gp1"},
    "spectral norm": {"loss.regularizer": "spectral_norm", "loss.synthetic": 1.0,
                      "loss.synthetic_camera": "estimated"},
    "agd_net": {"model": "agd_net", "agd_net.stages": 2, "agd_net.growth": 4, "agd_net.units": 2, "paired.ema": 0.9},
    "chs_gan": {"model": "chs_gan", "chs_gan.widths": (4, 4, 4), "chs_gan.discriminator_width": 4,
                "paired.adversarial": 0.01},
    "dbf": {"model": "dbf", "dbf.widths": (4, 4, 4), "data.rgb_crop": 32, "train.patch": 32},
    "mixture": {"model": "mixture", "paired.pixel_form": "leveled", "mixture.pixels": 200, "paired.ema": 0.9},
}  # fmt: skip
SLOW = ("hsgan", "gp1", "spectral norm", "agd_net", "chs_gan", "dbf")


class Stopped(Exception):
    """Ends a training in the middle."""


@pytest.fixture(scope="module")
def finished():
    """Runs of this module by (training, devices), so that tests can share them."""
    return {}


@pytest.fixture
def configured(whole_config, no_pictures):
    """`configured(training, devices)`: the configuration of a run of three steps; 0 devices: no strategy."""

    def configuration(name, devices, checkpoint_every=3):
        config = ml_collections.ConfigDict(whole_config.copy_and_resolve_references())
        config.train.steps, config.train.checkpoint_every, config.train.validate_every = 3, checkpoint_every, 3
        config.train.batch, config.paired.adversarial = 4, 0.0
        config.update_from_flattened_dict(TRAININGS[name])
        config.train.strategy, config.train.devices = ("mirrored" if devices else "none"), devices
        return config

    return configuration


@pytest.fixture
def trained(configured, finished, tmp_path_factory):
    """`trained(training, devices)`: the uninterrupted run."""

    def run(*of):
        if of not in finished:
            config = configured(*of)
            config.train.gradients_every = 2 if of[1] else 0  # moves nothing
            finished[of] = train(config, tmp_path_factory.mktemp("runs") / "run")
        return finished[of]

    return run


@pytest.mark.parametrize(
    "name, devices",
    [
        ("mixture", 2),
        *(pytest.param(name, 4, marks=pytest.mark.slow) for name in ("hsgan", "mixture")),
        *(pytest.param(name, 2, marks=pytest.mark.slow) for name in SLOW),
    ],
)
def test_replicas_equal_one_device(name, devices, trained):
    check_equal(trained(name, 0), trained(name, devices))


@pytest.mark.parametrize(
    "name, before, after",
    [
        ("mixture", 2, 0),
        *(pytest.param("mixture", *counts, marks=pytest.mark.slow) for counts in ((0, 2), (2, 2))),
        *(pytest.param("hsgan", *counts, marks=pytest.mark.slow) for counts in ((2, 0), (0, 2), (2, 2))),
    ],
)
def test_a_run_goes_on_with_another_number_of_devices(name, before, after, trained, configured, monkeypatch, tmp_path):
    """Stopped in step 2 with a checkpoint of step 1: as the run left alone, on as many devices bit for bit."""

    def stop(self, step, logs):
        if step == 2:
            raise Stopped

    with monkeypatch.context() as patched, pytest.raises(Stopped):
        patched.setattr(FiniteGuard, "on_step", stop)
        train(configured(name, before, checkpoint_every=1), tmp_path / "run")
    assert json.loads((tmp_path / "run/reached.json").read_text()) == {"step": 1}
    resumed = train(configured(name, after, checkpoint_every=1), tmp_path / "run")
    check_equal(trained(name, 0), resumed)
    if before == after:
        for here, there in zip(weights(trained(name, after)), weights(resumed), strict=True):
            np.testing.assert_array_equal(here, there)
        assert resumed.history() == trained(name, after).history()


@pytest.mark.slow
def test_replicas_pretrain_the_scene_parser_too(configured, monkeypatch, tmp_path):
    monkeypatch.setitem(VARIANTS, "hrnet_w18_small", Variant((1, 4), (1, 1, 1), blocks=1, width=4))
    runs = []
    for devices in (0, 2):
        config = configured("hsgan", devices)
        config.semantic.parser, config.semantic.pretrain_steps, config.semantic.pretrain_batch = "hrnet_w18_small", 3, 4
        config.semantic.pretrain_learning_rate = 1e-4  # no step that amplifies rounding
        config.data.rgb_crop = 32
        runs.append(train(config, tmp_path / str(devices)))
    check_equal(*runs)
    one, two = (json.loads((run.path / "parser" / REPORT_FILE).read_text()) for run in runs)
    assert one["loss"] != two["loss"]  # in the last digits: it was shared out
    np.testing.assert_allclose(np.array(one["loss"]), np.array(two["loss"]), rtol=1e-4)


def test_a_batch_that_the_devices_do_not_divide(configured, tmp_path):
    with pytest.raises(ConfigError, match=r"train.batch: must be a multiple of the 3 devices .* Received: 4"):
        train(configured("mixture", 3), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_more_devices_than_there_are(configured, tmp_path):
    with pytest.raises(RunError, match=r"train.devices: this process has 4 of TensorFlow's devices. Received: 8"):
        train(configured("mixture", 8), tmp_path / "run")
