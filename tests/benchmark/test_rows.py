"""Suites: every row is a configuration that passes its checks and differs from the others in what it is about."""

import numpy as np
import pytest

from hsgan import config as config_lib
from hsgan.benchmark import published, rows
from hsgan.config.tree import leaves
from hsgan.errors import ConfigError
from hsgan.metrics import protocols

NAMES = ("table1", "table2", "table3", "table5", "table6", "srf", "stress", "agdnet")
METHODS = ["hscnn_d", "fm_net", "chs_gan", "dbf", "hsgan"]


def build(name, size="small"):
    return rows.build(name, size, ["cave", "icvl"], ["camvid", "pascal"])


def config_of(row):
    """Returns the checked configuration of a row on the defaults."""
    known = dict(leaves(config_lib.to_dict(config_lib.default_config())))
    assert set(row.settings) <= set(known), "a setting that the configuration does not have"
    nested = {}
    for name, value in (known | row.settings).items():
        *parents, leaf = name.split(".")
        node = nested
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    return config_lib.from_dict(nested)


@pytest.mark.parametrize("size", rows.SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_a_valid_configuration_of_its_own(name, size):
    suite = build(name, size)
    configs = [config_lib.to_dict(config_of(row)) for row in suite.rows if row.trained]
    assert all(configs.count(config) == 1 for config in configs)
    assert len({row.name for row in suite.rows}) == len(suite.rows)
    assert suite.name == name and suite.title


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_the_papers_keep_all_their_numbers(name):
    suite = build(name)
    for numbers in [row.paper for row in suite.rows if row.paper] + list(suite.paper.values()):
        assert set(numbers) >= {"psnr", "assim_r2", "sam_deg"}
    if name in ("table1", "table2"):
        assert all(set(row.paper) >= set(published.COSTS) for row in suite.rows)


def test_the_papers_costs_are_as_printed():
    assert published.TABLE_1["fm_net"] == {
        "psnr": 40.26, "assim_r2": 0.993, "sam_deg": 2.65, "parameters": 11.79e6, "flops": 17.07e12,
        "milliseconds": 4780.41,
    }  # fmt: skip
    assert (published.TABLE_2["hsgan"]["flops"], published.TABLE_2["dbf"]["milliseconds"]) == (0.16e12, 85.91)
    assert published.TABLE_3["+ L1 clipping"] == {"psnr": 34.51, "assim_r2": 0.983, "sam_deg": 7.04}


def test_bands_are_those_of_fig_3():
    assert build("table1").bands_nm == (440, 590, 640)
    assert build("table2").bands_nm == (490, 640, 690)


@pytest.mark.parametrize("name", ["table1", "table2", "stress"])
def test_comparisons_have_all_methods_of_the_paper(name):
    assert [row.name for row in build(name).rows] == METHODS
    assert [row.settings["model"] for row in build(name).rows] == METHODS


def test_published_size_has_the_defaults_widths():
    for row in build("table1", "published").rows:
        config = config_of(row)
        for section in ("hscnn_d", "fm_net", "chs_gan", "dbf", "agd_net", "generator"):
            assert config[section] == config_lib.default_config()[section]


def test_ablation_adds_one_part_at_a_time():
    suite = build("table3")
    first, *rows = suite.rows
    assert (first.name, first.trained) == ("untrained", False) and suite.black
    weights = ("back_projection", "positivity", "smoothness", "semantic")
    configs = [config_of(row) for row in rows]
    found = [[bool(config.loss[name]) for name in weights] + [config.loss.regularizer] for config in configs]
    assert found == [
        [False, False, False, False, "none"],
        [True, False, False, False, "none"],
        [True, True, False, False, "none"],
        [True, True, True, False, "none"],
        [True, True, True, False, "l1_clip"],
        [True, True, True, True, "l1_clip"],
    ]
    assert all(config.loss.adversarial for config in configs)
    psnr = [row.paper["psnr"] for row in rows]
    assert psnr == sorted(psnr)
    assert {config.generator.initialization for config in configs} == {"mixture"}


def test_regularizers_are_those_the_configuration_knows_each_once():
    rows = [row for row in build("table5").rows if row.trained]
    assert [config_of(row).loss.regularizer for row in rows] == [row.name for row in rows]
    assert {row.name for row in rows} == {"l1_clip", "gp1", "gp0", "spectral_norm", "none"}
    assert {row.name: row.paper for row in rows if row.paper} == published.TABLE_5


def test_regularizers_differ_in_nothing_else():
    rows = [row for row in build("table5").rows if row.trained]
    settings = [{name: value for name, value in row.settings.items() if name != "loss.regularizer"} for row in rows]
    assert all(one == settings[0] for one in settings)
    assert not any(name.startswith(("semantic.", "loss.semantic")) for name in settings[0])


@pytest.mark.parametrize("name", ["table3", "table5"])
def test_rows_that_a_seed_could_turn_over_have_three_and_time(name):
    suite = build(name)
    assert (suite.seeds, suite.budget) == ((0, 1, 2), "1000steps")
    assert suite.reference in {row.name for row in suite.rows}
    learned = rows.build(name, "small", ["cave"], ["camvid"], "learned")
    assert {row.settings["generator.initialization"] for row in learned.rows} == {"learned"}


def test_sources_are_all_pairs_with_their_own_number():
    suite = rows.build("table6", "small", ["a/ntire", "b/icvl"], ["c/cityscapes", "d/pascal"])
    assert [(row.name, row.paper["psnr"]) for row in suite.rows] == [
        ("cityscapes + ntire", 34.08),
        ("cityscapes + icvl", 37.68),
        ("pascal + ntire", 35.87),
        ("pascal + icvl", 37.83),
    ]
    assert [(row.settings["data.rgb"], row.settings["data.cubes"]) for row in suite.rows][1] == (
        "c/cityscapes",
        "b/icvl",
    )


def test_the_papers_metrics_are_measured():
    measured = protocols.seed(*[np.full((8, 8, 31), value) for value in (0.5, 0.4)])
    assert set(published.TABLE_6[0]) <= set(measured)


@pytest.mark.parametrize(("cubes", "photos"), [(["a"], ["b", "c"]), (["a", "b"], ["c"]), (["a", "b", "c"], ["d", "e"])])
def test_sources_other_than_two_of_each(cubes, photos):
    with pytest.raises(ConfigError, match=rf"table6: .* Received: {len(cubes)} and {len(photos)}"):
        rows.build("table6", "small", cubes, photos)


def test_an_unknown_suite_or_size_lists_those_there_are():
    with pytest.raises(ConfigError, match=r"--suite: must be one of table1, .*agdnet\. Received: 'table4'"):
        build("table4")
    with pytest.raises(ConfigError, match=r"--size: must be one of small, published\. Received: 'large'"):
        build("table1", "large")


def test_a_method_is_trained_as_published_whatever_the_base_is():
    for row in build("agdnet").rows[:2]:
        assert row.settings["paired.rank"] == row.settings["paired.residual"] == row.settings["paired.adversarial"] == 0
