"""The table of a suite: which numbers stand where, and which are best."""

import dataclasses
import io

import pytest
from rich.console import Console
from scipy import stats
from suite_results import SUITE, results

from hsgan.benchmark import tables
from hsgan.benchmark.rows import Row, Suite


def by_heading(found):
    return {column.heading: column for column in tables.columns(SUITE, found)}


def test_closed_forms_come_first_and_rows_keep_their_order():
    assert by_heading(results())["method"].cells == ["bi", "smooth", "hscnn_d", "fm_net"]


def test_mean_and_spread_are_over_the_seeds():
    column = by_heading(results())["PSNR dB"]
    # 30 and 32: mean 31, standard deviation 1.
    assert column.cells == ["25.50", "31.50", "31.00 ± 1.00", "34.00 ± 1.00"]


def test_one_seed_has_no_spread():
    found = results()
    for entry in found["rows"].values():
        del entry["seeds"]["1"]
    assert by_heading(found)["PSNR dB"].cells[2:] == ["30.00", "33.00"]
    assert "seeds" not in tables.described(found)


def test_best_is_the_largest_or_the_smallest_as_the_metric_has_it():
    found = by_heading(results())
    assert found["PSNR dB"].best == {3}
    assert found["SAM °"].best == {1}
    assert found["ASSIM"].best == {0, 1, 2, 3}  # equal as printed
    assert all(not column.best for column in found.values() if column.kind != "ours")


def test_the_papers_numbers_stand_right_of_ours_of_the_same_metric():
    headings = list(by_heading(results()))
    for metric in ("PSNR dB", "ASSIM (range 2)", "SAM °"):
        assert headings.index(f"paper: {metric}") == headings.index(metric) + 1
    found = by_heading(results())
    assert found["paper: PSNR dB"].cells == ["25.96", "", "38.15", ""]
    assert found["paper: ASSIM (range 2)"].cells == ["0.911", "", "0.992", ""]
    assert found["paper: parameters"].cells == ["", "", "3.61 M", ""]
    assert found["paper: FLOPs"].cells == ["", "", "5.22 T", ""]
    assert "paper: ms" not in found  # nothing is stated


def test_both_weights_stand_below_each_other():
    found = results()
    found["identity"]["weights"] = ["last", "best"]
    table = by_heading(found)
    best = ", best on validation"
    assert table["method"].cells == ["bi", "smooth", "hscnn_d", f"hscnn_d{best}", "fm_net", f"fm_net{best}"]
    assert table["PSNR dB"].cells[2:4] == ["31.00 ± 1.00", "31.50 ± 1.00"]
    assert table["paper: PSNR dB"].cells == ["25.96", "", "38.15", "", "", ""]  # the papers' are of the last
    assert table["steps"].cells == ["", "", "12", "12", "12", "12"]


def test_rows_are_told_apart_where_their_seeds_allow_it():
    suite = dataclasses.replace(SUITE, reference="fm_net")
    column = {column.heading: column for column in tables.columns(suite, results())}["PSNR over fm_net"]
    # Two seeds of each, standard deviation sqrt 2: t of 2 degrees of freedom is 4.303, times sqrt 2.
    assert column.cells == ["", "", "-3.00 ± 6.08: not told apart", ""]
    assert tables.difference([30.0, 30.1, 29.9], [33.0, 33.1, 32.9]) == "-3.00 ± 0.23"
    welch = stats.ttest_ind([30, 31, 33], [30, 30.5, 30.2], equal_var=False).confidence_interval(0.95)
    gap = float(tables.difference([30, 31, 33], [30, 30.5, 30.2]).split()[2].rstrip(":"))
    assert gap == pytest.approx((welch.high - welch.low) / 2, abs=0.005)
    assert tables.difference([30.0, 30.0], [30.0, 30.0]) == "+0.00 ± 0.00: not told apart"


def test_a_suite_without_published_numbers_has_no_columns_for_them():
    suite = Suite("agdnet", "t", (Row("hscnn_d"), Row("fm_net")), ("bi", "smooth"))
    found = tables.columns(suite, results())
    assert "paper" not in {column.kind for column in found}
    assert "ASSIM (range 2)" not in {column.heading for column in found}


def test_costs_are_of_rows_alone_and_minutes_the_mean_of_the_seeds():
    found = by_heading(results())
    assert found["steps"].cells == ["", "", "12", "12"]
    assert found["minutes"].cells == ["", "", "1.5", "1.0"]
    assert found["parameters"].cells == ["", "", "1,234,567", "999"]
    assert found["GMAC"].cells == ["", "", "2.5", "2.5"]
    assert found["peak MiB"].cells == ["", "", "800", "800"]


def test_markdown_is_a_rectangle_with_the_best_in_bold():
    lines = tables.markdown(SUITE, results()).splitlines()
    assert lines[0] == f"# {SUITE.title}"
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + 4
    assert len({line.count("|") for line in table}) == 1
    assert "**34.00 ± 1.00**" in table[-1]
    assert "**31.50**" not in table[3] and "**7.25**" in table[3]


def test_the_budget_and_the_scenes_are_stated():
    text = tables.described(results())
    for part in ("12 steps", "4 patches of 32 x 32", "split validation of cave", "not told", "2 seeds", "482 x 512"):
        assert part in text
    found = results()
    found["identity"]["known_srf"] = True
    assert "Nikon 5100, given" in tables.described(found)


def test_rows_that_are_trained_on_several_sets_are_said_to_be_scored_on_one():
    found = results()
    found["identity"] |= {"split": "test", "data": "records/icvl"}
    for entry, cubes in zip(found["rows"].values(), ("records/ntire", "records/icvl"), strict=True):
        entry["settings"] |= {"data.rgb": "records/photos", "data.cubes": cubes}
    text = tables.described(found)
    assert text.startswith("Scenes: split test of icvl, the same for every row; a row is trained on the photos and ")
    assert "cave" not in text


def test_names_with_brackets_reach_the_screen_as_they_are():
    suite = Suite("s", "title [x]", (Row("hscnn_d"), Row("[b]row")), ("bi", "smooth"))
    found = results()
    found["rows"]["[b]row"] = found["rows"].pop("fm_net")
    console = Console(file=io.StringIO(), width=160)
    console.print(tables.screen(suite, found))
    text = console.file.getvalue()
    assert "[b]row" in text and "title [x]" in text and "34.00 ± 1.00" in text


def test_a_row_without_results_is_an_error():
    with pytest.raises(KeyError, match="other"):
        tables.columns(Suite("s", "t", (Row("other"),)), results())


def test_minutes_are_said_to_have_become_steps():
    found = results()
    assert "measurement" not in tables.described(found)
    assert "; its last weights; mean" in tables.described(found)
    found["identity"] |= {"split": "all", "data": "records/ntire", "weights": ["last", "best"]}
    text = tables.described(found)
    assert "all splits of ntire, trained on cave" in text
    assert "; its last weights, and the weights best on the split validation of its own cubes; mean" in text
    found["identity"]["budget"] = {"amount": 2.5, "unit": "minutes"}
    assert "2.5 minutes, turned into the column's steps by measurement" in tables.described(found)
