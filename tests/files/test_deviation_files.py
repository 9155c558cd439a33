"""The standard deviations of a cube's values, in files beside it."""

import shutil

import numpy as np
import pytest

from hsgan.files import cubes
from hsgan.files.header import CubeHeader

BANDS = np.arange(400, 701, 10, dtype=np.float32)
RNG = np.random.default_rng(2)
CUBE = RNG.random((9, 7, 31), np.float32)
DEVIATION = CUBE / 10
SRF = RNG.dirichlet(np.ones(31), 3).astype(np.float32)
FACTS = {"photo": "a.jpg", "camera": "Nikon D700", "round_trip_rmse": 0.001, "step": 7}


def write(stem, name="npz", deviation=DEVIATION, facts=FACTS):
    return cubes.write_cube(stem, CUBE, BANDS, SRF, facts, [name], deviation)


@pytest.mark.parametrize("name", cubes.FORMATS)
def test_every_format_gives_both_back(tmp_path, name):
    paths = write(tmp_path / "a", name)
    suffixes = cubes.FORMATS[name].SUFFIXES
    assert [path.name for path in paths] == [f"{stem}{suffix}" for stem in ("a", "a_deviation") for suffix in suffixes]
    cube = cubes.open_cube(paths[0])
    np.testing.assert_array_equal(cube.values, CUBE)
    np.testing.assert_array_equal(cube.coords["deviation"].values, DEVIATION)
    assert cube.attrs["deviation"] == f"a_deviation{suffixes[0]}" and cube.attrs["camera"] == "Nikon D700"
    # A part of it is saved with its part of the deviations.
    part = cube.isel(y=slice(2, 5)).sel(wavelength=slice(450, 650))
    (saved, *_) = cubes.save_cube(part.assign_attrs(srf=SRF[:, 5:26]), tmp_path / "part", [name])
    again = cubes.open_cube(saved)
    np.testing.assert_array_equal(again.coords["deviation"].values, DEVIATION[2:5, :, 5:26])
    # The deviations are an ordinary cube of the format too.
    np.testing.assert_array_equal(cubes.open_cube(paths[len(suffixes)]).values, DEVIATION)


def test_blocks_come_with_their_deviations(tmp_path):
    header = CubeHeader(9, 7, BANDS, SRF, FACTS)
    with cubes.open_writer(tmp_path / "a", "npz", header, deviation=True) as writer:
        for rows in (slice(4, 9), slice(0, 4)):
            writer.write(rows, slice(0, 7), CUBE[rows], DEVIATION[rows])
        writer.facts["later"] = 1.5
    cube = cubes.open_cube(tmp_path / "a.npz")
    np.testing.assert_array_equal(cube.coords["deviation"].values, DEVIATION)
    assert cube.attrs["later"] == 1.5


@pytest.mark.parametrize("wanted", [True, False])
def test_a_block_without_its_deviation_or_with_one_too_many_is_refused(tmp_path, wanted):
    header = CubeHeader(9, 7, BANDS, SRF)
    deviation = () if wanted else (DEVIATION,)
    with (
        pytest.raises(ValueError, match=r"block: must be \[9, 7, 31\], and its deviation where the cube has one"),
        cubes.open_writer(tmp_path / "a", "npz", header, deviation=wanted) as writer,
    ):
        writer.write(slice(0, 9), slice(0, 7), CUBE, *deviation)
    assert not list(tmp_path.iterdir())


def test_deviations_of_another_shape_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"deviation: must be of the cube's shape, \(9, 7, 31\)"):
        write(tmp_path / "a", deviation=DEVIATION[1:])
    assert not list(tmp_path.iterdir())


def test_without_its_file_there_is_none(tmp_path):
    write(tmp_path / "a")
    (tmp_path / "a_deviation.npz").unlink()
    assert "deviation" not in cubes.open_cube(tmp_path / "a.npz").coords


def test_what_belongs_to_another_cube_is_not_taken(tmp_path):
    write(tmp_path / "a")
    write(tmp_path / "b", facts=FACTS | {"step": 8})
    shutil.copy(tmp_path / "b_deviation.npz", tmp_path / "a_deviation.npz")
    assert "deviation" not in cubes.open_cube(tmp_path / "a.npz").coords


def test_a_cube_written_again_without_forgets_the_old_ones(tmp_path):
    write(tmp_path / "a")
    write(tmp_path / "a", deviation=None)
    assert "deviation" not in cubes.open_cube(tmp_path / "a.npz").coords


@pytest.mark.parametrize("name", ["../secret.npz", "/etc/passwd", "..", "", "a.npz/", "no such.npz", "x.hdr"])
def test_a_file_does_not_say_in_which_folder_to_read(tmp_path, name):
    write(tmp_path / "secret")
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "a", deviation=None, facts=FACTS | {"deviation": name})
    assert "deviation" not in cubes.open_cube(tmp_path / "in" / "a.npz").coords
