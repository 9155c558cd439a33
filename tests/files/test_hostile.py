"""Files of strangers, damaged or made to harm, through every reader: one line, or what they hold."""

import json
import os
import subprocess
import sys

import fault_files
import fault_fuzz
import fault_samples
import numpy as np
import pytest
from hostile import WAVELENGTHS_NM, cube_values, refused, write_npz

from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.files import cameras, cubes, photos, video
from hsgan.spectra import srf as srf_lib

SUBJECTS = fault_files.subjects()


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Sound files of each kind, made once."""
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", SUBJECTS)
def test_damage_is_read_or_refused_in_one_line(sound, name, seed):
    kind, detail = fault_fuzz.attempt(SUBJECTS[name], name, seed, sound)
    assert kind in (fault_fuzz.READ, fault_fuzz.REFUSED), detail


def dictionary(path):
    return srf_lib.load(str(path), WAVELENGTHS_NM)


@pytest.mark.parametrize("read", [photos.read_photo, cube_values, cameras.read, video.count_frames, dictionary])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_a_pipe_is_not_waited_for(tmp_path, read, kind):
    path = tmp_path / "a.npz"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    refused(path, read, "is a (pipe or a device|folder)")


FACTS = {"srf": 1, "units": "counts", "a=b": 1, "a\nsrf r = {1}": 1, "{": 1, "": 1, "nan": float("nan"), "list": [1]}


@pytest.mark.parametrize("name", FACTS)
def test_no_fact_replaces_what_belongs_to_the_cube(tmp_path, name):
    text = json.dumps({name: FACTS[name]})
    path = write_npz(tmp_path / "a.npz", cube=fault_samples.cube(), metadata=np.array(text))
    refused(path, cube_values, "facts: ")


@pytest.mark.parametrize("changes", [
    {"srf": np.full((3, 31), np.nan)},
    {"srf": np.full((3, 31), np.inf)},
    {"wavelengths_nm": np.append(WAVELENGTHS_NM[:-1], np.inf)},
    {"wavelengths_nm": np.append(WAVELENGTHS_NM[:-1], np.nan)},
    {"wavelengths_nm": np.array(["a"] * 31)},
    {"srf": np.array([["a"] * 31] * 3)},
    {"metadata": np.array("[1, 2]")},
    {"metadata": np.array("{" * 5000)},
    {"metadata": np.array("[" * 100000)},
    {"cube": np.zeros((12, 0, 31), np.float32)},
    {"cube": np.zeros((12, 31), np.float32)},
], ids=lambda changes: next(iter(changes)))  # fmt: skip
def test_what_is_no_number_and_no_text_is_refused(tmp_path, changes):
    refused(write_npz(tmp_path / "a.npz", **({"cube": fault_samples.cube()} | changes)), cube_values, r"a\.npz: ")


@pytest.mark.parametrize(
    "name", ["a_$5_and_$7_.png", b"caf\xe9.png".decode(errors="surrogateescape"), "a\nb.png", "ü.png"]
)
@pytest.mark.parametrize("form", cubes.FORMATS)
def test_a_photos_name_is_a_fact_in_every_format(tmp_path, name, form):
    facts = {"photo": name, "camera": name}
    paths = cubes.write_cube(tmp_path / "a", fault_samples.cube(), WAVELENGTHS_NM, fault_samples.srf(), facts, [form])
    found = cubes.open_cube(paths[-1])
    assert found.attrs["photo"] == found.attrs["camera"] == name.encode(errors="replace").decode()
    np.testing.assert_array_equal(found.values, fault_samples.cube())


def test_a_clock_before_1980_is_no_obstacle(tmp_path):
    """ZIP knows no earlier date."""
    program = (
        "import time, sys; sys.path[:0] = sys.argv[1:3]\n"
        "time.time, time.localtime = lambda: 0.0, lambda *_: time.struct_time((1970, 1, 1, 0, 0, 0, 3, 1, 0))\n"
        "import fault_files, fault_samples; from pathlib import Path\n"
        "from hsgan.files import cubes\n"
        "wl = fault_samples.WAVELENGTHS_NM\n"
        "cubes.write_cube('a', fault_samples.cube(), wl, fault_samples.srf(), {}, ['npz'])\n"
        "fault_files._dictionary(Path('.'))\n"
    )
    folders = [str(fault_fuzz.ROOT / "benchmarks"), str(fault_fuzz.ROOT)]
    subprocess.run([sys.executable, "-c", program, *folders], cwd=tmp_path, check=True)
    np.testing.assert_array_equal(cube_values(tmp_path / "a.npz"), fault_samples.cube())


def test_a_guard_lets_our_own_errors_and_interruptions_pass(tmp_path):
    (tmp_path / "a").write_text("x")
    for error, expected in ((KeyboardInterrupt(), KeyboardInterrupt), (DataError("a: own"), DataError)):
        with pytest.raises(expected), guard.reading(tmp_path / "a", "a test"):
            raise error
    for error in (
        ZeroDivisionError("x"),
        RecursionError(),
        MemoryError(),
        OSError(5, "I/O"),
        PermissionError(13, "no"),
    ):
        with pytest.raises(DataError, match=r"/a: ") as caught, guard.reading(tmp_path / "a", "a test"):
            raise error
        assert "\n" not in str(caught.value)
