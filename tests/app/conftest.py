"""A photo, a running page, and a browser to use it; for all tests of this folder."""

import os

import numpy as np
import pytest
from page_server import chromium, serving
from PIL import Image
from trained_run import make_run


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """A run folder with tiny networks."""
    return make_run(tmp_path_factory.mktemp("page") / "run")


@pytest.fixture(scope="session")
def photo(tmp_path_factory):
    """A photo of 96 x 64 pixels: red, green, blue and gray quarters."""
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[:32, :48], pixels[:32, 48:], pixels[32:, :48], pixels[32:, 48:] = (
        (200, 40, 40),
        (50, 180, 60),
        (40, 60, 190),
        140,
    )
    path = tmp_path_factory.mktemp("photo") / "quarters.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="session")
def page_url(tiny_run, tmp_path_factory):
    """Address of a running page, with small limits."""
    with serving(tmp_path_factory.mktemp("server"), f"--run={tiny_run}") as url:
        yield url


@pytest.fixture(scope="session")
def browser(request, tmp_path_factory):
    """A headless Chromium that can reach this machine only; downloads go to `browser.downloads`."""
    found = chromium()
    if found is None:
        reason = "no Chromium: install the packages chromium and chromium-driver"
        if "browser" in request.config.getoption("-m").replace("not browser", ""):
            pytest.fail(reason)
        pytest.skip(reason)
    from selenium import webdriver

    downloads = tmp_path_factory.mktemp("downloads")
    options = webdriver.ChromeOptions()
    options.binary_location = found[0]
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1280,1100",
        "--disable-background-networking", "--disable-component-update",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):  # fmt: skip
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(found[1], env=dict(os.environ)))
    driver.downloads, driver.told = downloads, []
    # A dialog to choose files is told of, and not shown: nobody is there to close it.
    driver.execute_cdp_cmd("Page.setInterceptFileChooserDialog", {"enabled": True})
    yield driver
    driver.quit()
