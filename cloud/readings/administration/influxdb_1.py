"""InfluxDB 1.x, by InfluxQL:  administrator ─► database ─► retention ─► login of the cloud ─► login of Grafana.

POST /query   q=CREATE USER "siaga-cloud" WITH PASSWORD '…'      in a body: neither a process list nor a log has it

Statements and what they answer: InfluxDB 1.x, "Authentication and authorization in InfluxDB", seen on 1.6.7.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from cloud.readings.administration.plan import (
    FOR_EVER_S,
    InitStep,
    Outcome,
    StoreInitError,
    StoreLogin,
    StorePlan,
    retention_text,
)
from cloud.readings.administration.server import TIMEOUT_S
from cloud.readings.influx_answers import error_text, results_of
from cloud.readings.influxql import identifier, literal
from runtime.secret_urls import SecretUrl

READ, ALL = "READ", "ALL PRIVILEGES"
_GRANT = {READ: "READ", ALL: "ALL"}
_DURATION = re.compile(r"(\d+)(h|m|s)")
_SECONDS = {"h": 3_600, "m": 60, "s": 1}


def init_influxdb_1(plan: StorePlan) -> Iterator[InitStep]:
    """Make what is missing, and say each step; StoreInitError at the first that the server refuses."""
    if plan.writer is None:
        raise StoreInitError('InfluxDB 1.x has users and no tokens; write api = "v1" with username and password_file')
    server = _Server(plan.url, plan.administrator)
    with server:
        yield _administrator(server, plan.administrator)
        yield _database(server, plan.database)
        yield _retention(server, plan.database, plan.retention_s)
        users = _users(server)
        yield _login(server, plan.writer, plan.database, ALL, users)
        yield _login(server, plan.reader, plan.database, READ, users)
        if server.answers_anybody():
            yield InitStep(
                "logins", Outcome.ATTENTION,
                "InfluxDB answers without a login: let auth-enabled = true stand below [http] in influxdb.conf, and"
                " restart it",
            )  # fmt: skip


class _Refused(Exception):
    """An error that the server said of a statement."""


class _Server:
    """The server, asked as its administrator."""

    def __init__(self, url: str, administrator: StoreLogin) -> None:
        self._name = SecretUrl(url)
        self._administrator = administrator.name
        self._login = httpx.BasicAuth(administrator.name, administrator.password)
        self._client = httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False)

    def __enter__(self) -> "_Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Execute a statement: the rows of its answer by column; StoreInitError where the server says no."""
        try:
            return self.try_rows(statement)
        except _Refused as refusal:
            raise StoreInitError(f"InfluxDB at {self._name} refused {_public(statement)}: {refusal}") from None

    def try_rows(self, statement: str) -> list[dict[str, Any]]:
        """Do as `rows`; _Refused where the server says no to the statement itself."""
        answer = self._post(statement, self._login)
        if answer.status_code == 401:
            raise StoreInitError(
                f"InfluxDB at {self._name} does not take the password of {self._administrator} ({error_text(answer)});"
                " it was set up with another one, which belongs into admin.password"
            )
        results = results_of(answer)
        if results is None:
            raise StoreInitError(f"InfluxDB at {self._name} answered {answer.status_code}: {error_text(answer)}")
        if results and results[0].error:
            raise _Refused(results[0].error)
        return [
            dict(zip(series.columns, row, strict=True))
            for result in results
            for series in result.series
            for row in series.values
        ]

    def answers_anybody(self) -> bool:
        """Whether it shows its users to one who does not log in."""
        return self._post("SHOW USERS", None).status_code == 200

    def _post(self, statement: str, login: httpx.Auth | None) -> httpx.Response:
        try:
            return self._client.send(self._client.build_request("POST", "/query", data={"q": statement}), auth=login)
        except httpx.HTTPError as error:
            reason = self._name.keep_out_of(str(error) or type(error).__name__)
            raise StoreInitError(f"InfluxDB at {self._name} cannot be reached: {reason}") from None


def _administrator(server: _Server, administrator: StoreLogin) -> InitStep:
    """Make the administrator first: where logins are required nothing else is answered before there is one."""
    said = f"{administrator.name}, with the password of admin.password"
    try:
        known = {row["user"] for row in server.try_rows("SHOW USERS")}
    except (_Refused, StoreInitError):
        known = set()  # "create admin user first": or the password is wrong, and the next statement says it
    if administrator.name in known:
        server.rows(f"SET PASSWORD FOR {identifier(administrator.name)} = {literal(administrator.password)}")
        server.rows(f"GRANT ALL PRIVILEGES TO {identifier(administrator.name)}")
        return InitStep("administrator", Outcome.KEPT, said)
    password = literal(administrator.password)
    server.rows(f"CREATE USER {identifier(administrator.name)} WITH PASSWORD {password} WITH ALL PRIVILEGES")
    return InitStep("administrator", Outcome.MADE, said)


def _database(server: _Server, database: str) -> InitStep:
    known = {row["name"] for row in server.rows("SHOW DATABASES")}
    server.rows(f"CREATE DATABASE {identifier(database)}")
    return InitStep("database", Outcome.KEPT if database in known else Outcome.MADE, database)


def _retention(server: _Server, database: str, wanted_s: int | None) -> InitStep:
    policies = server.rows(f"SHOW RETENTION POLICIES ON {identifier(database)}")
    policy = next((row for row in policies if row["default"]), None)
    if policy is None:
        raise StoreInitError(f"database {database} has no retention policy by default; give it one, and run this again")
    found_s = seconds_of(policy["duration"])
    if wanted_s is None or wanted_s == found_s:
        return InitStep("retention", Outcome.KEPT, f"readings are kept {retention_text(found_s)}")
    duration = "INF" if wanted_s == FOR_EVER_S else f"{wanted_s}s"
    server.rows(f"ALTER RETENTION POLICY {identifier(policy['name'])} ON {identifier(database)} DURATION {duration}")
    return InitStep(
        "retention", Outcome.CHANGED,
        f"readings are kept {retention_text(wanted_s)}; it was {retention_text(found_s)}",
    )  # fmt: skip


def seconds_of(duration: str) -> int:
    """Read a duration as 1.x writes it: 9600h0m0s; 0s is for ever."""
    return sum(int(number) * _SECONDS[unit] for number, unit in _DURATION.findall(duration))


def _users(server: _Server) -> Mapping[str, bool]:
    """Each user, and whether they are an administrator."""
    return {row["user"]: row["admin"] for row in server.rows("SHOW USERS")}


def _login(server: _Server, login: StoreLogin, database: str, right: str, users: Mapping[str, bool]) -> InitStep:
    name = identifier(login.name)
    if login.name not in users:
        server.rows(f"CREATE USER {name} WITH PASSWORD {literal(login.password)}")
    else:
        server.rows(f"SET PASSWORD FOR {name} = {literal(login.password)}")
    if users.get(login.name):
        server.rows(f"REVOKE ALL PRIVILEGES FROM {name}")
    changed = _grant(server, login.name, database, right) or users.get(login.name, False)
    said = f"{login.name} may {'read' if right == READ else 'read and write'} {database}, and nothing else"
    if login.name not in users:
        return InitStep("login", Outcome.MADE, said)
    return InitStep("login", Outcome.CHANGED if changed else Outcome.KEPT, said)


def _grant(server: _Server, user: str, database: str, right: str) -> bool:
    """Leave `user` this right alone; whether anything had to be changed."""
    found = {row["database"]: row["privilege"] for row in server.rows(f"SHOW GRANTS FOR {identifier(user)}")}
    held = {place: privilege for place, privilege in found.items() if privilege != "NO PRIVILEGES"}
    if held == {database: right}:
        return False
    for place in held:
        server.rows(f"REVOKE ALL ON {identifier(place)} FROM {identifier(user)}")
    server.rows(f"GRANT {_GRANT[right]} ON {identifier(database)} TO {identifier(user)}")
    return True


def _public(statement: str) -> str:
    """The statement without the password in it."""
    return re.sub(r"'(?:[^'\\]|\\.)*'", "'…'", statement)
