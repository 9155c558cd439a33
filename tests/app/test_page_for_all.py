"""The page by keyboard alone, by touch, and by the rules of axe-core, on a screen of 390 pixels."""

import csv
from importlib.resources import files

import axe_core_python
import numpy as np
import pytest
from trained_run import WAVELENGTHS_NM
from visit import Visit

pytestmark = pytest.mark.browser
WIDTH, HEIGHT = 390, 844
# Quasar's own bar along the top, which tells of requests and has no name.
BUSY = "const bar = document.querySelector('.q-loading-bar'); return bar && getComputedStyle(bar).opacity > 0"


@pytest.fixture(scope="module")
def visit(browser, page_url):
    """A new visit on a phone's screen."""
    size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    yield Visit(browser, page_url)
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.fixture(scope="module")
def violations(visit):
    """What axe-core finds wrong with the page as it is: {rule: elements}."""
    source = files(axe_core_python).joinpath("axe.min.js").read_text()

    def find():
        visit.until(lambda: not visit.driver.execute_script(BUSY), "the end of uploads")
        visit.driver.execute_script(f"if (!window.axe) {{ {source} }}")
        script = "const done = arguments[0]; axe.run(document).then(found => done(found.violations))"
        found = visit.driver.execute_async_script(script)
        return {rule["id"]: [node["html"][:200] for node in rule["nodes"]] for rule in found}

    return find


def marks(visit):
    script = "return [...document.querySelectorAll('.at-legend tbody th')].map(cell => cell.innerText.trim())"
    return visit.driver.execute_script(script)


def tap(visit, row, column):
    """Taps at a share of the picture's height and width."""
    image = visit.one(".hs-picture img")
    visit.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", image)
    box = visit.driver.execute_script("return arguments[0].getBoundingClientRect().toJSON()", image)
    point = {"x": box["left"] + column * box["width"], "y": box["top"] + row * box["height"]}
    for kind, points in (("touchStart", [point]), ("touchEnd", [])):
        visit.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_the_first_sight_breaks_no_rule(violations):
    assert violations() == {}


def test_keys_alone_open_a_photo_and_mark_a_point(visit, photo):
    from selenium.webdriver.common.keys import Keys

    visit.tab_to(".at-open-zone")
    visit.choose_files(lambda: visit.keys(Keys.ENTER), photo)
    visit.arrived(photo)
    visit.tab_to(".at-picture")
    visit.until(lambda: "The cross is at row 32, column 48." in visit.text(".at-hint"), "the cross")
    visit.keys(Keys.ARROW_UP, Keys.ARROW_LEFT, Keys.ARROW_LEFT, Keys.ENTER)
    visit.until(lambda: marks(visit) == ["1: row 31, column 46"], "the point")
    visit.keys(Keys.ARROW_DOWN, held=Keys.SHIFT)
    visit.until(lambda: "row 41, column 46" in visit.text(".at-hint"), "a long step")
    visit.keys(Keys.SPACE)
    visit.until(lambda: marks(visit)[1:] == ["2: row 41, column 46"], "another point")


def test_keys_alone_mark_an_area_through_the_fields(visit):
    from selenium.webdriver.common.keys import Keys

    visit.tab_to(".at-mode")
    visit.keys(Keys.TAB, Keys.ENTER)
    visit.until(lambda: "two opposite corners" in visit.text(".at-hint"), "areas")
    for corner in ("10", "20"), ("29", "39"):
        for name, value in zip(("row", "column"), corner, strict=True):
            visit.driver.execute_script("document.body.focus()")
            visit.tab_to(f".at-{name}")
            visit.keys("a", held=Keys.CONTROL)
            visit.keys(value)
        visit.tab_to(".at-mark")
        visit.until(lambda c=corner: f"row {c[0]}, column {c[1]}" in visit.text(".at-hint"), "the cross")
        visit.keys(Keys.ENTER)
    visit.until(lambda: marks(visit)[2:] == ["3: rows 10–29, columns 20–39"], "the area")


def test_keys_alone_choose_band_and_light_and_download(visit, browser):
    from selenium.webdriver.common.keys import Keys

    visit.driver.execute_script("document.activeElement.blur()")
    visit.tab_to(".at-kind")
    source = visit.source
    visit.keys(Keys.TAB, Keys.ENTER)
    source = visit.changed(source)
    visit.tab_to(".at-band")
    visit.keys(Keys.ARROW_RIGHT)
    visit.until(lambda: visit.text(".at-band-label") == "560 nm", "the next band")
    visit.changed(source)
    visit.tab_to(".at-csv")
    visit.keys(Keys.ENTER)
    path = browser.downloads / "quarters-points.csv"
    visit.until(path.exists, "the numbers")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [row["first row"] for row in rows] == ["31", "41", "10"]
    # By hand from what is downloaded: the table's color is that of the file.
    assert f"#{int(rows[0]['R']):02x}{int(rows[0]['G']):02x}{int(rows[0]['B']):02x}" in visit.text(".at-legend")


def test_two_taps_mark_an_area(visit, browser):
    visit.one(".at-clear").click()
    visit.until(lambda: not marks(visit), "no marks")
    tap(visit, 0.25, 0.25)
    visit.until(lambda: "Choose the opposite one." in visit.text(".at-hint"), "the first corner")
    assert marks(visit) == []
    tap(visit, 0.75, 0.5)
    # Rows 16 to 48 and columns 24 to 48, but for the rounding to the screen's pixels.
    visit.until(lambda: marks(visit) and marks(visit)[0].startswith("1: rows 1"), "the area")
    (top, bottom), (left, right) = (map(int, part.split()[1].split("–")) for part in marks(visit)[0][3:].split(","))
    np.testing.assert_allclose([top, bottom, left, right], [16, 48, 24, 48], atol=1)
    assert "Shaded: one standard deviation of an area's pixels." in visit.text(".at-legend")
    visit.one(".at-library").click()
    visit.until((browser.downloads / "quarters-library.zip").exists, "the library")


def test_a_cube_with_marks_breaks_no_rule(visit, violations):
    assert violations() == {}
    assert visit.driver.execute_script("return document.documentElement.scrollWidth") <= WIDTH


def test_the_cameras_file_can_be_given(visit, tmp_path):
    path = tmp_path / "mine.csv"
    centers = np.array([600, 540, 460])
    curves = np.exp(-(((WAVELENGTHS_NM[:, None] - centers) / 40) ** 2))
    lines = [",".join(f"{value:g}" for value in (nm, *row)) for nm, row in zip(WAVELENGTHS_NM, curves, strict=True)]
    path.write_text("\n".join(["wavelength,r,g,b", *lines]))
    visit.choose_files(visit.one(".at-camera-file-button").click, path)
    visit.until(lambda: "camera mine" in visit.text(".at-facts"), "the camera among the facts")
    path.write_text("no camera")
    visit.choose_files(visit.one(".at-camera-file-button").click, path)
    visit.until(lambda: "mine.csv: " in visit.text(".at-error"), "the error")


def test_an_error_breaks_no_rule(visit, violations):
    assert visit.text(".at-error")
    assert violations() == {}
    visit.one(".at-close").click()
    visit.until(lambda: not visit.text(".at-error"), "no error")


def test_the_sample_comes_with_its_true_cube(visit):
    visit.choose("camera", "Nikon 5100")
    visit.until(lambda: "camera Nikon 5100" in visit.text(".at-facts"), "the camera")
    visit.one(".at-sample").click()
    visit.until(lambda: "sample.png · 256 × 256" in visit.text(".at-facts").replace("  ", " "), "the sample")
    visit.until(lambda: "sample.npz" in visit.text(".at-numbers"), "the comparison")
    visit.one(".at-scaled").click()
    visit.until(lambda: "Cube multiplied by" in visit.text(".at-numbers"), "the scale")


def test_a_comparison_breaks_no_rule(visit, violations):
    visit.kind("Angle")
    assert violations() == {}
    assert [entry["message"] for entry in visit.driver.get_log("browser") if entry["level"] == "SEVERE"] == []
