"""Small sound files of every kind that the package reads, and the readers of them, to be damaged and tried."""

import json
from pathlib import Path

import h5py
import numpy as np
import scipy.io
import tifffile
from fault_data_sets import data_set_subjects
from fault_foreign import foreign_subjects
from fault_records import record_subjects
from fault_samples import WAVELENGTHS_NM, Subject, compressed_npz, cube, picture, srf, write_cube
from PIL import Image

from hsgan.disk import arrays
from hsgan.files import cameras, cubes, photos, video
from hsgan.prior.mixture import MixturePrior
from hsgan.spectra import srf as srf_lib


def _read_cube(name):
    def read(folder):
        return cubes.open_cube(cubes.paths_of(folder / "a", [name])[-1]).values

    return read


def _compressed_mat(folder):
    (path,) = cubes.write_cube(folder / "a", cube(), WAVELENGTHS_NM, srf(), {}, ["matlab"])
    with h5py.File(path, "r+") as file:
        values = file["cube"][()]
        del file["cube"]
        file.create_dataset("cube", data=values, chunks=(8, 5, 6), compression="gzip")
    return [path]


def _pillow_photo(name, **options):
    def make(folder):
        Image.fromarray(picture()).save(folder / name, **options)
        return [folder / name]

    return make


def _png16(folder):
    import imagecodecs

    path = folder / "a.png"
    path.write_bytes(imagecodecs.png_encode(picture().astype(np.uint16) * 257))
    return [path]


def _tiff(dtype, **options):
    def make(folder):
        values = (picture() / np.float64(255) * (1 if dtype == "f4" else np.iinfo(dtype).max)).astype(dtype)
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


def _lite_photo(name):
    def make(folder):
        path = folder / name
        if name.endswith(".npy"):
            np.save(path, picture())
        else:
            path.write_bytes(b"P6 24 18 255\n" + picture().tobytes())
        return [path]

    return make


def _read_lite_photo(folder):
    from hsgan.lite.photos import open_photo

    (path,) = folder.iterdir()
    image, _ = open_photo(path)
    return image[: image.shape[0], : image.shape[1]]


def subjects() -> dict[str, Subject]:
    """Returns {name: `Subject`} of all readers but those of runs and exports (`fault_runs`)."""
    found = {f"cube {name}": Subject(write_cube(name), _read_cube(name)) for name in cubes.FORMATS}
    found |= {
        f"cube {name}, uint16": Subject(write_cube(name, "uint16"), _read_cube(name), 0.3) for name in cubes.FORMATS
    }
    found |= {
        "cube npz, compressed": Subject(compressed_npz, _read_cube("npz")),
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
    return found | record_subjects() | foreign_subjects() | data_set_subjects()
