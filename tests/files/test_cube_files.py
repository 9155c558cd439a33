"""Cube files, read back by independent means."""

import errno
import json

import numpy as np
import pytest
import spectral

from hsgan.files import cubes

BANDS = np.arange(400, 701, 10, dtype=np.float32)
METADATA = {"source": "cat {1}.jpg", "camera": "estimated", "round_trip_rmse": 0.001}


@pytest.fixture
def cube():
    return np.random.default_rng(2).normal(0.3, 0.2, (6, 7, 31)).astype(np.float32)


@pytest.fixture
def srf():
    return np.random.default_rng(3).dirichlet(np.ones(31), 3).astype(np.float32)


def test_npz_reads_back_equal(tmp_path, cube, srf):
    paths = cubes.write_cube(tmp_path / "new" / "a.b", cube, BANDS, srf, METADATA, ["npz"])
    assert paths == [tmp_path / "new" / "a.b.npz"]
    with np.load(paths[0]) as stored:
        assert stored["cube"].dtype == stored["srf"].dtype == np.float32
        np.testing.assert_array_equal(stored["cube"], cube)
        np.testing.assert_array_equal(stored["srf"], srf)
        np.testing.assert_array_equal(stored["wavelengths_nm"], BANDS)
        assert json.loads(str(stored["metadata"])) == METADATA


def test_envi_reads_back_equal(tmp_path, cube, srf):
    data, header = cubes.write_cube(tmp_path / "a", cube, BANDS, srf, METADATA, ["envi"])
    image = spectral.open_image(str(header))
    np.testing.assert_array_equal(image.open_memmap(interleave="bip"), cube)
    assert image.bands.centers == BANDS.tolist() and image.bands.band_unit == "nm"
    assert image.metadata["band names"][:2] == ["400 nm", "410 nm"]
    np.testing.assert_array_equal(np.array(image.metadata["srf g"], np.float32), srf[1])
    assert "cat (1).jpg" in image.metadata["description"]
    np.testing.assert_array_equal(np.fromfile(data, "<f4").reshape(6, 7, 31), cube)
    assert image.metadata["default bands"] == ["25", "16", "7"]


def test_nothing_but_the_files_is_left(tmp_path, cube, srf):
    for _ in range(2):  # the second time replaces
        paths = cubes.write_cube(tmp_path / "a", cube, BANDS, srf, formats=["npz", "envi"])
    assert sorted(tmp_path.iterdir()) == sorted(paths) == sorted(cubes.paths_of(tmp_path / "a", ["npz", "envi"]))


@pytest.mark.parametrize("name", list(cubes.WRITERS))
def test_full_disk_leaves_what_was_there(tmp_path, cube, srf, name, monkeypatch):
    cubes.write_cube(tmp_path / "a", cube, BANDS, srf, formats=[name])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cubes.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        cubes.write_cube(tmp_path / "a", 2 * cube, BANDS, srf, formats=[name])
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_interrupted_replacement_leaves_no_header_beside_other_data(tmp_path, cube, srf, monkeypatch):
    cubes.write_cube(tmp_path / "a", cube, BANDS, srf, formats=["envi"])

    def stopped(source, path):
        raise KeyboardInterrupt

    monkeypatch.setattr(cubes.os, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        cubes.write_cube(tmp_path / "a", cube[:3], BANDS, srf, formats=["envi"])
    assert not (tmp_path / "a.hdr").exists()


@pytest.mark.parametrize("changes, message", [
    ({"formats": ["npz", "mat"]}, "formats: must be among npz, envi. Received: mat"),
    ({"formats": []}, "Received: none"),
    ({"srf": np.ones((3, 30))}, "must be .height, width, bands., .bands., .3, bands."),
    ({"cube": np.ones((4, 31))}, "must be .height, width, bands., .bands., .3, bands."),
    ({"wavelengths_nm": BANDS[::-1]}, "wavelengths_nm: must ascend"),
])  # fmt: skip
def test_unfit_arguments_are_refused(tmp_path, cube, srf, changes, message):
    arguments = {"cube": cube, "wavelengths_nm": BANDS, "srf": srf, "formats": ["npz"]} | changes
    with pytest.raises(ValueError, match=message):
        cubes.write_cube(tmp_path / "a", **arguments)
    assert not list(tmp_path.iterdir())
