"""What a header announces is checked before it is allocated; every frame of a video; no video names another file."""

import io
import struct
import zipfile
import zlib

import fault_fuzz
import fault_samples
import h5py
import numpy as np
import pytest
import tifffile
from hostile import WAVELENGTHS_NM, cube_values, refused
from PIL import Image

from hsgan.errors import DataError
from hsgan.files import matlab, photos, video
from hsgan.files.formats import pictures
from tfrecords_tools.readers import files
from tfrecords_tools.readers.own import NpzReader, TiffReader


def sparse_mat(path):
    """A .mat of some 2.5 kB that announces 4 GB."""
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("cube", (31, 5000, 7000), "<f4", chunks=(1, 100, 100), compression="gzip")
        file["bands"], file["srf"] = WAVELENGTHS_NM[:, None].astype(float), fault_samples.srf().T.astype(float)
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
        for name, values in {"wavelengths_nm": WAVELENGTHS_NM, "srf": fault_samples.srf()}.items():
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
