"""The gate before the page, in front of an application that answers everything: origins, lengths, patience."""

import contextlib
import http.client
import socket
import threading
import time

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from hsgan.app.gate import SAFE_HEADERS, BodyLimit, SameOrigin, is_foreign, patient

PATIENCE_SECONDS = 0.4
SOON_SECONDS = 5.0


async def answer_all(scope, receive, send):
    """Reads the body and answers with its length."""
    length, more = 0, True
    while more:
        message = await receive()
        length, more = length + len(message.get("body", b"")), message.get("more_body", False)
    await PlainTextResponse(str(length))(scope, receive, send)


@pytest.fixture(scope="module")
def place():
    """(host, port) of a server behind the gate, with little patience."""
    gated = SameOrigin(BodyLimit(answer_all, most=1000, patience=PATIENCE_SECONDS))
    protocol = patient(PATIENCE_SECONDS)
    config = uvicorn.Config(gated, host="127.0.0.1", port=0, http=protocol, lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()
    server.should_exit = True
    thread.join(SOON_SECONDS)
    assert not thread.is_alive()


@pytest.fixture
def line(place):
    with contextlib.closing(socket.create_connection(place, timeout=SOON_SECONDS)) as line:
        yield line


def everything(line):
    """What arrives until the server closes; a server that does not makes `recv` fail."""
    received = b""
    while part := line.recv(4096):
        received += part
    return received


@pytest.mark.parametrize("start", [b"", b"G", b"GET / HTTP/1.1\r\nHost: a\r\nX: "])
def test_a_head_that_never_ends_is_given_up(line, start):
    line.sendall(start)
    assert everything(line) == b""


def test_a_head_that_drips_gets_no_more_time(line):
    begun = time.monotonic()
    with contextlib.suppress(OSError):
        for letter in b"GET / HTTP/1.1\r\nHost: " + b"a" * 100:
            line.sendall(bytes([letter]))
            time.sleep(PATIENCE_SECONDS / 8)
    # The 122 letters would take 15 times the patience.
    assert time.monotonic() - begun < 8 * PATIENCE_SECONDS


def test_a_second_request_gets_the_same_time(line):
    line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert line.recv(4096).endswith(b"\r\n\r\n0")
    line.sendall(b"GET")
    assert everything(line) == b""


def test_a_body_that_stalls_is_given_up(line):
    line.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nfour")
    answer = everything(line)
    assert answer.startswith(b"HTTP/1.1 408") and answer.endswith(b"the body came too slowly")


def ask(place, method="GET", body=None, headers=None):
    connection = http.client.HTTPConnection(*place, timeout=SOON_SECONDS)
    try:
        connection.request(method, "/", body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def test_what_is_whole_is_served_and_forbids_frames(place):
    status, body, headers = ask(place, "POST", b"x" * 1000)
    assert (status, body) == (200, b"1000")
    assert {name: headers[name.decode()].encode() for name in SAFE_HEADERS} == SAFE_HEADERS
    assert headers["x-frame-options"] == "DENY" and "frame-ancestors 'none'" in headers["content-security-policy"]


def test_a_body_too_long_is_refused(place):
    assert ask(place, "POST", b"x" * 1001)[0] == 413


@pytest.mark.parametrize("headers, foreign", [
    ({}, False),
    ({"host": "127.0.0.1:80", "origin": "http://127.0.0.1:80"}, False),
    ({"host": "127.0.0.1:80", "origin": "http://127.0.0.1:81"}, True),
    ({"host": "127.0.0.1:80", "origin": "http://localhost:80"}, True),
    ({"host": "127.0.0.1:80", "origin": "http://evil.example"}, True),
    ({"host": "127.0.0.1:80", "origin": "http://127.0.0.1:80.evil.example"}, True),
    ({"host": "127.0.0.1:80", "origin": "null"}, True),
    ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, False),
    ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, True),
    ({"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}, True),
    ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, False),
    ({"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, False),
])  # fmt: skip
def test_a_request_from_another_page_is_known(headers, foreign):
    assert is_foreign([(name.encode(), value.encode()) for name, value in headers.items()]) is foreign


def test_a_request_from_another_page_is_refused(place):
    status, body, _ = ask(place, "POST", b"form", {"Origin": "http://evil.example"})
    assert (status, body) == (403, b"refused: it comes from another page")
