"""Cubes in fewer bits: what is read back, by this package and by others, and what a type cannot hold."""

import h5py
import numpy as np
import pytest
import spectral
import tifffile
import xarray

import hsgan
from hsgan.errors import DataError
from hsgan.files import cubes
from hsgan.files.dtypes import DTYPES, WHITE_LEVEL
from hsgan.files.header import CubeHeader

NM = np.arange(400, 701, 10, dtype=np.float32)
SRF = np.full((3, 31), 1 / 31, np.float32)
CUBE = np.random.default_rng(0).uniform(0, 1.5, (9, 12, 31)).astype(np.float32)
# Half of a step; half of the last of 11 bits.
MOST = 65535 / WHITE_LEVEL
ROUNDING = {"uint16": lambda values: np.full_like(values, 0.5 / WHITE_LEVEL), "float16": lambda values: values / 2**11}
HELD = [(name, dtype) for name, module in cubes.FORMATS.items() for dtype in ROUNDING if dtype in module.HOLDS]


def written(tmp_path, name, dtype, cube=CUBE, deviation=None):
    return cubes.write_cube(tmp_path / "a", cube, NM, SRF, {"camera": "x"}, [name], deviation, dtype)


@pytest.mark.parametrize("name, dtype", HELD)
def test_what_is_written_in_fewer_bits_comes_back_as_float32(tmp_path, name, dtype):
    path = written(tmp_path, name, dtype)[-1]
    cube = hsgan.open_cube(path)
    assert cube.dtype == np.float32 and cube.attrs["camera"] == "x" and "clipped" not in cube.attrs
    np.testing.assert_array_equal(cube.attrs["srf"], SRF)
    np.testing.assert_array_equal(cube["wavelength"], NM)
    assert (np.abs(cube.values - CUBE) <= ROUNDING[dtype](CUBE) * (1 + 1e-6) + 1e-7).all()
    np.testing.assert_array_equal(cube[2:5, ::3, 7].values, cube.values[2:5, ::3, 7])
    # What is opened is written as float32 again, and in fewer bits as the same numbers.
    again = hsgan.open_cube(hsgan.save_cube(cube, tmp_path / "again", [name], dtype)[-1])
    np.testing.assert_array_equal(again.values, cube.values)


@pytest.mark.parametrize("name", cubes.FORMATS)
def test_half_of_the_bytes(tmp_path, name):
    large = np.tile(CUBE, (8, 8, 1))
    sizes = [
        sum(file.stat().st_size for path in paths for file in ([path] if path.is_file() else path.rglob("*/*.*.*")))
        for paths in (written(tmp_path, name, dtype, large) for dtype in ("float32", "uint16"))
    ]
    assert sizes[1] < 0.6 * sizes[0]


def test_other_programs_see_the_numbers_and_their_scale(tmp_path):
    codes = np.rint(CUBE * WHITE_LEVEL).astype(np.uint16)
    for name in ("npz", "envi", "matlab", "tiff", "zarr"):
        written(tmp_path, name, "uint16")
    with np.load(tmp_path / "a.npz") as stored:
        np.testing.assert_array_equal(stored["cube"], codes)
        assert stored["white"] == WHITE_LEVEL
    image = spectral.open_image(str(tmp_path / "a.hdr"))
    np.testing.assert_array_equal(image.open_memmap(interleave="bip"), codes)
    assert image.metadata["data type"] == "12" and float(image.metadata["data gain values"][30]) == 1 / WHITE_LEVEL
    with h5py.File(tmp_path / "a.mat") as file:
        np.testing.assert_array_equal(file["cube"][:].transpose(2, 1, 0), codes)
        assert file["cube"].attrs["MATLAB_class"] == b"uint16" and file["white"][0, 0] == WHITE_LEVEL
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), codes)
    # xarray applies the scale of the CF conventions by itself.
    dark = np.zeros_like(CUBE)
    written(tmp_path, "zarr", "uint16", dark)
    np.testing.assert_array_equal(xarray.open_zarr(tmp_path / "a.zarr")["cube"].values, dark)
    written(tmp_path, "zarr", "uint16")
    np.testing.assert_allclose(xarray.open_zarr(tmp_path / "a.zarr")["cube"].values, codes / WHITE_LEVEL, rtol=1e-6)


@pytest.mark.parametrize("dtype, values, held, clipped", [
    ("uint16", [-0.5, 0, 1, 3.9999, 5, np.inf, np.nan], [0, 0, 1, MOST - 1 / WHITE_LEVEL, MOST, MOST, 0], 4),
    ("float16", [-0.5, 0, 1, 7e4, -7e4, np.inf, np.nan], [-0.5, 0, 1, 65504, -65504, np.inf, np.nan], 2),
    ("float32", [-0.5, 0, 1, 7e4, -7e4, np.inf, np.nan], [-0.5, 0, 1, 7e4, -7e4, np.inf, np.nan], 0),
])  # fmt: skip
def test_what_a_type_cannot_hold_is_the_nearest_and_counted(tmp_path, dtype, values, held, clipped):
    stored, count = DTYPES[dtype].encode(np.array(values, np.float32))
    np.testing.assert_allclose(stored.astype(np.float32) / DTYPES[dtype].white_level, held, rtol=1e-6)
    assert count == clipped
    cube = np.broadcast_to(np.array(values, np.float32)[:, None, None], (7, 2, 31))
    (path,) = written(tmp_path, "npz", dtype, cube)
    assert hsgan.open_cube(path).attrs.get("clipped", 0) == 2 * 31 * clipped


def test_the_deviations_are_of_the_same_type(tmp_path):
    written(tmp_path, "npz", "uint16", deviation=CUBE / 10)
    with np.load(tmp_path / "a_deviation.npz") as stored:
        assert stored["cube"].dtype == np.uint16
    deviation = hsgan.open_cube(tmp_path / "a.npz").coords["deviation"]
    np.testing.assert_allclose(deviation, CUBE / 10, atol=0.51 / WHITE_LEVEL)


@pytest.mark.parametrize("name, dtype, message", [
    ("envi", "float16", "formats: float16 can be held by npz, tiff, zarr.*. Received: envi"),
    ("matlab", "float16", "formats: float16 can be held by npz, tiff, zarr.*. Received: matlab"),
    ("npz", "int8", "dtype: must be one of float32, float16, uint16. Received: 'int8'"),
])  # fmt: skip
def test_a_type_that_there_is_not_or_that_a_format_does_not_hold(tmp_path, name, dtype, message):
    with pytest.raises(ValueError, match=message):
        written(tmp_path, name, dtype)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("white", [0.0, -1.0, np.nan])
def test_a_white_that_cannot_be_is_refused(tmp_path, white):
    np.savez(tmp_path / "a.npz", cube=CUBE, wavelengths_nm=NM, metadata=np.array("{}"), white=white)
    with pytest.raises(DataError, match="white_level, the value that stands for 1, must be positive"):
        hsgan.open_cube(tmp_path / "a.npz")


def test_a_header_speaks_of_itself():
    header = CubeHeader(2, 3, NM, SRF, {"camera": "x"}, "uint16")
    assert repr(header) == "<CubeHeader: 2 x 3 x 31 bands, 400-700 nm, uint16, with an SRF, 1 facts>"
    assert header.bytes == 2 * 2 * 3 * 31
    part = header.of_bands([5, 15])
    assert part.srf is None and part.wavelengths_nm.tolist() == [450, 550] and part.dtype == "uint16"
