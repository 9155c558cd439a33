"""The scenes that a suite scores: those of the folder that is named, and never those of a training."""

import numpy as np
import pytest
from set_of_cubes import other_records
from trained_run import WAVELENGTHS_NM, make_records, scene, small_config

from hsgan.benchmark import options
from hsgan.benchmark.scenes import Black, Scenes
from hsgan.errors import ConfigError, DataError
from hsgan.metrics.protocols import seed
from hsgan.spectra import srf


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    path = tmp_path_factory.mktemp("sets")
    return make_records(path / "one"), other_records(path / "two")


def trains_on(folder):
    config = small_config()
    config.data.cubes = str(folder)
    return config


def test_all_splits_of_a_folder(folders):
    config = trains_on(folders[0])
    assert [name for name, _ in Scenes(folders[1], "all", config)] == ["scene 0", "scene 1", "scene 2"]
    assert [name for name, _ in Scenes(folders[1], "test", config)] == ["scene 2"]
    (_, cube), *_ = Scenes(folders[1], "all", config)
    np.testing.assert_allclose(cube, scene(10) / 65535, atol=1e-6)
    with pytest.raises(DataError, match="no records of split 'night'"):
        Scenes(folders[1], "night", config)


def test_scenes_of_a_training_are_not_scored(folders, tmp_path):
    for split in ("train", "all"):
        with pytest.raises(DataError, match=rf"--split={split}: .* trained on 1 of them, such as scene 0 of"):
            Scenes(folders[0], split, trains_on(folders[0])).refuse_trained_on(trains_on(folders[0]))
    # Of another set they are others, whatever they are called; a copy of a set is the set.
    Scenes(folders[1], "all", trains_on(folders[0])).refuse_trained_on(trains_on(folders[0]))
    with pytest.raises(DataError, match="trained on 1 of them"):
        Scenes(make_records(tmp_path / "copy"), "all", trains_on(folders[0])).refuse_trained_on(trains_on(folders[0]))


def test_best_weights_are_never_chosen_on_what_is_scored(folders):
    config = trains_on(folders[0])
    assert Scenes(folders[0], "validation", config).validates(config)
    assert not Scenes(folders[1], "all", config).validates(config)
    assert options.reported_weights((), True, "validation") == ("last",)
    assert options.reported_weights((), False, "test") == ("last", "best")
    assert options.reported_weights(("best",), False, "test") == ("best",)
    with pytest.raises(ConfigError, match=r"--weights: best are chosen on the scenes of --split=validation that are"):
        options.reported_weights(("last", "best"), True, "validation")


def test_a_black_image_scores_as_the_truth_is_bright():
    dictionary = srf.load("default", WAVELENGTHS_NM)
    method, truth = Black(dictionary), (scene(0) / 65535).astype(np.float32)
    made = method.cube(np.ones((24, 20, 3), np.float32), method.mean_camera)
    assert made.shape == truth.shape and not made.any()
    expected = np.mean(-10 * np.log10(np.mean(truth.astype(np.float64) ** 2, axis=(0, 1))))
    assert seed(truth, made)["psnr"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("call, message", [
    (lambda: options.parse_weights(["first"]), "--weights: must be last, best, or both"),
    (lambda: options.parse_bands(["440", "red"]), "--bands: must be wavelengths in nm.*Received: 440,red"),
    (lambda: options.parse_bands(["-5"]), "--bands: must be wavelengths"),
    (lambda: options.one_folder(["a", "b"], False), "--data: all rows are scored on one folder.*Received: a,b"),
    (lambda: options.one_folder([], True), "--data: all rows are scored on one folder.*Received: none"),
])  # fmt: skip
def test_flags_that_cannot_be_get_one_line(call, message):
    with pytest.raises(ConfigError, match=message):
        call()
    assert options.one_folder([], False) == "" and options.parse_bands([]) == options.parse_weights([]) == ()
