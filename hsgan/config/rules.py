"""What a configuration must obey: each group of sections has a function that reports what it breaks."""

import math
from collections.abc import Sequence

from ml_collections import ConfigDict

from hsgan.config.models import MODELS, model_of
from hsgan.config.tree import get, grid_is_whole, wavelengths_nm

PARSERS = ("hrnet_w18_small", "hrnet_w18_small_v2", "hrnet_w48")  # our own
INITIALIZATIONS = ("learned", "smooth", "prior", "mixture")
INITIAL_WEIGHTS = ("he", "pytorch")
DEGRADATIONS = ("learned", "given", "estimated")
REGULARIZERS = ("l1_clip", "gp1", "gp0", "spectral_norm", "none")
SCHEDULES = ("constant", "cosine", "polynomial", "halving")
CAMERA_KINDS = ("raw", "rendered", "srgb")
ENCODINGS = ("srgb", "linear")
PRECISIONS = ("float32", "mixed_bfloat16")
STRATEGIES = ("none", "mirrored", "multi_worker")


def problems_of(config: ConfigDict) -> list[str]:
    """Returns a list of texts, one for each rule that `config` breaks."""
    rules = Rules(config)
    for check in (check_general, check_data, check_prior, check_unpaired, check_semantic, check_paired):
        check(rules, config)
    return rules.problems


class Rules:
    """Collects the rules that a configuration breaks, in words."""

    def __init__(self, config: ConfigDict):
        self.config = config
        self.problems: list[str] = []

    def rule(self, holds: bool, name: str, text: str) -> None:
        """Reports field `name` with the rule `text` unless it `holds`."""
        if not holds:
            self.problems.append(f"{name}: {text}. Received: {get(self.config, name)!r}")

    def positive(self, section: str, *names: str) -> None:
        for name in names:
            self.rule(0 < get(self.config, section + name) < math.inf, section + name, "must be positive")

    def not_negative(self, section: str, *names: str) -> None:
        for name in names:
            self.rule(0 <= get(self.config, section + name) < math.inf, section + name, "must not be negative")

    def odd(self, name: str) -> None:
        value = get(self.config, name)
        self.rule(value % 2 == 1 or value < 1, name, "must be odd")  # `positive` reports the others

    def fraction(self, section: str, *names: str) -> None:
        for name in names:
            self.rule(0 <= get(self.config, section + name) < 1, section + name, "must lie in [0, 1)")

    def one_of(self, name: str, choices: Sequence[str]) -> None:
        self.rule(get(self.config, name) in choices, name, f"must be one of {', '.join(map(repr, choices))}")

    def scale_range(self, name: str) -> None:
        value = get(self.config, name)
        holds = len(value) == 2 and all(map(_is_number, value)) and 0 < value[0] <= value[1]
        self.rule(holds, name, "must be two positive numbers, low <= high")

    def whole_numbers(self, name: str, what: str = "positive whole numbers", odd: bool = False) -> None:
        value = get(self.config, name)
        holds = len(value) > 0 and all(type(v) is int and v > 0 and (v % 2 or not odd) for v in value)
        self.rule(holds, name, f"must be one or more {what}")


def check_general(rules: Rules, config: ConfigDict) -> None:
    """Seed, model, grid, cameras and the loop."""
    rules.not_negative("", "seed")
    rules.rule(config.seed < 2**31, "seed", "must be below 2**31")
    rules.one_of("model", tuple(MODELS))
    rules.positive("wavelengths.", "step_nm")
    rules.rule(
        grid_is_whole(config),
        "wavelengths.stop_nm",
        "must exceed start_nm by a whole number of steps",
    )
    rules.not_negative("cameras.", "variants", "shift_nm")
    rules.fraction("cameras.", "stretch")
    for field in ("training", "held_out"):
        names = config.cameras[field]
        rules.rule(all(isinstance(name, str) for name in names), f"cameras.{field}", "must be names of cameras")
    rules.rule(
        len(config.cameras.kinds) > 0 and set(config.cameras.kinds) <= set(CAMERA_KINDS),
        "cameras.kinds",
        f"must be one or more of {', '.join(map(repr, CAMERA_KINDS))}",
    )
    rules.rule(
        not set(config.cameras.training) & set(config.cameras.held_out),
        "cameras.training",
        "must not name cameras that cameras.held_out names",
    )
    rules.rule(
        not config.cameras.known or model_of(config).takes_camera,
        "cameras.known",
        f"{config.model} takes no camera: must be False",
    )
    rules.positive("train.", "steps", "batch", "patch", "checkpoint_every", "validate_every", "log_every")
    rules.not_negative("train.", "max_minutes", "devices", "gradients_every")
    rules.one_of("train.strategy", STRATEGIES)
    neighbors = config.pairs.scenes or config.loss.rgb == "synthetic"
    rules.rule(
        config.train.strategy == "none" or not neighbors,
        "train.strategy",
        "must be none with pairs.scenes and loss.rgb=synthetic, which bring neighbors of a batch together",
    )
    rules.positive("train.", "wait_minutes")
    rules.rule(
        config.train.strategy != "multi_worker" or config.train.max_minutes == 0,
        "train.max_minutes",
        "must be 0 with train.strategy=multi_worker, whose workers' clocks differ",
    )
    rules.rule(
        config.train.strategy != "multi_worker" or config.train.devices == 0,
        "train.devices",
        "must be 0 with train.strategy=multi_worker: each worker takes the GPUs that it sees (CUDA_VISIBLE_DEVICES)",
    )
    rules.one_of("train.precision", PRECISIONS)
    rules.rule(
        config.train.validate_every % max(config.train.checkpoint_every, 1) == 0,
        "train.validate_every",
        "must be a multiple of train.checkpoint_every",
    )


def check_data(rules: Rules, config: ConfigDict) -> None:
    """Records, crops and pairs."""
    rules.positive("data.", "crops_per_read", "rgb_crop")
    rules.not_negative("data.", "brightness")
    rules.one_of("data.rgb_encoding", ENCODINGS)
    rules.scale_range("data.cube_scale")
    rules.scale_range("data.rgb_scale")
    rules.rule(config.data.rgb_crop >= config.train.patch, "data.rgb_crop", "must be at least train.patch")
    rules.not_negative("pairs.", "light")
    rules.rule(0 <= config.pairs.scenes <= 1, "pairs.scenes", "must lie in [0, 1]")


def check_prior(rules: Rules, config: ConfigDict) -> None:
    """The mixture prior."""
    rules.positive("prior.", "components", "fits", "samples", "noise")
    rules.not_negative("prior.", "exposure", "seed", "folds", "level_power", "shift")
    rules.fraction("prior.", "materials", "shifted")
    rules.rule(config.prior.components <= config.prior.samples, "prior.components", "must not exceed prior.samples")
    pooled = config.prior.fits > 0 and config.prior.components % config.prior.fits == 0
    rules.rule(pooled, "prior.components", "must be a multiple of prior.fits")


def check_unpaired(rules: Rules, config: ConfigDict) -> None:
    """Networks, objective and optimizers of the unpaired method."""
    rules.positive("generator.", "stages", "growth", "units", "prior_noise", "kernel_size")
    rules.odd("generator.kernel_size")
    rules.not_negative("generator.", "negative_slope")
    rules.one_of("generator.initialization", INITIALIZATIONS)
    rules.one_of("generator.initial_weights", INITIAL_WEIGHTS)
    rules.whole_numbers("srf_estimator.kernels", "odd whole numbers", odd=True)
    rules.whole_numbers("srf_estimator.head")
    widths = config.srf_estimator.widths
    rules.rule(
        len(widths) > 0
        and all(isinstance(w, tuple) and w and all(type(v) is int and v > 0 for v in w) for w in widths),
        "srf_estimator.widths",
        "must be, for each stage, a tuple of positive whole numbers",
    )
    rules.rule(
        len(config.srf_estimator.widths) == len(config.srf_estimator.kernels),
        "srf_estimator.kernels",
        "must have one kernel size for each entry of srf_estimator.widths",
    )
    rules.positive("discriminator.", "units")
    rules.not_negative("discriminator.", "components", "noise")
    rules.rule(
        not grid_is_whole(config) or config.discriminator.components <= len(wavelengths_nm(config)),
        "discriminator.components",
        "must not exceed the number of bands",
    )
    rules.whole_numbers("discriminator.widths")
    stride = 2 * 4 ** len(config.discriminator.widths)
    rules.rule(
        not model_of(config).discriminator or config.train.patch % stride == 0,
        "train.patch",
        f"must be a multiple of {stride} (the discriminator's stride, then pooling to 2x2)",
    )
    rules.not_negative("loss.", "adversarial", "back_projection", "smoothness", "positivity", "semantic")
    rules.not_negative(
        "loss.", "synthetic", "synthetic_srf", "synthetic_exposure", "semantic_gradient_scale", "gradient_penalty"
    )
    rules.one_of("loss.synthetic_camera", ("given", "estimated"))
    rules.one_of("loss.rgb", ("photos", "synthetic"))
    synthetic = config.model == "hsgan" and config.loss.rgb == "synthetic"
    rules.rule(not synthetic or config.train.batch > 1, "train.batch", "must be 2 or more with loss.rgb=synthetic")
    rules.rule(
        not synthetic or not config.semantic.parser,
        "semantic.parser",
        "cubes have no labels: must be '' with loss.rgb=synthetic",
    )
    rules.one_of("loss.smoothness_form", ("absolute", "squared"))
    rules.one_of("loss.positivity_form", ("absolute", "squared"))
    rules.one_of("loss.regularizer", REGULARIZERS)
    rules.positive("optimizer.", "generator", "srf_estimator", "discriminator", "semantic")
    rules.not_negative("optimizer.", "semantic_weight_decay", "semantic_power", "weight_decay")
    rules.rule(0 < config.optimizer.final_share <= 1, "optimizer.final_share", "must lie in (0, 1]")
    rules.fraction("optimizer.", "beta_1", "beta_2", "semantic_momentum", "ema")


def check_semantic(rules: Rules, config: ConfigDict) -> None:
    """The semantic branch and its parser."""
    rules.positive("semantic.", "width", "units", "pretrain_batch", "pretrain_learning_rate")
    rules.not_negative("semantic.", "pretrain_steps", "pretrain_weight_decay")
    rules.fraction("semantic.", "dropout")
    rules.one_of("semantic.labels", ("features", "crop"))
    rules.rule(
        config.semantic.pretrain_steps == 0 or config.semantic.parser in PARSERS,
        "semantic.pretrain_steps",
        f"only our own parsers ({', '.join(PARSERS)}) are pre-trained here: must be 0 otherwise",
    )
    rules.rule(
        config.semantic.pretrain_steps == 0 or not config.semantic.parser_weights,
        "semantic.pretrain_steps",
        "must be 0 where semantic.parser_weights are given",
    )


def check_paired(rules: Rules, config: ConfigDict) -> None:
    """Networks, objective and optimizer of AGD-Net and the baselines."""
    for name, model in MODELS.items():
        rules.positive(f"{name}.", *(key for key, value in model.settings.items() if type(value) is int))
        for key in (key for key, value in model.settings.items() if isinstance(value, tuple)):
            rules.whole_numbers(f"{name}.{key}")
    rules.positive("agd_net.", "prior_noise")
    rules.odd("agd_net.kernel_size")
    rules.odd("gated_mixture.kernel_size")
    rules.one_of("agd_net.degradation", DEGRADATIONS)
    rules.one_of("agd_net.initialization", INITIALIZATIONS)
    rules.rule(
        config.agd_net.initialization == "learned" or config.agd_net.degradation != "learned",
        "agd_net.initialization",
        "a closed form needs a camera: must be 'learned' with agd_net.degradation='learned'",
    )
    rules.one_of("dbf.rgb", ("synthetic", "photos"))
    rules.rule(
        config.model != "dbf" or not grid_is_whole(config) or config.dbf.basis <= len(wavelengths_nm(config)),
        "dbf.basis",
        "must not exceed the number of bands",
    )
    rules.positive("mixture.", "concentration")
    rules.rule(0 <= config.mixture.blind <= 1, "mixture.blind", "must lie in [0, 1]")
    rules.not_negative("paired.", "pixel", "residual", "rank", "adversarial")
    rules.one_of("paired.pixel_form", ("l1", "mrae", "leveled"))
    rules.one_of("paired.rank_weighting", ("relative", "none"))
    rules.positive("paired.", "rank_patch", "rank_stride")
    rules.rule(
        config.paired.rank == 0 or config.train.patch >= config.paired.rank_patch,
        "paired.rank_patch",
        "must not exceed train.patch",
    )
    rules.rule(
        config.paired.rank_patch % max(config.paired.rank_stride, 1) == 0,
        "paired.rank_stride",
        "must divide paired.rank_patch",
    )
    rules.positive("paired.", "learning_rate", "final_learning_rate", "power", "discriminator")
    rules.rule(
        config.paired.final_learning_rate <= config.paired.learning_rate,
        "paired.final_learning_rate",
        "must not exceed paired.learning_rate",
    )
    rules.not_negative("paired.", "halvings", "weight_decay")
    rules.one_of("paired.schedule", SCHEDULES)
    rules.fraction("paired.", "beta_1", "beta_2", "ema")


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
