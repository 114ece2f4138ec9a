"""siaga-cloud gateway enrol gw-daruba --config cloud.toml        gateway rotate | settle | config | ping | list"""

import asyncio
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from cloud.broker import qr_code
from cloud.broker.bundle_login import BUNDLE_DAYS, BundleLogin
from cloud.broker.in_use import logins_in_use
from cloud.broker.login_commands import delete_commands
from cloud.broker.logins import Login, ended, in_order, owner_of
from cloud.cli import broker_logins, gateway_care, gateway_logins
from cloud.cli.broker_logins import Into, Name, Now, Until, execute_and_log, expected_failures, logins_of, not_both
from cloud.cli.command import Config, new_app, print_text
from cloud.cli.gateway_care import Sets
from cloud.cli.known_city import names_of_kind
from cloud.gateways.login_handovers import forget_logins, was_taken
from cloud.process.settings import CloudSettings, load_cloud_settings
from runtime.settings import SettingsError
from runtime.whole_files import replace_file
from wire.gateway_command import DIAGNOSTICS, PING, READ_NOW, RESTART_SOURCE

Png = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the bundle's QR code into FILE, as a picture.")]
Days = Annotated[int, typer.Option(min=1, max=366, help="How long the bundle is good.")]
Bundle = Annotated[bool, typer.Option("--bundle", help="Make a bundle for a gateway that begins again, on a new card.")]

app = new_app(help="Let gateways connect or no more; set and ask those that do.")


@app.command()
def enrol(name: Name, config: Config, into: Into = None, png: Png = None, days: Days = BUNDLE_DAYS) -> None:
    """Let a gateway of the city file in, by one bundle for `siaga-edge enrol`."""
    settings = load_cloud_settings(config)
    _must_be_in_the_city(name, settings)
    with expected_failures():
        broker_logins.must_be_new(name, settings)
        _show_bundle(name, gateway_logins.enrol_by_bundle(name, settings, days=days), settings, into, png)


def _show_bundle(name: str, made: BundleLogin, settings: CloudSettings, into: Path | None, png: Path | None) -> None:
    """Show the bundle, as text and as QR code; or write it, with the files of the lasting login, into a folder."""
    if png is not None:
        replace_file(png, qr_code.as_png(made.text))
    if into is not None:
        enrol = broker_logins.enrol_settings_of(settings)
        said = broker_logins.hand_over(name, enrol, made.password, username=made.username, into=into, text=made.text)
        print_text(f"{said}\n{name}.siaga alone is enough for `siaga-edge enrol`, once and until {made.ends_on}")
        return
    print_text(made.text)
    if sys.stdout.isatty():
        print_text(qr_code.for_terminal(made.text, shutil.get_terminal_size().columns))
        print_text(
            f"At {name}: siaga-edge enrol -, and paste the text or scan the code. Good once, until {made.ends_on}."
        )


def _must_be_in_the_city(name: str, settings: CloudSettings) -> None:
    known = names_of_kind(settings, "gateways")
    if name not in known:
        close = get_close_matches(name, known, n=1)
        advice = f"did you mean {close[0]}?" if close else "add it first, or its readings become dead letters"
        raise SettingsError([f"{settings.registry.city.name} has no gateway {name!r}; {advice}"])


@app.command()
def rotate(
    name: Name, config: Config, into: Into = None, until: Until = None, now: Now = False,
    bundle: Bundle = False, png: Png = None, days: Days = BUNDLE_DAYS,
) -> None:  # fmt: skip
    """Make a new login, which the gateway gets by itself; the old one lives until the new one was used."""
    not_both(until, now)
    settings = load_cloud_settings(config)
    with expected_failures():
        if bundle:
            made = gateway_logins.rotate_by_bundle(name, settings, until=until, now=now, days=days)
            _show_bundle(name, made, settings, into, png)
        elif into is not None or now:
            print_text(broker_logins.rotate("gateway", name, settings, until=until, now=now, into=into))
        else:
            print_text(gateway_logins.rotate_by_link(name, settings, until=until))


@app.command()
def settle(config: Config) -> None:
    """End old logins whose new one was used, or whose day came."""
    settings = load_cloud_settings(config)
    with expected_failures():
        over = _over(settings, logins_of(settings))
        for owner, (old, used) in over.items():
            _end(settings, owner, old, used)
    ended_now = [username for old, _used in over.values() for username in old]
    print_text("\n".join(f"{username} has ended" for username in ended_now) or "no old login is to be ended yet")


def _over(settings: CloudSettings, logins: Iterable[Login]) -> dict[str, tuple[list[str], str]]:
    """By gateway: the logins that end now, and the one in use."""
    changing = {owner: of_owner for owner, of_owner in _by_owner(logins).items() if len(of_owner) > 1}
    in_use = asyncio.run(logins_in_use(settings.broker)) if changing else {}
    today = datetime.now(UTC).date()
    over = {}
    for owner, each in changing.items():
        used = in_use.get(owner, "")
        old = [login.username for login in ended(each, used=used, today=today)]
        if old:
            over[owner] = (old, used)
    return over


def _end(settings: CloudSettings, owner: str, old: list[str], used: str) -> None:
    def record(connection: Connection) -> None:
        forget_logins(connection, old)
        was_taken(connection, used)

    execute_and_log(settings, owner, "settle", delete_commands(old), record=record)
    if used and used not in old:
        gateway_care.publish(settings, owner)


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


@app.command("config")
def configuration(name: Name, config: Config, sets: Sets = None) -> None:
    """Show what is wanted of a gateway's settings and what it made of it; or change that."""
    settings = load_cloud_settings(config)
    _must_be_in_the_city(name, settings)
    with expected_failures():
        print_text(gateway_care.changed(settings, name, sets) if sets else gateway_care.shown(settings, name))


@app.command()
def ping(name: Name, config: Config) -> None:
    """Ask a gateway whether it hears."""
    _ask(name, config, PING)


@app.command("read-now")
def read_now(name: Name, config: Config) -> None:
    """Let a gateway ask its sensors now, and send what waits."""
    _ask(name, config, READ_NOW)


@app.command()
def diagnostics(name: Name, config: Config) -> None:
    """Show a gateway's status, configuration and link, as it says them now."""
    _ask(name, config, DIAGNOSTICS)


@app.command("restart-source")
def restart_source(name: Name, source: Annotated[str, typer.Argument(metavar="SOURCE")], config: Config) -> None:
    """Let a gateway close a source and open it again."""
    _ask(name, config, RESTART_SOURCE, source)


def _ask(name: str, config: Path, command: str, source: str = "") -> None:
    settings = load_cloud_settings(config)
    _must_be_in_the_city(name, settings)
    with expected_failures():
        print_text(gateway_care.asked(settings, name, command, source))


@app.command("list")
def list_gateways(config: Config) -> None:
    """List the city's gateways, and who of them may connect."""
    settings = load_cloud_settings(config)
    with expected_failures():
        by_owner = _by_owner(logins_of(settings))
    gateways = names_of_kind(settings, "gateways")
    width = max(map(len, gateways), default=0)
    lines = [
        f"{gateway:<{width}}  {_enrolment(by_owner.get(gateway, [])):<12}  {name}" for gateway, name in gateways.items()
    ]
    print_text("\n".join(lines) or f"{settings.registry.city.name} has no gateway")


def _enrolment(logins: list[Login]) -> str:
    if not logins:
        return "not enrolled"
    *old, newest = in_order(logins)
    changing = "".join(f"; {login.username} {login.description}" for login in old)
    return f"enrolled as {newest.username}{changing}" if old or newest.username.count(".") else "enrolled"
