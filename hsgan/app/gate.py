"""What stands between the network and the page: who is let in, how much they may send, and how long they may take.

A browser lets any page open a WebSocket to this machine, and send it forms. So what says that it comes from another
page is refused, and answers forbid other pages to show them in a frame. What a program of this machine sends has no
origin and is served.
"""

import asyncio
import urllib.parse

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE_SECONDS = 20.0
# What a multipart upload takes beside its files.
ENVELOPE_BYTES = 65536
_SLOWEST = 50_000  # bytes a second of an upload, beyond `PATIENCE_SECONDS`
_BODIES = ("POST", "PUT", "PATCH")
# The page's own scripts are in it, and its library compiles templates; nothing comes from elsewhere.
_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'"
)
SAFE_HEADERS = {
    b"content-security-policy": _POLICY.encode(),
    b"x-frame-options": b"DENY",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
}


class SameOrigin:
    """ASGI middleware: refuses what other pages send, WebSockets included, and gives every answer `SAFE_HEADERS`.

    Args:
      app: the application behind.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif is_foreign(scope["headers"]):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await PlainTextResponse("refused: it comes from another page", status_code=403)(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send))


def is_foreign(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether a request comes from another page than the one it goes to, by what browsers say of it.

    To follow a link from elsewhere is no such request: it shows the page, and gives the other one nothing.

    Args:
      headers: of the request, names in lower case.
    """
    said = {name: value.decode("latin-1") for name, value in headers}
    if b"origin" in said:
        return urllib.parse.urlsplit(said[b"origin"]).netloc != said.get(b"host", "")
    site, mode = said.get(b"sec-fetch-site", "none"), said.get(b"sec-fetch-mode", "")
    return site not in ("same-origin", "none") and mode != "navigate"


def _with_headers(send):
    async def sending(message):
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *SAFE_HEADERS.items()]}
        await send(message)

    return sending


class BodyLimit:
    """ASGI middleware: refuses a body that is too long or of unknown length before it is read, and one that stalls.

    Args:
      app: the application behind.
      most: bytes of a body.
      patience: seconds that even the shortest body may take.
    """

    def __init__(self, app: ASGIApp, most: int, patience: float = PATIENCE_SECONDS):
        self.app, self.most, self.patience = app, most, patience

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["method"] not in _BODIES:
            await self.app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"")
        if not length.isdigit() or int(length) > self.most:
            answer = PlainTextResponse(f"at most {self.most} bytes, of known length", status_code=413)
            await answer(scope, receive, send)
            return
        body = _Timed(receive, self.patience + int(length) / _SLOWEST)
        try:
            await self.app(scope, body.receive, send)
        except TimeoutError:
            if not body.late:
                raise
            answer = PlainTextResponse("the body came too slowly", status_code=408, headers={"Connection": "close"})
            await answer(scope, receive, send)


class _Timed:
    """A request's body that must arrive within `seconds`; `late` is whether it did not."""

    def __init__(self, receive, seconds):
        self._receive, self._whole, self.late = receive, False, False
        self._end = asyncio.get_running_loop().time() + seconds

    async def receive(self):
        left = None if self._whole else self._end - asyncio.get_running_loop().time()
        try:
            message = await asyncio.wait_for(self._receive(), left)
        except TimeoutError:
            self.late = True
            raise
        self._whole = self._whole or not message.get("more_body")
        return message


def patient(seconds: float = PATIENCE_SECONDS) -> type[asyncio.Protocol]:
    """Returns uvicorn's HTTP protocol, which here also closes a connection on which a request does not become whole.

    uvicorn itself waits for the end of a request's head for ever.

    Args:
      seconds: from the connection's begin, or a later request's first byte, to the end of its head.
    """

    class Patient(H11Protocol):
        _timer = None

        def connection_made(self, transport):
            super().connection_made(transport)
            self._timer = self.loop.call_later(seconds, self._expire)

        def data_received(self, data):
            super().data_received(data)
            if self._is_served():
                self._cancel()
            elif self._timer is None:
                self._timer = self.loop.call_later(seconds, self._expire)

        def connection_lost(self, exc):
            self._cancel()
            super().connection_lost(exc)

        def _is_served(self):
            """Whether a request is whole and not yet answered, or became a WebSocket."""
            asked = self.cycle is not None and not self.cycle.response_complete
            return asked or self.transport.get_protocol() is not self

        def _cancel(self):
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def _expire(self):
            self._timer = None
            if not self._is_served():
                self.transport.close()

    return Patient
