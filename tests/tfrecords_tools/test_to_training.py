"""From files in each published format to a step of training."""

import keras
import numpy as np
import published_cubes as published
import pytest
import scipy.io
import tensorflow as tf
import tifffile
from test_cube_readers import SIZE
from test_cube_readers import build as build_cubes
from test_photo_readers import blocks, own_folder, save_labels, save_photo, voc, write_map
from test_photo_readers import build as build_photos

from hsgan import config as config_lib
from hsgan.data import pipelines
from hsgan.files.cubes import write_cube
from hsgan.records.manifest import read_manifest
from hsgan.spectra import srf
from hsgan.train.unpaired import UnpairedTrainer
from tfrecords_tools.readers import HSI_READERS, RGB_READERS

ONES = np.ones((3, 31))


def _cave(folder):
    import imagecodecs

    counts = np.rint(65535 * published.smooth(0)).astype(np.uint16)
    (folder / "toy_ms" / "toy_ms").mkdir(parents=True)
    for band in range(31):
        path = folder / "toy_ms" / "toy_ms" / f"toy_ms_{band + 1:02d}.png"
        path.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(counts[..., band])))


def _icvl(folder):
    for index in range(2):
        published.write_icvl(folder / f"scene_{index}.mat", published.counts12(index))


def _tiff(folder):
    tifffile.imwrite(folder / "own.tif", np.moveaxis(published.smooth(0), 2, 0).astype(np.float32))


# {source: (writer of its files into a folder, flags beside --size, first wavelength)}
CUBES = {
    "cave": (_cave, {}, 400),
    "icvl": (_icvl, {"size": SIZE, "test_scenes": 1}, 400),
    "ntire2018": (
        lambda folder: published.write_icvl(folder / "NTIRE2018_Train1_Spectral/a.mat", published.counts12(0)),
        {"size": SIZE},
        400,
    ),
    "ntire2020": (lambda f: published.write_arad(f / "ARAD_HS_0001.mat", published.smooth(0)), {"size": SIZE}, 400),
    "ntire2022": (lambda f: published.write_arad(f / "ARAD_1K_0001.mat", published.smooth(0)), {"size": SIZE}, 400),
    "harvard": (
        lambda folder: published.write_harvard(folder / "CZ_hsdb/img1.mat", published.smooth(0)),
        {"size": SIZE, "grid": "420:720:10"},
        420,
    ),
    "kaist": (
        lambda folder: published.write_kaist(folder / "a.exr", published.smooth(0)),
        {"size": SIZE, "grid": "420:720:10"},
        420,
    ),
    "envi": (
        lambda f: write_cube(f / "a", published.smooth(0), published.WAVELENGTHS, ONES, formats=("envi",)),
        {},
        400,
    ),
    "npz": (lambda folder: write_cube(folder / "a", published.smooth(0), published.WAVELENGTHS, ONES), {}, 400),
    "npy": (lambda f: np.save(f / "a.npy", published.smooth(0)), {"wavelengths": "400:700:10"}, 400),
    "netcdf": (lambda f: published.write_netcdf(f / "a.nc", published.smooth(0)), {}, 400),
    "mat": (
        lambda folder: scipy.io.savemat(folder / "a.mat", {"x": published.smooth(0)}),
        {"wavelengths": "400:700:10"},
        400,
    ),
    "tiff": (_tiff, {"wavelengths": "400:700:10"}, 400),
}


def _camvid(folder):
    save_photo(folder / "train/a.png", 0)
    save_labels(folder / "trainannot/a.png", blocks([0, 10, 11]))


def _cityscapes(folder):
    save_photo(folder / "leftImg8bit/train/ulm/ulm_1_leftImg8bit.png", 0)
    save_labels(folder / "gtFine/train/ulm/ulm_1_gtFine_labelIds.png", blocks([7, 8, 0]))


def _ade20k(folder):
    save_photo(folder / "images/training/a.jpg", 0)
    save_labels(folder / "annotations/training/a.png", blocks([0, 1, 150]))
    (folder / "objectInfo150.txt").write_text("\n".join(f"{n}\t0\t0\t0\tc{n}" for n in range(1, 151)))


def _pascal_context(folder):
    _, names = voc(folder.parent)
    for name in names:
        write_map(folder, name, blocks([0, 2, 458]))


# {source: writer of its files into a folder}
PHOTOS = {
    "camvid": _camvid,
    "cityscapes": _cityscapes,
    "ade20k": _ade20k,
    "pascal_context": _pascal_context,
    "folder": lambda folder: own_folder(folder.parent),
}


MODELS = {}


def _model(config, classes):
    """A small model with a stand-in for the parser: features at 1/4 resolution, one channel a class; made once."""
    key = config.wavelengths.start_nm, classes
    if key in MODELS:
        return MODELS[key]
    keras.utils.set_random_seed(0)

    def parser(images, training=False):
        return tf.repeat(images[:, ::4, ::4, :1], classes, axis=-1)

    dictionary = srf.load("default", config_lib.wavelengths_nm(config))
    cubes = np.random.default_rng(0).random((31, 100))
    model = UnpairedTrainer(
        config, dictionary, (cubes.mean(axis=1), np.cov(cubes)), parser if classes else None, classes
    )
    model.compile()
    MODELS[key] = model
    return model


def _step(config, cube, photo, classes=0):
    """Takes one step on a batch as `pipelines.unpaired` joins it; returns the losses."""
    losses = _model(config, classes).train_step({"cube": cube, **photo})
    return {name: float(value) for name, value in losses.items()}


OTHERS = {}


def _first(stream, config, shared=False):
    """Returns the first batch of a stream; where it is `shared`, of the demo records, made once for all tests."""
    if shared and stream in OTHERS:
        return OTHERS[stream]
    folder = config.data.cubes if stream is pipelines.cube_patches else config.data.rgb
    batch = next(iter(stream(config, read_manifest(folder))))
    if shared:
        OTHERS[stream] = batch
    return batch


@pytest.mark.parametrize("source", CUBES)
def test_cubes(source, tmp_path, small_config):
    if source == "kaist":
        pytest.importorskip("OpenEXR", reason="KAIST's files need hsgan[exr]")
    write, arguments, first = CUBES[source]
    (tmp_path / "in").mkdir()
    write(tmp_path / "in")
    build_cubes(source, tmp_path / "in", tmp_path / "out", **arguments)
    photo = _first(pipelines.photo_crops, small_config, shared=True)
    small_config.data.cubes = str(tmp_path / "out")
    small_config.wavelengths.start_nm, small_config.wavelengths.stop_nm = first, first + 300
    losses = _step(small_config, _first(pipelines.cube_patches, small_config), photo)
    assert losses and np.isfinite(list(losses.values())).all()


@pytest.mark.parametrize("source", PHOTOS)
def test_photos(source, tmp_path, small_config):
    (tmp_path / "in").mkdir()
    PHOTOS[source](tmp_path / "in")
    manifest = build_photos(source, tmp_path / "in", tmp_path / "out")
    cube = _first(pipelines.cube_patches, small_config, shared=True)
    small_config.data.rgb = str(tmp_path / "out")
    photo = _first(pipelines.photo_crops, small_config)
    small_config.semantic.parser = "hub:stand-in"
    losses = _step(small_config, cube, photo, manifest.classes)
    assert losses["semantic"] > 0 and np.isfinite(list(losses.values())).all()


def test_every_source_is_here():
    assert set(CUBES) == set(HSI_READERS) and set(PHOTOS) == set(RGB_READERS)
