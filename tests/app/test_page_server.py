"""What the server takes and from whom, through its own process; no browser."""

import http.client
import socket
import subprocess
import sys
import urllib.parse
import urllib.request

import pytest
from page_server import ROOT, UPLOAD_MB, free_port, serving

from hsgan.app import server
from hsgan.errors import DataError


def ask(url, method="GET", body=None, headers=None, path="/"):
    """Returns (status, body) of a request."""
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    try:
        connection.request(method, path, body=body, headers=headers or {}, encode_chunked=True)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_the_page_names_no_address_but_its_own(page_url):
    status, text = ask(page_url)
    assert status == 200 and "hsgan" in text
    assert "//fonts." not in text and "cdn" not in text.lower()


def test_a_server_that_ends_takes_its_visitors_files_along(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with serving(tmp_path, "--model=none") as url:
        assert ask(url)[0] == 200
        (own,) = tmp_path.glob("hsgan-*")
        assert list(own.iterdir())  # of the page that was asked for, and is open still
    assert list(own.iterdir()) == []


def test_a_body_that_is_too_long_is_refused_before_it_is_read(page_url):
    status, text = ask(page_url, "POST", headers={"Content-Length": str(UPLOAD_MB * 10**6 + 10**6)})
    assert status == 413 and text == f"at most {UPLOAD_MB * 10**6 + 65536} bytes, of known length"


def test_a_body_of_unknown_length_is_refused(page_url):
    status, _ = ask(page_url, "POST", body=iter([b"part"]), headers={"Transfer-Encoding": "chunked"})
    assert status == 413


def test_another_name_for_this_machine_is_refused(page_url):
    assert ask(page_url, headers={"Host": "elsewhere.example"})[0] == 400


def upgrade(url, origin):
    """Returns the status of a request for the page's WebSocket, as a browser sends it for a page of this origin."""
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": origin}  # fmt: skip
    path = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_only_the_pages_own_scripts_reach_its_websocket(page_url):
    own = page_url.rstrip("/")
    assert upgrade(page_url, own) == 101
    assert upgrade(page_url, "http://evil.example") == 403
    assert upgrade(page_url, own.replace("127.0.0.1", "localhost")) == 403


def test_other_pages_can_neither_ask_nor_frame_it(page_url):
    assert ask(page_url, "POST", body=b"", headers={"Origin": "http://evil.example"})[0] == 403
    with urllib.request.urlopen(page_url, timeout=20) as answer:
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_only_this_machine_is_listened_to(page_url):
    port = urllib.parse.urlsplit(page_url).port
    with socket.socket() as other:  # every address of 127.0.0.0/8 is this machine's, but the page is on one
        other.settimeout(5)
        assert other.connect_ex(("127.0.0.2", port)) != 0


def run_program(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "hsgan.app", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def test_a_phones_photo_is_taken_by_default(monkeypatch, program):
    taken = []
    monkeypatch.setattr(server, "serve", lambda _, limits, *__: taken.append(limits))
    status, _, stderr = program("hsgan.app", "--model=none", f"--port={free_port()}")
    assert (status, stderr) == (0, "")
    (limits,) = taken
    limits.check("photo.jpg", 3024, 4032)
    with pytest.raises(DataError, match=r"photo\.jpg: has 16\.1 megapixels, at most 16 are taken here"):
        limits.check("photo.jpg", 4000, 4013)


def test_a_port_in_use_is_one_line(page_url):
    port = urllib.parse.urlsplit(page_url).port
    done = run_program(f"--port={port}")
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert line.startswith(f"hsgan.app: error: host, port: 127.0.0.1:{port} cannot be listened on (Address already in")


@pytest.mark.parametrize("arguments, line", [
    (["{}/no.jpg"], "{}/no.jpg: no such file"),
    (["--run={}/no"], "{}/no: holds no run (no config.json); train one: python -m hsgan.train"),
])  # fmt: skip
def test_bad_arguments_are_one_line(arguments, line, tmp_path):
    done = run_program(*(argument.replace("{}", str(tmp_path)) for argument in arguments))
    assert done.returncode == 1 and done.stderr.splitlines() == [
        "hsgan.app: error: " + line.replace("{}", str(tmp_path))
    ]
