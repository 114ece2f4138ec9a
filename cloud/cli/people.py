"""What the commands for people and programs share: the registry database that cloud.toml names, roles and sites.

siaga-cloud user …   cloud/cli/users.py      siaga-cloud token …   cloud/cli/tokens.py      the cloud may run meanwhile
"""

import asyncio
import difflib
import getpass
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Annotated, TypeVar

import typer

from cloud.access.authenticator import Authenticator
from cloud.access.principal import ROLE_OF_NAME, Role
from cloud.access.rejection import AccessRejected
from cloud.cli.command import one_sentence
from cloud.cli.known_city import names_of_kind
from cloud.database.audit_log import Actor
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.process.settings import CloudSettings
from runtime.settings import SettingsError

T = TypeVar("T")


def _role(name: str) -> Role:
    if name not in ROLE_OF_NAME:
        raise typer.BadParameter(f"{name!r} is no role; choose from {', '.join(ROLE_OF_NAME)}")
    return ROLE_OF_NAME[name]


def _roles_from(beginning: str) -> list[str]:
    return [name for name in ROLE_OF_NAME if name.startswith(beginning)]


RoleOption = typer.Option(
    "--role", metavar="ROLE", parser=_role, autocompletion=_roles_from, help=f"One of {', '.join(ROLE_OF_NAME)}."
)
Name = Annotated[str, typer.Argument(metavar="NAME")]
Sites = Annotated[str | None, typer.Option(metavar="A,B", help="The sites they may see (default: all).")]


def with_access(settings: CloudSettings, work: Callable[[Authenticator], Awaitable[T]]) -> T:
    """Do `work` on the users and tokens of the registry database; SettingsError where it is rejected, or cannot be."""

    async def run() -> T:
        database = Database(settings.registry.url)
        try:
            await database.open()
            return await work(Authenticator(database, settings.access))
        finally:
            await database.close()

    with one_sentence(AccessRejected, DatabaseUnavailable):
        return asyncio.run(run())


def operator() -> Actor:
    """Name who is at the shell, for the audit log."""
    try:
        return Actor(f"shell:{getpass.getuser()}", "siaga-cloud")
    except (KeyError, OSError):  # a container's user may have no name
        return Actor("shell", "siaga-cloud")


def sites_named(settings: CloudSettings, text: str | None) -> frozenset[str] | None:
    """Read the sites of an option; None for all. SettingsError where the city has no site of a name."""
    if text is None or text == "all":
        return None
    known = list(names_of_kind(settings, "sites"))
    named = [name.strip() for name in text.split(",") if name.strip()]
    for name in named:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            advice = f"did you mean {close[0]}?" if close else f"write all, or some of {', '.join(known)}"
            raise SettingsError([f"--sites: there is no site {name!r}; {advice}"])
    return frozenset(named)


def sites_in_words(sites: Iterable[str] | None) -> str:
    """Say which sites: all sites, or daruba, sangowo."""
    return "all sites" if sites is None else ", ".join(sorted(sites)) or "no site"


def table_of(rows: Sequence[tuple[str, ...]]) -> str:
    """Lay rows out in columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
