"""The configuration: defaults, checks that report all problems together, files and overrides."""

import re
from pathlib import Path

import pytest

from hsgan import config as config_lib
from hsgan.errors import ConfigError

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("*.py"))


def test_defaults_are_valid_and_survive_json():
    config = config_lib.default_config()
    assert config_lib.problems_of(config) == []
    assert config_lib.from_dict(config_lib.to_dict(config)) == config


def test_defaults_are_the_papers():
    config = config_lib.default_config()
    assert config.train.steps == 50 * 208
    assert (config.train.batch, config.train.patch, config.generator.stages) == (24, 128, 4)
    assert config.generator.initialization == "learned"
    weights = config.loss
    assert (weights.back_projection, weights.smoothness, weights.positivity, weights.semantic) == (100, 10, 0.01, 1)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_config_loads_and_says_its_command(path):
    config = config_lib.load(path)
    assert config.name == path.stem
    text = path.read_text()
    assert "python -m hsgan.train" in text and "Hardware:" in text


def test_a_shipped_config_is_found_by_name_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert config_lib.load("configs/demo.py").name == "demo"
    assert config_lib.load("demo").name == "demo"


def test_all_problems_are_reported_together():
    overrides = ["train.batchh=4", "train.batch=0", "loss.smoothness=-1", "train.precision=float8", "train.steps=x"]
    with pytest.raises(ConfigError) as error:
        config_lib.load("demo", overrides)
    first, *lines = str(error.value).splitlines()
    assert first == "configuration: 5 problems:" and len(lines) == 5
    text = "\n".join(lines)
    for name in ("train.batchh: no such field (near: train.batch", "train.batch: must be positive. Received: 0",
                 "loss.smoothness: must not be negative. Received: -1.0", "train.precision: must be one of",
                 "train.steps: must be of type int. Received: 'x'"):  # fmt: skip
        assert name in text


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("train.steps=7", 7),
        ("loss.smoothness=2", 2.0),
        ("data.cube_scale=(0.25,0.5)", (0.25, 0.5)),
        ("data.cube_scale=[0.25, 0.5]", (0.25, 0.5)),
        ("train.evaluate=False", False),
        ("data.cubes=some/folder", "some/folder"),
        ("srf_estimator.widths=((8,8),(8,8),(8,8),(8,8))", ((8, 8),) * 4),
        ("discriminator.widths=(8,)", (8,)),
    ],
)
def test_overrides_keep_their_type(override, value):
    config = config_lib.load("demo", [override])
    found = config_lib.tree.get(config, override.partition("=")[0])
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("overrides", "rule"),
    [
        (["train.patch=48"], "train.patch: must be a multiple of 32"),
        (["data.rgb_crop=32"], "data.rgb_crop: must be at least train.patch"),
        (["wavelengths.step_nm=7"], "wavelengths.stop_nm: must exceed start_nm by a whole number of steps"),
        (["srf_estimator.kernels=(5,5)"], "one kernel size for each entry"),
        (["train.validate_every=75"], "multiple of train.checkpoint_every"),
        (["data.cube_scale=(2,1)"], "low <= high"),
        (["train.steps"], "an override needs a value"),
        (['data.cube_scale=["a",1]'], "data.cube_scale: must be two positive numbers"),
        (["srf_estimator.widths=(1,2,3,4)"], "srf_estimator.widths: must be, for each stage, a tuple"),
        (["srf_estimator.kernels=(0,4,5,5)"], "srf_estimator.kernels: must be one or more odd whole numbers"),
        (["discriminator.widths=(0,-4)"], "discriminator.widths: must be one or more positive whole numbers"),
        (["seed=99999999999"], "seed: must be below 2**31"),
        (["optimizer.generator=Infinity"], "optimizer.generator: must be positive"),
        (["generator.kernel_size=2"], "generator.kernel_size: must be odd"),
        (["pairs.scenes=1.5"], "pairs.scenes: must lie in [0, 1]"),
        (["loss.rgb=synthetic"], "semantic.parser: cubes have no labels: must be '' with loss.rgb=synthetic"),
        (["loss.rgb=synthetic", "train.batch=1"], "train.batch: must be 2 or more with loss.rgb=synthetic"),
        (["pairs.scenes=0.1", "train.strategy=mirrored"], "train.strategy: must be none with pairs.scenes"),
        (["loss.rgb=synthetic", "train.strategy=mirrored"], "train.strategy: must be none"),
        (["cameras.stretch=1"], "cameras.stretch: must lie in [0, 1)"),
        (["optimizer.final_share=0"], "optimizer.final_share: must lie in (0, 1]"),
        (["semantic.parser_weights=a.h5"], "semantic.pretrain_steps: must be 0 where semantic.parser_weights"),
    ],
)
def test_cross_field_rules(overrides, rule):
    with pytest.raises(ConfigError, match=re.escape(rule)):
        config_lib.load("demo", overrides)


def test_a_config_file_with_a_typo_is_named(tmp_path):
    file = tmp_path / "typo.py"
    file.write_text(
        "from hsgan.config import default_config\n"
        "def get_config():\n    config = default_config()\n    config.train.stepps = 3\n    return config\n"
    )
    with pytest.raises(ConfigError, match=r"typo\.py.*stepps"):
        config_lib.load(file)


@pytest.mark.parametrize("name", ["nowhere.py", "nowhere/demo.py", "experiments/cave_camvid.txt", "demo.yaml"])
def test_missing_files_list_what_there_is(name):
    with pytest.raises(ConfigError, match=r"no such file: .*; .*cave_camvid, .*demo, "):
        config_lib.load(name)


@pytest.mark.parametrize(
    "text", ["def get_config(:\n", "import nothing_of_this_name\n", "def get_config():\n    1 / 0\n"]
)
def test_a_config_file_that_fails_is_named(tmp_path, text):
    file = tmp_path / "broken.py"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"broken\.py: \w+Error: ") as error:
        config_lib.load(file)
    assert "\n" not in str(error.value)


def test_the_parsers_are_those_that_there_are():
    """They stand in the configuration too, so that it is checked without TensorFlow."""
    from hsgan.networks.hrnet import VARIANTS

    assert tuple(VARIANTS) == config_lib.PARSERS


def test_every_model_has_a_network_and_a_trainer():
    from hsgan.networks.base import ReconstructionNetwork
    from hsgan.networks.build import network_class
    from hsgan.train.trainers import TRAINERS

    assert all(issubclass(network_class(name), ReconstructionNetwork) for name in config_lib.MODELS)
    assert {model.training for model in config_lib.MODELS.values()} == set(TRAINERS)


def test_whole_numbers_of_every_model_are_positive():
    for name, model in config_lib.MODELS.items():
        for key, value in model.settings.items():
            if type(value) is int or isinstance(value, tuple):
                config = config_lib.default_config()
                config[name][key] = 0 if type(value) is int else (0, *value[1:])
                (problem,) = config_lib.problems_of(config)
                assert problem.startswith(f"{name}.{key}: must be")


def test_differences_names_fields():
    a, b = config_lib.default_config(), config_lib.default_config()
    b.train.batch = 3
    b.generator.stages = 2
    assert config_lib.differences(a, b) == ["generator.stages", "train.batch"]
