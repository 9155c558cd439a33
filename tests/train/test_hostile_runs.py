"""Run folders that were damaged, or are used twice: said in one line, and never begun again by themselves."""

import json
import os
import shutil

import numpy as np
import pytest
import tensorflow as tf
from fault_runs import SmallModel
from trained_run import make_run, small_config

from hsgan import config as config_lib
from hsgan.disk import whole
from hsgan.errors import RunError
from hsgan.run.folder import RunFolder
from hsgan.spectra import srf as srf_lib
from hsgan.train.state import TrainingState, checkpoints


@pytest.fixture
def saved(tmp_path):
    """Folder of checkpoints of steps 2 and 4."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for step in (1, 2, 4):
        TrainingState(folder, SmallModel(step)).save(0.5)
    return folder


def restored(folder, reached=4):
    model = SmallModel(0)
    step = TrainingState(folder, model).restore(reached)
    assert int(model.step) == step and (model.variables[1].numpy() == step).all()
    return step


def test_the_last_two_are_kept_and_the_newest_is_taken(saved):
    assert [step for step, _ in checkpoints(saved)] == [4, 2] and restored(saved) == 4
    assert json.loads((saved.parent / "reached.json").read_text()) == {"step": 4}


def cut(path):
    path.write_bytes(path.read_bytes()[:-3])


def empty(path):
    path.write_bytes(b"")


def flipped(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def gone(path):
    path.unlink()


@pytest.mark.parametrize("harm", [cut, empty, flipped, gone])
@pytest.mark.parametrize("name", ["state.index", "state.data-00000-of-00001", "checksums.json"])
def test_a_damaged_checkpoint_gives_way_to_the_older_one_and_says_so(saved, capsys, name, harm):
    harm(saved / "state-4" / name)
    assert restored(saved) == 2
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{saved / 'state-4'}: does not fit this model, or is damaged (")
    assert line.endswith("; going on from step 2")
    # Trained on, the next checkpoint takes the damaged one's place.
    TrainingState(saved, SmallModel(3)).save(0.5)
    assert [step for step, _ in checkpoints(saved)] == [3, 2] and restored(saved, 3) == 3


def test_where_none_is_sound_nothing_begins_again(saved):
    for step in (2, 4):
        cut(saved / f"state-{step}" / "state.index")
    with pytest.raises(RunError, match=r"state-4: .*; .*state-2: .*; restore it, or begin again in another --workdir"):
        restored(saved)


@pytest.mark.parametrize("left", ["nothing", "no folder", "an unfinished one"])
def test_where_none_is_left_nothing_begins_again(saved, left):
    shutil.rmtree(saved)
    if left != "no folder":
        saved.mkdir()
    if left == "an unfinished one":
        (saved / "state-6_temp").mkdir()
    with pytest.raises(RunError, match="holds no checkpoint, though the run had reached step 4"):
        restored(saved)
    assert TrainingState(saved, SmallModel(0)).restore() == 0


def old_checkpoints(folder):
    """As older versions wrote them: files beside each other, and one that names the latest."""
    for step in (2, 4):
        state = TrainingState(folder, SmallModel(step))
        manager = tf.train.CheckpointManager(state.checkpoint, str(folder), max_to_keep=2, checkpoint_name="state")
        manager.save(checkpoint_number=step)


@pytest.mark.parametrize("harm, step", [
    (lambda folder: None, 4),
    (lambda folder: (folder / "checkpoint").unlink(), 4),
    (lambda folder: (folder / "checkpoint").write_text(""), 4),
    (lambda folder: cut(folder / "checkpoint"), 4),
    (lambda folder: cut(folder / "state-4.data-00000-of-00001"), 2),
    (lambda folder: empty(folder / "state-4.data-00000-of-00001"), 2),
    (lambda folder: cut(folder / "state-4.index"), 2),
    (lambda folder: (folder / "state-4.index").unlink(), 2),
], ids=["sound", "no list", "empty list", "cut list", "cut data", "empty data", "cut index", "no index"])  # fmt: skip
def test_checkpoints_of_older_versions(tmp_path, harm, step):
    old_checkpoints(tmp_path)
    harm(tmp_path)
    assert restored(tmp_path) == step
    TrainingState(tmp_path, SmallModel(5)).save(0.5)
    TrainingState(tmp_path, SmallModel(6)).save(0.5)
    assert restored(tmp_path) == 6 and not list(tmp_path.glob("state-*.index"))


def test_a_run_of_an_older_version_knows_by_its_history_what_it_reached(tmp_path):
    config = small_config()
    with config.unlocked():
        config.train.checkpoint_every = 10
    run = RunFolder.create(tmp_path / "run", config)
    assert run.reached == 0
    run.write_history([{"step": 0}, {"step": 10}])
    assert run.reached == 0  # killed between validation and checkpoint, perhaps
    run.write_history([{"step": 0}, {"step": 11}])
    assert run.reached == 11
    whole.write_json(run.path / "reached.json", {"step": 20})
    assert run.reached == 20


def test_two_trainings_in_one_folder(tmp_path):
    run = RunFolder.create(tmp_path / "run", small_config())
    with run.locked(), pytest.raises(RunError, match="another training is at work in it"), run.locked():
        pytest.fail("two at a time")
    with run.locked():
        pass


def test_cameras_that_changed_meanwhile(tmp_path):
    grid = config_lib.wavelengths_nm(small_config())
    run, cameras = RunFolder.create(tmp_path / "run", small_config()), srf_lib.load("default", grid)
    other = cameras.without(cameras.names[:1])
    run.save_dictionary(other)
    run.save_dictionary(cameras)  # nothing had begun
    (run.path / "weights" / "last.json").write_text("{}")
    run.save_dictionary(cameras)
    with pytest.raises(RunError, match="the run began with other cameras than the embedded dictionary holds now"):
        run.save_dictionary(other)
    np.testing.assert_array_equal(run.dictionary().responses, cameras.responses)


FILES = {
    "config.json": lambda run: run,
    "run.json": lambda run: run.provenance,
    "cameras.npz": lambda run: run.dictionary(),
    "history.jsonl": lambda run: run.history(),
    "reached.json": lambda run: run.reached,
    "weights/best.json": lambda run: run.weights_record("best"),
    "weights/best.weights.h5": lambda run: run.network("best"),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    run = RunFolder.open(make_run(tmp_path_factory.mktemp("hostile") / "run"))
    run.record_session({"cubes": {"source": "test", "sha256": "0" * 64}})
    run.write_history([{"step": 0}])
    whole.write_json(run.path / "reached.json", {"step": 0})
    return run.path


CONTENTS = b"", b"{", b"[1]", b"\xff\xfe", b'{"step": "x"}', b"[" * 10000, None
ACCEPTED = {("history.jsonl", b""), ("weights/best.json", b'{"step": "x"}')}  # as good as none, and as a sound one
CASES = [(name, content) for name in FILES for content in CONTENTS if (name, content) not in ACCEPTED]


@pytest.mark.parametrize("name, content", CASES, ids=str)
def test_a_damaged_file_of_a_run_is_named(sound, tmp_path, name, content):
    shutil.copytree(sound, tmp_path / "run")
    path = tmp_path / "run" / name
    path.unlink()
    if content is None:
        os.mkfifo(path)
    else:
        path.write_bytes(content)
    with pytest.raises(RunError, match=path.name) as caught:
        FILES[name](RunFolder.open(tmp_path / "run"))
    assert "Traceback" not in str(caught.value) and len(str(caught.value)) < 1000
