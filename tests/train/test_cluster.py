"""Several workers over TF_CONFIG: what they must be told, what they agree on, and what becomes of a lost one."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from same_runs import check_equal, weights

from hsgan import config as config_lib
from hsgan.errors import ConfigError, RunError
from hsgan.run.folder import RunFolder
from hsgan.train import cluster as cluster_lib
from hsgan.train import strategies
from hsgan.train.loop import train

ROOT = Path(__file__).parents[2]
# Trains one configuration after the other; ends as the programs do. Told so, it kills itself after a step.
WORKER = """
import json, os, signal, sys
from hsgan import cli, config
cli.import_tensorflow()  # without its log lines
from hsgan.errors import HsganError
from hsgan.train import callbacks
from hsgan.train.loop import train
from hsgan.train.validation import Validator

Validator.write_pictures = lambda *_: None
jobs, fatal = json.loads(sys.stdin.read())
check = callbacks.FiniteGuard.on_step

def last(self, step, logs):
    check(self, step, logs)
    if step == fatal:
        os.kill(os.getpid(), signal.SIGKILL)

callbacks.FiniteGuard.on_step = last
try:
    for values, workdir in jobs:
        train(config.from_dict(values), workdir)
except HsganError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def described(count=2, index=0, kind="worker", **cluster):
    return json.dumps({
        "cluster": cluster or {"worker": [f"127.0.0.1:{port}" for port in free_ports(count)]},
        "task": {"type": kind, "index": index},
    })  # fmt: skip


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def run_workers(jobs, fatal=None, count=2):
    """Runs the jobs of every worker, a list for each; returns [(status, stderr)]."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(count)]
    processes = []
    for index in range(count):
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "TF_CONFIG": described(index=index, worker=addresses),
        }
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER], text=True, env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        process.stdin.write(json.dumps([jobs[index], (fatal or {}).get(index)]))
        process.stdin.flush()
        processes.append(process)
    for process in processes:  # each reads to the end of its input
        process.stdin.close()
        process.stdin = None
    errors = [process.communicate()[1] for process in processes]
    return [(process.returncode, error) for process, error in zip(processes, errors, strict=True)]


@pytest.fixture
def config(whole_config, no_pictures):
    """A run of three steps."""
    config = whole_config
    config.train.steps, config.train.checkpoint_every, config.train.validate_every = 3, 3, 3
    config.train.batch, config.train.wait_minutes = 4, 2.0
    config.train.strategy = "multi_worker"
    return config


def job(config, workdir):
    return [config_lib.to_dict(config), str(workdir)]


def check_equal_to_one_device(config, workdir):
    """The run in `workdir` against that of one device, which is trained here."""
    config.train.strategy = "none"
    check_equal(train(config, workdir.with_name("one")), RunFolder.open(workdir))


def test_two_workers_equal_one_device(config, tmp_path):
    config.semantic.parser = ""
    config.model, config.paired.ema, config.agd_net.stages, config.agd_net.growth = "agd_net", 0.9, 2, 4
    config.agd_net.units = 1
    jobs = [job(config, tmp_path / "two")]
    for status, stderr in run_workers([jobs, jobs]):
        assert status == 0 and not stderr, stderr
    check_equal_to_one_device(config, tmp_path / "two")


CASES = {
    "hsgan": {"loss.synthetic": 1.0, "pairs.light": 0.1},
    "mixture": {"model": "mixture", "paired.pixel_form": "leveled", "mixture.pixels": 200},
    "scene parser": {"semantic.parser": "hrnet_w18_small", "semantic.pretrain_steps": 2, "semantic.pretrain_batch": 4,
                     "semantic.pretrain_learning_rate": 1e-4, "data.rgb_crop": 32},  # no step that amplifies rounding
    "gp1": {"loss.regularizer": "gp1"},
    "spectral norm": {"loss.regularizer": "spectral_norm"},
    "chs_gan": {"model": "chs_gan", "chs_gan.widths": (4, 4, 4), "chs_gan.discriminator_width": 4,
                "paired.adversarial": 0.01},
    "dbf": {"model": "dbf", "dbf.widths": (4, 4, 4), "data.rgb_crop": 32, "train.patch": 32},
    "dbf photos": {"model": "dbf", "dbf.widths": (4, 4, 4), "data.rgb_crop": 32, "train.patch": 32,
                   "dbf.rgb": "photos"},
}  # fmt: skip


@pytest.mark.slow
def test_two_workers_equal_one_device_in_all_trainings(config, tmp_path):
    configs = {}
    for name, changes in CASES.items():
        configs[name] = config_lib.from_dict(config_lib.to_dict(config))
        configs[name].update_from_flattened_dict(changes)
    jobs = [job(one, tmp_path / name / "two") for name, one in configs.items()]
    for status, stderr in run_workers([jobs, jobs]):  # TensorFlow warns of as many graphs in one process
        assert status == 0, stderr
    for name, one in configs.items():
        check_equal_to_one_device(one, tmp_path / name / "two")


@pytest.mark.slow
@pytest.mark.parametrize("before, after", [(2, 1), (1, 2)])
def test_a_run_goes_on_with_another_number_of_workers(config, tmp_path, before, after):
    """Killed in step 3 of 4, with a checkpoint of step 2: as one device left alone, within rounding."""
    config.semantic.parser, config.model = "", "agd_net"
    config.agd_net.stages, config.agd_net.growth, config.agd_net.units, config.paired.ema = 2, 4, 1, 0.9
    config.train.steps, config.train.checkpoint_every, config.train.validate_every = 4, 2, 2
    for count, fatal in ((before, 3), (after, None)):
        config.train.strategy = "none" if count == 1 else "multi_worker"
        jobs = [job(config, tmp_path / "run")]
        ends = run_workers([jobs] * count, dict.fromkeys(range(count), fatal), count)
        # Where both kill themselves at once, one may see the other's end first.
        assert all((status == 0) == (fatal is None) for status, _ in ends), ends
        reached = json.loads((tmp_path / "run/reached.json").read_text())
        assert reached == {"step": 2 if fatal else 4}
    check_equal_to_one_device(config, tmp_path / "run")


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1], ids=["the chief", "the other"])
def test_a_lost_worker_ends_all_and_the_restart_goes_on(config, tmp_path, victim):
    """Killed after step 3 of 4, a step after the checkpoint: the restart gives the bits of an undisturbed run."""
    config.train.steps, config.train.checkpoint_every, config.train.validate_every = 4, 2, 2
    whole, cut = [job(config, tmp_path / "whole")], [job(config, tmp_path / "cut")]
    for status, stderr in run_workers([whole, whole]):
        assert status == 0 and not stderr, stderr
    ends = run_workers([cut, cut], fatal={victim: 3})
    assert ends[victim][0] == -signal.SIGKILL
    status, stderr = ends[1 - victim]
    assert status == 1 and stderr.count("\n") == 1, stderr
    assert stderr.startswith("RunError: ") and " is lost, so the training ends on worker" in stderr
    assert json.loads((tmp_path / "cut" / "reached.json").read_text()) == {"step": 2}
    for status, stderr in run_workers([cut, cut]):
        assert status == 0 and not stderr, stderr
    here, there = (RunFolder.open(tmp_path / name) for name in ("cut", "whole"))
    for first, second in zip(weights(here), weights(there), strict=True):
        np.testing.assert_array_equal(first, second)
    assert here.history() == there.history()


@pytest.mark.slow
def test_workers_that_differ_are_named(config, tmp_path):
    chief = job(config, tmp_path / "run")
    config.train.patch, config.seed = 8, 5
    ends = run_workers([[chief], [job(config, tmp_path / "run")]])
    for status, stderr in ends:
        assert status == 1 and stderr.count("\n") == 1, stderr
        assert stderr.startswith("RunError: the workers differ from worker 0 (127.0.0.1:")
        assert stderr.rstrip().endswith("): seed, train.patch"), stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_workers_with_other_records_are_named(config, tmp_path):
    from trained_run import make_records

    chief = job(config, tmp_path / "run")
    config.data.cubes = str(make_records(tmp_path / "others"))
    for status, stderr in run_workers([[chief], [job(config, tmp_path / "run")]]):
        assert status == 1 and stderr.rstrip().endswith("): records of cubes"), stderr


@pytest.mark.slow
def test_a_worker_that_never_comes(config, tmp_path):
    config.train.wait_minutes = 0.05
    values, addresses = job(config, tmp_path / "run"), [f"127.0.0.1:{port}" for port in free_ports(2)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CONFIG": described(worker=addresses)}
    done = subprocess.run(
        [sys.executable, "-c", WORKER], input=json.dumps([[values], None]), capture_output=True, text=True,
        env={**environment, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        f"RunError: TF_CONFIG: worker 0 ({addresses[0]}) has waited 3 s, and not all others have come: worker 1 "
        f"({addresses[1]}); start them together, or set --config.train.wait_minutes\n"
    )


@pytest.mark.parametrize("text, message", [
    ("", "train.strategy=multi_worker needs it in the environment"),
    ("{", "must be JSON of the form"),
    ("[]", "must be JSON of the form"),
    ("7", "must be JSON of the form"),
    ('{"cluster": {"worker": ["a:1"]}}', "must be JSON of the form"),
    ('{"cluster": ["a:1"], "task": {"type": "worker", "index": 0}}', "must be JSON of the form"),
    (described(worker="a:1"), "cluster.worker must be a list of addresses HOST:PORT"),
    (described(worker=[]), "cluster.worker must be a list of addresses HOST:PORT"),
    (described(chief=["a:1"]), "cluster.worker must be a list of addresses HOST:PORT"),
    (described(worker=["a"]), "an address must be HOST:PORT, not 'a'"),
    (described(worker=["a:b"]), "an address must be HOST:PORT, not 'a:b'"),
    (described(worker=[":5"]), "an address must be HOST:PORT, not ':5'"),
    (described(worker=["a:70000"]), "an address must be HOST:PORT, not 'a:70000'"),
    (described(worker=[5]), "an address must be HOST:PORT, not 5"),
    (described(worker=["a:1", "a:1"]), "two workers have one address"),
    (described(worker=["a:1"], ps=["b:1"]), "cluster must have chief and worker alone, not 'ps'"),
    (described(worker=["a:1"], chief=["b:1", "c:1"]), "there must be one chief at most"),
    (described(worker=["a:1"], kind="chief"), "task.type must be one of worker, not 'chief'"),
    (described(worker=["a:1"], kind=["worker"]), "task.type must be one of worker, not ['worker']"),
    (described(worker=["a:1", "b:1"], index=2), "task.index must be a whole number from 0 to 1, not 2"),
    (described(worker=["a:1", "b:1"], index="0"), "task.index must be a whole number from 0 to 1, not '0'"),
    (described(worker=["a:1", "b:1"], index=True), "task.index must be a whole number from 0 to 1, not True"),
])  # fmt: skip
def test_rubbish_in_tf_config_is_one_line(text, message, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(RunError) as error:
        cluster_lib.read_cluster()
    assert str(error.value).startswith("TF_CONFIG: ") and message in str(error.value)
    assert "\n" not in str(error.value)


def test_the_chief_is_worker_0():
    found = cluster_lib.read_cluster(described(index=1, worker=["a:1", "b:2"], chief=["c:3"]))
    assert found.named(0) == "worker 0 (c:3)" and found.own == 2 and found.named(2) == "worker 2 (b:2)"


def test_the_program_refuses_rubbish_before_it_trains(config, monkeypatch, program, tmp_path):
    monkeypatch.setenv("TF_CONFIG", "{}")
    flags = f"--workdir={tmp_path / 'run'}", "--config.train.strategy=multi_worker"
    status, _, stderr = program("hsgan.train", *flags)
    assert status == 1 and stderr.startswith("hsgan.train: error: TF_CONFIG: must be JSON of the form")
    assert not (tmp_path / "run").exists()


def test_a_batch_that_workers_do_not_divide(config, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", described(worker=["a:1", "b:1", "c:1"]))
    with pytest.raises(ConfigError, match=r"train.batch: must be a multiple of the 3 workers .* Received: 4"):
        strategies.begin(config)


def test_what_a_cluster_cannot_do_is_a_rule(config):
    config.train.max_minutes, config.train.devices = 5.0, 2
    problems = " ".join(config_lib.problems_of(config))
    assert "train.max_minutes: must be 0 with train.strategy=multi_worker" in problems
    assert "train.devices: must be 0 with train.strategy=multi_worker" in problems
