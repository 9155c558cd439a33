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
    configs = [config_lib.to_dict(config_of(row)) for row in suite.rows]
    assert all(configs.count(config) == 1 for config in configs)
    assert len({row.name for row in suite.rows}) == len(suite.rows)
    assert suite.name == name and suite.title


@pytest.mark.parametrize("name", NAMES)
def test_published_numbers_are_one_a_metric(name):
    suite = build(name)
    for numbers in [row.paper for row in suite.rows] + list(suite.paper.values()):
        assert len(numbers) in (0, len(suite.paper_metrics))


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
    weights = ("back_projection", "positivity", "smoothness", "semantic")
    configs = [config_of(row) for row in suite.rows]
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
    assert [row.paper[0] for row in suite.rows] == sorted(row.paper[0] for row in suite.rows)


def test_regularizers_are_those_the_configuration_knows_each_once():
    suite = build("table5")
    assert [config_of(row).loss.regularizer for row in suite.rows] == [row.name for row in suite.rows]
    assert {row.name for row in suite.rows} == {"l1_clip", "gp1", "gp0", "spectral_norm", "none"}
    assert {row.name: row.paper for row in suite.rows if row.paper} == published.TABLE_5


def test_sources_are_all_pairs_with_their_own_number():
    suite = rows.build("table6", "small", ["a/ntire", "b/icvl"], ["c/cityscapes", "d/pascal"])
    assert [(row.name, row.paper[0]) for row in suite.rows] == [
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
    assert set(published.METRICS) <= set(measured)


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
