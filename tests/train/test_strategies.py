"""One batch shared out over replicas gives the update of one device with the whole batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import ml_collections
import numpy as np
import pytest

from hsgan import config as config_lib
from hsgan.run.folder import RunFolder
from hsgan.train.loop import train

ROOT = Path(__file__).parents[2]
TRAINERS = {
    "hsgan": {"optimizer.ema": 0.9, "train.gradients_every": 2},
    "gp1": {"loss.regularizer": "gp1"},
    "spectral norm": {"loss.regularizer": "spectral_norm"},
    "agd_net": {"model": "agd_net", "agd_net.stages": 2, "agd_net.growth": 4, "agd_net.units": 2, "paired.ema": 0.9},
    "chs_gan": {"model": "chs_gan", "chs_gan.widths": (4, 4, 4), "chs_gan.discriminator_width": 4},
    "dbf": {"model": "dbf", "dbf.widths": (4, 4, 4), "data.rgb_crop": 32, "train.patch": 32},
}  # fmt: skip
UNPAIRED = ("hsgan", "gp1", "spectral norm")
# Trains one configuration after the other on two logical devices.
TRAINER = """
import json, sys
from hsgan import config
from hsgan.train.loop import train

for values, workdir in json.loads(sys.stdin.read()):
    train(config.from_dict(values), workdir)
"""


@pytest.fixture
def configs(whole_config):
    """{trainer: configuration} of runs of three steps."""
    found = {}
    for name, changes in TRAINERS.items():
        config = ml_collections.ConfigDict(whole_config.copy_and_resolve_references())
        config.train.steps, config.train.checkpoint_every, config.train.validate_every = 3, 3, 3
        config.train.batch = 4
        config.update_from_flattened_dict(changes)
        config.paired.adversarial = 0.01 if name == "chs_gan" else 0.0
        found[name] = config
    return found


@pytest.mark.parametrize(
    "names",
    [("hsgan",), pytest.param(("gp1", "spectral norm", "agd_net", "chs_gan", "dbf"), marks=pytest.mark.slow)],
    ids=lambda names: names[0],
)
def test_two_replicas_equal_one_device(configs, names, tmp_path):
    configs, jobs = {name: configs[name] for name in names}, []
    for name, config in configs.items():
        config.train.strategy, config.train.devices = "mirrored", 2
        jobs.append([config_lib.to_dict(config), str(tmp_path / "two" / name)])
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", TRAINER], input=json.dumps(jobs), capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for name, config in configs.items():
        config.train.strategy, config.train.devices = "none", 0
        one, two = train(config, tmp_path / "one" / name), RunFolder.open(tmp_path / "two" / name)
        pairs = zip(one.network("last").weights, two.network("last").weights, strict=True)
        apart = max(np.abs(np.subtract(here, there)).max() for here, there in pairs)
        rate = config.optimizer.generator if name in UNPAIRED else config.paired.learning_rate
        print(f"{name}: weights are {apart / rate:.1e} of a learning rate apart")
        assert apart < 0.02 * rate, name
        first, last = one.history()
        assert first["psnr"] != last["psnr"]
        assert two.history()[-1]["psnr"] == pytest.approx(last["psnr"], abs=1e-3), name
