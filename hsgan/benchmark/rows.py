"""What each suite trains: its rows, as changes of one base configuration.

All rows share the base's data, cameras, batch, patch and budget; a row changes only what it is about. `size` is "small"
(networks that learn something on two CPU cores in minutes) or "published".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hsgan.benchmark import published
from hsgan.config import default_config
from hsgan.errors import ConfigError

SIZES = ("small", "published")

# Objective and optimizer of each paired method, as published (method sections 12 and 13).
TRAINING: dict[str, dict[str, Any]] = {
    "hscnn_d": {"pixel_form": "mrae", "learning_rate": 1e-3, "schedule": "polynomial", "power": 1.5},
    "fm_net": {"learning_rate": 1e-4, "final_learning_rate": 1e-5, "schedule": "halving", "halvings": 4},
    "chs_gan": {"pixel": 100.0, "adversarial": 1.0, "learning_rate": 2e-4, "schedule": "constant", "beta_1": 0.5},
    "dbf": {"learning_rate": 1e-3, "schedule": "cosine"},
    "agd_net": {"rank": 1.0, "residual": 1.0, "learning_rate": 1e-3, "schedule": "cosine"},
}
# The last row of Table 3, with all parts; the others take its number of steps.
FULL = "+ semantics"
# The small forms.
SMALL: dict[str, dict[str, Any]] = {
    "hscnn_d": {"hscnn_d.blocks": 8},
    "fm_net": {"fm_net.blocks": 2, "fm_net.width": 16},
    "chs_gan": {"chs_gan.widths": (24, 48, 96), "chs_gan.discriminator_width": 16},
    "dbf": {"dbf.widths": (24, 48, 96), "loss.back_projection": 1.0, "loss.smoothness": 0.01},
    "agd_net": {"agd_net.stages": 4},
}


@dataclass(frozen=True)
class Row:
    """A row of a table: a name, and the fields of the configuration that make it what it is.

    Attributes:
      name: of the row.
      settings: {field of the configuration: value}.
      paper: the paper's numbers by name (`hsgan.benchmark.published`).
      like: the row whose number of steps it takes, which has none; "": its own, measured for minutes.
      trained: False: the network as it starts, without a step.
    """

    name: str
    settings: dict = field(default_factory=dict)
    paper: dict = field(default_factory=dict)
    like: str = ""
    trained: bool = True


@dataclass(frozen=True)
class Suite:
    """A table: its rows, what stands beside them without training, and the paper's numbers.

    Attributes:
      name: of the suite.
      title: of its table.
      rows: in the table's order.
      closed_forms: names in `hsgan.reconstruct.methods.CLOSED_FORMS`.
      paper: {closed form: the paper's numbers}.
      extra: name of what is measured beyond the table: "" | "srf" | "stress" | "cameras".
      black: whether a black image stands beside the rows: what a network must exceed to say anything.
      bands_nm: whose errors are drawn.
      reference: the row that every other is compared with, over its seeds; "": none.
      budget: of every row, where none is asked for.
      seeds: of every row, where none are asked for.
    """

    name: str
    title: str
    rows: tuple
    closed_forms: tuple = ("bi", "smooth", "wiener", "ridge", "mixture")
    paper: dict = field(default_factory=dict)
    extra: str = ""
    black: bool = False
    bands_nm: tuple = published.FIG_3_NM
    reference: str = ""
    budget: str = "600steps"
    seeds: tuple = (0,)


def method(name: str, size: str, **settings: Any) -> dict[str, Any]:
    """Returns the settings of a model in the size and with the training that suites give it."""
    # Whatever objective the base configuration has: a method is trained as it was published.
    paired = default_config().paired.to_dict() | TRAINING.get(name, {})
    training = {f"paired.{key}": value for key, value in paired.items()}
    small = SMALL.get(name, {}) if size == "small" else {}
    return {"model": name, **training, **small, **settings}


def comparison(name: str, title: str, numbers: Mapping[str, dict[str, float]], size: str, **options: Any) -> Suite:
    """Returns the suite of all methods (Tables 1 and 2); `options` are of `Suite`."""
    names = ("hscnn_d", "fm_net", "chs_gan", "dbf", "hsgan")
    rows = tuple(Row(row, method(row, size), numbers[row]) for row in names)
    return Suite(name, title, rows, paper={"bi": numbers["bi"]}, **options)


def ablation(size: str, start: str) -> Suite:
    """Returns the suite of Table 3: the parts of the unpaired objective, added one at a time."""
    parts = ("adversarial", "back_projection", "positivity", "smoothness")
    rows = []
    for count, name in enumerate(published.TABLE_3, 1):
        off: dict[str, Any] = {f"loss.{part}": 0.0 for part in parts[count:]}
        if count < 6:
            off |= {
                "loss.semantic": 0.0,
                "semantic.parser": "",
                "semantic.pretrain_steps": 0,
                "semantic.parser_weights": "",
            }
        if count < 5:
            off["loss.regularizer"] = "none"
        rows.append((name, off, published.TABLE_3[name]))
    return game("table3", "Ablation: parts of the objective", size, start, rows, FULL)


def regularizers(size: str, start: str) -> Suite:
    """Returns the suite of Table 5: what keeps the adversarial game stable; all else is the same in every row."""
    names = ("none", "spectral_norm", "gp1", "gp0", "l1_clip")
    rows = [(name, {"loss.regularizer": name}, published.TABLE_5.get(name, {})) for name in names]
    return game("table5", "Regularizers of the adversarial game", size, start, rows, "l1_clip")


def game(
    name: str,
    title: str,
    size: str,
    start: str,
    rows: Sequence[tuple[str, dict[str, Any], dict[str, float]]],
    reference: str,
) -> Suite:
    """Returns a suite whose rows differ in the adversarial game alone (Tables 3 and 5).

    What a part adds or spoils must exceed what a seed does, so there are three of them, and 1,000 steps. From the
    papers' own start ("learned") a network says nothing for far longer. So it stands beside its rows untrained, and a
    black image with it.

    Args:
      name: of the suite.
      title: of its table.
      size: "small" or "published".
      start: `generator.initialization` of every row.
      rows: (name, settings, the paper's numbers) of each.
      reference: the row with whose steps all are trained, and with which they are compared.
    """
    common = {"generator.initialization": start}
    full = next(settings for row, settings, _ in rows if row == reference)
    made = [Row("untrained", method("hsgan", size, **common, **full), trained=False)]
    for row, settings, numbers in rows:
        like = "" if row == reference else reference
        made.append(Row(row, method("hsgan", size, **common, **settings), numbers, like))
    return Suite(
        name, title, tuple(made), black=True, reference=reference, budget="1000steps", seeds=(0, 1, 2)
    )  # fmt: skip


def sources(size: str, cubes: Sequence[str], photos: Sequence[str]) -> Suite:
    """Returns the suite of Table 6: every pair of two photo and two cube sources, all scored on the same test set.

    Raises:
      ConfigError: not two of each.
    """
    if len(cubes) != 2 or len(photos) != 2:
        raise ConfigError(
            "table6: --train_data and --rgb must each name two folders of records, separated by a comma. "
            f"Received: {len(cubes)} and {len(photos)}"
        )
    for option, (one, other) in (("--train_data", cubes), ("--rgb", photos)):
        if _stem(one) == _stem(other):
            raise ConfigError(
                f"table6: {option}: rows are named after the folders, whose names must differ; rename one. "
                f"Received: {one}, {other}"
            )
    pairs = [(rgb, cube) for rgb in photos for cube in cubes]
    first = f"{_stem(photos[0])} + {_stem(cubes[0])}"
    rows = []
    for (rgb, cube), numbers in zip(pairs, published.TABLE_6, strict=True):
        name = f"{_stem(rgb)} + {_stem(cube)}"
        settings = method("hsgan", size, **{"data.rgb": rgb, "data.cubes": cube})
        rows.append(Row(name, settings, numbers, "" if name == first else first))
    return Suite("table6", "Sources of photos and cubes", tuple(rows))


def agd_net(size: str) -> Suite:
    """Returns the suite of AGD-Net: beside HSCNN-D and FM-Net, its ablation, and cameras it has never seen."""
    fixed = {"agd_net.degradation": "given", "agd_net.initialization": "prior"}

    def agd(name, like="agd_net", **changes):
        return Row(name, method("agd_net", size, **{**fixed, **changes}), like=like)

    rows = (
        Row("hscnn_d", method("hscnn_d", size)),
        Row("fm_net", method("fm_net", size)),
        agd("agd_net", like=""),
        agd("agd_net, learned start", **{"agd_net.initialization": "learned"}),
        agd("agd_net, no rank loss", **{"paired.rank": 0.0}),
        agd("agd_net, no weighting", **{"paired.rank_weighting": "none"}),
        agd("agd_net, no SZM", **{"agd_net.zero_mean": False}),
        agd("agd_net, no basic gradient", **{"agd_net.basic_gradient": False}),
    )
    return Suite("agdnet", "AGD-Net beside other supervised networks", rows, extra="cameras")


def estimators(size: str) -> Suite:
    """Returns the suite of Fig. 5: the camera's estimator, trained as in the paper, and with supervision beside it.

    The supervision is by cubes of the training, projected by random cameras of the training: no captured pair.
    """
    supervised = {"loss.synthetic_srf": 100.0, "loss.synthetic_power": 32.0, "optimizer.srf_estimator": 1e-3}
    rows = (
        Row("hsgan", method("hsgan", size)),
        Row("hsgan, camera supervised", method("hsgan", size, **supervised), like="hsgan"),
    )
    return Suite("srf", "SRF estimation (Fig. 5)", rows, extra="srf")


def build(name: str, size: str, cubes: Sequence[str], photos: Sequence[str], start: str = "mixture") -> Suite:
    """Returns the `Suite` called `name`.

    Args:
      name: of the suite.
      size: "small" or "published".
      cubes: folders of records that rows train on, for table6 two.
      photos: likewise.
      start: where the networks of table3 and table5 start.

    Raises:
      ConfigError: no such suite or size.
    """
    builders = {
        "table1": lambda: comparison("table1", "All methods (Table 1: ICVL)", published.TABLE_1, size),
        "table2": lambda: comparison(
            "table2", "All methods (Table 2: NTIRE 2020)", published.TABLE_2, size, bands_nm=published.FIG_3_NTIRE_NM
        ),
        "table3": lambda: ablation(size, start),
        "table5": lambda: regularizers(size, start),
        "table6": lambda: sources(size, cubes, photos),
        "srf": lambda: estimators(size),
        "stress": lambda: comparison(
            "stress", "Stress: how each method degrades", published.TABLE_1, size, extra="stress"
        ),
        "agdnet": lambda: agd_net(size),
    }
    if name not in builders:
        raise ConfigError(f"--suite: must be one of {', '.join(builders)}. Received: {name!r}")
    if size not in SIZES:
        raise ConfigError(f"--size: must be one of {', '.join(SIZES)}. Received: {size!r}")
    return builders[name]()


def _stem(path):
    return str(path).rstrip("/").rsplit("/", 1)[-1]
