"""Small scenes as data sets publish them, and the readers of these data sets, to be damaged and tried."""

import shutil

import h5py
import imagecodecs
import numpy as np
import scipy.io
import tifffile
from fault_samples import SIZE, WAVELENGTHS_NM, Subject, compressed_npz, cube, picture, write_cube
from PIL import Image

from tfrecords_tools.readers import camvid, cave, harvard, icvl
from tfrecords_tools.readers.own import EnviReader, NpzReader, TiffReader


def _reader(make_files, make_reader):
    """A data set's reader of one scene."""

    def read(folder):
        chosen = make_reader(folder)
        return [chosen.read(scene) for scene, _ in chosen.scenes()]

    return Subject(make_files, read)


def write_pictures(folder):
    """Writes a cube as CAVE's are published; returns two of its files."""
    scene = folder / "a_ms" / "a_ms"
    scene.mkdir(parents=True)
    for band in range(31):
        values = (cube()[..., band] * 65535).astype(np.uint16)
        (scene / f"a_ms_{band + 1:02d}.png").write_bytes(imagecodecs.png_encode(values))
    return sorted(scene.iterdir())[:2]


def _camvid(folder):
    for name in ("train", "trainannot"):
        (folder / name).mkdir()
    Image.fromarray(picture()).save(folder / "train" / "a.png")
    Image.fromarray(np.zeros((18, 24), np.uint8)).save(folder / "trainannot" / "a.png")
    return [folder / "train" / "a.png", folder / "trainannot" / "a.png"]


def _icvl(folder):
    with h5py.File(folder / "a.mat", "w", userblock_size=512) as file:
        options = {"chunks": (8, 5, 6), "compression": "gzip"}
        file.create_dataset("rad", data=np.rint(cube().T.astype(np.float64) * 4095), **options)
        file.create_dataset("bands", data=WAVELENGTHS_NM[:, None].astype(np.float64))
    with open(folder / "a.mat", "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    shutil.copy(folder / "a.mat", folder / "b.mat")
    return [folder / "a.mat"]


def _harvard(folder):
    scipy.io.savemat(folder / "a.mat", {"ref": cube().astype(np.float64), "lbl": np.ones(SIZE)}, do_compression=True)
    return [folder / "a.mat"]


def _multi_page_tiff(folder):
    tifffile.imwrite(folder / "a.tif", np.moveaxis(cube(), 2, 0), photometric="minisblack", compression="zlib")
    return [folder / "a.tif"]


def data_set_subjects() -> dict[str, Subject]:
    """Returns {name: `Subject`} of the readers of data sets."""
    wavelengths = {"wavelengths": WAVELENGTHS_NM, "size": "any"}
    return {
        "data set cave": _reader(write_pictures, cave.CaveReader),
        "data set camvid": _reader(_camvid, camvid.CamvidReader),
        "data set icvl": _reader(_icvl, lambda folder: icvl.IcvlReader(folder, "any", 1)),
        "data set harvard": _reader(_harvard, lambda folder: harvard.HarvardReader(folder, "any")),
        "data set envi": _reader(write_cube("envi"), EnviReader),
        "data set npz": _reader(compressed_npz, lambda folder: NpzReader(folder, variable="cube")),
        "data set tiff": _reader(_multi_page_tiff, lambda folder: TiffReader(folder, **wavelengths)),
    }
