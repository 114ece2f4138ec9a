"""Versions of rules in the registry database: rows that are added and never changed, each with a journal line."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select

from cloud.database.audit_log import Actor, write_entry
from cloud.rulebook.records import RuleVersion
from cloud.rulebook.tables import RuleVersionRow

ACTION_OF = {"save": "save-rule", "remove": "remove-rule", "undo": "undo-rule", "import": "import-rule"}


def subject_of(version: RuleVersion) -> str:
    """What the journal calls a rule: rule:river-level@all."""
    return f"rule:{version.family}@{version.scope}"


def appending(
    versions: Sequence[tuple[RuleVersion, RuleVersion | None]], *, actor: Actor, action: str, known: int
) -> Callable[[Connection], bool]:
    """Return what writes versions, each with the one before it, all or none: none where there are not `known` rows."""

    def write(connection: Connection) -> bool:
        if count_versions(connection) != known:
            return False
        for version, before in versions:
            write_version(connection, version)
            write_entry(
                connection, actor, ACTION_OF[action], subject_of(version), now_ms=version.at_ms, reason=version.reason,
                before=None if before is None else content_of(before), after=content_of(version),
            )  # fmt: skip
        return True

    return write


def content_of(version: RuleVersion) -> dict[str, Any]:
    """What the journal keeps of a version."""
    return {
        "version": version.version,
        "fields": None if version.removed else version.fields,
        "valid_from_ms": version.valid_from_ms,
    }


_FIELDS = msgspec.json.Decoder(dict[str, Any])
_COLUMNS: tuple[Any, ...] = tuple(
    getattr(RuleVersionRow, "body" if name == "fields" else name) for name in RuleVersion.__struct_fields__
)


def count_versions(connection: Connection) -> int:
    """How many versions the database holds: they are only ever added."""
    return int(connection.execute(select(func.count()).select_from(RuleVersionRow)).scalar_one())


def read_versions(connection: Connection) -> list[RuleVersion]:
    """Every version that the database holds, the oldest first."""
    query = select(*_COLUMNS).order_by(RuleVersionRow.version)
    return [RuleVersion(row[0], row[1], row[2], _FIELDS.decode(row[3]), *row[4:]) for row in connection.execute(query)]


def write_version(connection: Connection, version: RuleVersion) -> None:
    """Add a version."""
    row = msgspec.structs.asdict(version)
    row["body"] = msgspec.json.encode(row.pop("fields")).decode()
    connection.execute(insert(RuleVersionRow).values(row))
