"""Fixtures that all tests share."""

import gc
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest
import tensorflow as tf

# The processor as four devices, for trainings that share a batch out. It can be split only before TensorFlow has
# computed anything in this process, which some test modules do when they are collected. Without a strategy all is done
# on the first device, as before.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 4
)

pytest.register_assert_rewrite("method_contract")


def pytest_collection_modifyitems(items):
    """The longest tests first, so that no process ends with one while the other has none left."""
    items.sort(key=lambda item: item.path.parent.name not in ("train", "benchmark", "export"))


def pytest_collection_finish():
    """Searches for garbage less often, and never among the modules: a tenth of the time of all tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


@pytest.fixture(scope="session")
def real_data():
    """Folder of real cubes, photos and cameras (`HSGAN_TEST_DATA`); skips where it is not."""
    default = Path(__file__).parents[1] / ".." / "shared" / "data"
    folder = Path(os.environ.get("HSGAN_TEST_DATA", default)).resolve()
    if not folder.is_dir():
        pytest.skip("no real data: set HSGAN_TEST_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def demo_records(tmp_path_factory):
    """Folders (cubes, photos) of a very small demo set."""
    from hsgan import config as config_lib
    from hsgan.demo import records as demo

    wavelengths_nm = config_lib.wavelengths_nm(config_lib.default_config())
    few = {"cubes": {"train": 3, "validation": 1}, "photos": {"train": 4, "validation": 1}}
    return demo.make(wavelengths_nm, tmp_path_factory.mktemp("demo"), **few)


@pytest.fixture
def small_config(demo_records):
    """A configuration that trains small networks on the very small demo set in seconds; no semantic branch."""
    from hsgan import config as config_lib

    config = config_lib.load("demo")
    config.data.cubes, config.data.rgb = map(str, demo_records)
    config.data.rgb_crop = config.train.patch = 32
    config.generator.stages, config.generator.growth, config.generator.units = 2, 8, 2
    config.srf_estimator.widths, config.srf_estimator.kernels, config.srf_estimator.head = ((4,), (4,)), (3, 3), (8,)
    config.discriminator.widths, config.discriminator.units = (8, 8), 1
    config.semantic.parser, config.semantic.pretrain_steps = "", 0
    config.semantic.width, config.semantic.units = 8, 1
    config.train.batch, config.train.steps, config.train.log_every = 2, 6, 1
    config.train.checkpoint_every, config.train.validate_every = 2, 4
    config.train.evaluate, config.train.gradients_every = False, 3
    config.prior.components, config.prior.samples = 4, 400
    return config


@pytest.fixture
def no_pictures(monkeypatch):
    """Validations draw nothing, which takes longer than the smallest networks' steps."""
    from hsgan.train.validation import Validator

    monkeypatch.setattr(Validator, "write_pictures", lambda *_: None)


@pytest.fixture
def program(monkeypatch, capsys):
    """Runs a program inside this process: `program("hsgan.plot", "a.npz", "--output=b")` gives (status, out, err)."""
    from command_line import run_program

    return lambda name, *arguments: run_program(name, arguments, monkeypatch, capsys)
