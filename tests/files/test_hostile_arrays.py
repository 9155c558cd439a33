"""HDF5 and NPZ files hand out no other file, and their bytes never become pointers."""

import io
import zipfile

import fault_samples
import h5py
import numpy as np
import pytest
from hostile import WAVELENGTHS_NM, cube_values, refused, write_npz

from hsgan.files import cubes, matlab

SECRET = b"root:x:0:0:" * 2000


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(SECRET)
    return path


@pytest.fixture
def mat(tmp_path):
    """Path of a sound cube in MATLAB 7.3."""
    (path,) = cubes.write_cube(
        tmp_path / "a", fault_samples.cube(), WAVELENGTHS_NM, fault_samples.srf(), {}, ["matlab"]
    )
    return path


def replaced(path, name, make):
    """Puts another object in the place of a variable of an HDF5 file."""
    with h5py.File(path, "r+") as file:
        shape = file[name].shape
        del file[name]
        make(file, shape)
    return path


OTHER_FILES = {
    "external storage": lambda secret: (
        lambda file, shape: file.create_dataset(
            "cube", shape, "<f4", external=[(str(secret), 0, 4 * int(np.prod(shape)))]
        )
    ),
    "external link": lambda secret: lambda file, shape: file.__setitem__("cube", h5py.ExternalLink(secret, "cube")),
    "soft link": lambda secret: lambda file, shape: file.__setitem__("cube", h5py.SoftLink("/bands")),
    "virtual data set": lambda secret: lambda file, shape: file.create_virtual_dataset("cube", virtual(secret, shape)),
}


def virtual(secret, shape):
    layout = h5py.VirtualLayout(shape, "<f4")
    layout[:] = h5py.VirtualSource(secret, "cube", shape)
    return layout


@pytest.mark.parametrize("name", OTHER_FILES)
def test_no_hdf5_file_hands_out_another_file(mat, secret, name):
    replaced(mat, "cube", OTHER_FILES[name](secret))
    # A link is no variable; other storage is refused by name.
    refused(mat, cube_values, "must lie in the file itself|--variable must say which array is the cube; present: bands")
    refused(mat, lambda path: matlab.read(path, "cube"), "must lie in the file itself")


@pytest.mark.parametrize("name", ["bands", "srf", "metadata"])
def test_nor_do_the_small_variables(mat, secret, name):
    replaced(mat, name, lambda file, shape: file.create_dataset(name, shape, "<u2", external=[(str(secret), 0, 2**14)]))
    refused(mat, cube_values, f"variable '{name}' must lie in the file itself")


@pytest.mark.parametrize("kind", ["strings", "references", "structures"])
def test_bytes_of_an_hdf5_file_never_become_pointers(mat, kind):
    def make(file, shape):
        types = {
            "strings": h5py.string_dtype(),
            "references": h5py.ref_dtype,
            "structures": np.dtype([("a", "<f4"), ("b", "<f4")]),
        }
        file.create_dataset("cube", shape, types[kind])

    replaced(mat, "cube", make)
    refused(mat, cube_values, "must be an array of numbers")


def test_an_hdf5_filter_of_others_is_refused(mat):
    def make(file, shape):
        file.create_dataset("cube", shape, "<f4", chunks=shape, scaleoffset=3)

    replaced(mat, "cube", make)
    refused(mat, cube_values, "must be stored plainly or by gzip")


@pytest.mark.parametrize("dtype", ["O", "V8", "S4", "<c8", "<M8[s]"])
def test_bytes_of_an_npz_file_never_become_pointers(tmp_path, dtype):
    path = tmp_path / "a.npz"
    write_npz(path, cube=np.zeros((4, 5, 31), "<f8"))
    data = path.read_bytes()
    changed = data.replace(b"'<f8'", f"'|{dtype}'".encode() if dtype in "OV8S4" else f"'{dtype}'".encode())
    path.write_bytes(changed if len(changed) == len(data) else resized(path, f"'{dtype}'"))
    refused(path, cube_values, "must be an array of numbers or text|must hold little-endian float32|is damaged")


def resized(path, descr):
    """Returns the .npz with another type in the header of its cube, which has the length that is left."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    header = members["cube.npy"][10:128].decode()
    start = members["cube.npy"][:10] + header.replace("'<f8'", descr).strip().ljust(117).encode() + b"\n"
    members["cube.npy"] = start + members["cube.npy"][128:]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("dtype", ["?", "<c8", "<f16", "<U3"])
def test_a_cube_holds_real_numbers(tmp_path, dtype):
    path = write_npz(tmp_path / "a.npz", cube=np.zeros((4, 5, 31), dtype))
    refused(path, cube_values, "must hold a cube of real numbers|must be an array of numbers")
