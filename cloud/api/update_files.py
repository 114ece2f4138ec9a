"""The repository of updates, to everybody: The Update Framework is what gateways trust, not this server.

GET /updates/metadata/timestamp.json     GET /updates/targets/DIGEST.siaga-edge-1.2.0-aarch64.tar.gz     Range, HEAD
"""

import re
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from cloud.access.permissions import PUBLIC, Table
from cloud.http.problems import error_response

PATHS = ("/updates/metadata/{name}", "/updates/targets/{name}")
MOST_DOWNLOADS = 50
"""Archives that are sent at a time: other clients come again, and pages have connections left."""
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,200}")
_FOR_A_MOMENT = {"Cache-Control": "no-cache"}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""What has a version or a digest in its name never changes."""


def permissions_with_updates(table: Table) -> Table:
    """Return the table of permissions of an installation that has updates for gateways."""
    return {**table, **{("GET", path): PUBLIC for path in PATHS}}


def serve_updates(app: FastAPI, folder: Path) -> None:
    """Add the routes to `app`; `folder` holds the repository."""
    downloads = _Downloads()

    async def metadata(request: Request, name: str) -> Response:
        lasts = _FOR_A_MOMENT if name == "timestamp.json" else _FOR_EVER
        return _file(folder / "metadata" / name, name, lasts, "application/json") or _absent(request)

    async def archive(request: Request, name: str) -> Response:
        found = _file(folder / "targets" / name, name, _FOR_EVER, "application/gzip")
        if found is not None and downloads.count >= MOST_DOWNLOADS and request.method == "GET":
            detail = f"{MOST_DOWNLOADS} archives are being fetched; come again in a minute"
            return error_response(request, 503, detail, headers={"Retry-After": "60"})
        return _absent(request) if found is None else downloads.counted(found)

    for path, endpoint in zip(PATHS, (metadata, archive), strict=True):
        app.add_api_route(path, endpoint, methods=["GET", "HEAD"], include_in_schema=False, response_model=None)


class _Downloads:
    """Counts the archives that are being sent."""

    def __init__(self) -> None:
        self.count = 0

    def counted(self, response: FileResponse) -> Response:
        return _Counted(response, self)


class _Counted(Response):
    """A file that counts while it is sent."""

    def __init__(self, response: FileResponse, downloads: _Downloads) -> None:
        super().__init__()
        self._response, self._downloads = response, downloads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._downloads.count += 1
        try:
            await self._response(scope, receive, send)
        finally:
            self._downloads.count -= 1


def _file(path: Path, name: str, headers: dict[str, str], media_type: str) -> FileResponse | None:
    """The file, if it is one of the repository: names begin with a letter or a digit, and have no folder in them."""
    if not _NAME.fullmatch(name):
        return None
    try:
        found = path.resolve(strict=True)  # the next change takes nothing away from an answer that has begun
        return FileResponse(found, headers=headers, media_type=media_type, stat_result=found.stat())
    except OSError:
        return None


def _absent(request: Request) -> Response:
    return error_response(request, 404, f"{request.url.path}: the repository of updates has no such file")
