"""Small sound files of every kind that the package reads, and the readers of them, to be damaged and tried."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import scipy.io
import tifffile
from PIL import Image

from hsgan.disk import arrays
from hsgan.files import cameras, cubes, photos, video
from hsgan.prior.mixture import MixturePrior
from hsgan.records import reader, schema
from hsgan.records.index import index_path, open_index, record_offsets
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.writer import RecordWriter
from hsgan.spectra import srf as srf_lib

WAVELENGTHS_NM = np.arange(400, 701, 10, dtype=np.float32)
SIZE = 12, 10


@dataclass(frozen=True)
class Subject:
    """A kind of file, and who reads it.

    Attributes:
      make: makes sound files in an empty folder; returns those to damage.
      read: reads what `make` made in a folder, all of it.
      weight: share of the tries; readers that take long get less.
    """

    make: Callable[[Path], list[Path]]
    read: Callable[[Path], object]
    weight: float = 1.0


def cube(bands=31, seed=0):
    """Returns a small cube, float32 [height, width, bands] in [0, 1]."""
    rng = np.random.default_rng(seed)
    return (rng.random((*SIZE, 1)) * np.linspace(0.4, 1, bands)).astype(np.float32)


def srf():
    """Returns an SRF, float32 [3, bands]."""
    rows = [np.exp(-(((WAVELENGTHS_NM - center) / 40) ** 2)) for center in (610, 540, 450)]
    return np.array([row / row.sum() for row in rows], np.float32)


def _write_cube(name, dtype="float32"):
    def make(folder):
        facts = {"camera": "a camera", "scale": 1.5, "license": "none: a test"}
        (path, *more) = cubes.write_cube(folder / "a", cube(), WAVELENGTHS_NM, srf(), facts, [name], None, dtype)
        return sorted(part for part in path.rglob("*") if part.is_file()) if path.is_dir() else [path, *more]

    return make


def _read_cube(name):
    def read(folder):
        return cubes.open_cube(cubes.paths_of(folder / "a", [name])[-1]).values

    return read


def _compressed_npz(folder):
    np.savez_compressed(
        folder / "a.npz", cube=cube(), wavelengths_nm=WAVELENGTHS_NM, srf=srf(), metadata=np.array("{}")
    )
    return [folder / "a.npz"]


def _compressed_mat(folder):
    (path,) = cubes.write_cube(folder / "a", cube(), WAVELENGTHS_NM, srf(), {}, ["matlab"])
    with h5py.File(path, "r+") as file:
        values = file["cube"][()]
        del file["cube"]
        file.create_dataset("cube", data=values, chunks=(8, 5, 6), compression="gzip")
    return [path]


def _picture(mode="RGB", size=(24, 18)):
    rng = np.random.default_rng(1)
    shape = (size[1], size[0], len(mode)) if len(mode) > 1 else size[::-1]
    return rng.integers(20, 230, shape, np.uint8)


def _pillow_photo(name, **options):
    def make(folder):
        Image.fromarray(_picture()).save(folder / name, **options)
        return [folder / name]

    return make


def _png16(folder):
    import imagecodecs

    path = folder / "a.png"
    path.write_bytes(imagecodecs.png_encode(_picture().astype(np.uint16) * 257))
    return [path]


def _tiff(dtype, **options):
    def make(folder):
        values = (_picture() / np.float64(255) * (1 if dtype == "f4" else np.iinfo(dtype).max)).astype(dtype)
        tifffile.imwrite(folder / "a.tif", values, photometric="rgb", **options)
        return [folder / "a.tif"]

    return make


def _read_photo(folder):
    (path,) = folder.iterdir()
    return photos.read_photo(path)


def _dng(folder):
    from raw_files import write_dng

    return [Path(write_dng(folder / "a.dng", np.full((24, 32, 3), 0.4)))]


def _video(name):
    def make(folder):
        from raw_files import write_video

        return [Path(write_video(folder / name, [(200, 60, 60), (60, 200, 60), (60, 60, 200)]))]

    return make


def _read_video(folder):
    (path,) = folder.iterdir()
    video.count_frames(path)
    return list(video.iterate_frames(path, photos.check_size))


def _camera(suffix):
    def make(folder):
        path, grid = folder / f"a{suffix}", np.arange(400.0, 721, 10)
        rows = np.array([np.exp(-(((grid - center) / 40) ** 2)) for center in (610, 540, 450)])
        if suffix == ".txt":
            lines = ["a camera", *("\t".join(f"{value:.6f}" for value in row) for row in rows)]
            path.write_text("\n".join(lines) + "\n")
        elif suffix == ".csv":
            path.write_text(
                "wavelength,R,G,B\n" + "".join(f"{w},{r},{g},{b}\n" for w, r, g, b in zip(grid, *rows, strict=True))
            )
        elif suffix == ".json":
            data = {str(int(w)): list(values) for w, values in zip(grid, rows.T.tolist(), strict=True)}
            content = {"header": {"manufacturer": "a", "model": "b"}, "spectral_data": {"data": {"main": data}}}
            path.write_text(json.dumps(content))
        elif suffix == ".npz":
            arrays.write_npz(path, {"filters": rows[:, :31].T, "bands": grid[:31]})
        elif suffix == ".mat":
            scipy.io.savemat(path, {"filters": rows[:, :31].T, "bands": grid[:31]})
        else:
            raise ValueError(f"cameras.SUFFIXES: no sound file of {suffix} is made here; add one")
        return [path]

    return make


def _compressed_mat5(folder):
    path = folder / "a.mat"
    scipy.io.savemat(path, {"filters": np.ones((31, 3)), "bands": np.arange(31.0), "text": "x"}, do_compression=True)
    return [path]


def _read_camera(folder):
    (path,) = folder.iterdir()
    return cameras.read(path)


def _read_matlab(folder):
    from hsgan.files import matlab

    (path,) = folder.iterdir()
    return [matlab.read(path, name) for name in ("filters", "bands")], matlab.variables(path)


def _dictionary(folder):
    srf_lib.write_dictionary(srf_lib.default_dictionary(WAVELENGTHS_NM), folder / "cameras.npz")
    return [folder / "cameras.npz"]


def _read_dictionary(folder):
    return srf_lib.load(str(folder / "cameras.npz"), WAVELENGTHS_NM)


def _prior(folder):
    rng = np.random.default_rng(0)
    means = rng.random((3, 31))
    MixturePrior(np.full(3, 1 / 3), means, np.stack([np.eye(31)] * 3), WAVELENGTHS_NM, "a test").save(folder / "p.npz")
    return [folder / "p.npz"]


def _records(kind):
    def make(folder):
        header = Manifest(kind, "test", **_HEADERS[kind])
        with RecordWriter(folder / "records", header, shards=1) as writer:
            for index in range(2):
                writer.write("train", _record(kind, index))
        return sorted((folder / "records").iterdir())

    return make


def _index(folder):
    """The index of a folder of records that has not changed for a while."""
    _records("cubes")(folder)
    for shard in (folder / "records").glob("*.tfrecord"):
        os.utime(shard, (1e9, 1e9))
    open_index(read_manifest(folder / "records"), "train")
    return [index_path(folder / "records", "train")]


def _read_index(folder):
    manifest = read_manifest(folder / "records")
    found, walked = open_index(manifest, "train"), record_offsets(*manifest.files("train"), 2)
    if found.offsets.tolist() != walked.tolist():
        raise AssertionError(f"a damaged index was trusted: {found.offsets} for {walked}")
    return found


_HEADERS = {
    "cubes": {"wavelengths_nm": tuple(WAVELENGTHS_NM.tolist())},
    "photos": {"class_names": ("a", "b"), "encoding": "srgb"},
    "videos": {"encoding": "srgb"},
}


def _record(kind, index):
    import imagecodecs

    if kind == "cubes":
        values, scale = schema.quantize(cube(seed=index))
        return schema.CubeRecord(values, scale, WAVELENGTHS_NM, f"scene{index}", "test")
    image = imagecodecs.png_encode(_picture())
    if kind == "photos":
        labels = np.random.default_rng(index).integers(0, 2, (18, 24)).astype(np.uint8)
        return schema.PhotoRecord(image, labels, 18, 24, 2, "srgb", f"photo{index}", "test")
    boxes = np.array([[1, 2, 3, 4]], np.float32)
    return schema.FrameRecord(image, boxes, 18, 24, 0, "video", index, f"video/{index}", "test")


def _read_records(folder):
    manifest = read_manifest(folder / "records")
    return [record for record in reader.iterate_records(folder / "records", "train")], manifest


def _forged(kind):
    """Records whose own bytes are damaged, under checksums that hold: what a manifest alone can tell apart."""

    def make(folder):
        _records(kind)(folder)
        (folder / "record").write_bytes(b"".join(schema.buffers(_record(kind, 0))))
        return [folder / "record"]

    return make


def _read_forged(folder):
    from hsgan.records import wire

    manifest = read_manifest(folder / "records")
    (shard,) = manifest.split("train").shards
    path = folder / "records" / shard.file
    with wire.TFRecordFile(path) as file:
        file.write([(folder / "record").read_bytes()])
    return next(reader.iterate_shard(path, shard, manifest))


def _reader(make_files, make_reader):
    """A data set's reader of one scene."""

    def read(folder):
        chosen = make_reader(folder)
        return [chosen.read(scene) for scene, _ in chosen.scenes()]

    return Subject(make_files, read)


def write_pictures(folder):
    """Writes a cube as CAVE's are published; returns two of its files."""
    import imagecodecs

    scene = folder / "a_ms" / "a_ms"
    scene.mkdir(parents=True)
    for band in range(31):
        values = (cube()[..., band] * 65535).astype(np.uint16)
        (scene / f"a_ms_{band + 1:02d}.png").write_bytes(imagecodecs.png_encode(values))
    return sorted(scene.iterdir())[:2]


def _camvid(folder):
    for name in ("train", "trainannot"):
        (folder / name).mkdir()
    Image.fromarray(_picture()).save(folder / "train" / "a.png")
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


def _data_sets():
    from tfrecords_tools.readers import camvid, cave, harvard, icvl
    from tfrecords_tools.readers.own import EnviReader, NpzReader, TiffReader

    wavelengths = {"wavelengths": WAVELENGTHS_NM, "size": "any"}
    return {
        "data set cave": _reader(write_pictures, cave.CaveReader),
        "data set camvid": _reader(_camvid, camvid.CamvidReader),
        "data set icvl": _reader(_icvl, lambda folder: icvl.IcvlReader(folder, "any", 1)),
        "data set harvard": _reader(_harvard, lambda folder: harvard.HarvardReader(folder, "any")),
        "data set envi": _reader(_write_cube("envi"), EnviReader),
        "data set npz": _reader(_compressed_npz, lambda folder: NpzReader(folder, variable="cube")),
        "data set tiff": _reader(_multi_page_tiff, lambda folder: TiffReader(folder, **wavelengths)),
    }


def _lite_photo(name):
    def make(folder):
        path = folder / name
        if name.endswith(".npy"):
            np.save(path, _picture())
        else:
            path.write_bytes(b"P6 24 18 255\n" + _picture().tobytes())
        return [path]

    return make


def _read_lite_photo(folder):
    from hsgan.lite.photos import open_photo

    (path,) = folder.iterdir()
    image = open_photo(path)
    return image[: image.shape[0], : image.shape[1]]


def subjects() -> dict[str, Subject]:
    """Returns {name: `Subject`} of all readers but those of runs and exports (`fault_runs`)."""
    found = {f"cube {name}": Subject(_write_cube(name), _read_cube(name)) for name in cubes.FORMATS}
    found |= {
        f"cube {name}, uint16": Subject(_write_cube(name, "uint16"), _read_cube(name), 0.3) for name in cubes.FORMATS
    }
    found |= {
        "cube npz, compressed": Subject(_compressed_npz, _read_cube("npz")),
        "cube matlab, compressed": Subject(_compressed_mat, _read_cube("matlab")),
        "photo jpeg": Subject(_pillow_photo("a.jpg", quality=90), _read_photo),
        "photo jpeg, progressive": Subject(_pillow_photo("a.jpg", progressive=True), _read_photo),
        "photo png": Subject(_pillow_photo("a.png"), _read_photo),
        "photo png, 16 bit": Subject(_png16, _read_photo),
        "photo bmp": Subject(_pillow_photo("a.bmp"), _read_photo),
        "photo webp": Subject(_pillow_photo("a.webp"), _read_photo),
        "photo tiff": Subject(_tiff("u1"), _read_photo),
        "photo tiff, 16 bit, deflate": Subject(_tiff("u2", compression="zlib", predictor=True), _read_photo),
        "photo tiff, float": Subject(_tiff("f4", tile=(16, 16)), _read_photo),
        "photo tiff, jpeg": Subject(_tiff("u1", compression="jpeg"), _read_photo),
        "photo tiff, lzw": Subject(_tiff("u1", compression="lzw", rowsperstrip=5), _read_photo),
        "photo dng": Subject(_dng, _read_photo),
        "video mp4": Subject(_video("a.mp4"), _read_video, 0.7),
        "video mkv": Subject(_video("a.mkv"), _read_video, 0.7),
        "matlab 5": Subject(_camera(".mat"), _read_matlab),
        "matlab 5, compressed": Subject(_compressed_mat5, _read_matlab),
        "camera dictionary": Subject(_dictionary, _read_dictionary),
        "prior": Subject(_prior, lambda folder: MixturePrior.open(folder / "p.npz")),
        "lite photo npy": Subject(_lite_photo("a.npy"), _read_lite_photo),
        "lite photo ppm": Subject(_lite_photo("a.ppm"), _read_lite_photo),
    }
    found |= {f"camera {suffix}": Subject(_camera(suffix), _read_camera) for suffix in cameras.SUFFIXES}
    found["index of records"] = Subject(_index, _read_index)
    found |= {f"records {kind}": Subject(_records(kind), _read_records) for kind in _HEADERS}
    found |= {f"forged record, {kind}": Subject(_forged(kind), _read_forged) for kind in _HEADERS}
    from fault_foreign import foreign_subjects

    return found | foreign_subjects() | _data_sets()
