"""Serves the page: on this machine only by default, with bounds on what it takes, and nothing from elsewhere."""

from collections.abc import Sequence
from pathlib import Path
from weakref import WeakSet

import uvicorn
from nicegui import app, ui
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from hsgan.app.api import Service, application
from hsgan.app.bounds import LOOPBACK, Limits
from hsgan.app.gate import ENVELOPE_BYTES, BodyLimit, SameOrigin, patient
from hsgan.app.page import Page
from hsgan.app.style import FAVICON
from hsgan.files.stored import Choice
from hsgan.reconstruct.api import Reconstructor

_MOST_CONNECTIONS = 200
_MOST_MESSAGE_BYTES = 1 << 20  # of a WebSocket: a page sends clicks and choices
_GOODBYE_SECONDS = 3


def serve(
    model: Reconstructor | None,
    limits: Limits,
    host: str = "127.0.0.1",
    port: int = 8080,
    show: bool = False,
    first: Sequence[Path] = (),
    choice: Choice | None = None,
) -> None:
    """Serves the page until it is interrupted.

    Args:
      model: `hsgan.Reconstructor`, or None where only cubes can be opened.
      limits: `hsgan.app.bounds.Limits`.
      host, port: to listen on. Beyond the loopback host there is no protection: everybody who reaches it can use it.
      show: whether to open it in a browser.
      first: paths of a photo or cube to open in every new page.
      choice: as in `hsgan.app.session.Session`.
    """
    for gate in gates(limits, host):
        app.add_middleware(gate.cls, *gate.args, **gate.kwargs)
    app.on_startup(lambda: print(f"{address(host, port)}  (Ctrl+C ends it)", flush=True))
    pages: WeakSet[Page] = WeakSet()

    def root():
        pages.add(Page(model, limits, first, choice))

    def end():
        for page in list(pages):
            page.leave()

    app.on_shutdown(end)  # of pages that are open then nobody says that they are left

    ui.run(
        root, host=host, port=port, title="hsgan", favicon=FAVICON, language="en-US",
        show=show, reload=False, show_welcome_message=False, reconnect_timeout=20,
        **connections(),
    )  # fmt: skip


def serve_api(
    model: Reconstructor,
    limits: Limits,
    host: str = "127.0.0.1",
    port: int = 8080,
    places: int = 8,
) -> None:
    """Serves the plain HTTP service (`hsgan.app.api`) until it is interrupted; the arguments are those of `serve`.

    Args:
      places: how many requests may be in hand at a time.
    """
    gated: ASGIApp = application(Service(model, limits, places))
    for gate in gates(limits, host):
        gated = gate.cls(gated, *gate.args, **gate.kwargs)
    print(f"{address(host, port)}/reconstruct  (Ctrl+C ends it)", flush=True)
    uvicorn.run(gated, host=host, port=port, log_level="warning", lifespan="off", **connections())


def gates(limits: Limits, host: str) -> list[Middleware]:
    """Returns the ASGI middlewares that stand before an application; the innermost first."""
    inner = [Middleware(BodyLimit, most=limits.upload_bytes + ENVELOPE_BYTES), Middleware(SameOrigin)]
    if host not in LOOPBACK:
        return inner
    # Else a page from elsewhere could reach this one under a name of its own that leads here.
    return [*inner, Middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK))]


def connections() -> dict:
    """Returns uvicorn's settings of connections."""
    return {
        "http": patient(),
        "limit_concurrency": _MOST_CONNECTIONS,
        "ws_max_size": _MOST_MESSAGE_BYTES,
        "timeout_graceful_shutdown": _GOODBYE_SECONDS,
    }


def address(host: str, port: int) -> str:
    """Returns the address to type into a browser."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
