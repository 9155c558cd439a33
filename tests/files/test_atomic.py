"""Files that appear whole or not at all."""

import errno
import resource
import signal
from pathlib import Path

import keras
import pytest

from hsgan.files.atomic import write_atomically, write_json, write_text, write_weights


@pytest.fixture
def small_files():
    """No file may grow beyond 64 KiB: what a full disk is to a program, without a disk to fill."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "weights"
    path.write_text("good")

    def fail(temporary):
        Path(temporary).write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match=r"No space left on device: .*/weights'"):
        write_atomically(path, fail)
    assert path.read_text() == "good"
    assert list(tmp_path.iterdir()) == [path]


def test_weights_that_do_not_fit_raise_and_leave_the_old_ones(tmp_path, small_files):
    path = tmp_path / "model.weights.h5"
    path.write_text("good")
    model = keras.Sequential([keras.Input((100,)), keras.layers.Dense(300)])
    with pytest.raises(OSError, match=r"model\.weights\.h5"):
        write_weights(path, model)
    assert path.read_text() == "good"
    assert list(tmp_path.iterdir()) == [path]


def test_the_reserve_covers_what_hdf5_writes(tmp_path):
    layers = [keras.layers.Dense(2, name=f"a_rather_long_name_of_a_layer_{number}") for number in range(60)]
    model = keras.Sequential([keras.Input((2,)), *layers])
    path = tmp_path / "model.weights.h5"
    reserved = []

    def spy(target, write, reserve=0):
        reserved.append(reserve)
        write(str(target))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hsgan.files.atomic.write_atomically", spy)
        write_weights(path, model)
    assert path.stat().st_size <= reserved[0]


def test_text_and_json(tmp_path):
    write_text(tmp_path / "a.txt", "text")
    write_json(tmp_path / "a.json", {"a": [1.5]})
    assert (tmp_path / "a.txt").read_text() == "text"
    assert (tmp_path / "a.json").read_text() == '{\n  "a": [\n    1.5\n  ]\n}\n'
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(tmp_path / "b.json", {"a": float("nan")})
    assert not (tmp_path / "b.json").exists()
