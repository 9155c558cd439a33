"""The page in a real browser, in the order of a visit: photo, spectra, bands, lights, cameras, downloads, mistakes."""

import re
import shutil

import numpy as np
import pytest
import scipy.io
from page_server import requested
from PIL import Image
from trained_run import WAVELENGTHS_NM
from visit import Visit

from hsgan.files.cubes import open_cube, write_cube

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def visit(browser, page_url, photo):
    visit = Visit(browser, page_url)
    visit.choose_files(visit.one(".at-open-zone").click, photo)
    visit.arrived(photo)
    return visit


@pytest.fixture(scope="module")
def spectra_of(visit):
    """The lines of the chart that are seen: {name: [bands]}; those that bound what is shaded are not."""

    def read():
        script = """const chart = getElement(+document.querySelector('.at-chart').id.slice(1)).chart;
            const seen = chart.getOption().series.filter(s => s.data.length && !s.stack);
            return seen.map(s => [s.name, s.data.map(d => d[1])]);"""
        return dict(visit.driver.execute_script(script))

    return read


@pytest.mark.parametrize("name", ["open", "reference"])
def test_a_click_or_a_key_opens_the_dialog(visit, name):
    from selenium.webdriver.common.keys import Keys

    zone = visit.one(f".at-{name}-zone")
    visit.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", zone)
    inputs = {visit.dialog(zone.click)}
    for key in (Keys.ENTER, Keys.SPACE):
        visit.driver.execute_script("arguments[0].querySelector('button').focus()", zone)
        inputs.add(visit.dialog(lambda key=key: visit.keys(key)))
    assert len(inputs) == 1


def test_a_photo_becomes_a_rendering(visit, photo):
    facts = visit.text(".at-facts")
    assert "96 × 64 pixels" in facts and "31 bands, 400–700 nm" in facts and "camera srgb (a developed picture" in facts
    pixels = visit.pixels()
    assert pixels.shape == (64, 96, 3) and pixels.astype(float).std() > 5


def test_a_click_and_a_drag_show_spectra(visit, spectra_of):
    visit.press(0.25, 0.25)
    # Row 16, column 24, but for the rounding to the screen's pixels.
    visit.until(lambda: re.search("1: row 1[567], column 2[345]", visit.text(".at-legend")), "a point in the legend")
    visit.press(0.6, 0.6, to=(0.9, 0.9))
    visit.until(lambda: "2: rows " in visit.text(".at-legend"), "an area in the legend")
    lines = visit.until(lambda: len(spectra_of()) == 2 and spectra_of(), "two lines")
    assert [len(line) for line in lines.values()] == [31, 31]
    assert len(visit.all(".hs-picture svg circle")) == 2


def test_the_slider_shows_a_band(visit):
    source = visit.kind("Band")
    assert visit.text(".at-band-label") == "550 nm"
    from selenium.webdriver.common.action_chains import ActionChains

    slider = visit.one(".at-band")
    left_end = 2 - slider.size["width"] // 2
    ActionChains(visit.driver, duration=50).move_to_element_with_offset(slider, left_end, 0).click().perform()
    visit.until(lambda: visit.text(".at-band-label") == "400 nm", "400 nm")
    visit.changed(source)
    script = "return getElement(+document.querySelector('.at-chart').id.slice(1)).chart.getOption().series[0].markLine"
    visit.until(lambda: visit.driver.execute_script(script)["data"] == [{"xAxis": 400}], "the band in the chart")
    violet = visit.pixels().reshape(-1, 3).mean(axis=0)
    assert violet[2] > violet[0] > violet[1]


def test_another_light_changes_the_rendering(visit):
    source = visit.kind("Rendering")
    before = visit.pixels().reshape(-1, 3).mean(axis=0)
    visit.choose("light", "A")
    visit.changed(source)
    after = visit.pixels().reshape(-1, 3).mean(axis=0)
    assert after[0] / after[2] > 1.5 * before[0] / before[2]
    assert "The scene's light is not known: the cube is taken as reflectance." in visit.text("body")


def test_another_camera_reconstructs_again(visit, spectra_of):
    before = spectra_of()
    visit.choose("camera", "Sigma SDMerill")
    visit.until(lambda: "camera Sigma SDMerill" in visit.text(".at-facts"), "the camera among the facts")
    visit.until(lambda: spectra_of() != before, "other spectra")
    assert spectra_of().keys() == before.keys()


def test_the_cube_is_downloaded_and_opens(visit, browser):
    visit.choose("format", "npz")
    visit.one(".at-download").click()
    path = browser.downloads / "quarters.npz"
    visit.until(path.exists, "the download")
    cube = open_cube(path)
    assert cube.shape == (64, 96, 31) and cube.attrs["camera"] == "Sigma SDMerill"
    visit.choose("format", "envi")
    visit.one(".at-download").click()
    visit.until((browser.downloads / "quarters-envi.zip").exists, "the ZIP")


def test_a_reference_is_compared(visit, browser, tmp_path):
    cube = open_cube(browser.downloads / "quarters.npz")
    bright = 2 * cube.values
    (path,) = write_cube(tmp_path / "true", bright, WAVELENGTHS_NM, cube.attrs["srf"])
    visit.upload(path, into="reference")
    visit.until(lambda: "Spectral angle, mean" in visit.text(".at-numbers"), "the numbers")
    lines = dict(zip(*[iter(visit.text(".at-numbers").splitlines())] * 2, strict=True))
    expected = np.mean(-10 * np.log10(np.mean((bright / 2.0) ** 2, axis=(0, 1), dtype=np.float64)))
    assert lines["PSNR"] == f"{expected:.2f} dB" and lines["Spectral angle, mean"] == "0.00°"
    visit.kind("Angle")


def test_a_reference_of_another_program_is_compared(visit, browser, tmp_path):
    cube = open_cube(browser.downloads / "quarters.npz")
    scipy.io.savemat(tmp_path / "measured.mat", {"rad": cube.values, "bands": cube["wavelength"].values})
    visit.upload(tmp_path / "measured.mat", into="reference")
    visit.until(lambda: "measured.mat" in visit.text(".at-numbers"), "the numbers")
    assert "0.00°" in visit.text(".at-numbers")


def test_mistakes_are_one_line_and_the_page_lives_on(visit, photo, tmp_path):
    (tmp_path / "bad.jpg").write_text("no photo")
    (tmp_path / "half.hdr").write_text("ENVI")
    np.savez(tmp_path / "other.npz", a=1)
    Image.new("RGB", (1600, 1000)).save(tmp_path / "wide.png")
    (tmp_path / "heavy.png").write_bytes(bytes(2_100_000))
    for name, line in {
        "bad.jpg": "bad.jpg: is not a photo that can be read",
        "half.hdr": "half.hdr: is half of an ENVI cube; give its .hdr and its data file together",
        "other.npz": "other.npz: ",
        "wide.png": "wide.png: has 1.6 megapixels, at most 1.5 are taken here",
        "heavy.png": "The upload is larger than 2 MB, the most that is taken here",
    }.items():
        visit.upload(tmp_path / name)
        visit.until(lambda line=line: line in visit.text(".at-error"), line)
        assert "\n" not in visit.text(".at-error")
    assert "quarters.png" in visit.text(".at-facts")
    shutil.copy(photo, tmp_path / "again.png")
    visit.open(tmp_path / "again.png")
    assert not visit.text(".at-error")


def test_a_name_that_is_none_is_no_harm(visit, photo):
    script = """const [bytes, done] = arguments, form = new FormData();
        form.append('file', new File([new Uint8Array(bytes)], 'nul\\0name.png'));
        const url = getElement(+document.querySelector('.at-open').id.slice(1)).url;
        fetch(url, {method: 'POST', body: form}).then(answer => done(answer.status));"""
    assert visit.driver.execute_async_script(script, list(photo.read_bytes())) == 200
    visit.until(lambda: "nul_name.png" in visit.text(".at-facts"), "the photo")


def test_long_work_is_stopped(visit, tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (1000, 1400, 3), np.uint8)).save(
        tmp_path / "long.jpg", quality=60
    )
    visit.upload(tmp_path / "long.jpg")
    visit.until(lambda: visit.text(".at-working"), "the progress")
    visit.one(".at-stop").click()
    visit.until(lambda: "Opening long.jpg: stopped." in visit.text(".at-error"), "the end")
    assert "nul_name.png" in visit.text(".at-facts")


def test_nothing_was_asked_from_elsewhere(visit, page_url):
    place = page_url.partition("//")[2]
    addresses = requested(visit.driver)
    others = [url for url in addresses if not url.startswith((f"http://{place}", f"ws://{place}", "data:", "blob:"))]
    assert len(addresses) > 20 and others == []


def test_the_browser_complains_of_nothing(visit):
    assert [entry["message"] for entry in visit.driver.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_it_fits_a_phone(visit):
    visit.driver.set_window_size(500, 900)
    wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    visit.until(lambda: visit.driver.execute_script(wide) <= 0, "a page as wide as the window")
