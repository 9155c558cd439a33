"""A plain HTTP service: a photo in, a cube's file out.

curl -F photo=@photo.jpg http://127.0.0.1:8080/reconstruct > photo.npz

| request | what |
|---|---|
| `POST /reconstruct` | a form with `photo`, and if wanted `camera`, `format`, `encoding`, `consistent`; the file |
| `GET /health` | {"status": "ok", "working": jobs in hand, "places": how many there may be} |
| `GET /cameras` | names of the cameras that `camera` takes |

An error is {"error": line}: 400 for a request that cannot be served, 413 for one that is too large, 503 when too many
are waiting. One photo is worked on at a time. A client that goes away ends its job.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from hsgan.app.bounds import Limits
from hsgan.app.session import Session
from hsgan.app.uploads import is_cube
from hsgan.app.work import Job, Report
from hsgan.config import ENCODINGS
from hsgan.errors import DataError, HsganError
from hsgan.files.cubes import FORMATS
from hsgan.reconstruct.api import Reconstructor

RETRY_SECONDS = 10
_POLL_SECONDS = 0.05
_FIELDS = ("photo", "camera", "format", "encoding", "consistent")
_YES, _NO = ("1", "true", "yes"), ("", "0", "false", "no")
_COPY_BYTES = 1 << 20


class Service:
    """What the service does.

    Args:
      model: makes the cubes.
      limits: of a photo.
      places: how many requests may be in hand, the one that is worked on included.
    """

    def __init__(self, model: Reconstructor, limits: Limits, places: int):
        self.model, self.limits, self.places = model, limits, places
        self.working = 0

    def health(self, _: Request) -> Response:
        """Answers whether photos are taken."""
        return JSONResponse({"status": "ok", "working": self.working, "places": self.places})

    def cameras(self, _: Request) -> Response:
        """Answers the names of the cameras."""
        return JSONResponse(list(self.model.cameras))

    async def __call__(self, scope, receive, send):
        """Answers a request to reconstruct; the photo and the cube are removed when the answer is sent."""
        request = Request(scope, receive, send)
        if self.working >= self.places:
            busy = f"{self.places} photos are in hand already; try again"
            raise HTTPException(503, busy, {"Retry-After": str(RETRY_SECONDS)})
        self.working += 1
        session = Session(self.model, self.limits, uncertain=False)  # one file is what a client waits for
        try:
            response = await self._answer(request, session)
            if response is not None:
                await response(scope, receive, send)
        finally:
            self.working -= 1
            session.close()

    async def _answer(self, request, session):
        """Returns the cube's file; None where the client has gone."""
        async with request.form(max_files=1, max_fields=len(_FIELDS)) as form:
            wish = Wish(form, session)
            await wish.keep_photo()
        made: list[Path] = []
        job = Job(f"reconstructing {wish.path.name}", lambda report: made.append(wish.work(report))).start()
        while job.running:
            await asyncio.sleep(_POLL_SECONDS)
            if await request.is_disconnected():
                job.stop()
        if job.stopped:
            return None
        if job.error:
            raise HTTPException(400 if isinstance(job.cause, HsganError) else 500, job.error)
        return FileResponse(made[0], filename=made[0].name)


class Wish:
    """What a form asks for.

    Raises:
      HTTPException: a field that there is not, no photo, or a value that cannot be.
    """

    def __init__(self, form: FormData, session: Session):
        unknown = sorted(set(form) - set(_FIELDS))
        if unknown:
            raise HTTPException(400, f"{unknown[0]}: no such field; there are {', '.join(_FIELDS)}")
        photo = form.get("photo")
        if not isinstance(photo, UploadFile):
            raise HTTPException(400, "photo: must be a file: curl -F photo=@photo.jpg")
        self.session, self.photo = session, photo
        self.camera = str(form.get("camera", ""))
        self.format = _one_of("format", str(form.get("format", "npz")), FORMATS)
        self.encoding = _one_of("encoding", str(form.get("encoding", "srgb")), ENCODINGS)
        self.consistent = _one_of("consistent", str(form.get("consistent", "")).lower(), (*_YES, *_NO)) in _YES
        (self.path,) = session.places_for([self.photo.filename or ""])

    async def keep_photo(self) -> None:
        """Writes the photo to its place."""
        with open(self.path, "wb") as file:
            while part := await self.photo.read(_COPY_BYTES):
                await asyncio.to_thread(file.write, part)

    def work(self, report: Report) -> Path:
        """Makes the cube's file and returns its path."""
        if is_cube(self.path):
            raise DataError(f"{self.path.name}: is a cube already; give a photo")
        self.session.open([self.path], self.camera, report, self.encoding, self.consistent)
        return self.session.export(self.format, report)


def _one_of(name: str, value: str, allowed: Iterable[str]) -> str:
    if value not in allowed:
        raise HTTPException(400, f"{name}: must be one of {', '.join(filter(None, allowed))}. Received: {value!r}")
    return value


def application(service: Service) -> Starlette:
    """Returns the ASGI application of a service, without its gate (`hsgan.app.gate`)."""
    routes = [
        Route("/reconstruct", service, methods=["POST"]),
        Route("/health", service.health),
        Route("/cameras", service.cameras),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _error})


def _error(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
