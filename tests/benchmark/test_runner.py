"""A suite in an empty folder: trained, evaluated, interrupted, gone on with."""

import json

import ml_collections
import numpy as np
import pytest
from set_of_cubes import other_records

from hsgan.benchmark import budget, options, runner
from hsgan.benchmark.rows import Row, Suite, build
from hsgan.errors import ConfigError, DataError, RunError
from hsgan.networks.parsers import REPORT_FILE, WEIGHTS_FILE
from hsgan.records.manifest import read_manifest
from hsgan.train import loop

STEPS = budget.Budget(1, "steps")


@pytest.fixture
def suite():
    small = {"agd_net.stages": 2, "agd_net.growth": 6, "agd_net.units": 2, "agd_net.degradation": "given"}
    rows = Row("one block", {"model": "hscnn_d", "hscnn_d.blocks": 1}), Row("agd", {"model": "agd_net", **small})
    return Suite("tiny", "A tiny suite", rows)


@pytest.fixture
def begin(suite, small_config, no_pictures, tmp_path, monkeypatch):
    # Seconds and memory of a process of its own: tests/benchmark/test_measure.py.
    monkeypatch.setattr(runner, "measure", lambda *_: {"seconds": 0.1, "peak_mib": 100.0})

    def make(output="suite", **changes):
        values = {"suite": suite, "base": small_config, "budget": STEPS, "seeds": [0], "output": tmp_path / output}
        return runner.SuiteRun(**{**values, **changes})

    return make


def test_an_interrupted_suite_goes_on_and_equals_an_uninterrupted_one(begin, suite, monkeypatch):
    whole = begin("whole").run()
    trained, train = [], loop.train

    def interrupted(config, workdir):
        if trained:
            raise KeyboardInterrupt
        trained.append(config.name)
        return train(config, workdir)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "train", interrupted)
        with pytest.raises(KeyboardInterrupt):
            begin().run()
    assert trained == ["one block"]

    again = []
    monkeypatch.setattr(loop, "train", lambda config, workdir: again.append(config.name) or train(config, workdir))
    resumed = begin().run()
    assert again == ["agd"]
    assert set(resumed["closed_forms"]) == {"bi", "smooth", "wiener", "ridge", "mixture"}
    for row in suite.rows:
        one, other = whole["rows"][row.name]["seeds"]["0"], resumed["rows"][row.name]["seeds"]["0"]
        assert one["weights"]["last"]["scenes"] == other["weights"]["last"]["scenes"]
        assert list(one["weights"]) == ["last"]  # the scenes of validation are scored
        assert one["steps"] == 1
        assert other["minutes"] > 0
    assert json.loads((begin().output / "results.json").read_text()) == resumed
    begin().run()
    assert again == ["agd"]


def test_a_folder_of_another_suite_is_refused(begin, tmp_path):
    begin()
    with pytest.raises(RunError, match="another budget; choose another --output"):
        begin(budget=budget.Budget(3, "steps"))
    (tmp_path / "strange").mkdir()
    (tmp_path / "strange" / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="holds no suite"):
        begin("strange")
    with pytest.raises(DataError, match=r"no 'Nikon 510' among .*near: Nikon 5100"):
        begin("new", camera="Nikon 510")
    assert not (tmp_path / "new").exists()


def test_rows_of_different_sources_are_scored_on_the_same_scenes(begin, demo_records, tmp_path):
    folders = other_records(tmp_path / "set1"), other_records(tmp_path / "set2", "third")
    tiny = {"model": "hscnn_d", "hscnn_d.blocks": 1, "train.patch": 16}
    rows = tuple(Row(folder.name, {**tiny, "data.cubes": str(folder)}, trained=False) for folder in folders)
    results = begin(suite=Suite("tiny", "Sources", rows, ("smooth", "wiener")), data=str(demo_records[0])).run()
    for entry in results["rows"].values():
        scored = entry["seeds"]["0"]["weights"]["last"]["scenes"]
        assert set(scored) == set(read_manifest(demo_records[0]).split("validation").scenes)
    # None of them is a scene of validation of a row: both weights may be reported.
    assert results["identity"]["weights"] == ["last", "best"]
    assert set(results["closed_forms"]) == {"smooth", "wiener, set1", "wiener, set2"}


def test_records_that_cannot_be_trained_on_leave_nothing_behind(begin, small_config, tmp_path):
    with small_config.unlocked():
        small_config.data.cubes = small_config.data.rgb
    with pytest.raises(DataError, match=r"must hold cubes\. Received: photos"):
        begin("photos")
    assert not (tmp_path / "photos").exists()


@pytest.mark.slow
def test_a_suite_takes_the_runs_of_an_earlier_one(begin, suite, tmp_path, monkeypatch):
    first = begin("first").run()
    train = loop.train
    trained = []
    monkeypatch.setattr(loop, "train", lambda config, workdir: trained.append(workdir) or train(config, workdir))
    extended = Suite(
        "tiny", "With one row more", (*suite.rows, Row("two blocks", {"model": "hscnn_d", "hscnn_d.blocks": 2}))
    )
    second = begin("second", suite=extended, earlier=tmp_path / "first").run()
    assert trained == [
        tmp_path / "first" / "runs" / "one_block-seed0",
        tmp_path / "first" / "runs" / "agd-seed0",
        tmp_path / "second" / "runs" / "two_blocks-seed0",
    ]
    for row in suite.rows:
        one, other = first["rows"][row.name]["seeds"]["0"], second["rows"][row.name]["seeds"]["0"]
        assert one["weights"]["last"]["scenes"] == other["weights"]["last"]["scenes"]
        assert one["minutes"] == other["minutes"]
    with pytest.raises(RunError, match="first: its rows trained for 1 step, not 3 steps; give --budget=1steps"):
        begin("third", budget=budget.Budget(3, "steps"), earlier=tmp_path / "first")
    with pytest.raises(RunError, match=r"nothing: holds no suite \(no results\.json\)"):
        begin("third", earlier=tmp_path / "nothing")
    assert not (tmp_path / "third").exists()


def test_a_row_without_a_step_is_the_network_as_it_starts(begin, small_config):
    rows = (Row("untrained", {"model": "hscnn_d", "hscnn_d.blocks": 1}, trained=False),)
    entry = begin(suite=Suite("tiny", "Untrained", rows, (), black=True)).run()
    seed = entry["rows"]["untrained"]["seeds"]["0"]
    assert (seed["steps"], seed["minutes"], seed["history"], list(seed["weights"])) == (0, 0, [], ["last"])
    assert list(entry["closed_forms"]) == ["black"]
    assert entry["plan"] == {"untrained": 0}


def test_rows_share_a_scene_parser_that_each_would_have_trained_alike(begin, small_config):
    run = begin()

    def config(**changes):
        small_config.semantic.update(parser="hrnet_w18_small", pretrain_steps=3)
        copy = ml_collections.ConfigDict(small_config)
        copy.update_from_flattened_dict(changes)
        return copy

    folder = run.output / "runs" / "first-seed0"
    run.share_parser(config(), folder)
    assert not (folder / "parser").exists()
    (folder / "parser").mkdir()
    for name in (WEIGHTS_FILE, REPORT_FILE):
        (folder / "parser" / name).write_text(name)
    run.share_parser(config(**{"loss.semantic": 0.5}), run.output / "runs" / "same-seed0")
    assert (run.output / "runs" / "same-seed0" / "parser" / WEIGHTS_FILE).read_text() == WEIGHTS_FILE
    others = {"seed": 1, "data.rgb_crop": 64, "data.rgb": "elsewhere", "semantic.pretrain_learning_rate": 1e-3}
    for field, value in others.items():
        other = run.output / "runs" / field
        run.share_parser(config(**{field: value}), other)
        assert not (other / "parser").exists(), field


def test_rows_of_one_kind_take_the_steps_of_one(begin, monkeypatch):
    measured = []
    monkeypatch.setattr(budget, "seconds_a_step", lambda config: measured.append(config.name) or 0.5)
    rows = build("table3", "small", [], []).rows
    plan = begin(suite=Suite("tiny", "Rows", rows), budget=budget.Budget(1, "minutes")).plan()
    assert measured == ["+ semantics"]
    assert plan == {row.name: 120 if row.trained else 0 for row in rows}


def test_a_summary_is_mean_and_spread_over_seeds():
    entry = {"seeds": {str(n): {"weights": {"last": {"mean": {"psnr": psnr}}}} for n, psnr in enumerate((30.0, 34.0))}}
    assert runner.summary(entry) == {"psnr": (32.0, 2.0)}


@pytest.mark.parametrize("text", ["", "5", "5 hours", "-3steps", "0minutes", "2.5steps"])
def test_a_budget_that_is_none_gets_one_line(text):
    with pytest.raises(ConfigError, match=r"--budget: must be e\.g\. 600steps or 5minutes"):
        budget.parse(text)


def test_budgets():
    assert budget.parse("600steps") == budget.Budget(600, "steps")
    assert budget.parse("2.5 minutes") == budget.Budget(2.5, "minutes")
    assert budget.steps_of(STEPS, None) == 1


def test_minutes_become_steps_by_the_measured_seconds(monkeypatch):
    monkeypatch.setattr(budget, "seconds_a_step", lambda config: 0.5)
    assert budget.steps_of(budget.Budget(3, "minutes"), None) == 360


def test_table6_needs_two_sources_of_each():
    with pytest.raises(ConfigError, match="--train_data and --rgb must each name two folders of records"):
        build("table6", "small", ["a"], ["b", "c"])
    with pytest.raises(ConfigError, match="--rgb: rows are named after the folders, whose names must differ"):
        build("table6", "small", ["a", "b"], ["x/c", "y/c/"])
    assert [row.name for row in build("table6", "small", ["x/a", "b"], ["c", "d"]).rows] == [
        "c + a", "c + b", "d + a", "d + b",
    ]  # fmt: skip


@pytest.mark.parametrize("seeds", [[], ["a"], ["1", "1"], ["-1"]])
def test_seeds_that_are_none_get_one_line(seeds):
    with pytest.raises(ConfigError, match="--seeds"):
        options.parse_seeds(seeds)
    assert np.all(options.parse_seeds(["2", "3"]) == np.array([2, 3]))
