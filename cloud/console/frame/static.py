"""The files that pages fetch: style sheets, scripts, symbols; all of them from the wheel, kept in memory.

/console/static/3f9c2a71/base.css      the part in the middle changes with any of them, so a browser may keep them
"""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from cloud.console.frame.visit import ROOT

FOLDER = Path(__file__).parents[1] / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".wav": "audio/wav",
}
WORKER = "keep-readings.js"
_FOREVER = "public, max-age=31536000, immutable"


class StaticFiles(msgspec.Struct, frozen=True):
    """All of them, by name; `stamp` stands for their content."""

    stamp: str
    files: Mapping[str, bytes]


@cache
def static_files() -> StaticFiles:
    """Read them, once."""
    files = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.suffix in TYPES}
    stamp = sha256()
    for name, content in files.items():
        stamp.update(name.encode() + b"\0" + content)
    return StaticFiles(stamp.hexdigest()[:12], files)


def href_of(name: str) -> str:
    """Return the path of a file below the console's; KeyError where there is none."""
    held = static_files()
    if name not in held.files:
        raise KeyError(f"there is no {name} in {FOLDER.name}/")
    return f"{ROOT}/static/{held.stamp}/{name}"


@pass_context
def static(context: Context, name: str) -> str:
    """Return the address of a file, for a template."""
    return f"{context['root']}{href_of(name)}"


@pass_context
def symbol(context: Context, name: str) -> Markup:
    """Return one of static/symbols.svg as an element, hidden from screen readers: it always stands beside words."""
    href = f"{context['root']}{href_of('symbols.svg')}#{name}"
    return Markup('<svg class="symbol" aria-hidden="true"><use href="{}"></use></svg>').format(href)


async def answer_worker(_request: Request) -> Response:
    """Answer the script that opens a page without a link: at the console's own path, for that alone it may serve."""
    headers = {"Content-Type": TYPES[".js"], "Cache-Control": "no-cache"}
    return Response(static_files().files[WORKER], headers=headers)


async def answer_static(request: Request) -> Response:
    """Answer one file; one of another stamp too, since a page that was loaded before an update still asks for it."""
    name = request.path_params["name"]
    content = static_files().files.get(name)
    if content is None:
        return Response(status_code=404)
    caching = _FOREVER if request.path_params["stamp"] == static_files().stamp else "no-cache"
    return Response(content, headers={"Content-Type": TYPES[Path(name).suffix], "Cache-Control": caching})
