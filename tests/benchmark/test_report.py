"""The report: one page that needs no other file, whose numbers are those of the results."""

import base64
import json
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
from mixtures import PRIOR
from PIL import Image
from suite_results import CAMERAS, SUITE, cameras_extra, results, srf_extra, stress_extra
from trained_run import WAVELENGTHS_NM, make_records, network, small_config

from hsgan.benchmark import figures, report, tables
from hsgan.benchmark.scenes import Scenes
from hsgan.plot.figures import METHOD_COLORS
from hsgan.reconstruct.methods import Knowledge, closed_forms
from hsgan.reconstruct.models import NetworkMethod
from hsgan.spectra import srf

VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """Collects the page's tables, images and attributes, and checks that its elements nest."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tables, self.attributes, self.text = [], [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag == "table":
            assert ("div", "scroll") in self.open
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append(["", False])
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("class")))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        tags = [tag for tag, _ in self.open]
        self.text += data if "style" not in tags else ""
        if "td" in tags or "th" in tags:
            self.tables[-1][-1][-1][0] += data
            self.tables[-1][-1][-1][1] |= "b" in tags

    def values(self, name):
        return [value for _, attribute, value in self.attributes if attribute == name]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A report with all extras on two rows (one tiny network, never trained): (paths, results)."""
    folder = tmp_path_factory.mktemp("suite")
    cameras = srf.load("default", WAVELENGTHS_NM)
    model = network()
    scenes = Scenes(make_records(folder / "records"), "validation", small_config())
    run = SimpleNamespace(
        output=folder, camera=CAMERAS[0], srf=cameras.srf(CAMERAS[0]), known=False, suite=SUITE,
        bands_nm=SUITE.bands_nm, base=small_config(), dictionary=cameras, scenes=scenes,
        networks=lambda: (NetworkMethod(model, row.name) for row in SUITE.rows),
        closed_forms=lambda: closed_forms(cameras, Knowledge(model.statistics, prior=PRIOR), SUITE.closed_forms),
    )  # fmt: skip
    found = results() | {"extra": {"srf": srf_extra(), "cameras": cameras_extra(), "stress": stress_extra()}}
    return report.write(SUITE, found, run), found


@pytest.fixture(scope="module")
def page(written):
    return Page(written[0][0].read_text())


def test_all_files_are_there_and_every_figure_is_a_picture(written):
    paths, found = written
    assert [path.name for path in paths[:2]] == ["report.html", "table.md"]
    assert {path.stem for path in paths[2:]} == {
        "validation", "errors-1", "spectra-1", "srf-precision", "cameras", "stress-psnr", "stress-sam",
    }  # fmt: skip
    for path in paths[2:]:
        with Image.open(path) as image:
            assert min(image.size) > 200
    assert paths[1].read_text() == tables.markdown(SUITE, found)


def test_the_page_asks_for_nothing_from_outside(written, page):
    text = written[0][0].read_text()
    outside = text.replace("data:image/png;base64,", "")
    assert "http" not in outside and "url(" not in outside and "@import" not in outside
    tags = {tag for tag, _, _ in page.attributes}
    assert not tags & {"script", "link", "iframe", "object"}
    assert page.values("href") == []


def test_every_figure_is_inline_byte_for_byte(written, page):
    inline = [base64.b64decode(source.removeprefix("data:image/png;base64,")) for source in page.values("src")]
    assert inline == [path.read_bytes() for path in written[0][2:]]
    assert all(page.values("alt"))


def test_the_page_fits_a_phone(page):
    assert ("meta", "content", "width=device-width, initial-scale=1") in page.attributes


def test_numbers_and_best_are_those_of_the_results(written, page):
    columns = tables.columns(SUITE, written[1])
    head, *rows = page.tables[0]
    assert [text for text, _ in head] == [column.heading for column in columns]
    assert [[tuple(cell) for cell in row] for row in rows] == [list(row) for row in tables.rows_of(columns)]
    psnr = [column.heading for column in columns].index("PSNR dB")
    seeds = written[1]["rows"]["fm_net"]["seeds"].values()
    mean = np.mean([seed["weights"]["last"]["mean"]["psnr"] for seed in seeds])
    assert rows[3][psnr] == [f"{mean:.2f} ± 1.00", True]
    assert [row[psnr][1] for row in rows] == [False, False, False, True]


def test_extras_have_tables_with_known_means(page):
    precision, cameras, stress = page.tables[1:]
    assert precision[1:] == [
        [["hsgan", False], *([text, True] for text in ("80.0", "0.200", "0.300", "0.50", "6.00", "6.00"))],
        [["mean camera", False], *([text, False] for text in ("60.0", "0.400", "0.600", "0.00", "12.00", "0.00"))],
    ]
    assert [row[1:] for row in cameras[1:]] == [
        [["30.50", False], ["29.00", True]],
        [["34.50", True], ["24.00", False]],
    ]
    # The clean level is no part of the mean over a degradation's levels.
    assert [row[1:] for row in stress[1:]] == [
        [["31.50", False], ["25.00", True]],
        [["34.00", True], ["24.00", False]],
    ]


def test_title_is_escaped_and_settings_and_versions_can_be_read(page):
    assert SUITE.title in page.text
    assert "keras 3.15.0" in page.text
    assert json.dumps({"model": "fm_net"}, indent=2) in page.text
    assert "12 steps" in page.text


def test_no_text_of_a_suite_becomes_markup():
    found = results()
    found["versions"]["python"] = "<script>alert(1)</script>"
    text = report.page(SUITE, found)
    assert "<script" not in text and "&lt;script&gt;" in text
    assert Page(text).values("src") == []


def test_validation_draws_every_seed_and_the_closed_forms():
    (axis,) = figures.validation(results()).axes
    curves = [line for line in axis.lines if len(line.get_xdata()) == 3]
    assert [line.get_ydata()[-1] for line in curves] == [30.0, 32.0, 33.0, 35.0]
    assert [line.get_color() for line in curves] == [METHOD_COLORS[0]] * 2 + [METHOD_COLORS[1]] * 2
    assert [line.get_ydata()[0] for line in axis.lines if line not in curves] == [25.5, 31.5]
    (axis,) = figures.validation(results(), closed_forms=False).axes
    assert len(axis.lines) == 4


def test_an_untrained_network_does_not_squeeze_the_curves():
    found = results()
    found["rows"]["fm_net"]["seeds"]["0"]["history"][0]["psnr"] = -40.0
    (axis,) = figures.validation(found).axes
    assert axis.get_ylim()[0] == pytest.approx(24.0)  # 1.5 dB below "bi"


def test_many_methods_are_shared_out_over_figures_with_one_scale():
    truth = np.full((8, 6, 31), 0.5, np.float32)
    # Errors of 0.01, 0.02, ..., 0.09: the scale ends at their median.
    cubes = {f"m{number}": truth + np.float32(number / 100) for number in range(1, 10)}
    drawn = figures.scene_figures("scene", truth, cubes, WAVELENGTHS_NM)
    assert list(drawn) == ["errors-1", "spectra-1", "errors-2", "spectra-2"]
    shown = [axis.get_title() for stem in ("errors-1", "errors-2") for axis in drawn[stem].axes if axis.get_title()]
    assert shown == ["truth", "m1", "m2", "m3", "m4", "m5", "truth", "m6", "m7", "m8", "m9"]
    for stem in ("errors-1", "errors-2"):
        limits = {
            image.get_clim() for axis in drawn[stem].axes for image in axis.images if image.get_cmap().name == "magma"
        }
        assert [end for _, end in limits] == [pytest.approx(0.05, abs=1e-6)]


def test_cameras_that_training_never_saw_are_marked():
    (axis,) = figures.cameras(cameras_extra()).axes
    (mark,) = axis.patches
    assert (mark.get_x(), mark.get_width()) == (CAMERAS.index("Nokia N900") - 0.5, 1.0)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"scenes": {"split": "train"}}, False),
        ({"scenes": {"name": "elsewhere"}}, False),
        ({"camera": "Canon 600D"}, False),
    ],
)
def test_closed_forms_are_drawn_only_where_validation_saw_the_same_scenes(changes, expected):
    cameras = srf.load("default", WAVELENGTHS_NM)
    base = small_config()
    scenes = SimpleNamespace(**({"name": base.data.cubes, "split": "validation"} | changes.pop("scenes", {})))
    run = {"scenes": scenes, "camera": cameras.default_test_camera, "base": base, "dictionary": cameras}
    assert report.same_scenes(SUITE, SimpleNamespace(**(run | changes))) is expected
