"""The whole route table of the real application, pages and sockets too, against the table of permissions."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send

from cloud.access.permissions import PERMISSIONS, PUBLIC, WITHOUT_CSRF_TOKEN, least_for, rows_for
from cloud.access.principal import Role
from cloud.api.app import make_api
from cloud.console.app import mount_console
from cloud.console.settings import ConsoleSettings
from cloud.http.guard import Guard
from tests.unit.cloud.api.morotai import Morotai

SAMPLES = {"language": "en", "family": "river-level", "scope": "all", "name": "ani"}
Route = tuple[str, str, str]
"""Method, template, and a path that fits it."""


def routes_of(routes: list[BaseRoute], prefix: str = "") -> Iterator[Route]:
    """Every route, those of mounted applications too; a mounted application that has none counts as one."""
    for route in routes:
        path = prefix + str(getattr(route, "path", ""))
        if (included := getattr(route, "original_router", None)) is not None:  # what FastAPI keeps of include_router
            yield from routes_of(included.routes, prefix)
        elif isinstance(route, Mount):
            inner = list(route.routes or [])
            yield from routes_of(inner, path) if inner else mounted(path)
        elif isinstance(route, WebSocketRoute):
            yield "WEBSOCKET", path, filled(path)
        else:
            for method in sorted(getattr(route, "methods", None) or {"GET"}):
                yield method, path, filled(path)


def mounted(path: str) -> Iterator[Route]:
    methods = ("GET", "POST") if path.endswith("_ws") else ("GET",)
    for method in methods:
        yield method, f"{path}/…", f"{path}/some/file.js"


def filled(template: str) -> str:
    def sample(match: re.Match[str]) -> str:
        return SAMPLES.get(match[1], "999")

    return re.sub(r"{(\w+)(?::\w+)?}", sample, template)


@pytest.fixture(scope="module")
def app_of() -> Callable[[Morotai], FastAPI]:
    """The application as the cloud serves it; the console is mounted once in a process, so all tests share it."""
    held: dict[str, FastAPI] = {}

    def make(city: Morotai) -> FastAPI:
        app = make_api(city.platform)
        if not held:
            mount_console(app, city.platform, ConsoleSettings())
            held["console"] = app
        else:
            app.router.routes.extend(
                route for route in held["console"].routes if getattr(route, "path", "") in {"/", "/console"}
            )
        return app

    return make


def test_every_route_is_in_the_table_and_the_table_has_no_public_route_but_these(tmp_path: Path, app_of):
    found = list(routes_of(app_of(Morotai(tmp_path)).routes))
    assert len(found) > 30
    missing = [route[:2] for route in found if not rows_for(route[0], route[2])]
    assert missing == [], "say in cloud/access/permissions.py what these take"
    public = {row for row, least in PERMISSIONS.items() if least == PUBLIC}
    assert public == {
        ("GET", "/api/v1/health"), ("GET", "/login"), ("POST", "/login"), ("POST", "/api/v1/session"),
        ("GET", "/login/code/{code}"), ("POST", "/login/code/{code}"),
        ("GET", "/login/second"), ("POST", "/login/second"),
        ("GET", "/login/sso"), ("GET", "/login/sso/callback"), ("GET", "/login/sso/out"),
    }  # fmt: skip
    assert set(PERMISSIONS) >= WITHOUT_CSRF_TOKEN


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reached(tmp_path_factory: pytest.TempPathFactory, app_of) -> AsyncIterator[tuple[Morotai, FastAPI]]:
    """A city, and the application on it, whose routes behind the real guard only say that they were reached.

    Some of them would page people.
    """
    async with Morotai(tmp_path_factory.mktemp("city")) as city:
        app = app_of(city)
        app.router.middleware_stack = PlainTextResponse("reached")
        yield city, app


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: "nobody" if role is None else role.name.lower())
async def test_each_route_lets_in_who_the_table_says_and_nobody_else(
    reached: tuple[Morotai, FastAPI], role: Role | None
):
    city, app = reached
    found = [route for route in routes_of(app.routes) if route[0] != "WEBSOCKET"]
    headers = {} if role is None else {"Authorization": f"Bearer {await city.token(role)}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://siaga.test", headers=headers) as client:
        for method, template, path in found:
            answer = await client.request(method, path, headers={"Content-Length": "0"})
            least = least_for(method, path)
            enough = least == PUBLIC or (role is not None and least is not None and role >= least)
            expected = 200 if enough else 401 if role is None else 403
            assert answer.status_code == expected, f"{method} {template} takes {least}"


async def test_a_page_that_nobody_asks_for_leads_to_the_login_and_back(tmp_path: Path, app_of):
    async with Morotai(tmp_path) as city:
        transport = httpx.ASGITransport(app_of(city))
        async with httpx.AsyncClient(transport=transport, base_url="http://siaga.test") as client:
            for path in ("/", "/console/en", "/docs", "/nothing-here"):
                answer = await client.get(f"{path}?a=1&b=ä", headers={"Accept": "text/html,*/*"})
                assert answer.status_code == 303
                assert answer.headers["location"].startswith(f"/login?next={path}%3Fa%3D1%26b%3D")
            answer = await client.get("/api/v1/sites", headers={"Accept": "text/html,*/*"})
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_planted_route_that_is_not_in_the_table_is_denied_to_everybody(tmp_path: Path):
    reached = []
    async with Morotai(tmp_path) as city:
        app = make_api(city.platform)
        app.add_api_route("/api/v1/planted", lambda: reached.append("route"), methods=["GET", "POST"])
        app.add_api_route("/api/v1/domains", lambda: reached.append("method"), methods=["POST"])
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://siaga.test") as client:
            assert (await client.get("/api/v1/planted")).status_code == 401
            client.headers["Authorization"] = f"Bearer {await city.token(Role.ADMINISTRATOR)}"
            assert (await client.get("/api/v1/planted")).status_code == 404
            assert (await client.post("/api/v1/planted")).status_code == 404
            assert (await client.post("/api/v1/domains")).status_code == 405
    assert reached == []


def test_where_two_rows_fit_the_stricter_holds():
    table: dict[tuple[str, str], Any] = {
        ("GET", "/rules/{family}"): Role.VIEWER,
        ("GET", "/rules/secret"): Role.ENGINEER,
        ("GET", "/{a}/b"): PUBLIC,
    }
    assert least_for("GET", "/rules/secret", table) is Role.ENGINEER
    assert least_for("HEAD", "/rules/b", table) is Role.VIEWER
    assert least_for("GET", "/rules/a/b", table) is None
    assert least_for("POST", "/rules/a", table) is None
    assert least_for("GET", "/rules/a\n/", table) is None


async def test_no_socket_is_opened_by_anybody(tmp_path: Path):
    async def echo(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})

    said: list[str] = []

    async def send(message: Message) -> None:
        said.append(message["type"])

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async with Morotai(tmp_path) as city:
        bearer = f"Bearer {await city.token(Role.ADMINISTRATOR)}".encode()
        scope = {"type": "websocket", "path": "/console/en", "headers": [(b"authorization", bearer)]}
        await Guard(echo, access=city.access)(scope, receive, send)
    assert said == ["websocket.close"]
