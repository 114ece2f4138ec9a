"""What a hostile client tries at the door, over real HTTP: refused in a sentence, by answers that keep their headers.

OWASP's basics: headers, methods, sessions, redirects, other sites' pages, paths, bodies, names of users.
"""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.end_to_end.test_console import console_in
from tests.servers import Program, free_port
from tests.unit.cloud.console.served import PASSWORD

COOKIE = "siaga_session"
EVIL = "http://evil.example"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A city with people in it, for tests that change nothing."""
    with console_in(tmp_path_factory.mktemp("security"), free_port()) as program:
        yield program


@pytest.fixture
def stranger(served: Program) -> Iterator[httpx.Client]:
    """A client that nobody has logged in with."""
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def engineer(served: Program) -> Iterator[httpx.Client]:
    """A client with a login, and the token that changes need."""
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=60) as client:
        login = client.post("/api/v1/session", json={"name": "engineer", "password": PASSWORD})
        client.headers["X-CSRF-Token"] = login.json()["csrf"]
        yield client


ANSWERS: list[tuple[str, str, int]] = [
    ("GET", "/", 307), ("GET", "/console/en", 200), ("GET", "/console/en/nowhere", 404), ("GET", "/docs", 200),
    ("GET", "/docs/swagger-ui.css", 200), ("GET", "/console/static/x/frame.css", 200),
    ("GET", "/console/static/x/nothing.css", 404), ("GET", "/openapi.json", 200), ("GET", "/metrics", 200),
    ("GET", "/api/v1/sites", 200), ("HEAD", "/api/v1/sites", 405), ("GET", "/api/v1/users", 403),
    ("GET", "/api/v1/readings", 422), ("DELETE", "/api/v1/sites", 405), ("GET", "/nowhere", 404),
    ("GET", "/login", 303), ("GET", "/totp", 200), ("GET", "/password", 200), ("GET", "/api/v1/rules/export", 200),
    ("TRACE", "/api/v1/sites", 405), ("PROPFIND", "/console/en", 405), ("OPTIONS", "/api/v1/sites", 405),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS, ids=lambda each: str(each))
def test_every_kind_of_answer_keeps_its_headers(engineer: httpx.Client, method: str, path: str, status: int):
    answer = engineer.request(method, path, headers={"X-Secret": "echoed"})
    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"], path
    assert "server" not in answer.headers
    assert "echoed" not in answer.text


def test_a_live_channel_keeps_them_too(engineer: httpx.Client):
    with engineer.stream("GET", "/console/en", headers={"Accept": "text/event-stream"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_login_gives_another_cookie_than_the_one_that_was_planted_and_ends_the_one_before(stranger: httpx.Client):
    planted = {"Cookie": f"{COOKIE}=planted"}
    person = {"name": "viewer", "password": PASSWORD}
    first = stranger.post("/api/v1/session", json=person, headers=planted)
    given = first.headers["set-cookie"]
    assert given.startswith(f"{COOKIE}=")
    assert "planted" not in given
    assert all(attribute in given for attribute in ("HttpOnly", "SameSite=Lax", "Path=/"))
    cookie = stranger.cookies[COOKIE]
    stranger.post("/api/v1/session", json=person)
    assert stranger.cookies[COOKIE] != cookie
    stranger.cookies.clear()
    for worthless in (f"{COOKIE}=planted", f"{COOKIE}={cookie}"):
        assert stranger.get("/api/v1/session", headers={"Cookie": worthless}).status_code == 401


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "/\\evil.example", EVIL, "javascript:alert(1)", "/\t/evil.example", "\\\\evil"],
)
def test_no_form_leads_away(engineer: httpx.Client, stranger: httpx.Client, wanted: str):
    login = stranger.post("/login", data={"name": "viewer", "password": PASSWORD, "next": wanted})
    assert (login.status_code, login.headers["location"]) == (303, "/")
    form = {"csrf": engineer.headers["X-CSRF-Token"], "back": wanted, "gateway": "gw-daruba", "word": "a"}
    done = engineer.post("/console/en/refused/replay_alike", data=form)
    assert (done.status_code, done.headers["location"]) == (303, "/console/en/refused")


def test_another_site_s_page_changes_nothing(engineer: httpx.Client):
    csrf = engineer.headers["X-CSRF-Token"]
    window = {"sensor": "river", "until": "2099-11-24T00:00:00Z", "reason": "forged"}
    form = {"csrf": csrf, "where": "river", "until": "2099-01-01T10:00", "reason": "forged"}
    for headers in (
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert engineer.post("/api/v1/maintenance", json=window, headers=headers).status_code == 403
        assert engineer.post("/console/en/maintenance/plan", data=form, headers=headers).status_code == 403
        assert engineer.request("DELETE", "/api/v1/session", headers=headers).status_code == 403
    for token in ("", "wrong"):
        assert engineer.post("/console/en/maintenance/plan", data=form | {"csrf": token}).status_code == 403
    assert "forged" not in engineer.get("/api/v1/maintenance").text


def raw(served: Program, request: bytes) -> tuple[int, bytes]:
    """What a server answers to bytes that no client of HTTP would send: the status, and all of it."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    return int(answer.split(b" ", 2)[1]), answer


CLOSE = b"Host: siaga.test\r\nConnection: close\r\n"
RAW = {
    "up-the-tree": (b"GET /console/static/x/../../../../../etc/passwd HTTP/1.1\r\n" + CLOSE + b"\r\n", {401, 404}),
    "up-the-tree-encoded": (b"GET /docs/..%2f..%2f..%2fetc%2fpasswd HTTP/1.1\r\n" + CLOSE + b"\r\n", {401, 404}),
    "nul": (b"GET /console/static/x/frame.css%00.svg HTTP/1.1\r\n" + CLOSE + b"\r\n", {401, 404}),
    "two-lengths": (
        b"POST /api/v1/session HTTP/1.1\r\n" + CLOSE + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}", {400},
    ),
    "length-and-chunks": (
        b"POST /api/v1/session HTTP/1.1\r\n" + CLOSE
        + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400, 413, 422},
    ),
    "another-host": (
        b"GET /console/en HTTP/1.1\r\nHost: evil.example\r\nAccept: text/html\r\nConnection: close\r\n\r\n", {303},
    ),
    "no-host": (b"GET /api/v1/health HTTP/1.1\r\nConnection: close\r\n\r\n", {400}),
    "line-in-a-header": (b"GET /login HTTP/1.1\r\n" + CLOSE + b"X: a\rSet-Cookie: b=c\r\n\r\n", {400}),
    "no-http": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400}),
}  # fmt: skip


@pytest.mark.parametrize("name", RAW)
def test_odd_bytes_are_refused_and_lead_nowhere(served: Program, name: str):
    request, statuses = RAW[name]
    status, answer = raw(served, request)
    assert status in statuses, answer
    for word in (b"root:", b"evil.example", b"set-cookie", b"Traceback", str(Path(__file__).parents[2]).encode()):
        assert word not in answer, answer


DEEP = "[" * 8_000
BODIES: dict[str, tuple[dict[str, Any], str]] = {
    "deep": ({"content": DEEP}, "application/json"),
    "deep-closed": ({"content": DEEP + "]" * 8_000}, "application/json"),
    "deep-object": ({"content": '{"fields":' * 1_500 + "1" + "}" * 1_500}, "application/json"),
    "long-number": ({"content": '{"family":' + "9" * 9_000 + "}"}, "application/json"),
    "no-number": ({"content": '{"family":NaN,"scope":Infinity,"fields":-Infinity}'}, "application/json"),
    "half-a-character": ({"content": b'{"family":"\xff\xfe"}'}, "application/json"),
    "lone-surrogate": ({"content": '{"family":"\\ud800","scope":"all","sensor":"\\udfff"}'}, "application/json"),
    "squeezed": ({"content": b"\x1f\x8b\x08\x00" + b"\x00" * 60}, "application/json"),
    "another-type": ({"content": "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc'>]><a>&b;</a>"}, "application/xml"),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", ["/api/v1/rules/preview", "/api/v1/facts", "/api/v1/rules/import", "/api/v1/session"])
def test_a_hostile_body_is_refused_in_a_sentence(engineer: httpx.Client, path: str, name: str):
    body, media_type = BODIES[name]
    headers = {"Content-Type": media_type} | ({"Content-Encoding": "gzip"} if name == "squeezed" else {})
    answer = engineer.post(path, headers=headers, **body)
    planned = path == "/api/v1/rules/import" and answer.status_code == 200 and answer.json()["problems"]
    assert planned or 400 <= answer.status_code < 500, (answer.status_code, answer.text[:300])
    assert "Traceback" not in answer.text
    assert len(answer.text) < 20_000


def test_a_name_cannot_write_headers_of_a_download(engineer: httpx.Client):
    for family in ("a%0d%0aSet-Cookie:%20b=c", "a%22;filename=%22evil.exe", "%2e%2e%2fevil"):
        rule = {"fields": {"quantity": "pm2_5", "kind": "above", "title": "a", "levels": []}, "reason": "a"}
        assert 400 <= engineer.put(f"/api/v1/rules/{family}/all", json=rule).status_code < 500
        answer = engineer.get(f"/console/en/thresholds/file/rules.toml?family={family}")
        assert answer.status_code == 404
        assert "set-cookie" not in answer.headers
        assert "content-disposition" not in answer.headers


def test_who_guesses_names_hears_the_same_of_each_and_then_to_wait_in_a_sentence(stranger: httpx.Client):
    told = set()
    for name in ("administrator", "nobody-of-that-name", "' OR '1'='1"):
        answer = stranger.post("/api/v1/session", json={"name": name, "password": "not the password"})
        told.add((answer.status_code, answer.text, tuple(sorted(answer.headers))))
    assert len(told) == 1
    answers = [stranger.post("/api/v1/session", json={"name": "x", "password": "not it"}) for _ in range(4)]
    assert answers[-1].status_code == 429
    assert "try again in" in answers[-1].json()["detail"]
    assert int(answers[-1].headers["retry-after"]) >= 1
