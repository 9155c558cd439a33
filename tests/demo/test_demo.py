"""The demo set: the same on every machine, measured materials, and no photo of a scene that there is a cube of."""

import numpy as np
import pytest
import tensorflow as tf

from hsgan.data import statistics
from hsgan.demo import materials
from hsgan.demo import records as demo
from hsgan.errors import DataError
from hsgan.records import reader, schema
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.writer import RecordWriter
from hsgan.spectra import srf

WAVELENGTHS = np.arange(400, 701, 10, dtype=np.float32)
FEW = {"cubes": {"train": 3, "validation": 1}, "photos": {"train": 4, "validation": 1}}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return demo.make(WAVELENGTHS, tmp_path_factory.mktemp("cache"), **FEW)


def test_folders_are_whole_and_say_that_they_are_synthetic(folders):
    cubes, photos = (read_manifest(folder) for folder in folders)
    assert cubes.verify() == 4 and photos.verify() == 5
    for manifest in (cubes, photos):
        assert manifest.note.startswith("Synthetic") and "results on it say nothing" in manifest.note
    assert photos.class_names == materials.CLASS_NAMES and photos.encoding == "srgb"
    for _, cube in reader.iterate_cubes(folders[0], "train"):
        assert cube.shape == (128, 128, 31) and cube.min() >= 0 and cube.max() <= 1
        assert 0.01 < cube.mean() < 0.5
    for record in reader.iterate_records(folders[1], "train"):
        assert (record.height, record.width) == (192, 192) and len(np.unique(record.labels)) >= 2


def test_demo_set_is_deterministic_and_made_once(folders, tmp_path):
    again = demo.make(WAVELENGTHS, tmp_path, **FEW)
    for first, second in zip(folders, again, strict=True):
        assert read_manifest(first).splits == read_manifest(second).splits  # checksums included
    before = (again[0] / "manifest.json").stat().st_mtime_ns
    assert demo.make(WAVELENGTHS, tmp_path, **FEW) == again
    assert (again[0] / "manifest.json").stat().st_mtime_ns == before


def test_no_photo_shows_a_scene_that_there_is_a_cube_of(folders):
    """Were they pairs, some photo would follow the brightness of some cube up to a monotone curve."""

    def ranks(image):
        flat = image[::4, ::4].ravel()
        return np.argsort(np.argsort(flat)).astype(float)

    measured = materials.load(WAVELENGTHS)
    responses = srf.default_dictionary(WAVELENGTHS).responses
    cubes = [demo.draw_cube(index, measured, size=64).mean(axis=-1) for index in range(6)]
    photos = [demo.draw_photo(index, measured, responses, size=64)[0].mean(axis=-1) for index in range(6)]
    for cube in cubes:
        for photo in photos:
            assert np.corrcoef(ranks(cube), ranks(photo))[0, 1] < 0.9
    # The measure sees a pair: a cube against its own projection, noisy and encoded.
    noisy = cubes[0] ** (1 / 2.4) + 0.002 * np.random.default_rng(0).standard_normal(cubes[0].shape)
    assert np.corrcoef(ranks(cubes[0]), ranks(noisy))[0, 1] > 0.9


def test_materials_are_reflectances_of_every_class():
    measured = materials.load(WAVELENGTHS)
    assert measured.reflectances.shape[1] == 31 and len(measured.reflectances) > 280
    assert measured.reflectances.min() >= 0 and measured.reflectances.max() <= 1
    assert np.bincount(measured.classes, minlength=8).min() >= 5
    for light in measured.lights.values():
        np.testing.assert_allclose(light.mean(), 1, rtol=1e-6)
    red = measured.reflectances[measured.classes == materials.CLASS_NAMES.index("red")].mean(axis=0)
    assert red[25] > 2 * red[13]


def test_wavelengths_outside_the_measured_range_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"measured at 380-780 nm. Received: 400-1000 nm"):
        demo.make(np.arange(400, 1001, 10), tmp_path)


def test_cache_folder_defaults_to_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert demo.cache_folder() == tmp_path / "hsgan"
    assert demo.cache_folder("x").name == "x"


def test_statistics_equal_numpys_over_all_pixels(tmp_path):
    rng, scenes = np.random.default_rng(0), []
    with RecordWriter(tmp_path / "c", Manifest("cubes", "t", (1.0, 2.0, 3.0))) as writer:
        for index, size in enumerate(((70, 5), (3, 200))):
            values = rng.integers(0, 65536, (*size, 3)).astype(np.uint16)
            writer.write("train", schema.CubeRecord(values, 1e-5, np.array([1.0, 2, 3], np.float32), f"{index}", "t"))
            scenes.append(values.reshape(-1, 3) * np.float64(np.float32(1e-5)))
    mean, covariance = statistics.cube_statistics(tmp_path / "c", "train")
    pixels = np.concatenate(scenes)
    assert mean.dtype == covariance.dtype == np.float32
    # Cubes are float32: half a unit in the last place a pixel.
    np.testing.assert_allclose(mean, pixels.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(covariance, np.cov(pixels.T, bias=True), rtol=1e-5, atol=1e-8)


def test_photos_are_jpeg_and_png(folders):
    starts = {record.image[:2] for record in reader.iterate_records(folders[1], "train")}
    assert starts == {b"\xff\xd8", b"\x89P"}
    assert tf.io.decode_image(next(reader.iterate_records(folders[1], "train")).image).shape == (192, 192, 3)
