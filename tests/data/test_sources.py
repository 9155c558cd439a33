"""What is wrong with the data of a configuration: all of it together, in a moment, before anything is made."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hsgan import config as config_lib
from hsgan.data import sources
from hsgan.demo import records as demo
from hsgan.errors import ConfigError, DataError
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.schema import PhotoRecord
from hsgan.records.values import encode_labels
from hsgan.records.writer import RecordWriter

ROOT = Path(__file__).parents[2]


def unlabelled_photos(folder):
    image = encode_labels(np.zeros((8, 8), np.uint8))  # any PNG
    with RecordWriter(folder, Manifest("photos", "t", encoding="linear"), shards=1) as writer:
        writer.write("train", PhotoRecord(image, None, 8, 8, 0, "linear", "photo", "t"))
    return str(folder)


def test_a_configuration_that_fits_its_data_has_no_problem(small_config):
    assert sources.problems(small_config) == []
    opened = sources.open_sources(small_config)
    assert opened.cubes.kind == "cubes" and opened.photos.kind == "photos" and len(opened.dictionary.names) == 28
    assert opened.manifests == {"cubes": opened.cubes, "photos": opened.photos}


def test_all_problems_of_the_data_are_reported_together(small_config, tmp_path):
    small_config.data.rgb = unlabelled_photos(tmp_path / "photos")
    small_config.data.validation_split = "test"
    small_config.wavelengths.stop_nm = 690
    small_config.cameras.test = "Nikon 510"
    small_config.cameras.held_out = ("Canon",)
    small_config.semantic.parser = "hrnet_w18_small"
    with pytest.raises(DataError) as error:
        sources.open_sources(small_config)
    first, *lines = str(error.value).splitlines()
    assert first == "7 problems:"
    cubes, photos = small_config.data.cubes, small_config.data.rgb
    starts = (
        f"{cubes}: its cubes have other wavelengths than the configuration (30 bands, 400-690 nm)",
        f"{cubes}: no records of split 'test'; there are: train (3), validation (1)",
        "camera: no 'Nikon 510' among the 28 cameras",
        "camera: no 'Canon' among the 28 cameras",
        f"{photos}: its photos are linear-encoded; set --config.data.rgb_encoding so",
        f"{photos}: its photos have no labels",
        "semantic.parser_weights: hrnet_w18_small needs weights",
    )
    for line, start in zip(lines, starts, strict=True):
        assert line.strip().startswith(start)


def test_problems_of_configuration_and_data_come_in_one_error(small_config, tmp_path):
    small_config.train.batch = 0
    small_config.data.cubes = str(tmp_path / "nowhere")
    small_config.data.rgb = str(tmp_path)
    with pytest.raises(ConfigError) as error:
        sources.open_sources(small_config)
    assert str(error.value).splitlines() == [
        "configuration: 3 problems:",
        "  train.batch: must be positive. Received: 0",
        f"  {tmp_path / 'nowhere'}: no such folder of records; tfrecords_tools makes one",
        f"  {tmp_path}: no manifest.json: not a folder of records; tfrecords_tools makes one",
    ]


def test_cubes_and_photos_in_each_others_place(small_config):
    small_config.data.cubes, small_config.data.rgb = small_config.data.rgb, small_config.data.cubes
    assert [text.partition(": ")[2] for text in sources.problems(small_config)] == [
        "must hold cubes. Received: photos",
        "must hold photos. Received: cubes",
    ]


def test_what_a_model_does_not_read_is_no_problem(small_config):
    small_config.model = "hscnn_d"
    small_config.data.rgb = "nowhere"
    small_config.semantic.parser = "nothing.keras"
    assert sources.problems(small_config) == []
    assert sources.open_sources(small_config).photos is None


def test_a_grid_without_a_whole_number_of_steps_is_one_problem(small_config):
    small_config.wavelengths.step_nm = 0
    with pytest.raises(ConfigError) as error:
        sources.open_sources(small_config)
    assert [line.strip().partition(":")[0] for line in str(error.value).splitlines()[1:]] == [
        "wavelengths.step_nm",
        "wavelengths.stop_nm",
    ]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"parser": "nothing.keras"}, 'semantic.parser: must be "", one of hrnet_w18_small, '),
        ({"parser": "hrnet_w48", "parser_weights": "no.h5"}, "no.h5: no such file of parser weights"),
        ({"parser": "hub:x", "parser_weights": "a.h5"}, "semantic.parser_weights: only for our own parsers"),
    ],
)
def test_scene_parsers_that_cannot_be(small_config, fields, problem):
    small_config.semantic.update(fields)
    assert sources.parser_problems(small_config)[0].startswith(problem)


def test_the_demo_sets_wavelengths_are_one_problem():
    config = config_lib.default_config()
    config.wavelengths.stop_nm = 1000
    assert [text.partition(":")[0] for text in sources.problems(config)] == [
        "config.wavelengths",
        "the embedded cameras",
    ]


def test_demo_alone_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "CUBES", {"train": 1, "validation": 1})
    monkeypatch.setattr(demo, "PHOTOS", {"train": 1, "validation": 1})
    config = config_lib.default_config()
    config.model, config.data.cache = "hscnn_d", str(tmp_path)
    config.data.rgb = "elsewhere"
    opened = sources.open_sources(config)
    assert read_manifest(sources.folder(config, "cubes")) == opened.cubes and opened.cubes.source == "demo"
    assert sources.folder(config, "photos") == Path("elsewhere")
    config.data.validation_split = "test"
    with pytest.raises(DataError, match="no records of split 'test'"):
        sources.open_sources(config)


def test_the_check_imports_no_tensorflow():
    program = (
        "import sys; from hsgan import config; from hsgan.data import sources; "
        "print(sources.problems(config.load('demo')), 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[] False\n"
