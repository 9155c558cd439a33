"""MATLAB 5: what SciPy reads of sound files, and one line where its reader ends the process."""

import struct
import zlib

import numpy as np
import pytest
import scipy.io
from hostile import refused

from hsgan.errors import DataError
from hsgan.files import cameras, matlab


def mat5(*elements, order="<"):
    """Returns a MATLAB 5 file of elements, given as (type, bytes)."""
    head = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(f"{order}H", 0x0100) + (b"IM" if order == "<" else b"MI")
    return head + b"".join(element(kind, data, order) for kind, data in elements)


def element(kind, data, order="<"):
    return struct.pack(f"{order}II", kind, len(data)) + data + bytes(-len(data) % 8 if kind != 15 else 0)


def matrix(name=b"filters", shape=(31, 3), kind=6, numbers=None, stored=9, order="<"):
    """Returns the bytes in a matrix element."""
    if numbers is None:
        numbers = np.ones(shape, order + "f8").tobytes()
    sides = np.array(shape, order + "i4").tobytes()
    parts = (6, struct.pack(f"{order}II", kind, 0)), (5, sides), (1, name), (stored, numbers)
    return b"".join(element(*part, order) for part in parts)


def test_matlab_5_is_what_scipy_reads(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {f"a{kind}": (rng.random((4, 3, 2)) * 100).astype(kind) for kind in ("u1", "i2", "u4", "f4", "f8", "i8")}
    arrays |= {"whole": np.arange(6.0).reshape(2, 3), "flags": np.array([[True, False]]), "none": np.zeros((0, 3))}
    others = {"text": "x", "cell": np.array(["a", 1], object), "structure": {"a": 1}, "complex": np.array([1j])}
    for compressed in (False, True):
        scipy.io.savemat(tmp_path / "a.mat", arrays | others, do_compression=compressed)
        expected = scipy.io.loadmat(tmp_path / "a.mat")
        shapes = matlab.variables(tmp_path / "a.mat")
        for name in arrays:
            assert shapes[name] == expected[name].shape
            np.testing.assert_array_equal(matlab.read(tmp_path / "a.mat", name), expected[name], strict=True)
        for name in others:
            refused(tmp_path / "a.mat", lambda path, name=name: matlab.read(path, name), "array of real numbers")


def test_matlab_5_of_the_other_byte_order(tmp_path):
    path = tmp_path / "a.mat"
    path.write_bytes(mat5((14, matrix(numbers=np.arange(93.0).astype(">f8").tobytes(), order=">")), order=">"))
    np.testing.assert_array_equal(matlab.read(path, "filters").ravel("F"), np.arange(93.0))


MAT5 = {
    "size beyond the file": mat5((14, matrix()))[:-100],
    "more numbers than the shape": mat5((14, matrix(numbers=bytes(8 * 94)))),
    "fewer": mat5((14, matrix(numbers=bytes(8)))),
    "numbers beyond the matrix": mat5((14, matrix()[:-8])),
    "negative side": mat5((14, matrix(shape=(-31, -3), numbers=bytes(8 * 93)))),
    "sides that multiply beyond 64 bits": mat5((14, matrix(shape=(2**31 - 1,) * 9, numbers=b""))),
    "no sides": mat5((14, matrix(shape=(), numbers=bytes(8)))),
    "unknown numbers": mat5((14, matrix(stored=77))),
    "no flags": mat5((14, element(5, bytes(8)))),
    "small element of 9 bytes": mat5((14, element(6, bytes(8)) + struct.pack("<HH", 5, 9) + bytes(4))),
    "no byte order": mat5((14, matrix()))[:126] + b"XX" + mat5((14, matrix()))[128:],
    "compressed rubbish": mat5((15, b"rubbish")),
    "compressed text": mat5((15, zlib.compress(b"a text that is no matrix at all"))),
    "compressed, announces 4 GB": mat5((15, zlib.compress(struct.pack("<II", 14, 2**32 - 8) + matrix()))),
    "compressed, inflates to more": mat5((15, zlib.compress(element(14, matrix()) + bytes(10**6)))),
    "compressed, cut": mat5((15, zlib.compress(element(14, matrix()))[:-9])),
}


@pytest.mark.parametrize("name", MAT5)
def test_matlab_5_checks_its_sizes_first(tmp_path, name):
    path = tmp_path / "a.mat"
    path.write_bytes(MAT5[name])
    refused(path, lambda path: matlab.read(path, "filters"), r"a\.mat: ")
    refused(path, cameras.read, r"a\.mat: ")


def test_what_ended_the_process_through_scipy_is_one_line(tmp_path):
    """Damage at 1,200 places, as it was found by trying: SciPy's reader does not survive every such file."""
    rng = np.random.default_rng(5)
    good = mat5((14, matrix()), (14, matrix(b"bands", (31, 1))))
    for _ in range(40):
        data = bytearray(good)
        for place in rng.integers(128, len(data), 1200):
            data[place] = rng.integers(256)
        (tmp_path / "a.mat").write_bytes(data)
        with pytest.raises(DataError):
            cameras.read(tmp_path / "a.mat")
