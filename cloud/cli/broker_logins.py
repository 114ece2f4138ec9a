"""What the commands for who may connect to the broker share; the broker and the cloud run meanwhile.

siaga-cloud gateway …   cloud/cli/gateways.py        siaga-cloud ingester …   cloud/cli/ingesters.py
"""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from cloud.broker.dynamic_security import BrokerRejected, Command, clients_of, execute, usernames
from cloud.broker.enrolment_bundle import bundle_for, write_bundle
from cloud.broker.grants import Grant, gateway_grant
from cloud.broker.logins import Login, description_of_old, next_name, owner_of
from cloud.broker.settings import EnrolSettings
from cloud.cli.command import one_sentence
from cloud.cli.people import operator
from cloud.database.audit_log import write_entry
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.process.settings import CloudSettings
from runtime.broker_settings import BrokerSettings
from runtime.clock import wall_ms
from runtime.settings import SettingsError

_PASSWORD_BYTES = 24


def expected_failures() -> AbstractContextManager[None]:
    """Catch what may go wrong at the broker, the registry database or a file, as a sentence."""
    return one_sentence(BrokerRejected, DatabaseUnavailable, OSError)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r}: write a day, as in 2026-12-05") from None
    if day <= datetime.now(UTC).date():
        raise typer.BadParameter(f"{text!r} is not ahead; to end the old login now, give --now")
    return day


Name = Annotated[str, typer.Argument(metavar="NAME")]
Into = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Write the files into FOLDER/NAME, instead of showing them.")
]
Until = Annotated[
    date | None,
    typer.Option(metavar="DATE", parser=_day, help="The old login lives until this day (UTC), 2026-12-05."),
]
Now = Annotated[bool, typer.Option("--now", help="The old login ends now: for a password that has leaked.")]


def enrol(name: str, grant: Grant, settings: CloudSettings, into: Path | None) -> str:
    """Let a new client in with the role `grant`; where its bundle is, or the bundle itself."""
    enrol_settings = _enrol_settings(settings)
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    _must_be_new(name, settings)
    role = {"rolename": grant.role, "textname": grant.textname, "acls": list(grant.acls)}
    client = {"username": name, "password": password, "roles": [{"rolename": grant.role, "priority": 0}]}
    bound_to = {"clientid": grant.client_id} if grant.client_id else {}
    execute_and_log(
        settings,
        name,
        "enrol",
        [
            {"command": "deleteRole", "rolename": grant.role},  # of an enrolment that broke off
            {"command": "createRole", **role},
            {"command": "createClient", "textname": grant.textname, **client, **bound_to},
        ],
    )
    return _hand_over(name, enrol_settings, password, username=name, into=into)


def _must_be_new(name: str, settings: CloudSettings) -> None:
    if name in map(owner_of, asyncio.run(usernames(_administrator(settings)))):
        raise BrokerRejected(f"the broker knows {name} already; rotate gives it a new password, revoke takes it out")


def rotate(kind: str, name: str, settings: CloudSettings, *, until: date | None, now: bool, into: Path | None) -> str:
    """Give a `kind` (gateway or ingester) a new login; the old ones end now, on a day, or once the new one was used."""
    enrol_settings = _enrol_settings(settings)
    role, logins = _role_and_logins(kind, name, settings)
    fresh, password = next_name(name, logins), secrets.token_urlsafe(_PASSWORD_BYTES)
    bound_to = {"clientid": gateway_grant(name).client_id} if kind == "gateway" else {}
    client = {"username": fresh, "password": password, "roles": [{"rolename": role, "priority": 0}], **bound_to}
    create: Command = {"command": "createClient", "textname": f"{kind} {name}", **client}
    execute_and_log(settings, name, "rotate", [create, *_ending(logins, fresh, until=until, now=now)])
    return _hand_over(name, enrol_settings, password, username=fresh, into=into)


def _ending(logins: Sequence[Login], fresh: str, *, until: date | None, now: bool) -> list[Command]:
    if now:
        return [{"command": "deleteClient", "username": login.username} for login in logins]
    ends = description_of_old(fresh, until)
    return [{"command": "modifyClient", "username": login.username, "textdescription": ends} for login in logins]


def not_both(until: date | None, now: bool) -> None:
    """Refuse a command line that names two ends of the old login."""
    if until is not None and now:
        raise typer.BadParameter("--until and --now exclude each other; give one of them")


def revoke(kind: str, name: str, settings: CloudSettings) -> str:
    """Let a `kind` (gateway or ingester) in no more, and throw it out."""
    role, logins = _role_and_logins(kind, name, settings)
    commands: list[Command] = [{"command": "deleteClient", "username": login.username} for login in logins]
    execute_and_log(settings, name, "revoke", [*commands, {"command": "deleteRole", "rolename": role}])
    return f"{name} may connect no more; it was thrown out if it was there"


def _role_and_logins(kind: str, name: str, settings: CloudSettings) -> tuple[str, list[Login]]:
    """Role and logins of the gateway or ingester that is named; others, such as the administrator, are left alone."""
    role = f"{kind}-{name}"
    logins = logins_of(settings, role)
    if not logins:
        raise BrokerRejected(f"{name} is no {kind} of this broker; mosquitto_ctrl changes other clients")
    return role, logins


def logins_of(settings: CloudSettings, role: str | None = None) -> list[Login]:
    """List the logins that have `role`, or the role of any gateway."""
    clients = asyncio.run(clients_of(_administrator(settings)))
    return [
        Login(client["username"], client.get("textdescription", ""))
        for client in clients
        for given in client.get("roles", [])
        if (given["rolename"] == role if role is not None else given["rolename"].startswith("gateway-"))
    ]


def execute_and_log(settings: CloudSettings, name: str, action: str, commands: list[Command]) -> None:
    """Execute `commands` at the broker, and record who did; where the audit log cannot be opened nothing is done."""

    async def run() -> None:
        database = Database(settings.registry.url)
        try:
            await database.open()
            await execute(_administrator(settings), commands)
            now_ms = wall_ms()
            await database.run(
                lambda connection: write_entry(connection, operator(), action, f"broker-client:{name}", now_ms=now_ms)
            )
        finally:
            await database.close()

    asyncio.run(run())


def _enrol_settings(settings: CloudSettings) -> EnrolSettings:
    if settings.enrol is None:
        raise SettingsError(["cloud.toml: enrol: is missing; add [enrol] with password_file and host (docs/cloud.md)"])
    return settings.enrol


def _administrator(settings: CloudSettings) -> BrokerSettings:
    enrol_settings = _enrol_settings(settings)
    login = {"username": enrol_settings.username, "password_file": enrol_settings.password_file}
    return settings.broker.model_copy(update=login)


def _hand_over(name: str, enrol_settings: EnrolSettings, password: str, *, username: str, into: Path | None) -> str:
    bundle = bundle_for(username, enrol_settings, password)
    if into is None:
        return "\n".join(f"# --- {file}\n{text}" for file, text in bundle.items())
    folder = write_bundle(into, name, bundle)
    return f"{folder} holds {', '.join(bundle)}; bring them to {name}, beside its settings, and delete them here"
