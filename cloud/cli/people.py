"""The commands for people and programs, on the registry database that cloud.toml names; the cloud may run meanwhile.

siaga-cloud user add ani --role administrator --config cloud.toml        user list | change | disable
siaga-cloud token add grafana --role viewer --days 90 --config cloud.toml        token list | revoke
"""

import argparse
import asyncio
import difflib
import getpass
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from cloud.access.authenticator import Authenticator
from cloud.access.principal import ROLE_OF_NAME
from cloud.access.rejection import AccessRejected
from cloud.access.tokens import MOST_DAYS
from cloud.access.users import UserUpdate
from cloud.core.times import rfc_3339
from cloud.database.audit_log import Actor
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.process.settings import CloudSettings, load_cloud_settings
from cloud.registry.city_file import read_city_file
from runtime.settings import SettingsError

T = TypeVar("T")


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `user` and `token` to the subparsers `commands`; `common` has the options that every command takes."""
    user = commands.add_parser("user", help="add, list, change and disable people").add_subparsers(
        required=True, metavar="add | list | change | disable"
    )
    _command(user, common, "add", _add_user, "add somebody; the password is asked for", _user_options)
    _command(user, common, "list", _list_users, "list everybody")
    _command(user, common, "change", _change_user, "change somebody; what is left out stays", _change_options)
    _command(user, common, "disable", _disable_user, "let somebody in no more", _name_option)
    token = commands.add_parser("token", help="make, list and revoke programs' tokens").add_subparsers(
        required=True, metavar="add | list | revoke"
    )
    _command(token, common, "add", _add_token, "make a token and show it, this once", _token_options)
    _command(token, common, "list", _list_tokens, "list all tokens")
    _command(token, common, "revoke", _revoke_token, "end a token, for good", _name_option)


def _add_user(chosen: argparse.Namespace) -> str:
    settings = load_cloud_settings(chosen.config)
    sites, password = _sites(settings, chosen.sites), _password(chosen)

    async def add(access: Authenticator) -> str:
        user = await access.users.add(
            chosen.name,
            password,
            ROLE_OF_NAME[chosen.role],
            sites=sites,
            full_name=chosen.full_name or "",
            by=operator(),
        )
        return f"{user.name} is {chosen.role} of {_told_sites(user.sites)}"

    return _with_access(settings, add)


def _list_users(chosen: argparse.Namespace) -> str:
    async def listed(access: Authenticator) -> str:
        rows = [
            (
                user.name,
                user.role.name.lower(),
                _told_sites(user.sites),
                "disabled" if user.disabled else "",
                user.full_name,
            )
            for user in await access.users.all()
        ]
        return _table(rows) or "there is no user yet; make one: siaga-cloud user add NAME --role administrator"

    return _with_access(load_cloud_settings(chosen.config), listed)


def _change_user(chosen: argparse.Namespace) -> str:
    settings = load_cloud_settings(chosen.config)
    given: dict[str, Any] = {}
    if chosen.role is not None:
        given["role"] = ROLE_OF_NAME[chosen.role]
    if chosen.sites is not None:
        given["sites"] = _sites(settings, chosen.sites)
    if chosen.full_name is not None:
        given["full_name"] = chosen.full_name
    if chosen.enable:
        given["disabled"] = False
    if chosen.password or chosen.password_file is not None:
        given["password"] = _password(chosen)
    if not given:
        raise AccessRejected(
            "bad-parameter", "nothing to change; give --role, --sites, --full-name, --password or --enable"
        )
    return _change(settings, chosen.name, UserUpdate(**given))


def _disable_user(chosen: argparse.Namespace) -> str:
    return _change(load_cloud_settings(chosen.config), chosen.name, UserUpdate(disabled=True))


def _change(settings: CloudSettings, name: str, change: UserUpdate) -> str:
    async def changed(access: Authenticator) -> str:
        user = await access.users.change(name, change, by=operator())
        told = f"{user.name} is {user.role.name.lower()} of {_told_sites(user.sites)}"
        return f"{told}, and disabled" if user.disabled else told

    return _with_access(settings, changed)


def _add_token(chosen: argparse.Namespace) -> str:
    settings = load_cloud_settings(chosen.config)
    sites = _sites(settings, chosen.sites)

    async def add(access: Authenticator) -> str:
        role = ROLE_OF_NAME[chosen.role]
        secret, token = await access.tokens.add(chosen.name, role, sites=sites, days=chosen.days, by=operator())
        sys.stderr.write(
            f"{token.name} is {chosen.role} of {_told_sites(token.sites)} until {rfc_3339(token.expires_ms)};"
            " the token is shown this once:\n"
        )
        return secret

    return _with_access(settings, add)


def _list_tokens(chosen: argparse.Namespace) -> str:
    async def listed(access: Authenticator) -> str:
        rows = [
            (
                token.name,
                token.role.name.lower(),
                _told_sites(token.sites),
                f"by {token.author}",
                f"revoked {rfc_3339(token.revoked_ms)}" if token.revoked_ms else f"until {rfc_3339(token.expires_ms)}",
                f"last used {rfc_3339(token.seen_ms)}" if token.seen_ms else "never used",
            )
            for token in await access.tokens.all()
        ]
        return _table(rows) or "there is no token yet; make one: siaga-cloud token add NAME --role viewer"

    return _with_access(load_cloud_settings(chosen.config), listed)


def _revoke_token(chosen: argparse.Namespace) -> str:
    async def revoke(access: Authenticator) -> str:
        for token in await access.tokens.all():
            if token.name == chosen.name:
                revoked = await access.tokens.revoke(token.id, by=operator())
                return f"{token.name} is revoked since {rfc_3339(revoked.revoked_ms or 0)}"
        raise AccessRejected("unknown-token", f"there is no token {chosen.name}; siaga-cloud token list shows them all")

    return _with_access(load_cloud_settings(chosen.config), revoke)


def _with_access(settings: CloudSettings, work: Callable[[Authenticator], Awaitable[T]]) -> T:
    async def run() -> T:
        database = Database(settings.registry.url)
        try:
            await database.open()
            return await work(Authenticator(database, settings.access))
        finally:
            await database.close()

    return asyncio.run(run())


def _said(work: Callable[[argparse.Namespace], str]) -> Callable[[argparse.Namespace], int]:
    """The command as the command line runs it: what it says on standard output, or one sentence of why not."""

    def command(chosen: argparse.Namespace) -> int:
        try:
            sys.stdout.write(f"{work(chosen)}\n")
        except (AccessRejected, DatabaseUnavailable) as error:
            raise SettingsError([str(error)]) from None
        return 0

    return command


def operator() -> Actor:
    """Who is at the shell, for the journal."""
    try:
        return Actor(f"shell:{getpass.getuser()}", "siaga-cloud")
    except (KeyError, OSError):  # a container's user may have no name
        return Actor("shell", "siaga-cloud")


def _password(chosen: argparse.Namespace) -> str:
    if chosen.password_file is not None:
        try:
            return str(chosen.password_file.read_text(encoding="utf-8")).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError([f"--password-file {chosen.password_file}: cannot be read: {error}"]) from None
    if not sys.stdin.isatty():
        raise SettingsError(["there is no terminal to ask for the password; give --password-file FILE"])
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise SettingsError(["the two passwords differ; nothing was changed"])
    return password


def _sites(settings: CloudSettings, text: str | None) -> frozenset[str] | None:
    if text is None or text == "all":
        return None
    known = [site.id for site in read_city_file(settings.registry.city).sites()]
    named = [name.strip() for name in text.split(",") if name.strip()]
    for name in named:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            advice = f"did you mean {close[0]}?" if close else f"write all, or some of {', '.join(known)}"
            raise SettingsError([f"--sites: there is no site {name!r}; {advice}"])
    return frozenset(named)


def _told_sites(sites: Iterable[str] | None) -> str:
    return "all sites" if sites is None else ", ".join(sorted(sites)) or "no site"


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _command(
    group: Any,
    common: argparse.ArgumentParser,
    name: str,
    work: Callable[[argparse.Namespace], str],
    told: str,
    options: Callable[[argparse.ArgumentParser], None] | None = None,
) -> None:
    parser = group.add_parser(name, help=told, parents=[common])
    parser.set_defaults(command=_said(work))
    if options is not None:
        options(parser)


def _name_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")


def _user_options(parser: argparse.ArgumentParser) -> None:
    _name_option(parser)
    parser.add_argument("--role", choices=ROLE_OF_NAME, required=True)
    _person_options(parser)


def _change_options(parser: argparse.ArgumentParser) -> None:
    _name_option(parser)
    parser.add_argument("--role", choices=ROLE_OF_NAME)
    _person_options(parser)
    parser.add_argument("--password", action="store_true", help="ask for a new password")
    parser.add_argument("--enable", action="store_true", help="let somebody in again who was disabled")


def _person_options(parser: argparse.ArgumentParser) -> None:
    _sites_option(parser)
    parser.add_argument("--full-name", metavar="TEXT")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="take the password from a file")


def _token_options(parser: argparse.ArgumentParser) -> None:
    _name_option(parser)
    parser.add_argument("--role", choices=ROLE_OF_NAME, required=True)
    parser.add_argument("--days", type=int, default=90, help=f"until it expires, at most {MOST_DAYS} (default: 90)")
    _sites_option(parser)


def _sites_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sites", metavar="A,B", help="the sites they may see (default: all)")
