"""Files of strangers: cubes, photos, videos, cameras that are damaged or made to harm. One line, or what they hold."""

import io
import json
import os
import struct
import subprocess
import sys
import zipfile
import zlib

import fault_files
import fault_fuzz
import h5py
import numpy as np
import pytest
import scipy.io
import tifffile
from PIL import Image

from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.files import cameras, cubes, matlab, photos, video
from hsgan.files.formats import pictures
from hsgan.spectra import srf as srf_lib
from tfrecords_tools.readers import files
from tfrecords_tools.readers.own import NpzReader, TiffReader

WAVELENGTHS_NM = fault_files.WAVELENGTHS_NM
SECRET = b"root:x:0:0:" * 2000
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


def refused(path, read, message):
    with pytest.raises(DataError, match=message) as caught:
        read(path)
    assert "\n" not in str(caught.value) and str(path.name) in str(caught.value)


def cube_values(path):
    return cubes.open_cube(path).values


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(SECRET)
    return path


@pytest.fixture
def mat(tmp_path):
    """Path of a sound cube in MATLAB 7.3."""
    (path,) = cubes.write_cube(tmp_path / "a", fault_files.cube(), WAVELENGTHS_NM, fault_files.srf(), {}, ["matlab"])
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


def write_npz(path, **arrays):
    np.savez(path, **({"wavelengths_nm": WAVELENGTHS_NM, "srf": fault_files.srf()} | arrays))
    return path


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


@pytest.fixture
def zarr(tmp_path):
    """Folder of a sound cube in Zarr."""
    (path,) = cubes.write_cube(tmp_path / "a", fault_files.cube(), WAVELENGTHS_NM, fault_files.srf(), {}, ["zarr"])
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
    other = 2 * fault_files.cube()
    cubes.write_cube(zarr.with_suffix(""), other, WAVELENGTHS_NM, fault_files.srf(), {}, ["zarr"])
    with pytest.raises(DataError, match="it is not whole, or was replaced: open it again"):
        _ = opened.values
    np.testing.assert_array_equal(cube_values(zarr), other)


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


def sparse_mat(path):
    """A .mat of some 2.5 kB that announces 4 GB."""
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("cube", (31, 5000, 7000), "<f4", chunks=(1, 100, 100), compression="gzip")
        file["bands"], file["srf"] = WAVELENGTHS_NM[:, None].astype(float), fault_files.srf().T.astype(float)
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")


def bomb_npz(path):
    """An .npz of some 2 MB that announces 2 GB."""
    header, shape = io.BytesIO(), (4000, 4300, 31)
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": shape})
    size = len(header.getvalue()) + 4 * int(np.prod(shape))
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = squeeze.compress(header.getvalue()) + squeeze.flush(zlib.Z_FULL_FLUSH)
    zeros = squeeze.compress(bytes(2**20)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    data = first + zeros * (size >> 20) + squeeze.compress(bytes(size & 2**20 - 1)) + squeeze.flush()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cube.npy", data)
        for name, values in {"wavelengths_nm": WAVELENGTHS_NM, "srf": fault_files.srf()}.items():
            buffer = io.BytesIO()
            np.save(buffer, values)
            archive.writestr(f"{name}.npy", buffer.getvalue())
    # What was stored is what deflate makes of the array: say so, where the file is and in the list at the end.
    whole = bytearray(path.read_bytes())
    for place in (8, whole.index(b"PK\x01\x02") + 10):
        whole[place : place + 2] = struct.pack("<H", zipfile.ZIP_DEFLATED)
        whole[place + 14 : place + 18] = struct.pack("<I", size)
    path.write_bytes(whole)


def deep_tiff(path):
    """A TIFF of some 10 kB with ImageDepth 900."""
    options = {"photometric": "rgb", "compression": "zlib", "tile": (16, 16, 16), "volumetric": True}
    tifffile.imwrite(path, np.zeros((900, 16, 16, 3), np.uint8), **options)


def wide_tiff(path):
    """A TIFF whose one tile is 60,000 x 60,000."""
    tifffile.imwrite(path, np.zeros((16, 16, 3), np.uint8), photometric="rgb", tile=(16, 16), compression="zlib")
    with tifffile.TiffFile(path, mode="r+b") as file:
        for tag in ("TileWidth", "TileLength"):
            file.pages.first.tags[tag].overwrite(60000)


def jpeg_tiff(path):
    """A TIFF of 16 x 16 pixels around a JPEG that says 65,500 x 65,500."""
    tifffile.imwrite(path, np.zeros((16, 16, 3), np.uint8), photometric="rgb", compression="jpeg")
    data = bytearray(path.read_bytes())
    start = data.index(b"\xff\xc0")
    data[start + 5 : start + 9] = struct.pack(">HH", 65500, 65500)
    path.write_bytes(data)


def png(path, width=20000, height=20000, mode=2, depth=8):
    """A PNG whose header announces any size."""
    header = struct.pack(">IIBBBBB", width, height, depth, mode, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")
    parts = [struct.pack(">I", len(data)) + k + data + struct.pack(">I", zlib.crc32(k + data)) for k, data in chunks]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def jpeg(path):
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "JPEG")
    data = bytearray(buffer.getvalue())
    start = data.index(b"\xff\xc0")
    data[start + 5 : start + 9] = struct.pack(">HH", 65500, 65500)
    path.write_bytes(data)


BOMBS = {
    "matlab": ("a.mat", sparse_mat, cube_values),
    "matlab, a data set's": ("a.mat", sparse_mat, lambda path: matlab.read(path, "cube")),
    "npz": ("a.npz", bomb_npz, cube_values),
    "tiff, depth": ("a.tif", deep_tiff, photos.read_photo),
    "tiff, tile": ("a.tif", wide_tiff, photos.read_photo),
    "tiff, jpeg": ("a.tif", jpeg_tiff, photos.read_photo),
    "png": ("a.png", png, photos.read_photo),
    "png, 16 bit": ("a.png", lambda path: png(path, depth=16), photos.read_photo),
    "png, 2^31": ("a.png", lambda path: png(path, 2**31 - 1, 2**31 - 1), photos.read_photo),
    "jpeg": ("a.jpg", jpeg, photos.read_photo),
    "label map": ("a.png", lambda path: png(path, mode=0), lambda path: files.read_labels(path, {0: 0})),
    "16-bit band": ("a.png", lambda path: png(path, mode=0, depth=16), pictures.read_gray),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_a_header_announces_is_not_allocated(tmp_path, monkeypatch, name):
    file, make, read = BOMBS[name]
    make(tmp_path / file)
    fault_fuzz._forget_peak()
    before = fault_fuzz._memory("VmRSS")
    refused(tmp_path / file, read, "million pixels|announces|planes|holds a JPEG image")
    assert fault_fuzz._memory("VmHWM") - before < 100e6


def test_a_data_sets_npz_and_tiff_are_bounded(tmp_path):
    bomb_npz(tmp_path / "a.npz")
    with pytest.raises(DataError, match="announces"):
        NpzReader(tmp_path, variable="cube")
    wide_tiff(tmp_path / "b.tif")
    with pytest.raises(DataError, match="announces"):
        TiffReader(tmp_path, WAVELENGTHS_NM[:3]).read("b")


def test_a_limit_of_the_caller_holds_beside_the_general_one(tmp_path, monkeypatch):
    png(tmp_path / "a.png")
    refused(tmp_path / "a.png", lambda path: photos.read_photo(path, check=lambda *size: None), "million pixels")


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{other}\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize("text", [PLAYLIST, "ffconcat version 1.0\nfile '{other}'\n"], ids=["hls", "concat"])
def test_no_video_names_another_file(tmp_path, text):
    from raw_files import write_video

    other = write_video(tmp_path / "other.mp4", [(200, 60, 60)] * 3)
    path = tmp_path / "a.mp4"
    path.write_text(text.format(other=other))
    refused(path, lambda path: list(video.iterate_frames(path, photos.check_size)), "not a video")
    refused(path, video.count_frames, "not a video")


def test_every_frame_of_a_video_is_measured(tmp_path):
    """The stream's header is not the last word: a frame may have any size."""
    from raw_files import write_video

    path, sizes = write_video(tmp_path / "a.mp4", [(200, 60, 60)] * 3), []
    list(video.iterate_frames(path, lambda _, *size: sizes.append(size)))
    assert sizes == 4 * [(48, 32)]


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
    path = write_npz(tmp_path / "a.npz", cube=fault_files.cube(), metadata=np.array(text))
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
    refused(write_npz(tmp_path / "a.npz", **({"cube": fault_files.cube()} | changes)), cube_values, r"a\.npz: ")


@pytest.mark.parametrize(
    "name", ["a_$5_and_$7_.png", b"caf\xe9.png".decode(errors="surrogateescape"), "a\nb.png", "ü.png"]
)
@pytest.mark.parametrize("form", cubes.FORMATS)
def test_a_photos_name_is_a_fact_in_every_format(tmp_path, name, form):
    facts = {"photo": name, "camera": name}
    paths = cubes.write_cube(tmp_path / "a", fault_files.cube(), WAVELENGTHS_NM, fault_files.srf(), facts, [form])
    found = cubes.open_cube(paths[-1])
    assert found.attrs["photo"] == found.attrs["camera"] == name.encode(errors="replace").decode()
    np.testing.assert_array_equal(found.values, fault_files.cube())


def test_a_clock_before_1980_is_no_obstacle(tmp_path):
    """ZIP knows no earlier date."""
    program = (
        "import time, sys; sys.path[:0] = sys.argv[1:3]\n"
        "time.time, time.localtime = lambda: 0.0, lambda *_: time.struct_time((1970, 1, 1, 0, 0, 0, 3, 1, 0))\n"
        "import fault_files; from hsgan.files import cubes; from hsgan.spectra import srf; from pathlib import Path\n"
        "wl = fault_files.WAVELENGTHS_NM\n"
        "cubes.write_cube('a', fault_files.cube(), wl, fault_files.srf(), {}, ['npz'])\n"
        "fault_files._dictionary(Path('.'))\n"
    )
    folders = [str(fault_fuzz.ROOT / "benchmarks"), str(fault_fuzz.ROOT)]
    subprocess.run([sys.executable, "-c", program, *folders], cwd=tmp_path, check=True)
    np.testing.assert_array_equal(cube_values(tmp_path / "a.npz"), fault_files.cube())


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
