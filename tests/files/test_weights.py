"""Weights: written whole beside their record, with a checksum that damage does not pass."""

import resource
import signal

import h5py
import keras
import numpy as np
import pytest

from hsgan.disk import whole
from hsgan.errors import DataError
from hsgan.files.weights import load_weights, write_weights


@pytest.fixture
def small_files():
    """No file may grow beyond 64 KiB: what a full disk is to a program, without a disk to fill."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def model(units=3, seed=0):
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, name="first"), keras.layers.Dense(2)])


@pytest.fixture
def files(tmp_path):
    paths = tmp_path / "a.weights.h5", tmp_path / "a.json"
    write_weights(*paths, model(), {"step": 1})
    return paths


def test_weights_that_do_not_fit_raise_and_leave_the_old_ones(tmp_path, small_files):
    paths = tmp_path / "model.weights.h5", tmp_path / "model.json"
    for path in paths:
        path.write_text("good")
    large = keras.Sequential([keras.Input((100,)), keras.layers.Dense(300)])
    with pytest.raises(OSError, match=r"model\.weights\.h5"):
        write_weights(*paths, large, {})
    assert [path.read_text() for path in paths] == ["good", "good"]
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_the_reserve_covers_what_hdf5_writes(tmp_path, monkeypatch):
    layers = [keras.layers.Dense(2, name=f"a_rather_long_name_of_a_layer_{number}") for number in range(60)]
    many = keras.Sequential([keras.Input((2,)), *layers])
    reserved = []
    monkeypatch.setattr(whole, "check_room", lambda path, size: reserved.append(size))
    write_weights(tmp_path / "a.weights.h5", tmp_path / "a.json", many, {})
    assert (tmp_path / "a.weights.h5").stat().st_size <= reserved[0]


def test_weights_come_back_with_their_record(files):
    other = model(seed=1)
    load_weights(files[0], other)
    for found, expected in zip(other.get_weights(), model().get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert files[1].read_text() == '{\n  "step": 1\n}\n'


def test_a_changed_number_is_refused(files):
    with h5py.File(files[0], "r+") as file:
        file["layers/dense/vars/0"][0, 0] += 1e-6
    with pytest.raises(DataError, match=r"a\.weights\.h5: is damaged: the checksum of its values differs"):
        load_weights(files[0], model())


def test_weights_without_a_checksum_are_read(files):
    """Older versions wrote none."""
    with h5py.File(files[0], "r+") as file:
        del file.attrs["sha256"]
        file["layers/dense/vars/0"][0, 0] = 7
    found = model()
    load_weights(files[0], found)
    assert found.get_weights()[0][0, 0] == 7


def test_every_damaged_byte_that_matters_is_found(files):
    """Bytes at random places: refused, or without an effect on the numbers."""
    good, rng, refused = files[0].read_bytes(), np.random.default_rng(0), 0
    expected = [array.tobytes() for array in model().get_weights()]
    for place in rng.integers(0, len(good), 150):
        data = bytearray(good)
        data[place] ^= 1 << rng.integers(8)
        files[0].write_bytes(data)
        found = model(seed=1)
        try:
            load_weights(files[0], found)
        except (DataError, ValueError, KeyError):
            refused += 1
        else:
            assert [array.tobytes() for array in found.get_weights()] == expected
    assert refused > 10


@pytest.mark.parametrize("kind", ["external link", "soft link", "external storage", "virtual"])
def test_weights_of_other_files_are_refused(files, tmp_path, kind):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = np.zeros((4, 3), np.float32)
    with h5py.File(files[0], "r+") as file:
        group = file["layers/dense/vars"]
        del group["0"]
        if kind == "external link":
            group["0"] = h5py.ExternalLink(tmp_path / "secret.h5", "x")
        elif kind == "soft link":
            group["0"] = h5py.SoftLink("/layers/dense/vars/1")
        elif kind == "external storage":
            group.create_dataset("0", (4, 3), "f4", external=[(str(tmp_path / "secret.h5"), 0, 48)])
        else:
            layout = h5py.VirtualLayout((4, 3), "f4")
            layout[:] = h5py.VirtualSource(tmp_path / "secret.h5", "x", (4, 3))
            group.create_virtual_dataset("0", layout)
    with pytest.raises(DataError, match="must lie in the file itself"):
        load_weights(files[0], model())
