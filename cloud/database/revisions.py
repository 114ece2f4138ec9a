"""The forms that the registry database has had, and the way from one to another.

0001 ⇄ 0002        move(connection)  to the newest        move(connection, to="0001")  back, where nothing is lost by it

A database knows its revision; this version of Siaga knows all up to its own, and touches no database of a newer one.
"""

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, MetaData, Table, column, func, inspect, select, table, text

_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSIONS_TABLE = "alembic_version"
_LINKS = re.compile(r'^revision = "(\w+)"\ndown_revision = (?:"(\w+)"|None)$', re.MULTILINE)
_ONE_AT_A_TIME = 5_149_741  # any number, the same in every process: PostgreSQL's locks have numbers for names


class UnknownRevision(Exception):
    """A revision that this version of Siaga does not know; the text is one sentence."""


@cache  # a process has one version
def revisions() -> tuple[str, ...]:
    """Return every revision that this version knows, the oldest first.

    Told from what the migrations say of themselves, unimported: that takes alembic, and a start that has nothing to
    change need not wait for it.
    """
    follows = dict(_links_of(file) for file in (_MIGRATIONS / "versions").glob("[0-9]*.py"))
    found: list[str] = []
    while (after := found[-1] if found else "") in follows:
        found.append(follows[after])
    return tuple(found)


def revision_of(connection: Connection) -> str | None:
    """The revision of a database; None where it has no tables of Siaga yet. UnknownRevision where it is newer."""
    if not inspect(connection).has_table(_VERSIONS_TABLE):
        return None
    found = connection.execute(select(column("version_num")).select_from(table(_VERSIONS_TABLE))).scalar_one_or_none()
    if found is not None and found not in revisions():
        raise UnknownRevision(
            f"it is of revision {found}, made by a newer version of Siaga, and this one knows revisions up to "
            f"{revisions()[-1]}; run the newer version, or restore a backup from before the upgrade"
        )
    return found


def migrate_to(connection: Connection, to: str | None = None) -> None:
    """Bring a database to revision `to`, or to the newest; in the transaction of `connection`.

    Going back drops what the older form has no place for. UnknownRevision where this version knows not both ends.
    """
    if connection.dialect.name == "postgresql":  # SQLite's transactions begin with the lock that this is
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
    now, wanted = revision_of(connection), to or revisions()[-1]
    if wanted not in revisions():
        raise UnknownRevision(f"there is no revision {wanted}; known are {', '.join(revisions())}")
    if now == wanted:
        return
    from alembic import command  # slow to import, and few starts have anything to change
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    goes_back = now is not None and revisions().index(now) > revisions().index(wanted)
    (command.downgrade if goes_back else command.upgrade)(config, wanted)


def tables_of(connection: Connection) -> list[Table]:
    """The tables that a database has, of whichever revision: those that others refer to come first."""
    reflected = MetaData()
    reflected.reflect(connection)
    return [one for one in reflected.sorted_tables if one.name != _VERSIONS_TABLE]


def rows_by_table(connection: Connection) -> dict[str, int]:
    """How many rows each table of a database holds."""
    counted = {one.name: select(func.count()).select_from(one) for one in tables_of(connection)}
    return {name: connection.execute(query).scalar_one() for name, query in counted.items()}


def columns_by_table(connection: Connection) -> dict[str, set[str]]:
    """The columns of each table of a database."""
    inspector = inspect(connection)
    names = [name for name in inspector.get_table_names() if name != _VERSIONS_TABLE]
    return {name: {one["name"] for one in inspector.get_columns(name)} for name in names}


def _links_of(migration: Path) -> tuple[str, str]:
    """The revision before a migration, empty where there is none, and its own."""
    said = _LINKS.search(migration.read_text("utf-8"))
    if said is None:
        raise ValueError(f"{migration.name} does not say which revision it is, and which one it follows")
    revision, before = said.groups(default="")
    return before, revision
