"""The configuration: one typed tree of defaults, its checks, and its ways in and out of files.

This is the only module that holds defaults. The defaults are the paper's (`configs/` departs from them, file by
file, and says so). A `configs/*.py` file has a `get_config()` that starts from `default_config()`; the run folder keeps
the resolved configuration as JSON.

Units: wavelengths in nm, sizes in pixels, learning rates per step.
"""

import json
import math
import runpy
from pathlib import Path

import ml_collections
import numpy as np

from hsgan.errors import ConfigError

INITIALIZATIONS = ("learned", "smooth", "prior")
ENCODINGS = ("srgb", "linear")
PRECISIONS = ("float32", "mixed_bfloat16")


def default_config():
    """Returns the defaults (a locked `ConfigDict`): the paper's method and training, on the demo records."""
    config = ml_collections.ConfigDict()
    config.name = "hsgan"
    config.seed = 0
    config.wavelengths = dict(start_nm=400, stop_nm=700, step_nm=10)
    # `dictionary`: "default" (embedded), or a camspec_database.txt, or a .npz of tfrecords_tools.build_srf. `test`: a
    # camera of it; "" takes Nikon D700 where the dictionary has it, else the first.
    config.cameras = dict(dictionary="default", test="")
    config.data = dict(
        cubes="demo",  # folder of cube records (tfrecords_tools.build_hsi), or "demo"
        rgb="demo",  # folder of photo records (tfrecords_tools.build_rgb), or "demo"
        validation_split="validation",  # of the cube records
        cache="",  # where the demo set is made; "" is the user's cache folder
        cube_scale=(1 / 7, 1 / 2),  # random rescale of a cube, per axis [code]
        crops_per_read=4,  # crops taken from one read of a scene
        rgb_encoding="srgb",  # how photos are stored: "srgb" or "linear"
        rgb_scale=(0.5, 2.0),  # random rescale of a photo
        rgb_crop=480,  # crop that the parser sees
    )
    config.generator = dict(
        stages=4,
        growth=62,
        units=5,
        negative_slope=0.001,  # of the last LeakyReLU [code]
        initialization="learned",  # learned | smooth | prior (method section 17)
        prior_noise=1e-4,  # `s` of the Wiener estimate, variance of the RGB noise
    )
    config.srf_estimator = dict(
        widths=((16, 32), (64, 64), (64, 64), (64, 64)), kernels=(5, 5, 3, 3), head=(128, 128, 128)
    )
    config.discriminator = dict(widths=(64, 128), units=7)
    config.semantic = dict(
        # "" (no semantic branch) | "hrnet_w18_small" | "hrnet_w18_small_v2" | "hrnet_w48" | "hub:PRESET" | path of a
        # Keras scene parser
        parser="",
        parser_weights="",  # weights of our HRNet; "" and pretrain_steps > 0: pre-trained into the run folder first
        pretrain_steps=0,
        pretrain_batch=8,
        pretrain_learning_rate=1e-2,  # HRNet's for segmentation, and so is the decay (an L2 gradient, as PyTorch's)
        pretrain_weight_decay=5e-4,
        width=64,
        units=4,
        dropout=0.2,
    )
    config.loss = dict(
        adversarial=1.0,
        back_projection=1e2,
        smoothness=1e1,
        positivity=1e-2,
        semantic=1.0,
        smoothness_form="absolute",  # absolute (Eq. 10) | squared [code]
        positivity_form="squared",  # squared (Eq. 11) | absolute [code]
        clip_gradients=True,  # L1 gradient clipping (Eq. 7)
        semantic_gradient_scale=1.0,  # [code]: 2
    )
    config.optimizer = dict(
        generator=1e-4,
        srf_estimator=1e-4,
        discriminator=5e-4,
        semantic=1e-3,
        semantic_momentum=0.9,
        semantic_weight_decay=1e-4,
        semantic_power=0.9,
        beta_1=0.9,
        beta_2=0.999,
        ema=0.0,  # decay of the weight average that evaluation uses; 0: none
    )
    config.train = dict(
        steps=50 * 208,
        max_minutes=0.0,  # stop early after so much wall-clock time of training; 0: no limit
        batch=24,
        patch=128,  # what generator and discriminator see
        precision="float32",
        deterministic=True,  # bit-exact repeats and resume; some GPUs lack deterministic depthwise convolutions
        checkpoint_every=208,
        validate_every=1040,
        log_every=20,
        evaluate=True,  # evaluate and write pictures when training ends
    )
    config.lock()
    return config


def load(path, overrides=()):
    """Returns the checked configuration of a `configs/*.py` file with `section.field=value` overrides applied.

    Raises:
      ConfigError: no such file, no `get_config`, and all unknown fields, wrong types and values out of range together.
    """
    file = _find(path)
    try:
        get_config = runpy.run_path(str(file)).get("get_config")
    except Exception as error:
        raise ConfigError(f"{path}: {type(error).__name__}: {' '.join(str(error).split())}") from error
    if get_config is None:
        raise ConfigError(f"{path}: a configuration file must define get_config()")
    try:
        config = get_config()
    except Exception as error:  # whatever a user's file does wrong is told in one line
        raise ConfigError(f"{path}: {type(error).__name__}: {' '.join(str(error).split())}") from error
    problems = []
    for override in overrides:
        problems += _override(config, override)
    problems += problems_of(config)
    _raise(problems)
    return config


def validate(config):
    """Raises `ConfigError` naming every problem of `config`; returns it otherwise."""
    _raise(problems_of(config))
    return config


def from_dict(values):
    """Returns the checked configuration of a dictionary as `to_dict` gives it.

    Raises:
      ConfigError: unknown fields, wrong types and values out of range, all together.
    """
    config = default_config()
    problems = []
    for name, value in _leaves(values):
        problems += _set(config, name, value)
    _raise(problems + problems_of(config))
    return config


def to_dict(config):
    """Returns `config` as plain dictionaries, lists and scalars, fit for JSON."""
    return json.loads(json.dumps(config.to_dict()))


def differences(a, b):
    """Returns the names of the fields in which two configurations differ."""
    left, right = dict(_leaves(to_dict(a))), dict(_leaves(to_dict(b)))
    return sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))


def wavelengths_nm(config):
    """Returns the band centers, float32 [bands], in nm."""
    grid = config.wavelengths
    return np.arange(grid.start_nm, grid.stop_nm + 1, grid.step_nm, dtype=np.float32)


def problems_of(config):
    """Returns a list of texts, one for each rule that `config` breaks."""
    problems = []

    def rule(holds, name, text):
        if not holds:
            problems.append(f"{name}: {text}. Received: {_get(config, name)!r}")

    def positive(*names):
        for name in names:
            rule(0 < _get(config, name) < math.inf, name, "must be positive")

    def not_negative(*names):
        for name in names:
            rule(0 <= _get(config, name) < math.inf, name, "must not be negative")

    def one_of(name, choices):
        rule(_get(config, name) in choices, name, f"must be one of {', '.join(map(repr, choices))}")

    def scale_range(name):
        value = _get(config, name)
        rule(
            len(value) == 2 and all(map(_is_number, value)) and 0 < value[0] <= value[1],
            name,
            "must be two positive numbers, low <= high",
        )

    def whole_numbers(name, what="positive whole numbers", odd=False):
        value = _get(config, name)
        rule(
            len(value) > 0 and all(type(v) is int and v > 0 and (v % 2 or not odd) for v in value),
            name,
            f"must be one or more {what}",
        )

    positive(
        "generator.stages",
        "generator.growth",
        "generator.units",
        "discriminator.units",
        "semantic.width",
        "semantic.units",
        "train.steps",
        "train.batch",
        "train.checkpoint_every",
        "train.validate_every",
        "train.log_every",
        "data.crops_per_read",
        "data.rgb_crop",
        "generator.prior_noise",
        "optimizer.generator",
        "optimizer.srf_estimator",
        "optimizer.discriminator",
        "optimizer.semantic",
        "wavelengths.step_nm",
        "semantic.pretrain_batch",
        "semantic.pretrain_learning_rate",
    )
    not_negative(
        "seed",
        "train.max_minutes",
        "generator.negative_slope",
        "loss.adversarial",
        "loss.back_projection",
        "loss.smoothness",
        "loss.positivity",
        "loss.semantic",
        "loss.semantic_gradient_scale",
        "optimizer.semantic_weight_decay",
        "optimizer.semantic_power",
        "semantic.pretrain_steps",
        "semantic.pretrain_weight_decay",
    )
    one_of("generator.initialization", INITIALIZATIONS)
    one_of("data.rgb_encoding", ENCODINGS)
    one_of("train.precision", PRECISIONS)
    one_of("loss.smoothness_form", ("absolute", "squared"))
    one_of("loss.positivity_form", ("absolute", "squared"))
    scale_range("data.cube_scale")
    scale_range("data.rgb_scale")
    for name in (
        "optimizer.beta_1",
        "optimizer.beta_2",
        "optimizer.semantic_momentum",
        "optimizer.ema",
        "semantic.dropout",
    ):
        rule(0 <= _get(config, name) < 1, name, "must lie in [0, 1)")
    grid = config.wavelengths
    rule(
        grid.step_nm > 0 and grid.stop_nm > grid.start_nm and (grid.stop_nm - grid.start_nm) % grid.step_nm == 0,
        "wavelengths.stop_nm",
        "must exceed start_nm by a whole number of steps",
    )
    rule(config.seed < 2**31, "seed", "must be below 2**31")
    whole_numbers("discriminator.widths")
    whole_numbers("srf_estimator.kernels", "odd whole numbers", odd=True)
    whole_numbers("srf_estimator.head")
    widths = config.srf_estimator.widths
    rule(
        len(widths) > 0
        and all(isinstance(w, tuple) and w and all(type(v) is int and v > 0 for v in w) for w in widths),
        "srf_estimator.widths",
        "must be, for each stage, a tuple of positive whole numbers",
    )
    stride = 4 ** len(config.discriminator.widths)
    rule(
        config.train.patch > 0 and config.train.patch % (2 * stride) == 0,
        "train.patch",
        f"must be a multiple of {2 * stride} (the discriminator's stride, then pooling to 2x2)",
    )
    rule(config.data.rgb_crop >= config.train.patch, "data.rgb_crop", "must be at least train.patch")
    rule(
        len(config.srf_estimator.widths) == len(config.srf_estimator.kernels),
        "srf_estimator.kernels",
        "must have one kernel size for each entry of srf_estimator.widths",
    )
    rule(
        config.train.validate_every % max(config.train.checkpoint_every, 1) == 0,
        "train.validate_every",
        "must be a multiple of train.checkpoint_every",
    )
    rule(
        config.semantic.pretrain_steps == 0 or config.semantic.parser.startswith("hrnet"),
        "semantic.pretrain_steps",
        "only our own HRNet parsers are pre-trained here: must be 0 otherwise",
    )
    rule(
        config.semantic.pretrain_steps == 0 or not config.semantic.parser_weights,
        "semantic.pretrain_steps",
        "must be 0 where semantic.parser_weights are given",
    )
    rule(
        config.loss.clip_gradients or config.loss.semantic_gradient_scale == 1,
        "loss.semantic_gradient_scale",
        "scales the clipped gradient: must be 1 without loss.clip_gradients",
    )
    return problems


def _find(path):
    """Returns the file called `path`, or of that name among the configurations that come with the package."""
    here = Path(__file__).parent
    shipped = [folder for folder in (here / "configs", here.parent / "configs") if folder.is_dir()]
    # Beside a path: NAME, NAME.py or configs/NAME.py of those that come with the package.
    name = str(path).removeprefix("configs/").removesuffix(".py")
    for file in (Path(path), *(folder / f"{name}.py" for folder in shipped if "/" not in name)):
        if file.is_file():
            return file
    names = sorted(file.stem for folder in shipped for file in folder.glob("*.py"))
    raise ConfigError(f"--config: no such file: {path}; configurations that come with the package: {', '.join(names)}")


def _raise(problems):
    if len(problems) == 1:
        raise ConfigError(f"configuration: {problems[0]}")
    if problems:
        raise ConfigError(f"configuration: {len(problems)} problems: " + "; ".join(problems))


def _leaves(values, prefix=""):
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _get(config, name):
    for part in name.split("."):
        config = config[part]
    return config


def _override(config, text):
    """Applies one `section.field=value` text; returns the problems it has."""
    name, equals, value = text.partition("=")
    if not equals:
        return [f"{name}: an override needs a value, --config.{name}=VALUE"]
    try:
        current = _get(config, name)
    except (KeyError, AttributeError, TypeError):
        return [_unknown(config, name)]
    if not isinstance(current, str):
        try:
            value = json.loads(
                value.lower() if value in ("True", "False") else value.replace("(", "[").replace(")", "]")
            )
        except json.JSONDecodeError:
            return [f"{name}: must be of type {type(current).__name__}. Received: {value!r}"]
    return _set(config, name, value)


def _set(config, name, value):
    *parents, leaf = name.split(".")
    try:
        node = _get(config, ".".join(parents)) if parents else config
        current = node[leaf]
    except (KeyError, AttributeError, TypeError):
        return [_unknown(config, name)]
    wanted = type(current)
    if isinstance(current, tuple) and isinstance(value, (list, tuple)):
        value = _tuples(value)
    elif wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not wanted:
        return [f"{name}: must be of type {wanted.__name__}. Received: {value!r}"]
    node[leaf] = value
    return []


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _tuples(value):
    return tuple(_tuples(item) for item in value) if isinstance(value, (list, tuple)) else value


def _unknown(config, name):
    import difflib

    names = [leaf for leaf, _ in _leaves(config.to_dict())]
    near = difflib.get_close_matches(name, names, n=3)
    return f"{name}: no such field" + (f" (near: {', '.join(near)})" if near else "")
