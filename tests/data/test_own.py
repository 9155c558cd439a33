"""Records of one's own: their wavelengths, encoding and labels need not be said again."""

import numpy as np
import pytest
from trained_run import make_records

from hsgan import config as config_lib
from hsgan.data import sources
from hsgan.errors import DataError
from hsgan.records.manifest import Manifest
from hsgan.records.schema import PhotoRecord
from hsgan.records.values import encode_labels
from hsgan.records.writer import RecordWriter

GRID = np.arange(420, 571, 5, dtype=np.float32)  # as many bands as the scenes have


def photos(folder, labels):
    image = encode_labels(np.zeros((8, 8), np.uint8))  # any PNG
    header = Manifest("photos", "t", encoding="linear", class_names=("a", "b") if labels else ())
    with RecordWriter(folder, header, shards=1) as writer:
        values = np.zeros((8, 8), np.uint8) if labels else None
        writer.write("train", PhotoRecord(image, values, 8, 8, 2 * labels, "linear", "photo", "t"))
    return folder


def load(cubes, rgb, *others):
    overrides = [f"data.cubes={cubes}", f"data.rgb={rgb}", *others]
    return config_lib.load("own", overrides, sources.problems)


def test_wavelengths_and_encoding_are_those_of_the_records(tmp_path):
    cubes = make_records(tmp_path / "cubes", GRID)
    config = load(cubes, photos(tmp_path / "photos", labels=True))
    np.testing.assert_array_equal(config_lib.wavelengths_nm(config), GRID)
    assert config.data.rgb_encoding == "linear" and config.semantic.parser


def test_photos_without_labels_turn_the_semantic_term_off(tmp_path):
    cubes = make_records(tmp_path / "cubes", GRID)
    with pytest.warns(UserWarning, match="its photos have no labels: the semantic term is turned off"):
        config = load(cubes, photos(tmp_path / "photos", labels=False))
    assert config.semantic.parser == "" and config.semantic.pretrain_steps == 0


def test_models_without_photos_read_none(tmp_path):
    config = load(make_records(tmp_path / "cubes", GRID), "nowhere", "model=mixture")
    assert config.wavelengths.start_nm == 420


def test_without_records_it_is_the_demo_set(tmp_path):
    config = config_lib.load("own")
    assert (config.data.cubes, config.wavelengths.step_nm) == ("demo", 10)


@pytest.mark.parametrize("grid", [GRID + 0.5, np.sort(np.r_[GRID[:-1], 600.0]).astype(np.float32)])
def test_wavelengths_that_no_configuration_can_say_are_refused(tmp_path, grid):
    with pytest.raises(DataError, match=r"must hold cubes at whole nanometers in even steps; resample .* Received: 42"):
        load(make_records(tmp_path / "cubes", grid), "demo")
    with pytest.raises(DataError, match="no such folder of records"):
        load(tmp_path / "none", "demo")
