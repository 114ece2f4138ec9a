"""The guard before the real API: cookies, CSRF, headers, what a session may and when it may no more."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers

from cloud.access.authenticator import COOKIE, SECURE_COOKIE
from cloud.access.permissions import MOST_BYTES, most_bytes_for
from cloud.access.principal import Role
from cloud.access.settings import AccessSettings
from cloud.access.users import UserUpdate
from cloud.api.app import make_api
from cloud.http.same_origin import safe_next
from cloud.http.security_headers import content_policy
from tests.unit.cloud.access.house import BOSS, PASSWORD, House
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.api.test_problems import check_problem

pytestmark = pytest.mark.asyncio(loop_scope="module")
OURS, EVIL = {"Origin": "http://siaga.test"}, {"Origin": "http://evil.example"}
NEW = {"name": "budi", "password": PASSWORD, "role": "viewer"}


async def log_in(client: httpx.AsyncClient, **headers: str) -> dict[str, str]:
    """Log in, and give the header that changes must carry."""
    answer = await client.post("/api/v1/session", json={"name": "ani", "password": PASSWORD}, headers=headers)
    assert answer.status_code == 200, answer.text
    return {"X-CSRF-Token": answer.json()["csrf"]}


async def test_the_cookie_is_for_us_alone_and_secure_where_the_request_was(shared_client: httpx.AsyncClient):
    login = {"name": "ani", "password": PASSWORD}
    plain = (await shared_client.post("/api/v1/session", json=login)).headers["set-cookie"]
    assert plain.startswith(f"{COOKIE}=")
    for attribute in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="):
        assert attribute in plain
    assert "Secure" not in plain
    secure = (await shared_client.post("https://siaga.test/api/v1/session", json=login)).headers["set-cookie"]
    assert secure.startswith(f"{SECURE_COOKIE}=")
    assert secure.endswith("; Secure")


async def test_cookies_can_be_secure_always(tmp_path: Path):
    async with House(tmp_path, AccessSettings(secure_cookies="always")) as house:
        await house.person("ani")
        assert "; Secure" in house.access.cookie_for(await house.log_in(), scheme="http")


async def test_a_change_by_cookie_needs_the_session_s_token_and_our_own_page(client: httpx.AsyncClient, city: Morotai):
    csrf = await log_in(client)
    other = await city.access.sessions.log_in("ani", PASSWORD, address="10.0.0.8")
    forged: tuple[dict[str, Any], ...] = (
        {},
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "wrong"},
        {"X-CSRF-Token": "é".encode()},
        {"X-CSRF-Token": other.session.csrf},
        csrf | EVIL,
        csrf | {"Origin": "null"},
        csrf | {"Origin": "http://siaga.test.evil.example"},
        csrf | {"Sec-Fetch-Site": "cross-site"},
        csrf | {"Sec-Fetch-Site": "same-site"},
    )
    for headers in forged:
        answer = await client.post("/api/v1/users", json=NEW, headers=headers)
        check_problem(answer, 403, "forged-request", ["/api/v1/users"])
    assert [user.name for user in await city.access.users.all()] == ["ani"]
    for headers in (csrf, {"X-CSRF-Token": csrf["X-CSRF-Token"], "Sec-Fetch-Site": "same-origin", **OURS}):
        answer = await client.post("/api/v1/users", json={**NEW, "name": f"b{len(headers)}"}, headers=headers)
        assert answer.status_code == 201


async def test_a_program_s_token_is_exempt_from_csrf_and_counts_alone(client: httpx.AsyncClient, city: Morotai):
    bearer = {"Authorization": f"Bearer {await city.token(Role.ADMINISTRATOR)}"}
    assert (await client.post("/api/v1/users", json=NEW, headers=bearer)).status_code == 201
    await log_in(client)
    assert (await client.get("/api/v1/session")).json()["name"] == "ani"
    assert (await client.get("/api/v1/session", headers=bearer)).json()["name"] == "token:test-1"
    wrong = await client.get("/api/v1/session", headers={"Authorization": "Bearer siaga_no"})
    check_problem(wrong, 401, "not-logged-in", ["unknown, expired or revoked"])


@pytest.mark.parametrize("path", ["/api/v1/session", "/login"])
async def test_another_site_cannot_log_its_visitor_in(shared_client: httpx.AsyncClient, path: str):
    body = {"name": "ani", "password": PASSWORD}
    sent: dict[str, Any] = {"json": body} if path.startswith("/api") else {"data": body}
    for headers in (EVIL, {"Sec-Fetch-Site": "cross-site"}):
        answer = await shared_client.post(path, headers=headers, **sent)
        check_problem(answer, 403, "forged-request", [path])
        assert "set-cookie" not in answer.headers
    assert (await shared_client.post(path, headers=OURS, **sent)).status_code in {200, 303}


async def test_who_is_not_logged_in_cannot_send_much(shared_client: httpx.AsyncClient):
    async def endless():
        yield b"{"

    for content in (b"x" * 20_000, endless()):
        answer = await shared_client.post("/api/v1/session", content=content)
        check_problem(answer, 413, None, ["16384 bytes"])


async def test_wrong_logins_are_problems_and_then_must_wait(client: httpx.AsyncClient):
    for name in ("ani", "nobody", "x' OR '1'='1", "ア" * 50):
        answer = await client.post("/api/v1/session", json={"name": name, "password": "wrong password"})
        check_problem(answer, 401, "wrong-login", ["name or password is wrong"])
    answer = await client.post("/api/v1/session", json={"name": "ani", "password": PASSWORD})
    check_problem(answer, 429, "too-many-attempts", ["try again in"])
    assert int(answer.headers["retry-after"]) >= 1
    assert "set-cookie" not in answer.headers


async def test_after_the_logout_the_cookie_is_worth_nothing(client: httpx.AsyncClient):
    csrf = await log_in(client)
    cookie = client.cookies[COOKIE]
    assert (await client.delete("/api/v1/session")).status_code == 403
    answer = await client.delete("/api/v1/session", headers=csrf)
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    kept = {"Cookie": f"{COOKIE}={cookie}"}
    check_problem(await client.get("/api/v1/session", headers=kept), 401, "not-logged-in", ["log in at /login"])


async def test_people_change_their_own_password_and_every_other_login_of_theirs_ends(
    client: httpx.AsyncClient, city: Morotai
):
    csrf = await log_in(client)
    elsewhere = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
    path, new = "/api/v1/session/password", "another river that rises"
    wrong = await client.post(path, json={"old": "not the old one", "new": new}, headers=csrf)
    check_problem(wrong, 401, "wrong-login", [])
    short = await client.post(path, json={"old": PASSWORD, "new": "short"}, headers=csrf)
    assert short.status_code == 422
    changed = await client.post(path, json={"old": PASSWORD, "new": new}, headers=csrf)
    assert (changed.status_code, changed.json()["name"]) == (200, "ani")
    assert (await client.get("/api/v1/session")).status_code == 200
    assert (await client.get("/api/v1/session", headers=elsewhere)).status_code == 401
    secret, _ = await city.access.tokens.add("program", Role.VIEWER, days=1, actor=BOSS)
    token = await client.post(path, json={"old": new, "new": new}, headers={"Authorization": f"Bearer {secret}"})
    check_problem(token, 403, "not-allowed", ["is a token"])


async def test_a_role_taken_away_is_gone_at_the_next_request(client: httpx.AsyncClient, city: Morotai):
    await log_in(client)
    assert (await client.get("/api/v1/users")).status_code == 200
    await city.access.users.add("budi", PASSWORD, Role.ADMINISTRATOR, actor=BOSS)
    await city.access.users.change("ani", UserUpdate(disabled=True), actor=BOSS)
    assert (await client.get("/api/v1/users")).status_code == 401


async def test_too_little_is_named_with_what_it_takes(client: httpx.AsyncClient, city: Morotai):
    bearer = {"Authorization": f"Bearer {await city.token(Role.VIEWER)}"}
    answer = await client.post("/api/v1/dead-letters/1/replay", headers=bearer)
    check_problem(answer, 403, "not-allowed", ["takes technician or more", "token:test-1 is viewer"])


async def test_health_answers_while_the_database_of_users_does_not(client: httpx.AsyncClient, city: Morotai):
    await log_in(client)
    city.access.sessions.clear_cache()
    await city.database.run(lambda connection: connection.exec_driver_sql("DROP TABLE sessions"))
    assert (await client.get("/api/v1/health")).status_code == 200
    check_problem(await client.get("/api/v1/sites"), 503, "registry-unavailable", ["sessions"])


async def test_every_answer_carries_the_headers_that_keep_it_ours(shared_client: httpx.AsyncClient):
    for path in ("/api/v1/health", "/api/v1/sites", "/login", "/nowhere"):
        headers = (await shared_client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    login = await shared_client.get("/login")
    assert "unsafe" not in login.headers["content-security-policy"]
    assert "<script" not in login.text


async def test_pictures_come_from_us_and_from_the_map_s_tiles():
    assert "img-src 'self' data: blob:;" in content_policy()
    policy = content_policy("https://{s}.tile.example.org/{z}/{x}/{y}.png")
    assert "img-src 'self' data: blob: https://*.tile.example.org;" in policy


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/console/en?a=1", "/console/en?a=1"), ("", "/"), ("//evil.example", "/"), ("/\\evil.example", "/"),
        ("https://evil.example", "/"), ("javascript:alert(1)", "/"), ("/a\r\nSet-Cookie: x=1", "/"), ("/login", "/"),
        ("/a\\b", "/"), ("/" + "x" * 600, "/"),
    ],
)  # fmt: skip
async def test_the_login_leads_only_to_our_own_pages(wanted: str, goes_to: str):
    assert safe_next(wanted) == goes_to


async def test_over_https_only_the_guarded_cookie_counts_and_over_http_only_the_plain_one(
    shared_client: httpx.AsyncClient, shared_city: Morotai
):
    opened = await shared_city.access.sessions.log_in("ani", PASSWORD, address="10.0.0.7")
    for scheme, name, counts in (
        ("https", SECURE_COOKIE, True),
        ("https", COOKIE, False),
        ("http", COOKIE, True),
        ("http", SECURE_COOKIE, False),
    ):
        headers = {"Cookie": f"{name}={opened.cookie}"}
        answer = await shared_client.get(f"{scheme}://siaga.test/api/v1/session", headers=headers)
        assert (answer.status_code == 200) is counts, (scheme, name)


async def test_where_cookies_are_secure_always_the_plain_one_counts_nowhere(tmp_path: Path):
    async with House(tmp_path, AccessSettings(secure_cookies="always")) as house:
        await house.person("ani")
        opened = await house.log_in()
        for name, counts in ((COOKIE, False), (SECURE_COOKIE, True)):
            headers = Headers({"cookie": f"{name}={opened.cookie}"})
            assert (await house.access.authenticate(headers, "10.0.0.7", "http") is not None) is counts


@pytest.mark.parametrize("row", sorted({*MOST_BYTES, ("POST", "/api/v1/users"), ("POST", "/password")}), ids=str)
async def test_a_body_is_refused_where_it_is_longer_than_its_route_takes_before_it_is_kept(
    shared_client: httpx.AsyncClient, shared_city: Morotai, row
):
    method, template = row
    path = re.sub(r"\{\w+\}", "x", template.replace("{rest:path}", "socket.io/").replace("{kind}", "sites"))
    most, read = most_bytes_for(method, path), []

    async def long_body():
        for _ in range(100):
            read.append(most // 4)
            yield b"x" * (most // 4)

    bearer = {"Authorization": f"Bearer {await shared_city.token(Role.ADMINISTRATOR)}"}
    declared = await shared_client.request(method, path, content=b"x" * (most + 1), headers=bearer)
    check_problem(declared, 413, None, [f"at most {most} bytes"])
    undeclared = await shared_client.request(method, path, content=long_body(), headers=bearer)
    # no page is mounted here, and the first bytes of an import may already be none
    assert undeclared.status_code in {404, 413, 422}, undeclared.text
    assert sum(read) <= 2 * most


@pytest.mark.parametrize("length", ["-1", "1e9", "9" * 30, "0x10"])
async def test_a_length_that_is_none_is_refused(shared_client: httpx.AsyncClient, shared_city: Morotai, length: str):
    headers = {"Authorization": f"Bearer {await shared_city.token(Role.ADMINISTRATOR)}", "Content-Length": length}
    check_problem(await shared_client.post("/api/v1/users", content=b"{}", headers=headers), 413, None, [])


async def test_a_mistake_of_ours_is_told_without_its_details_and_under_the_same_headers(city: Morotai):
    def fail() -> None:
        raise ZeroDivisionError("secret-of-the-server")

    app = make_api(city.platform)
    app.router.routes = [route for route in app.router.routes if getattr(route, "path", "") != "/api/v1/health"]
    app.add_api_route("/api/v1/health", fail, methods=["GET"])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://siaga.test") as client:
        answer = await client.get("/api/v1/health")
    check_problem(answer, 500, None, ["a mistake of its own (ZeroDivisionError)"])
    assert "secret-of-the-server" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
