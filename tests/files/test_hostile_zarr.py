"""Zarr folders of strangers: no codec and no type of their own, whole chunks, and the folder that was opened."""

import json
import os
import struct

import fault_samples
import numpy as np
import pytest
from hostile import WAVELENGTHS_NM, cube_values, refused

from hsgan.errors import DataError
from hsgan.files import cubes


@pytest.fixture
def zarr(tmp_path):
    """Folder of a sound cube in Zarr."""
    (path,) = cubes.write_cube(tmp_path / "a", fault_samples.cube(), WAVELENGTHS_NM, fault_samples.srf(), {}, ["zarr"])
    return path


def change_array(path, name="cube", **changes):
    values = json.loads((path / ".zmetadata").read_text())
    values["metadata"][f"{name}/.zarray"].update(changes)
    (path / ".zmetadata").write_text(json.dumps(values))


@pytest.mark.parametrize("changes", [
    {"compressor": {"id": "pickle", "protocol": 5}},
    {"compressor": {"id": "zlib", "level": 1}},
    {"filters": [{"id": "pickle", "protocol": 5}]},
    {"filters": [{"id": "vlen-utf8"}]},
    {"dtype": "|O"},
    {"dtype": "<f8"},
    {"dtype": [["a", "<f4"]]},
    {"order": "F"},
    {"zarr_format": 3},
    {"dimension_separator": "/../"},
    {"shape": [12, 10]},
    {"shape": [12, -10, 31]},
    {"shape": [12, 10, 31.5]},
    {"chunks": [0, 10, 31]},
    {"chunks": [10**6, 10**6, 31]},
    {"shape": [10**9, 10**9, 31]},
], ids=str)  # fmt: skip
def test_a_zarr_folder_brings_no_codec_and_no_type_of_its_own(zarr, changes):
    change_array(zarr, **changes)
    refused(zarr, cube_values, r"a\.zarr: ")


@pytest.mark.parametrize("harm", ["missing", "short", "announces more", "no Blosc", "pipe"])
def test_a_zarr_chunk_that_is_not_whole_is_refused(zarr, harm):
    chunk = zarr / "cube" / "0.0.0"
    data = chunk.read_bytes()
    if harm == "missing":
        chunk.unlink()
    elif harm == "short":
        chunk.write_bytes(data[:-5])
    elif harm == "announces more":
        chunk.write_bytes(data[:4] + struct.pack("<I", 2**31 - 1) + data[8:])
    elif harm == "no Blosc":
        chunk.write_bytes(b"x" * 10)
    else:
        chunk.unlink()
        os.mkfifo(chunk)
    refused(zarr, cube_values, r"cube/0\.0\.0")


def test_a_zarr_folder_stays_the_one_that_was_opened(zarr):
    opened = cubes.open_cube(zarr)
    other = 2 * fault_samples.cube()
    cubes.write_cube(zarr.with_suffix(""), other, WAVELENGTHS_NM, fault_samples.srf(), {}, ["zarr"])
    with pytest.raises(DataError, match="it is not whole, or was replaced: open it again"):
        _ = opened.values
    np.testing.assert_array_equal(cube_values(zarr), other)
