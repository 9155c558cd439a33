"""Which cameras a training draws from."""

import numpy as np
import pytest

from hsgan import config as config_lib
from hsgan.data import sources
from hsgan.errors import ConfigError
from hsgan.run.folder import RunFolder
from hsgan.spectra import srf

NAMES = srf.load("default", np.arange(400, 701, 10)).names


def seen(folder, **cameras):
    """The cameras that a run of these `config.cameras` trains with."""
    config = config_lib.default_config()
    config.cameras.update(cameras)
    run = RunFolder.create(folder, config)
    run.save_dictionary(sources.cameras(config))
    return run.training_dictionary().names


def test_all_named_or_all_but_those_held_out(tmp_path):
    assert seen(tmp_path / "all") == NAMES
    assert seen(tmp_path / "one", training=(NAMES[3],)) == (NAMES[3],)
    assert set(seen(tmp_path / "rest", held_out=NAMES[:2])) == set(NAMES[2:])


@pytest.mark.parametrize("field", ["test", "training", "held_out"])
def test_a_camera_that_is_not_there_is_named(field):
    config = config_lib.default_config()
    config.cameras[field] = "Nikon D7" if field == "test" else ("Nikon D7",)
    (problem,) = sources.camera_problems(config)
    assert problem.startswith("camera: no 'Nikon D7' among the 28 cameras")


def test_no_camera_is_both_trained_with_and_held_out():
    overrides = ['cameras.training=["a","b"]', 'cameras.held_out=["b"]']
    with pytest.raises(ConfigError, match=r"cameras\.training: must not name cameras that cameras\.held_out names"):
        config_lib.load("demo", overrides)
