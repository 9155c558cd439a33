"""Serves the page: on this machine only by default, with bounds on what it takes, and nothing from elsewhere."""

from nicegui import app, ui
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse

from hsgan.app.bounds import LOOPBACK
from hsgan.app.page import Page
from hsgan.app.style import FAVICON

# What a multipart upload takes beside its files.
_ENVELOPE_BYTES = 65536


class BodyLimit:
    """ASGI middleware: answers 413 to a request whose body is too long or of unknown length, before it is read.

    Args:
      app: the application behind. most: bytes.
    """

    def __init__(self, app, most):
        self.app, self.most = app, most

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and scope["method"] in ("POST", "PUT", "PATCH"):
            length = dict(scope["headers"]).get(b"content-length", b"")
            if not length.isdigit() or int(length) > self.most:
                answer = PlainTextResponse(f"at most {self.most} bytes, of known length", status_code=413)
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)


def serve(model, limits, host="127.0.0.1", port=8080, show=False, first=()):
    """Serves the page until it is interrupted.

    Args:
      model: `hsgan.Reconstructor`, or None where only cubes can be opened.
      limits: `hsgan.app.bounds.Limits`.
      host, port: to listen on. Beyond the loopback host there is no protection: everybody who reaches it can use it.
      show: whether to open it in a browser. first: paths of a photo or cube to open in every new page.
    """
    app.add_middleware(BodyLimit, most=limits.upload_bytes + _ENVELOPE_BYTES)
    if host in LOOPBACK:
        # Else a page from elsewhere could reach this one under a name of its own that leads here.
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK))
    app.on_startup(lambda: print(f"http://{f'[{host}]' if ':' in host else host}:{port}  (Ctrl+C ends it)", flush=True))

    def root():
        Page(model, limits, first)

    ui.run(
        root, host=host, port=port, title="hsgan", favicon=FAVICON,
        show=show, reload=False, show_welcome_message=False, reconnect_timeout=20,
    )  # fmt: skip
