"""The page as its own process, and what a browser has asked for."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UPLOAD_MB = 2
MEGAPIXELS = 1.5
_START_SECONDS = 90


@contextlib.contextmanager
def serving(folder, *arguments, path=""):
    """Runs `python -m hsgan.app` on a free port until the end of the `with`; gives its address.

    It has started when `path` answers.
    """
    port = free_port()
    command = [sys.executable, "-m", "hsgan.app", f"--port={port}", f"--max_upload_mb={UPLOAD_MB}",
               f"--max_megapixels={MEGAPIXELS}", *arguments]  # fmt: skip
    with open(folder / "log.txt", "w") as log:
        # NiceGUI looks for this variable to serve its own tests' way.
        environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not answers(f"http://127.0.0.1:{port}/{path}"):
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the page did not start:\n{(folder / 'log.txt').read_text()}")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/"
        assert server.poll() is None, f"the server died:\n{(folder / 'log.txt').read_text()}"
    finally:
        server.terminate()
        server.wait(20)
    log = (folder / "log.txt").read_text()
    assert "Traceback" not in log, log


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def chromium():
    """Returns the paths (browser, driver), or None where one is missing."""
    paths = shutil.which("chromium"), shutil.which("chromedriver")
    return paths if all(paths) else None


def events(driver, *methods):
    """Returns the parameters of all events of these DevTools methods that the browser has told so far, in order."""
    driver.told.extend(json.loads(entry["message"])["message"] for entry in driver.get_log("performance"))
    return [message["params"] for message in driver.told if message["method"] in methods]


def requested(driver):
    """Returns the addresses that the browser has asked for so far."""
    sent = events(driver, "Network.requestWillBeSent", "Network.webSocketCreated")
    return [parameters.get("request", parameters)["url"] for parameters in sent]
