"""siaga-cloud gateway enrol gw-daruba --config cloud.toml        gateway rotate | settle | revoke | list"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import get_close_matches

from cloud.broker.grants import gateway_grant
from cloud.broker.in_use import logins_in_use
from cloud.broker.logins import Login, ended, in_order, owner_of
from cloud.cli import broker_logins
from cloud.cli.broker_logins import Into, Name, Now, Until, execute_and_log, expected_failures, logins_of, not_both
from cloud.cli.command import Config, new_app, print_text
from cloud.process.settings import CloudSettings, load_cloud_settings
from cloud.registry.city_file import read_city_file
from runtime.settings import SettingsError

app = new_app(help="Let gateways connect to the broker, or no more.")


@app.command()
def enrol(name: Name, config: Config, into: Into = None) -> None:
    """Let a gateway of the city file in."""
    settings = load_cloud_settings(config)
    _must_be_in_the_city(name, settings)
    with expected_failures():
        print_text(broker_logins.enrol(name, gateway_grant(name), settings, into))


def _must_be_in_the_city(name: str, settings: CloudSettings) -> None:
    known = [gateway.id for gateway in read_city_file(settings.registry.city).gateways()]
    if name not in known:
        close = get_close_matches(name, known, n=1)
        advice = f"did you mean {close[0]}?" if close else "write it there first, or its readings become dead letters"
        raise SettingsError([f"{settings.registry.city.name} has no gateway {name!r}; {advice}"])


@app.command()
def rotate(name: Name, config: Config, into: Into = None, until: Until = None, now: Now = False) -> None:
    """Make a new login; the old one lives until the new one was used."""
    not_both(until, now)
    settings = load_cloud_settings(config)
    with expected_failures():
        print_text(broker_logins.rotate("gateway", name, settings, until=until, now=now, into=into))


@app.command()
def settle(config: Config) -> None:
    """End old logins whose new one was used, or whose day came."""
    settings = load_cloud_settings(config)
    with expected_failures():
        over = _over(settings, logins_of(settings))
        for login in over:
            delete = {"command": "deleteClient", "username": login.username}
            execute_and_log(settings, owner_of(login.username), "settle", [delete])
    print_text("\n".join(f"{login.username} has ended" for login in over) or "no old login is to be ended yet")


def _over(settings: CloudSettings, logins: Iterable[Login]) -> list[Login]:
    changing = {owner: of_owner for owner, of_owner in _by_owner(logins).items() if len(of_owner) > 1}
    used = asyncio.run(logins_in_use(settings.broker)) if changing else {}
    today = datetime.now(UTC).date()
    return [login for owner, each in changing.items() for login in ended(each, used=used.get(owner, ""), today=today)]


def _by_owner(logins: Iterable[Login]) -> dict[str, list[Login]]:
    by_owner: defaultdict[str, list[Login]] = defaultdict(list)
    for login in logins:
        by_owner[owner_of(login.username)].append(login)
    return by_owner


@app.command()
def revoke(name: Name, config: Config) -> None:
    """Let it in no more, from this moment."""
    settings = load_cloud_settings(config)
    with expected_failures():
        print_text(broker_logins.revoke("gateway", name, settings))


@app.command("list")
def list_gateways(config: Config) -> None:
    """List the city's gateways, and who of them may connect."""
    settings = load_cloud_settings(config)
    with expected_failures():
        by_owner = _by_owner(logins_of(settings))
    gateways = read_city_file(settings.registry.city).gateways()
    width = max((len(gateway.id) for gateway in gateways), default=0)
    lines = [
        f"{gateway.id:<{width}}  {_enrolment(by_owner.get(gateway.id, [])):<12}  {gateway.name}" for gateway in gateways
    ]
    print_text("\n".join(lines) or f"{settings.registry.city.name} has no gateway")


def _enrolment(logins: list[Login]) -> str:
    if not logins:
        return "not enrolled"
    *old, newest = in_order(logins)
    changing = "".join(f"; {login.username} {login.description}" for login in old)
    return f"enrolled as {newest.username}{changing}" if old or newest.username.count(".") else "enrolled"
