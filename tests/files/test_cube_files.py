"""Cube files of every format: written block by block, read back by independent libraries, and never half there."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from xml.etree import ElementTree

import h5py
import imagecodecs
import numpy as np
import pytest
import spectral
import tifffile
import xarray
import zarr
from PIL import Image

from hsgan.disk import whole
from hsgan.errors import DataError
from hsgan.files import cubes, matlab
from hsgan.files.formats import WRITTEN
from hsgan.files.formats import zarr as zarr_format
from hsgan.files.header import CubeHeader

BANDS = np.arange(400, 701, 10, dtype=np.float32)
METADATA = {"photo": "cät {1}, = x.jpg", "camera": "estimated", "round_trip_rmse": 0.001, "step": 7}


@pytest.fixture
def cube():
    return np.random.default_rng(2).normal(0.3, 0.2, (16, 17, 31)).astype(np.float32)


@pytest.fixture
def wide_cube():
    """One of several chunks, where a format has chunks."""
    return np.random.default_rng(4).normal(0.3, 0.2, (140, 270, 31)).astype(np.float32)


@pytest.fixture
def srf():
    return np.random.default_rng(3).dirichlet(np.ones(31), 3).astype(np.float32)


def header_of(cube, srf, metadata=METADATA):
    return CubeHeader(*cube.shape[:2], BANDS, srf, metadata)


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
    assert json.loads(image.metadata["hsgan photo"]) == METADATA["photo"]
    np.testing.assert_array_equal(np.fromfile(data, "<f4").reshape(cube.shape), cube)
    assert image.metadata["default bands"] == ["25", "16", "7"]


def test_matlab_reads_back_equal(tmp_path, cube, srf):
    (path,) = cubes.write_cube(tmp_path / "a", cube, BANDS, srf, METADATA, ["matlab"])
    head = path.read_bytes()[:520]
    # What MATLAB looks for: its text, version 0x0200 and byte order in a block of 512 bytes, and then HDF5.
    assert head.startswith(b"MATLAB 7.3 MAT-file") and head[116:128] == bytes(8) + b"\x00\x02IM"
    assert head[512:] == b"\x89HDF\r\n\x1a\n"
    with h5py.File(path) as file:
        assert {name: item.attrs["MATLAB_class"] for name, item in file.items()} == {
            "cube": b"single", "bands": b"double", "srf": b"double", "units": b"char", "metadata": b"char",
        }  # fmt: skip
        # MATLAB's axes are HDF5's in reverse.
        np.testing.assert_array_equal(file["cube"][:].transpose(2, 1, 0), cube)
        assert file["bands"].shape == (31, 1) and file["bands"][:, 0].tolist() == BANDS.tolist()
        assert file["metadata"].dtype == np.uint16 and file["metadata"].attrs["MATLAB_int_decode"] == 2
        assert json.loads("".join(map(chr, file["metadata"][:, 0]))) == METADATA
    # And through the package's reader of other people's MATLAB files.
    assert matlab.shape_of(path, "cube") == cube.shape and matlab.shape_of(path, "bands") == (1, 31)
    np.testing.assert_array_equal(matlab.read(path, "cube"), cube)


def test_tiff_reads_back_equal(tmp_path, cube, srf):
    (path,) = cubes.write_cube(tmp_path / "a", cube, BANDS, srf, METADATA, ["tiff"])
    np.testing.assert_array_equal(imagecodecs.tiff_decode(path.read_bytes()), cube)  # libtiff
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        assert page.samplesperpixel == 31 and len(page.extrasamples) == 30
        items = ElementTree.fromstring(page.tags["GDAL_METADATA"].value)
    names = [item.text for item in items if item.get("role") == "description"]
    assert names == [f"{band:g} nm" for band in BANDS]
    assert [float(item.text) for item in items if item.get("name") == "wavelength"] == BANDS.tolist()


def test_zarr_reads_back_equal(tmp_path, cube, srf):
    (path,) = cubes.write_cube(tmp_path / "a", cube, BANDS, srf, METADATA, ["zarr"])
    group = zarr.open_group(path, mode="r")
    np.testing.assert_array_equal(group["cube"][:], cube)
    with xarray.open_zarr(path) as stored:
        assert stored["cube"].dims == ("y", "x", "wavelength") and stored["wavelength"].attrs["units"] == "nm"
        assert stored["wavelength"].values.tolist() == BANDS.tolist()
        assert stored["cube"].attrs["photo"] == METADATA["photo"]


@pytest.mark.parametrize("name", list(cubes.FORMATS))
def test_blocks_in_any_order_and_late_facts(tmp_path, wide_cube, srf, name):
    cube = wide_cube
    with cubes.open_writer(tmp_path / "a", name, header_of(cube, srf)) as writer:
        for rows in (slice(50, 140), slice(0, 50)):
            for columns in (slice(0, 100), slice(100, 256), slice(256, 270)):
                writer.write(rows, columns, cube[rows, columns])
        writer.facts["license"] = "long " * 2000
        assert not any(path.exists() for path in writer.paths)
    for path in writer.paths:
        opened = cubes.open_cube(path)
        np.testing.assert_array_equal(opened.values, cube)
        assert opened.attrs["license"] == "long " * 2000 and opened.attrs["photo"] == METADATA["photo"]


def test_zarr_is_given_one_chunk_at_a_time():
    cuts = [(part.start, part.stop) for part in zarr_format._cuts(slice(100, 300))]
    assert cuts == [(100, 128), (128, 256), (256, 300)]
    assert len(zarr_format._cuts(slice(128, 256))) == len(zarr_format._cuts(slice(3, 9))) == 1


@pytest.mark.parametrize("name", list(cubes.FORMATS))
def test_open_cube_gives_wavelengths_and_facts_and_reads_late(tmp_path, cube, srf, name):
    *_, path = cubes.write_cube(tmp_path / "a", cube, BANDS, srf, METADATA, [name])
    opened = cubes.open_cube(path)
    assert opened.dims == ("y", "x", "wavelength") and opened.dtype == np.float32 and opened.name == "cube"
    np.testing.assert_array_equal(opened.sel(wavelength=552, method="nearest"), cube[..., 15])
    assert opened["wavelength"].attrs["units"] == "nm" and opened.attrs["units"] == "relative linear radiance"
    np.testing.assert_array_equal(opened.attrs["srf"], srf)
    assert {key: opened.attrs[key] for key in METADATA} == METADATA
    again = cubes.save_cube(opened, tmp_path / "b", ["npz", "zarr"])
    for copy in map(cubes.open_cube, again):
        xarray.testing.assert_identical(copy.load(), opened.load())


@pytest.mark.parametrize("name", ["npz", "envi", "matlab", "tiff"])
def test_values_stay_in_the_file_until_they_are_used(tmp_path, cube, srf, name):
    *_, path = cubes.write_cube(tmp_path / "a", cube, BANDS, srf, METADATA, [name])
    opened = cubes.open_cube(path)
    base = opened.variable._data
    while base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        opened.values[0, 0, 0] = 1


def test_a_compressed_npz_is_read_too(tmp_path, cube, srf):
    np.savez_compressed(tmp_path / "a.npz", cube=cube, wavelengths_nm=BANDS, srf=srf)
    np.testing.assert_array_equal(cubes.open_cube(tmp_path / "a.npz").values, cube)


def test_nothing_but_the_files_is_left(tmp_path, cube, srf):
    for _ in range(2):  # the second time replaces
        paths = cubes.write_cube(tmp_path / "a", cube, BANDS, srf, formats=list(cubes.FORMATS))
    assert sorted(tmp_path.iterdir()) == sorted(paths) == sorted(cubes.paths_of(tmp_path / "a", list(cubes.FORMATS)))


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", list(cubes.FORMATS))
def test_full_disk_leaves_what_was_there(tmp_path, cube, srf, name, monkeypatch):
    cubes.write_cube(tmp_path / "a", cube, BANDS, srf, formats=[name])
    before = contents(tmp_path)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(whole.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        cubes.write_cube(tmp_path / "a", 2 * cube, BANDS, srf, formats=[name])
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["npz", "envi", "matlab", "tiff"])
def test_no_room_is_known_before_any_work(tmp_path, srf, name):
    huge = CubeHeader(10**6, 10**6, BANDS, srf)
    with pytest.raises(OSError) as caught, cubes.open_writer(tmp_path / "a", name, huge):
        pytest.fail("there cannot be room for 124 terabytes")
    assert caught.value.errno in (errno.ENOSPC, errno.EFBIG)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", list(cubes.FORMATS))
def test_an_interrupted_cube_leaves_nothing(tmp_path, cube, srf, name):
    with pytest.raises(KeyboardInterrupt), cubes.open_writer(tmp_path / "a", name, header_of(cube, srf)) as writer:
        writer.write(slice(0, 4), slice(0, 17), cube[:4])
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_killed_process_leaves_nothing_that_looks_whole_and_the_next_one_cleans_up(tmp_path, cube, srf):
    program = (
        "import time, numpy as np\n"
        "from hsgan.files import cubes\nfrom hsgan.files.header import CubeHeader\n"
        "header = CubeHeader(16, 17, np.arange(400, 701, 10), np.ones((3, 31)))\n"
        f"with cubes.open_writer({str(tmp_path / 'a')!r}, 'npz', header) as writer:\n"
        "    writer.write(slice(0, 4), slice(0, 17), np.ones((4, 17, 31)))\n"
        "    print('working', flush=True)\n    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"working\n"
    (folder,) = tmp_path.iterdir()
    assert folder.name.startswith(".a.npz-") and folder.name.endswith(".unfinished")
    cubes.write_cube(tmp_path / "a", cube, BANDS, srf)
    assert folder.exists(), "a living process keeps its work"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert folder.exists()
    cubes.write_cube(tmp_path / "a", cube, BANDS, srf)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_interrupted_replacement_leaves_no_header_beside_other_data(tmp_path, cube, srf, monkeypatch):
    cubes.write_cube(tmp_path / "a", cube, BANDS, srf, formats=["envi"])

    def stopped(source, path):
        raise KeyboardInterrupt

    monkeypatch.setattr(whole.os, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        cubes.write_cube(tmp_path / "a", cube[:3], BANDS, srf, formats=["envi"])
    assert not (tmp_path / "a.hdr").exists()
    monkeypatch.undo()
    np.testing.assert_array_equal(cubes.open_cube(tmp_path / "a.img").values, cube[:3])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.hdr", "a.img"]


@pytest.mark.parametrize("rows, columns, block, message", [
    (slice(0, 17), slice(0, 17), np.zeros((17, 17, 31)), "must lie in 16 x 17 pixels"),
    (slice(3, 3), slice(0, 17), np.zeros((0, 17, 31)), "must lie in 16 x 17 pixels"),
    (slice(0, 2), slice(0, 17), np.zeros((2, 17, 30)), r"block: must be \[2, 17, 31\]"),
    (slice(0, 2), slice(0, 17), np.zeros((2, 17, 31)), "every pixel must be written once. Received: 238 pixels too"),
])  # fmt: skip
def test_blocks_that_do_not_make_a_cube_are_refused(tmp_path, cube, srf, rows, columns, block, message):
    with (
        pytest.raises(ValueError, match=message),
        cubes.open_writer(tmp_path / "a", "npz", header_of(cube, srf)) as writer,
    ):
        writer.write(rows, columns, block)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("changes, message", [
    ({"formats": ["npz", "jpg"]}, f"formats: must be among {', '.join(WRITTEN)}. Received: jpg"),
    ({"formats": []}, "Received: none"),
    ({"formats": "envi"}, r"formats: must be a list of names, e.g. \['envi'\]. Received: the text 'envi'"),
    ({"srf": np.ones((3, 30))}, "must be .height, width, bands"),
    ({"cube": np.ones((4, 31))}, "must be .height, width, bands"),
    ({"cube": np.ones((4, 0, 31))}, "must be .height, width, bands"),
    ({"wavelengths_nm": BANDS[::-1]}, "wavelengths_nm: must ascend"),
    ({"metadata": {"a": None}}, "facts: a must be a text or a finite number. Received: None"),
    ({"metadata": {"a": float("nan")}}, "facts: a must be a text or a finite number"),
])  # fmt: skip
def test_unfit_arguments_are_refused(tmp_path, cube, srf, changes, message):
    arguments = {"cube": cube, "wavelengths_nm": BANDS, "srf": srf, "formats": ["npz"]} | changes
    with pytest.raises(ValueError, match=message):
        cubes.write_cube(tmp_path / "a", **arguments)
    assert not list(tmp_path.iterdir())


def test_another_array_is_not_saved(tmp_path, cube):
    with pytest.raises(ValueError, match=r"must be an xarray\.DataArray with the dimensions y, x, wavelength"):
        cubes.save_cube(xarray.DataArray(cube, dims=("a", "b", "c")), tmp_path / "a")


def test_a_missing_package_is_named(tmp_path, cube, srf, monkeypatch):
    monkeypatch.setattr(zarr_format, "find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"zarr: pip install 'hsgan\[zarr\]'"):
        cubes.write_cube(tmp_path / "a", cube, BANDS, srf, formats=["npz", "zarr"])


def cut(path):
    if path.is_dir():
        (path / ".zmetadata").unlink()
    else:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def rubbish(path):
    if path.is_dir():
        (path / ".zmetadata").write_text("{")
    else:
        path.write_bytes(b"rubbish\n" * 200)


@pytest.mark.parametrize("harm", [cut, rubbish])
@pytest.mark.parametrize("name", list(cubes.FORMATS))
def test_damaged_files_get_one_line(tmp_path, cube, srf, name, harm):
    paths = cubes.write_cube(tmp_path / "a", cube, BANDS, srf, METADATA, [name])
    for path in paths:
        kept = tmp_path / "kept"
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, kept)
        harm(path)
        if (path.suffix, harm) != (".img", rubbish):  # raw numbers have no wrong values
            with pytest.raises(DataError) as caught:
                cubes.open_cube(path)
            text = str(caught.value)
            assert text.startswith(str(tmp_path / "a.")) and "\n" not in text
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        kept.rename(path)
    np.testing.assert_array_equal(cubes.open_cube(paths[-1]).values, cube)


@pytest.mark.parametrize("name, make, message", [
    ("a.npz", None, "no such file"),
    ("a.jpg", lambda path: path.write_bytes(b"x"), r"must end in one of \.npz, \.img, \.hdr, .*\.npy, \.nc"),
    ("a.zarr", lambda path: path.write_bytes(b"x"), "is a file"),
    ("a.npz", lambda path: path.mkdir(), "is a folder"),
    ("a.npz", lambda path: np.savez(path, cube=np.zeros(3)), r"--variable must say .*; present: cube \[3\]"),
    ("a.npz", lambda path: np.savez(path, cube=np.zeros((2, 2, 4)), wavelengths_nm=BANDS, srf=np.ones((3, 31))),
     r"states no wavelengths; give --wavelengths=START:STOP:STEP .* Received: an array \[2, 2, 4\]"),
    ("a.img", lambda path: path.write_bytes(b"x"), "has no header a.hdr beside it"),
    ("a.tif", lambda path: Image.new("RGB", (4, 4)).save(path), "states no wavelengths"),
    ("a.mat", lambda path: h5py.File(path, "w").close(), "--variable must say which array is the cube; present: none"),
])  # fmt: skip
def test_what_is_no_cube_gets_one_line(tmp_path, name, make, message):
    if make:
        make(tmp_path / name)
    with pytest.raises(DataError, match=message):
        cubes.open_cube(tmp_path / name)
