"""The commands for who may connect to the broker; the broker and the cloud run meanwhile.

siaga-cloud gateway enrol gw-daruba --config cloud.toml        gateway rotate | settle | revoke | list
siaga-cloud ingester enrol cloud-2 --shards 32-63 --config cloud.toml        ingester rotate | revoke
"""

import argparse
import asyncio
import secrets
import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cloud.broker.dynamic_security import BrokerRejected, Order, clients_of, order, usernames
from cloud.broker.enrolment_bundle import bundle_for, write_bundle
from cloud.broker.grants import Grant, gateway_grant, ingester_grant
from cloud.broker.in_use import logins_in_use
from cloud.broker.logins import Login, description_of_old, ended, in_order, next_name, owner_of
from cloud.broker.settings import EnrolSettings
from cloud.cli.people import operator
from cloud.database.audit_log import write_entry
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.ingest.settings import IngestSettings
from cloud.process.settings import CloudSettings, load_cloud_settings
from cloud.registry.city_file import read_city_file
from runtime.broker_settings import BrokerSettings
from runtime.clock import wall_ms
from runtime.settings import SettingsError

_PASSWORD_BYTES = 24


def add_broker_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `gateway` and `ingester` to the subparsers `commands`; `common` has the options that every command takes."""
    deeds = "enrol|rotate|settle|revoke|list"
    gateway = _group(commands, "gateway", "let gateways connect to the broker, or no more", deeds)
    _command(gateway, common, "enrol", _enrol_gateway, "let a gateway of the city file in", _into_option)
    _command(gateway, common, "rotate", _rotate, "a new login; the old one lives until it was used", _end_options)
    settle = gateway.add_parser(
        "settle", help="end old logins whose new one was used, or whose day came", parents=[common]
    )
    settle.set_defaults(command=_said(_settle_all))
    _command(gateway, common, "revoke", _revoke, "let it in no more, from this moment")
    listing = gateway.add_parser("list", help="the city's gateways, and who of them may connect", parents=[common])
    listing.set_defaults(command=_said(_list_gateways))
    ingester = _group(commands, "ingester", "logins for several clouds that split the shards", "enrol|rotate|revoke")
    _command(ingester, common, "enrol", _enrol_ingester, "let a cloud in for its shards", _shards_option)
    _command(ingester, common, "rotate", _rotate, "a new login; the old one ends on a day, or now", _end_options)
    _command(ingester, common, "revoke", _revoke, "let it in no more, from this moment")


def _enrol_gateway(chosen: argparse.Namespace, settings: CloudSettings) -> str:
    known = [gateway.id for gateway in read_city_file(settings.registry.city).gateways()]
    if chosen.name not in known:
        close = get_close_matches(chosen.name, known, n=1)
        advice = f"did you mean {close[0]}?" if close else "write it there first, or its readings become dead letters"
        raise SettingsError([f"{settings.registry.city.name} has no gateway {chosen.name!r}; {advice}"])
    return _enrol(chosen, settings, gateway_grant(chosen.name))


def _enrol_ingester(chosen: argparse.Namespace, settings: CloudSettings) -> str:
    return _enrol(chosen, settings, ingester_grant(chosen.name, chosen.shards))


def _enrol(chosen: argparse.Namespace, settings: CloudSettings, grant: Grant) -> str:
    enrol = _enrol_settings(settings)
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    _must_be_new(chosen.name, settings)
    role = {"rolename": grant.role, "textname": grant.textname, "acls": list(grant.acls)}
    client = {"username": chosen.name, "password": password, "roles": [{"rolename": grant.role, "priority": 0}]}
    kept_to = {"clientid": grant.client_id} if grant.client_id else {}
    _ordered(
        settings,
        chosen.name,
        "enrol",
        [
            {"command": "deleteRole", "rolename": grant.role},  # of an enrolment that broke off
            {"command": "createRole", **role},
            {"command": "createClient", "textname": grant.textname, **client, **kept_to},
        ],
    )
    return _handed_over(chosen, enrol, password)


def _must_be_new(name: str, settings: CloudSettings) -> None:
    if name in map(owner_of, asyncio.run(usernames(_administrator(settings)))):
        raise BrokerRejected(f"the broker knows {name} already; rotate gives it a new password, revoke takes it out")


def _rotate(chosen: argparse.Namespace, settings: CloudSettings) -> str:
    enrol = _enrol_settings(settings)
    role, logins = _must_be_one(chosen, settings)
    if chosen.kind == "ingester" and chosen.until is None and not chosen.now:
        raise SettingsError(
            ["a cloud does not say which login it uses; say when the old one ends: --until DATE, or --now"]
        )
    fresh, password = next_name(chosen.name, logins), secrets.token_urlsafe(_PASSWORD_BYTES)
    grant = gateway_grant(chosen.name) if chosen.kind == "gateway" else None
    kept_to = {"clientid": grant.client_id} if grant is not None else {}
    client = {"username": fresh, "password": password, "roles": [{"rolename": role, "priority": 0}], **kept_to}
    orders: list[Order] = [{"command": "createClient", "textname": f"{chosen.kind} {chosen.name}", **client}]
    if chosen.now:
        orders += [{"command": "deleteClient", "username": login.username} for login in logins]
    else:
        ends = description_of_old(fresh, chosen.until)
        orders += [{"command": "modifyClient", "username": login.username, "textdescription": ends} for login in logins]
    _ordered(settings, chosen.name, "rotate", orders)
    return _handed_over(chosen, enrol, password, username=fresh)


def _revoke(chosen: argparse.Namespace, settings: CloudSettings) -> str:
    role, logins = _must_be_one(chosen, settings)
    orders: list[Order] = [{"command": "deleteClient", "username": login.username} for login in logins]
    _ordered(settings, chosen.name, "revoke", [*orders, {"command": "deleteRole", "rolename": role}])
    return f"{chosen.name} may connect no more; it was thrown out if it was there"


def _must_be_one(chosen: argparse.Namespace, settings: CloudSettings) -> tuple[str, list[Login]]:
    """Role and logins of the gateway or ingester that is named; others, such as the administrator, are left alone."""
    role = f"{chosen.kind}-{chosen.name}"
    logins = _logins(settings, role)
    if not logins:
        raise BrokerRejected(f"{chosen.name} is no {chosen.kind} of this broker; mosquitto_ctrl changes other clients")
    return role, logins


def _logins(settings: CloudSettings, role: str | None = None) -> list[Login]:
    """The logins that hold `role`, or the role of any gateway."""
    clients = asyncio.run(clients_of(_administrator(settings)))
    return [
        Login(client["username"], client.get("textdescription", ""))
        for client in clients
        for held in client.get("roles", [])
        if (held["rolename"] == role if role is not None else held["rolename"].startswith("gateway-"))
    ]


def _settle_all(_chosen: argparse.Namespace, settings: CloudSettings) -> str:
    """End each old login that is over; what was ended, in words."""
    over = _over(settings, _logins(settings))
    for login in over:
        delete = {"command": "deleteClient", "username": login.username}
        _ordered(settings, owner_of(login.username), "settle", [delete])
    return "\n".join(f"{login.username} has ended" for login in over) or "no old login is to be ended yet"


def _over(settings: CloudSettings, logins: list[Login]) -> list[Login]:
    by_owner: defaultdict[str, list[Login]] = defaultdict(list)
    for login in logins:
        by_owner[owner_of(login.username)].append(login)
    changing = {owner: of_owner for owner, of_owner in by_owner.items() if len(of_owner) > 1}
    used = asyncio.run(logins_in_use(settings.broker)) if changing else {}
    today = datetime.now(UTC).date()
    return [login for owner, each in changing.items() for login in ended(each, used=used.get(owner, ""), today=today)]


def _list_gateways(_chosen: argparse.Namespace, settings: CloudSettings) -> str:
    by_owner: defaultdict[str, list[Login]] = defaultdict(list)
    for login in _logins(settings):
        by_owner[owner_of(login.username)].append(login)
    gateways = read_city_file(settings.registry.city).gateways()
    width = max((len(gateway.id) for gateway in gateways), default=0)
    lines = [f"{gateway.id:<{width}}  {_enrolment(by_owner[gateway.id]):<12}  {gateway.name}" for gateway in gateways]
    return "\n".join(lines) or f"{settings.registry.city.name} has no gateway"


def _enrolment(logins: list[Login]) -> str:
    if not logins:
        return "not enrolled"
    *old, newest = in_order(logins)
    changing = "".join(f"; {login.username} {login.description}" for login in old)
    return f"enrolled as {newest.username}{changing}" if old or newest.username.count(".") else "enrolled"


def _ordered(settings: CloudSettings, name: str, deed: str, orders: list[Order]) -> None:
    """Have the broker obey, and write down who said so; where the journal cannot be opened nothing is done."""

    async def run() -> None:
        database = Database(settings.registry.url)
        try:
            await database.open()
            await order(_administrator(settings), orders)
            now_ms = wall_ms()
            await database.run(
                lambda connection: write_entry(connection, operator(), deed, f"broker-client:{name}", now_ms=now_ms)
            )
        finally:
            await database.close()

    asyncio.run(run())


def _enrol_settings(settings: CloudSettings) -> EnrolSettings:
    if settings.enrol is None:
        raise SettingsError(["cloud.toml: enrol: is missing; add [enrol] with password_file and host (docs/cloud.md)"])
    return settings.enrol


def _administrator(settings: CloudSettings) -> BrokerSettings:
    enrol = _enrol_settings(settings)
    return settings.broker.model_copy(update={"username": enrol.username, "password_file": enrol.password_file})


def _handed_over(chosen: argparse.Namespace, enrol: EnrolSettings, password: str, *, username: str = "") -> str:
    bundle = bundle_for(username or chosen.name, enrol, password)
    if chosen.into is None:
        return "\n".join(f"# --- {name}\n{text}" for name, text in bundle.items())
    folder = write_bundle(chosen.into, chosen.name, bundle)
    return f"{folder} holds {', '.join(bundle)}; bring them to {chosen.name}, beside its settings, and delete them here"


def _said(
    work: Callable[[argparse.Namespace, CloudSettings], str],
) -> Callable[[argparse.Namespace], int]:
    """The command as the command line runs it: what it says on standard output, or one sentence of why not."""

    def command(chosen: argparse.Namespace) -> int:
        try:
            sys.stdout.write(f"{work(chosen, load_cloud_settings(chosen.config)).rstrip()}\n")
        except (BrokerRejected, DatabaseUnavailable, OSError) as error:
            raise SettingsError([str(error)]) from None
        return 0

    return command


def _group(commands: Any, name: str, told: str, deeds: str) -> Any:
    parser = commands.add_parser(name, help=told)
    parser.set_defaults(kind=name)
    return parser.add_subparsers(required=True, metavar=deeds.replace("|", " | "))


def _command(
    group: Any,
    common: argparse.ArgumentParser,
    name: str,
    work: Callable[[argparse.Namespace, CloudSettings], str],
    told: str,
    options: Callable[[argparse.ArgumentParser], None] | None = None,
) -> None:
    parser = group.add_parser(name, help=told, parents=[common])
    parser.add_argument("name", metavar="NAME")
    parser.set_defaults(command=_said(work))
    if options is not None:
        options(parser)


def _into_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--into", type=Path, metavar="FOLDER", help="write the files into FOLDER/NAME, instead of showing them"
    )


def _end_options(parser: argparse.ArgumentParser) -> None:
    _into_option(parser)
    ends = parser.add_mutually_exclusive_group()
    ends.add_argument("--until", type=_day, metavar="DATE", help="the old login lives until this day (UTC), 2026-12-05")
    ends.add_argument("--now", action="store_true", help="the old login ends now: for a password that has leaked")


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: write a day, as in 2026-12-05") from None
    if day <= datetime.now(UTC).date():
        raise argparse.ArgumentTypeError(f"{text!r} is not ahead; to end the old login now, give --now")
    return day


def _shards_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shards", type=_shards, required=True, metavar="0-31", help="what it takes in")
    _into_option(parser)


def _shards(text: str) -> range:
    try:
        return IngestSettings(shards=text).shard_range
    except ValueError:
        raise argparse.ArgumentTypeError(f'{text!r}: write the first and the last shard, as in "0-31"') from None
