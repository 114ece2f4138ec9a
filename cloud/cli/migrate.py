"""siaga-cloud migrate --config cloud.toml [--to 0001] [--dry-run] [--lose]

0001 -> 0002: nothing is lost        what `run` does by itself at each start, to the newest
0002 -> 0001: loses alarms (12 rows) …        refused without --lose
"""

import sys
from typing import Annotated

import msgspec
import typer
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError

from cloud.cli.command import Config, new_app
from cloud.database.engine import engine_of
from cloud.database.revisions import (
    UnknownRevision,
    columns_by_table,
    migrate_to,
    revision_of,
    revisions,
    rows_by_table,
)
from cloud.process.settings import load_cloud_settings
from runtime.settings import SettingsError

app = new_app()


class Migration(msgspec.Struct, frozen=True):
    """A move from one revision to another, and what it drops that holds something: tables and columns, with rows."""

    before: str
    after: str
    lost: list[str]

    def __str__(self) -> str:
        return f"{self.before} -> {self.after}: " + (
            f"loses {', '.join(self.lost)}" if self.lost else "nothing is lost"
        )


def migrate(url: str, to: str | None, *, dry_run: bool = False, lose: bool = False) -> Migration:
    """Bring a registry database to revision `to`; SettingsError, and nothing changed, where that must not be."""
    engine, database = engine_of(url), f"registry database {make_url(url).render_as_string(hide_password=True)}"
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            migration = _moved(connection, to)
            if dry_run:
                transaction.rollback()
            elif migration.lost and not lose:
                raise SettingsError(
                    [f"{database}: {migration}; nothing was changed: make a backup, then say it again with --lose"]
                )
            return migration
    except UnknownRevision as error:
        raise SettingsError([f"{database}: {error}"]) from None
    except DBAPIError as error:
        raise SettingsError([f"{database}: {error.orig}; look at registry.url"]) from None
    finally:
        engine.dispose()


def _moved(connection: Connection, to: str | None) -> Migration:
    before, rows, columns = revision_of(connection), rows_by_table(connection), columns_by_table(connection)
    migrate_to(connection, to)
    kept = columns_by_table(connection)
    lost = [f"{name} ({rows[name]} rows)" for name in sorted(rows) if rows[name] and name not in kept]
    lost += [
        f"{name}.{column}" for name in sorted(kept) if rows.get(name) for column in sorted(columns[name] - kept[name])
    ]
    return Migration(before or "nothing", to or revisions()[-1], lost)


@app.command("migrate")
def migrate_registry(
    config: Config,
    to: Annotated[str | None, typer.Option(metavar="REVISION", help="The revision (default: the newest).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do it, say what it did, and undo it.")] = False,
    lose: Annotated[bool, typer.Option("--lose", help="Also where that loses something; make a backup first.")] = False,
) -> None:
    """Bring the registry database to a revision."""
    settings = load_cloud_settings(config)
    migration = migrate(settings.registry.url, to, dry_run=dry_run, lose=lose)
    sys.stdout.write(f"{migration}{' (undone: a dry run)' if dry_run else ''}\n")
