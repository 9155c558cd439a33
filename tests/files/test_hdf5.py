"""What is read past HDF5's own filters is what HDF5 itself reads."""

import h5py
import numpy as np
import pytest

from hsgan.errors import DataError
from hsgan.files import hdf5, matlab

VALUES = np.random.default_rng(0).integers(0, 4096, (3, 50, 37)).astype(np.float64)
GZIP = {"compression": "gzip", "chunks": (2, 20, 16)}  # chunks that reach beyond all three borders


def _write(path, values=VALUES, **options):
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("cube", data=values, **options)
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    return path


@pytest.mark.parametrize(
    "options",
    [{}, {"chunks": (2, 20, 16)}, GZIP, GZIP | {"shuffle": True}, GZIP | {"fletcher32": True}, {"compression": "lzf"}],
    ids=["contiguous", "chunks", "gzip", "shuffled", "checksums", "lzf"],
)
@pytest.mark.parametrize("kind", ["<f8", ">f8", "<u2", "<f4"])
def test_values_are_those_that_hdf5_reads(tmp_path, options, kind):
    path = _write(tmp_path / "a.mat", VALUES.astype(kind), **options)
    with h5py.File(path) as file:
        found = hdf5.read(file["cube"], np.float32)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, VALUES)


def test_gzip_goes_past_hdf5s_filter(tmp_path, monkeypatch):
    used = []
    monkeypatch.setattr(hdf5, "_slabs", lambda dataset: used.append(dataset) or ())
    with h5py.File(_write(tmp_path / "a.mat", **GZIP)) as file:
        np.testing.assert_array_equal(hdf5.read(file["cube"], np.float64), VALUES)
    assert not used


def test_chunks_left_out_or_left_uncompressed(tmp_path):
    options = {"dtype": "f8", "chunks": (2, 3), "compression": "gzip"}
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("sparse", (4, 6), fillvalue=7, **options)[:2, :3] = 1
        file.create_dataset("raw", (2, 3), **options).id.write_direct_chunk((0, 0), np.arange(6.0).tobytes(), 1)
        file["single"] = 2.5
    with h5py.File(tmp_path / "a.h5") as file:  # anew: HDF5 forgets the mask of a chunk just written
        expected = np.full((4, 6), 7)
        expected[:2, :3] = 1
        np.testing.assert_array_equal(hdf5.read(file["sparse"], np.float32), expected)
        np.testing.assert_array_equal(hdf5.read(file["raw"], np.float32), [[0, 1, 2], [3, 4, 5]])
        assert hdf5.read(file["single"], np.float32) == 2.5


@pytest.mark.parametrize("damage", ["flipped", "short"])
def test_damaged_chunk_is_one_line(tmp_path, damage):
    path = tmp_path / "a.mat"
    with h5py.File(_write(path, **GZIP), "r+") as file:
        cube = file["cube"].id
        _, data = cube.read_direct_chunk((0, 0, 0))
        if damage == "flipped":
            data = data[:40] + bytes(byte ^ 0x55 for byte in data[40:80]) + data[80:]
        else:
            import zlib

            data = zlib.compress(zlib.decompress(data)[:-8])
        cube.write_direct_chunk((0, 0, 0), data)
    with pytest.raises(DataError, match=r"a.mat: is damaged or .+ MATLAB file \((DeflateError|ValueError): .+\)$"):
        matlab.read(path, "cube")


def test_text_of_variable_length_is_not_read(tmp_path):
    """HDF5 walks its heap without end in some damaged files."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["heap"], file.attrs["plain"], file.attrs["number"] = "nm", np.bytes_("nm"), 2.5
        found = [hdf5.attribute(file, name) for name in ("heap", "plain", "number", "none")]
    assert found == [None, b"nm", 2.5, None]
