"""The plain HTTP service: what programs send and get, through real connections."""

import contextlib
import http.client
import json
import threading
import time
import urllib.parse
import uuid
from types import SimpleNamespace

import imagecodecs
import numpy as np
import pytest
import uvicorn
from page_server import MEGAPIXELS, serving
from PIL import Image
from trained_run import WAVELENGTHS_NM

import hsgan
from hsgan.app.api import Service, application
from hsgan.app.bounds import Limits
from hsgan.files.cubes import as_data_array, open_cube
from hsgan.files.formats import WRITTEN
from hsgan.files.header import CubeHeader
from hsgan.spectra.imaging import project

SRF = np.full((3, 31), 1 / 31, np.float32)
PATIENCE_SECONDS = 20


@pytest.fixture(scope="module")
def url(tiny_run, tmp_path_factory):
    """Address of the running program."""
    with serving(tmp_path_factory.mktemp("api"), "--api", f"--run={tiny_run}", path="health") as url:
        yield url


def form(fields, photo):
    """Returns (body, headers) of a form as curl sends it."""
    mark = uuid.uuid4().hex
    parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
             for name, value in fields.items()]  # fmt: skip
    if photo is not None:
        head = f'Content-Disposition: form-data; name="photo"; filename="{photo.name}"\r\n\r\n'
        parts.append(f"--{mark}\r\n{head}".encode() + photo.read_bytes() + b"\r\n")
    return b"".join([*parts, f"--{mark}--\r\n".encode()]), {"Content-Type": f"multipart/form-data; boundary={mark}"}


def connect(url):
    return http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=PATIENCE_SECONDS)


def ask(url, path, photo=None, headers=None, **fields):
    """Returns (status, headers, body); a form where there is a photo or a field."""
    with contextlib.closing(connect(url)) as connection:
        if photo is None and not fields:
            connection.request("GET", path, headers=headers or {})
        else:
            body, kind = form(fields, photo)
            connection.request("POST", path, body, kind | (headers or {}))
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def test_a_photo_becomes_the_notebooks_cube(url, photo, tiny_run, tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6
    # A gamma of 1 in place of sRGB's curve: its codes are linear light.
    corners = [value for x, y in ((0.64, 0.33), (0.3, 0.6), (0.15, 0.06)) for value in (x, y, 1)]
    profile = imagecodecs.cms_profile("rgb", primaries=corners, whitepoint=[0.3127, 0.329, 1], gamma=1.0)
    with Image.open(photo) as image:
        image.save(tmp_path / "turned.png", exif=turned, icc_profile=profile)
    status, headers, body = ask(url, "/reconstruct", tmp_path / "turned.png", camera="Nikon 5100", consistent="yes")
    assert status == 200 and "turned.npz" in headers["content-disposition"], body
    (tmp_path / "got.npz").write_bytes(body)
    got = open_cube(tmp_path / "got.npz")
    model = hsgan.Reconstructor.from_run(tiny_run)
    expected = model.reconstruct(tmp_path / "turned.png", camera="Nikon 5100", consistent=True)
    assert got.shape == (96, 64, 31) and got.attrs["photo"] == "turned.png" and got.attrs["consistent"] == "yes"
    # Another process sums in another order.
    np.testing.assert_allclose(got.values, expected.values, atol=1e-5)
    seen = project(got.values, got.attrs["srf"]).numpy()
    with Image.open(photo) as image:
        np.testing.assert_allclose(seen, np.rot90(np.asarray(image) / 255, -1), atol=0.01)  # CMS's rounding to codes


def test_every_format_is_answered(url, photo, tmp_path):
    for form_name, name in {"matlab": "quarters.mat", "tiff": "quarters.tif", "envi": "quarters-envi.zip"}.items():
        status, headers, body = ask(url, "/reconstruct", photo, format=form_name)
        assert status == 200 and name in headers["content-disposition"]
        assert body[:2] in (b"MA", b"II", b"PK")


MISTAKES = {
    "no photo": ({"camera": "Nikon 5100"}, "photo: must be a file: curl -F photo=@photo.jpg"),
    "no such field": ({"size": "1"}, "size: no such field; there are photo, camera, format, encoding, consistent"),
    "no such format": ({"format": "gif"}, f"format: must be one of {', '.join(WRITTEN)}. Received: 'gif'"),
    "no such encoding": ({"encoding": "gamma"}, "encoding: must be one of srgb, linear. Received: 'gamma'"),
    "no such camera": ({"camera": "Nikon 5101"}, "camera: no 'Nikon 5101' among the 28 there are; near: Nikon 5100"),
    "a file of the server's": ({"camera": "/etc/hosts.csv"}, "camera: no '/etc/hosts.csv' among the 28"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line(url, photo, name):
    fields, line = MISTAKES[name]
    status, _, body = ask(url, "/reconstruct", None if name == "no photo" else photo, **fields)
    assert status == 400 and json.loads(body)["error"].startswith(line)


def test_what_is_no_photo_is_refused(url, tmp_path):
    (tmp_path / "bad.jpg").write_text("no photo")
    Image.new("RGB", (1600, 1000)).save(tmp_path / "wide.png")
    np.savez(tmp_path / "cube.npz", cube=1)
    for name, line in {
        "bad.jpg": "bad.jpg: is not a photo that can be read",
        "wide.png": f"wide.png: has 1.6 megapixels, at most {MEGAPIXELS} are taken here",
        "cube.npz": "cube.npz: is a cube already; give a photo",
    }.items():
        status, _, body = ask(url, "/reconstruct", tmp_path / name)
        assert status == 400 and json.loads(body)["error"].startswith(line)


def test_the_gate_is_that_of_the_page(url, photo, tmp_path):
    assert ask(url, "/reconstruct", photo, {"Origin": "http://evil.example"})[0] == 403
    assert ask(url, "/health", headers={"Host": "elsewhere.example"})[0] == 400
    (tmp_path / "heavy.png").write_bytes(bytes(2_100_000))
    assert ask(url, "/reconstruct", tmp_path / "heavy.png")[0] == 413


def test_health_and_cameras(url, photo):
    status, headers, body = ask(url, "/health")
    assert (status, json.loads(body)) == (200, {"status": "ok", "working": 0, "places": 8})
    assert headers["x-frame-options"] == "DENY"
    assert "Nikon 5100" in json.loads(ask(url, "/cameras")[2])
    assert ask(url, "/reconstruct")[0] == 405


class Slow:
    """A model that waits until it is let go, and tells when it was stopped."""

    cameras, method = (), SimpleNamespace(gives_deviation=False)

    def __init__(self):
        self.begun, self.go, self.stopped = threading.Semaphore(0), threading.Event(), threading.Event()

    def reconstruct(self, photo, progress, **wishes):
        self.begun.release()
        try:
            while not self.go.wait(0.01):
                progress(0.5)
        except BaseException:
            self.stopped.set()
            raise
        header = CubeHeader(*photo.shape[:2], WAVELENGTHS_NM, SRF)
        return as_data_array(np.zeros(header.shape, np.float32), header)


@pytest.fixture
def slow():
    """(model, address) of a service with two places."""
    model = Slow()
    service = application(Service(model, Limits(10**6, 10**6), places=2))
    server = uvicorn.Server(uvicorn.Config(service, port=0, lifespan="off", log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield model, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    model.go.set()
    server.should_exit = True
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def in_hand(url):
    return json.loads(ask(url, "/health")[2])["working"]


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_queue_is_bounded_and_one_is_worked_on(slow, photo):
    model, url = slow
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(ask(url, "/reconstruct", photo)[0])) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert model.begun.acquire(timeout=PATIENCE_SECONDS)
    wait_for(lambda: in_hand(url) == 2)
    status, headers, body = ask(url, "/reconstruct", photo)
    assert status == 503 and headers["retry-after"] == "10"
    assert json.loads(body)["error"] == "2 photos are in hand already; try again"
    assert not model.begun.acquire(blocking=False)  # the second waits for its turn
    model.go.set()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert answers == [200, 200]
    wait_for(lambda: in_hand(url) == 0)


def test_who_goes_away_leaves_no_work_behind(slow, photo):
    model, url = slow
    connection = connect(url)
    body, headers = form({}, photo)
    connection.request("POST", "/reconstruct", body, headers)
    assert model.begun.acquire(timeout=PATIENCE_SECONDS)
    connection.close()
    assert model.stopped.wait(PATIENCE_SECONDS)
    wait_for(lambda: in_hand(url) == 0)
