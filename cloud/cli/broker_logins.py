"""What the commands for who may connect to the broker share; the broker and the cloud run meanwhile.

siaga-cloud gateway …   cloud/cli/gateways.py        siaga-cloud ingester …   cloud/cli/ingesters.py
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from cloud.broker.administrator import Administrator, administrator_by_file
from cloud.broker.dynamic_security import BrokerRejected, Command, execute, usernames
from cloud.broker.enrolment_bundle import bundle_for, write_bundle
from cloud.broker.gateway_clients import logins_with_role
from cloud.broker.grants import Grant, first_role, gateway_grant
from cloud.broker.login_commands import client_command, delete_commands, ending, new_password, role_commands
from cloud.broker.logins import Login, next_name, owner_of
from cloud.broker.settings import EnrolSettings
from cloud.cli.command import one_sentence
from cloud.cli.people import operator
from cloud.database.audit_log import write_entry
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.gateways.login_handovers import forget_logins
from cloud.process.settings import CloudSettings
from runtime.clock import wall_ms
from runtime.settings import SettingsError


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
    enrol_settings = enrol_settings_of(settings)
    password = new_password()
    must_be_new(name, settings)
    execute_and_log(settings, name, "enrol", [*role_commands(grant), client_command(grant, name, password)])
    return hand_over(name, enrol_settings, password, username=name, into=into)


def must_be_new(name: str, settings: CloudSettings) -> None:
    """BrokerRejected where the broker knows `name` already."""
    if name in map(owner_of, asyncio.run(usernames(administrator_of(settings).broker))):
        raise BrokerRejected(f"the broker knows {name} already; rotate gives it a new password, revoke takes it out")


def rotate(kind: str, name: str, settings: CloudSettings, *, until: date | None, now: bool, into: Path | None) -> str:
    """Give a `kind` (gateway or ingester) a new login; the old ones end now, on a day, or once the new one was used."""
    enrol_settings = enrol_settings_of(settings)
    role, logins = _role_and_logins(kind, name, settings)
    fresh, password = next_name(name, logins), new_password()
    client_id = gateway_grant(name).client_id if kind == "gateway" else ""
    create = client_command(Grant(role, f"{kind} {name}", (), client_id), fresh, password)
    execute_and_log(settings, name, "rotate", [create, *ending(logins, fresh, until=until, now=now)])
    return hand_over(name, enrol_settings, password, username=fresh, into=into)


def not_both(until: date | None, now: bool) -> None:
    """Refuse a command line that names two ends of the old login."""
    if until is not None and now:
        raise typer.BadParameter("--until and --now exclude each other; give one of them")


def revoke(kind: str, name: str, settings: CloudSettings) -> str:
    """Let a `kind` (gateway or ingester) in no more, and throw it out."""
    role, logins = _role_and_logins(kind, name, settings)
    names = [login.username for login in logins]
    roles: list[Command] = [{"command": "deleteRole", "rolename": each} for each in (role, first_role(role))]
    commands = [*delete_commands(names), *roles]
    execute_and_log(settings, name, "revoke", commands, record=lambda connection: forget_logins(connection, names))
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
    return asyncio.run(logins_with_role(administrator_of(settings).broker, role))


def execute_and_log(
    settings: CloudSettings, name: str, action: str, commands: Sequence[Command],
    *, record: Callable[[Connection], None] = lambda _connection: None,
) -> None:  # fmt: skip
    """Execute `commands` at the broker, and record who did; where the audit log cannot be opened nothing is done.

    `record` writes what the registry keeps of it, in the transaction of the audit log.
    """

    def entry(connection: Connection) -> None:
        record(connection)
        write_entry(connection, operator(), action, f"broker-client:{name}", now_ms=wall_ms())

    async def run() -> None:
        database = Database(settings.registry.url)
        try:
            await database.open()
            await execute(administrator_of(settings).broker, commands)
            await database.run(entry)
        finally:
            await database.close()

    asyncio.run(run())


def enrol_settings_of(settings: CloudSettings) -> EnrolSettings:
    """[enrol]; SettingsError where it is missing."""
    if settings.enrol is None:
        raise SettingsError(["cloud.toml: enrol: is missing; add [enrol] with password_file and host (docs/cloud.md)"])
    return settings.enrol


def administrator_of(settings: CloudSettings) -> Administrator:
    """The broker's administrator, by the password file of [enrol]; SettingsError where that is missing, or OSError."""
    return administrator_by_file(settings.broker, enrol_settings_of(settings))


def hand_over(
    name: str, enrol_settings: EnrolSettings, password: str, *, username: str, into: Path | None, text: str = ""
) -> str:
    """Write the files of a login into `into`, with the `text` of its bundle if there is one, or show them."""
    bundle = bundle_for(username, enrol_settings, password)
    if text:
        bundle[f"{name}.siaga"] = f"{text}\n"
    if into is None:
        return "\n".join(f"# --- {file}\n{text}" for file, text in bundle.items())
    folder = write_bundle(into, name, bundle)
    return f"{folder} holds {', '.join(bundle)}; bring them to {name}, beside its settings, and delete them here"
