"""A run that is killed and started again ends like one left alone, bit for bit; a run folder is never mixed up."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.errors import DataError, RunError, TrainingError
from hsgan.run.folder import RunFolder
from hsgan.train.callbacks import FiniteGuard
from hsgan.train.loop import train
from hsgan.train.state import checkpoints

ROOT = Path(__file__).parents[2]


# Imports TensorFlow once, and trains in a fork for each line of its input, a run folder.
TRAINER = """
import json, os, sys
from hsgan import config
from hsgan.train.loop import train
from hsgan.train.validation import Validator

Validator.write_pictures = lambda *_: None
values = json.loads(sys.argv[1])
for workdir in sys.stdin:
    process = os.fork()
    if process == 0:
        train(config.from_dict(values), workdir.strip())
        sys.stdout.flush()
        os._exit(0)
    print("process", process, flush=True)
    print("ended", os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
"""


@pytest.fixture
def train_elsewhere(whole_config):
    """Trains in a process of its own, `train_elsewhere(workdir, kill_at=step)`, which is killed at that step."""
    command = [sys.executable, "-c", TRAINER, json.dumps(config_lib.to_dict(whole_config))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, env=environment, **pipes) as trainer:

        def run(workdir, kill_at=None):
            print(workdir, file=trainer.stdin, flush=True)
            process, seen = None, []
            for line in trainer.stdout:
                seen.append(line)
                if line.startswith("process "):
                    process = int(line.split()[1])
                if line.startswith("ended "):
                    assert int(line.split()[1]) == (0 if kill_at is None else -signal.SIGKILL), "".join(seen)
                    return
                if line.startswith(f"step {kill_at}/"):  # between two checkpoints
                    os.kill(process, signal.SIGKILL)
            raise AssertionError("".join(seen))

        yield run
        trainer.stdin.close()


def state_of(workdir):
    """All numbers of a run's last checkpoint but the seconds it took."""
    reader = tf.train.load_checkpoint(str(checkpoints(workdir / "checkpoints")[0][1]))
    shapes = reader.get_variable_to_shape_map()
    return {name: reader.get_tensor(name) for name in shapes if "OBJECT_GRAPH" not in name and "seconds" not in name}


def test_killed_and_resumed_equals_left_alone(whole_config, no_pictures, train_elsewhere, tmp_path, capsys):
    train(whole_config, tmp_path / "alone")
    train_elsewhere(tmp_path / "killed", kill_at=1)
    assert checkpoints(tmp_path / "killed/checkpoints") == []
    train_elsewhere(tmp_path / "killed", kill_at=3)
    assert checkpoints(tmp_path / "killed/checkpoints")[0][0] == 2
    train_elsewhere(tmp_path / "killed")
    alone, killed = state_of(tmp_path / "alone"), state_of(tmp_path / "killed")
    assert alone.keys() == killed.keys()
    weights = [name for name in alone if name.startswith("weights/")]
    assert len(weights) == 83  # networks, their average, discriminator, semantic branch, counters
    different = [name for name in alone if not np.array_equal(alone[name], killed[name])]
    assert different == []
    for which in ("best", "last"):
        assert RunFolder.open(tmp_path / "alone").weights_record(which) == RunFolder.open(
            tmp_path / "killed"
        ).weights_record(which)
    histories = [(tmp_path / name / "history.jsonl").read_text() for name in ("alone", "killed")]
    assert histories[0] == histories[1]
    assert [json.loads(line)["step"] for line in histories[0].splitlines()] == [0, 4, 7]
    assert len(json.loads((tmp_path / "killed/run.json").read_text())) == 3
    train(whole_config, tmp_path / "killed")
    assert "is complete at step 7" in capsys.readouterr().out


def test_another_configurations_run_is_refused(small_config, tmp_path):
    RunFolder.create(tmp_path / "run", small_config)
    (tmp_path / "run/weights/last.json").write_text("{}")
    before = (tmp_path / "run/config.json").read_bytes()
    small_config.train.batch = 4
    small_config.loss.smoothness = 3.0
    with pytest.raises(RunError, match=r"another configuration \(loss.smoothness, train.batch differ\)"):
        RunFolder.create(tmp_path / "run", small_config)
    assert (tmp_path / "run/config.json").read_bytes() == before


def test_a_run_that_never_began_may_be_corrected(small_config, tmp_path):
    RunFolder.create(tmp_path / "run", small_config)
    small_config.train.batch = 4
    assert RunFolder.open(RunFolder.create(tmp_path / "run", small_config).path).config.train.batch == 4


def test_a_run_that_began_on_other_data_is_refused(small_config, tmp_path):
    folder = RunFolder.create(tmp_path / "run", small_config)
    folder.record_session({"cubes": {"sha256": "a", "source": "cave"}})
    folder.record_session({"cubes": {"sha256": "b", "source": "cave"}})  # nothing had begun
    (folder.path / "weights/last.json").write_text("{}")
    folder.record_session({"cubes": {"sha256": "b", "source": "cave"}})
    with pytest.raises(RunError, match="the run began on other cubes"):
        folder.record_session({"cubes": {"sha256": "c", "source": "cave"}})


def test_a_file_is_no_run_folder(small_config, tmp_path):
    (tmp_path / "run").write_text("a file")
    with pytest.raises(RunError, match="is a file; a run needs a folder"):
        RunFolder.create(tmp_path / "run", small_config)


def test_a_wrong_path_does_not_claim_the_folder(small_config, tmp_path):
    """What cannot be read is found before the folder holds a configuration."""
    small_config.cameras.dictionary = "missing.txt"
    with pytest.raises(DataError, match=r"no such file: missing\.txt"):
        train(small_config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_clock_may_change(small_config, tmp_path):
    RunFolder.create(tmp_path / "run", small_config)
    small_config.train.max_minutes = 3.0
    assert RunFolder.create(tmp_path / "run", small_config).config.train.max_minutes == 3.0


def test_a_folder_of_other_files_is_refused(small_config, tmp_path):
    (tmp_path / "thesis.txt").write_text("do not lose me")
    with pytest.raises(RunError, match="is not empty and holds no run"):
        RunFolder.create(tmp_path, small_config)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_run_without_weights_says_so(small_config, tmp_path):
    folder = RunFolder.create(tmp_path / "run", small_config)
    with pytest.raises(RunError, match="no 'best' weights yet"):
        folder.network()
    with pytest.raises(RunError, match="holds no run"):
        RunFolder.open(tmp_path / "nowhere")


def test_a_non_finite_loss_stops_the_run_and_names_term_and_step(small_config, tmp_path):
    guard = FiniteGuard(start_step=41)
    guard.on_train_batch_end(0, {"loss": 1.0, "smoothness": 0.0})
    with pytest.raises(TrainingError, match="step 43: smoothness is not finite"):
        guard.on_train_batch_end(1, {"loss": 1.0, "smoothness": float("nan")})
    small_config.optimizer.generator = 1e30
    with pytest.raises(TrainingError, match=r"step \d: \w+ is not finite"):
        train(small_config, tmp_path / "run")


@pytest.mark.slow
def test_the_shipped_demo_runs_whole(tmp_path, program):
    """The README's main command, shortened: pre-training, training, evaluation, pictures."""
    short = ("--config.train.steps=4", "--config.semantic.pretrain_steps=2", "--config.train.checkpoint_every=2")
    status, _, stderr = program(
        "hsgan.train", f"--workdir={tmp_path / 'run'}", *short, "--config.train.validate_every=4"
    )
    assert status == 0, stderr
    metrics = json.loads((tmp_path / "run/evaluation/metrics.json").read_text())
    assert list(metrics["methods"]) == ["bi", "smooth", "wiener", "ridge", "mixture", "hsgan"]
