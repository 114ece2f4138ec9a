"""A simulation of the part of InfluxDB 2's API that sets it up; each answer as InfluxDB 2.9.1 gave it.

GET|POST /api/v2/setup   /api/v2/orgs   /api/v2/buckets   /api/v2/dbrps   /api/v2/authorizations
/private/legacy/authorizations [/ID [/password]]      GET /ping
"""

import itertools
import json
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Row = dict[str, Any]
VERSION = "v2.9.1"
_UNAUTHORIZED = 401, {"code": "unauthorized", "message": "unauthorized access"}
_SET_UP_ALREADY = 422, {"code": "conflict", "message": "onboarding has already been completed"}


class SimulatedInfluxdb2(ThreadingHTTPServer):
    """Keeps what it was told to make, each kind in a list."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tokens: dict[str, list[Row]] = {}
        """The rights of each token; an administrator's are none, which is all."""
        self.organisations: list[Row] = []
        self.buckets: list[Row] = []
        self.mappings: list[Row] = []
        self.logins: list[Row] = []
        self.passwords: dict[str, str] = {}
        self._numbers = itertools.count(1)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def new_id(self) -> str:
        return f"{next(self._numbers):016x}"

    def add_bucket(self, name: str, organisation: str, every_s: int) -> Row:
        """Make a bucket; with it comes a mapping of its name, a virtual one."""
        rules = [{"type": "expire", "everySeconds": every_s, "shardGroupDurationSeconds": 604_800}]
        row = {"id": self.new_id(), "orgID": organisation, "type": "user", "name": name, "retentionRules": rules}
        self.buckets.append(row)
        return row

    def virtual_mappings(self) -> list[Row]:
        """One for each bucket that has no other."""
        mapped = {row["bucketID"] for row in self.mappings}
        return [
            {
                "id": bucket["id"], "database": bucket["name"], "retention_policy": "autogen", "default": True,
                "virtual": True, "orgID": bucket["orgID"], "bucketID": bucket["id"],
            }
            for bucket in self.buckets if bucket["id"] not in mapped
        ]  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SimulatedInfluxdb2

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else {}
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        status, answer = self._answer(self.command, parts.path, asked, body)
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("X-Influxdb-Version", VERSION)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815 - the names are http.server's

    def _answer(self, method: str, path: str, asked: dict[str, str], body: Row) -> tuple[int, Row | None]:
        if path == "/ping":
            return 204, None
        if path == "/api/v2/setup":
            return self._set_up(method, body)
        if self.headers.get("Authorization", "").removeprefix("Token ") not in self.server.tokens:
            return _UNAUTHORIZED
        kind, *rest = path.removeprefix("/api/v2/").removeprefix("/private/").removeprefix("legacy/").split("/")
        return {
            "orgs": self._organisations, "buckets": self._buckets, "dbrps": self._mappings,
            "authorizations": self._logins if path.startswith("/private/") else self._tokens,
        }[kind](method, rest, asked, body)  # fmt: skip

    def _set_up(self, method: str, body: Row) -> tuple[int, Row]:
        server = self.server
        if method == "GET":
            return 200, {"allowed": not server.organisations}
        if server.organisations:
            return _SET_UP_ALREADY
        organisation = {"id": server.new_id(), "name": body["org"]}
        server.organisations.append(organisation)
        server.add_bucket(body["bucket"], organisation["id"], body["retentionPeriodSeconds"])
        server.tokens[body["token"]] = []
        return 201, {"org": organisation}

    def _organisations(self, method: str, _rest: list[str], _asked: dict[str, str], body: Row) -> tuple[int, Row]:
        if method == "POST":
            self.server.organisations.append({"id": self.server.new_id(), "name": body["name"]})
            return 201, self.server.organisations[-1]
        return 200, {"orgs": self.server.organisations}

    def _buckets(self, method: str, rest: list[str], asked: dict[str, str], body: Row) -> tuple[int, Row]:
        if method == "POST":
            every_s = body["retentionRules"][0]["everySeconds"]
            return 201, self.server.add_bucket(body["name"], body["orgID"], every_s)
        if method == "PATCH":
            (row,) = _of(self.server.buckets, id=rest[0])
            row["retentionRules"] = body["retentionRules"]
            return 200, row
        wanted = {key: asked[name] for key, name in (("name", "name"), ("orgID", "orgID")) if name in asked}
        return 200, {"buckets": list(_of(self.server.buckets, **wanted))}

    def _mappings(self, method: str, _rest: list[str], asked: dict[str, str], body: Row) -> tuple[int, Row]:
        server = self.server
        if method == "POST":
            server.mappings.append({**body, "id": server.new_id(), "virtual": False})
            return 201, server.mappings[-1]
        everything = [*server.mappings, *server.virtual_mappings()]
        return 200, {"content": list(_of(everything, orgID=asked["orgID"], database=asked["db"]))}

    def _tokens(self, _method: str, _rest: list[str], _asked: dict[str, str], body: Row) -> tuple[int, Row]:
        token = f"token-{self.server.new_id()}"
        self.server.tokens[token] = body["permissions"]
        return 201, {"id": self.server.new_id(), "token": token, **body}

    def _logins(self, method: str, rest: list[str], asked: dict[str, str], body: Row) -> tuple[int, Row | None]:
        server = self.server
        if method == "DELETE":
            server.logins.remove(next(_of(server.logins, id=rest[0])))
            return 204, None
        if rest:
            (login,) = _of(server.logins, id=rest[0])
            server.passwords[login["token"]] = body["password"]
            return 204, None
        if method == "POST":
            server.logins.append({**body, "id": server.new_id(), "status": body.get("status", "active")})
            return 201, server.logins[-1]
        if "token" in asked and not list(_of(server.logins, token=asked["token"])):
            return 404, {"code": "not found", "message": "authorization not found"}
        return 200, {"authorizations": server.logins}

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _of(rows: Iterable[Row], **wanted: str) -> Iterator[Row]:
    return (row for row in rows if all(row[key] == value for key, value in wanted.items()))
