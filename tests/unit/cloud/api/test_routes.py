"""The whole route table of the real application, pages and sockets too, against the table of permissions."""

import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import update
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send

from cloud.access.authenticator import COOKIE
from cloud.access.permissions import PERMISSIONS, PUBLIC, WHILE_ENROLLING, WITHOUT_CSRF_TOKEN, least_for, rows_for
from cloud.access.principal import Role
from cloud.access.sessions import OpenedSession
from cloud.access.settings import AccessSettings
from cloud.access.tables import TokenRow
from cloud.access.users import UserUpdate
from cloud.api.app import make_api
from cloud.console.app import mount_console
from cloud.console.settings import ConsoleSettings
from cloud.http.guard import Guard
from tests.unit.cloud.access.house import BOSS, PASSWORD
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


def whole_app(city: Morotai) -> FastAPI:
    """The application as the cloud serves it, with the console."""
    app = make_api(city.platform)
    mount_console(app, city.platform, ConsoleSettings())
    return app


def test_every_route_is_in_the_table_and_the_table_has_no_public_route_but_these(tmp_path: Path):
    found = list(routes_of(whole_app(Morotai(tmp_path)).routes))
    assert len([path for _method, path, _sample in found if path.startswith("/console/en")]) > 40
    assert len([path for _method, path, _sample in found if path.startswith("/api/")]) > 90
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
    served = {row for method, _template, path in found for row in rows_for(method, path)}
    unused = {path for _method, path in set(PERMISSIONS) - served}
    assert unused <= {"/login/code/{code}", "/login/sso", "/login/sso/callback", "/login/sso/out"}, "of no route"


class Asker(msgspec.Struct, frozen=True):
    """Somebody before every route: the headers that they send, and what the table knows of them."""

    headers: dict[str, str]
    role: Role | None
    must_enrol: bool = False


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reached(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Morotai, FastAPI]]:
    """A city, and the application on it, whose routes behind the real guard only say that they were reached.

    Some of them would page people.
    """
    async with Morotai(tmp_path_factory.mktemp("city")) as city:
        app = whole_app(city)
        app.router.middleware_stack = PlainTextResponse("reached")
        yield city, app


async def nobody(_city: Morotai) -> Asker:
    return Asker({}, None)


def program(role: Role, sites: list[str] | None = None) -> Callable[[Morotai], Awaitable[Asker]]:
    async def asker(city: Morotai) -> Asker:
        return Asker({"Authorization": f"Bearer {await city.token(role, sites=sites)}"}, role)

    return asker


def person(role: Role, *, then: Callable[[Morotai, OpenedSession], Awaitable[object]] | None = None):
    """Somebody with a session, whose every change has its token; nobody any more after `then`."""

    async def asker(city: Morotai) -> Asker:
        name = f"{role.name.lower()}-{secrets.token_hex(4)}"
        await city.access.users.add(name, PASSWORD, role, actor=BOSS)
        opened = await city.access.sessions.log_in(name, PASSWORD, address="127.0.0.1")
        if then is not None:
            await then(city, opened)
        headers = {"Cookie": f"{COOKIE}={opened.cookie}", "X-CSRF-Token": opened.session.csrf}
        return Asker(headers, role if then is None else None)

    return asker


async def logged_out(city: Morotai, opened: OpenedSession) -> None:
    await city.access.sessions.end(opened.session.hash, actor=BOSS)


async def switched_off(city: Morotai, opened: OpenedSession) -> None:
    await city.access.users.change(opened.session.user.name, UserUpdate(disabled=True), actor=BOSS)


async def less_than_before(city: Morotai, opened: OpenedSession) -> None:
    await city.access.users.change(opened.session.user.name, UserUpdate(role=Role.VIEWER), actor=BOSS)


async def revoked(city: Morotai) -> Asker:
    secret, token = await city.access.tokens.add("revoked", Role.ADMINISTRATOR, days=1, actor=BOSS)
    await city.access.tokens.revoke(token.id, actor=BOSS)
    return Asker({"Authorization": f"Bearer {secret}"}, None)


async def expired(city: Morotai) -> Asker:
    secret, token = await city.access.tokens.add("expired", Role.ADMINISTRATOR, days=1, actor=BOSS)
    ended = update(TokenRow).where(TokenRow.id == token.id).values(expires_ms=1)
    await city.database.run(lambda connection: connection.execute(ended))
    return Asker({"Authorization": f"Bearer {secret}"}, None)


async def before_the_code(city: Morotai) -> Asker:
    """Somebody whose password was right, and who has not sent the code that is asked for, too."""
    await city.access.users.add("dewi", PASSWORD, Role.ADMINISTRATOR, actor=BOSS)
    proof = await city.access.sessions.check_password("dewi", PASSWORD, address="127.0.0.1")
    return Asker({"Cookie": f"{COOKIE}={await city.access.pending.begin(proof)}"}, None)


async def before_the_codes(city: Morotai) -> Asker:
    """An administrator who is to set up one-time codes, and has not."""
    asker = await person(Role.ADMINISTRATOR)(city)
    return msgspec.structs.replace(asker, must_enrol=True)


ASKERS: dict[str, Callable[[Morotai], Awaitable[Asker]]] = {
    "nobody": nobody,
    **{role.name.lower(): program(role) for role in Role},
    "administrator-of-one-site": program(Role.ADMINISTRATOR, ["daruba"]),
    **{f"{role.name.lower()}-by-cookie": person(role) for role in (Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR)},
    "logged-out": person(Role.ADMINISTRATOR, then=logged_out),
    "switched-off": person(Role.ADMINISTRATOR, then=switched_off),
    "less-than-before": person(Role.ADMINISTRATOR, then=less_than_before),
    "revoked": revoked,
    "expired": expired,
    "before-the-code": before_the_code,
    "before-the-codes": before_the_codes,
}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", ASKERS)
async def test_each_route_lets_in_who_the_table_says_and_nobody_else(reached: tuple[Morotai, FastAPI], name: str):
    city, app = reached
    asker = await ASKERS[name](city)
    city.access.settings = AccessSettings(totp="administrators" if asker.must_enrol else "offered")
    found = [route for route in routes_of(app.routes) if route[0] != "WEBSOCKET"]
    async with client_of(app, asker.headers) as client:
        for method, template, path in found:
            answer = await client.request(method, path, headers={"Content-Length": "0"})
            assert answer.status_code == expected(asker, method, path), f"{method} {template}: {answer.text}"


def expected(asker: Asker, method: str, path: str) -> int:
    """What the table says that the guard answers."""
    least = least_for(method, path)
    if least == PUBLIC:
        return 200
    if asker.role is None:
        return 401
    is_open = least is not None and asker.role >= least
    is_for_enrolling = set(rows_for(method, path)) <= WHILE_ENROLLING
    return 200 if is_open and (is_for_enrolling or not asker.must_enrol) else 403


@pytest.mark.asyncio(loop_scope="module")
async def test_a_change_by_cookie_without_its_token_is_refused_but_where_the_form_has_it(
    reached: tuple[Morotai, FastAPI],
):
    city, app = reached
    city.access.settings = AccessSettings()
    asker = await person(Role.ADMINISTRATOR)(city)
    cookie, ours = {"Cookie": asker.headers["Cookie"]}, {"Content-Length": "0"}
    changes = [route for route in routes_of(app.routes) if route[0] not in {"WEBSOCKET", "GET", "HEAD"}]
    async with client_of(app, cookie) as client:
        for method, template, path in changes:
            answer = await client.request(method, path, headers=ours)
            in_the_form = set(rows_for(method, path)) <= WITHOUT_CSRF_TOKEN
            assert answer.status_code == (200 if in_the_form else 403), f"{method} {template}: {answer.text}"
            foreign = await client.request(method, path, headers=ours | {"Origin": "http://evil.example"})
            assert foreign.status_code == 403, f"{method} {template}: {foreign.text}"


def client_of(app: FastAPI, headers: dict[str, str]) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://siaga.test", headers=headers)


async def test_a_page_that_nobody_asks_for_leads_to_the_login_and_back(tmp_path: Path):
    async with Morotai(tmp_path) as city:
        transport = httpx.ASGITransport(whole_app(city))
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
