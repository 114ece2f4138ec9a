"""siaga-cloud migrate --config cloud.toml [--to 0001] [--dry-run] [--lose]

0001 -> 0002: nothing is lost        what `run` does by itself at each start, to the newest
0002 -> 0001: loses alarms (12 rows) …        refused without --lose
"""

import argparse
import sys
from typing import Any

import msgspec
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError

from cloud.database.engine import engine_of
from cloud.database.revisions import UnknownRevision, columns_by_table, known, move, revision_of, rows_by_table
from cloud.process.settings import load_cloud_settings
from runtime.settings import SettingsError


class Migration(msgspec.Struct, frozen=True):
    """A move from one revision to another, and what it drops that holds something: tables and columns, with rows."""

    before: str
    after: str
    lost: list[str]

    def __str__(self) -> str:
        return f"{self.before} -> {self.after}: " + (
            f"loses {', '.join(self.lost)}" if self.lost else "nothing is lost"
        )


def add_migrate_command(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `migrate` to the subparsers `commands`; `common` has the option that names the settings."""
    parser = commands.add_parser("migrate", parents=[common], help="bring the registry database to a revision")
    parser.add_argument("--to", metavar="REVISION", help="the revision (default: the newest)")
    parser.add_argument("--dry-run", action="store_true", help="do it, say what it did, and undo it")
    parser.add_argument("--lose", action="store_true", help="also where that loses something; make a backup first")
    parser.set_defaults(command=_migrate)


def migrate(url: str, to: str | None, *, dry_run: bool = False, lose: bool = False) -> Migration:
    """Bring a registry database to revision `to`; SettingsError, and nothing changed, where that must not be."""
    engine, told = engine_of(url), f"registry database {make_url(url).render_as_string(hide_password=True)}"
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            migration = _moved(connection, to)
            if dry_run:
                transaction.rollback()
            elif migration.lost and not lose:
                raise SettingsError(
                    [f"{told}: {migration}; nothing was changed: make a backup, then say it again with --lose"]
                )
            return migration
    except UnknownRevision as error:
        raise SettingsError([f"{told}: {error}"]) from None
    except DBAPIError as error:
        raise SettingsError([f"{told}: {error.orig}; look at registry.url"]) from None
    finally:
        engine.dispose()


def _moved(connection: Connection, to: str | None) -> Migration:
    before, rows, columns = revision_of(connection), rows_by_table(connection), columns_by_table(connection)
    move(connection, to)
    kept = columns_by_table(connection)
    lost = [f"{name} ({rows[name]} rows)" for name in sorted(rows) if rows[name] and name not in kept]
    lost += [
        f"{name}.{column}" for name in sorted(kept) if rows.get(name) for column in sorted(columns[name] - kept[name])
    ]
    return Migration(before or "nothing", to or known()[-1], lost)


def _migrate(chosen: argparse.Namespace) -> int:
    settings = load_cloud_settings(chosen.config)
    migration = migrate(settings.registry.url, chosen.to, dry_run=chosen.dry_run, lose=chosen.lose)
    sys.stdout.write(f"{migration}{' (undone: a dry run)' if chosen.dry_run else ''}\n")
    return 0
