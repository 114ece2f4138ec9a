"""Dead letters as they are read: one that is kept, which of them somebody asks for, and what was not kept.

#17  2026-11-24 03:10  gw-daruba  unknown_sensor  "sensor air-pier is not in city.toml; add it there …"  x 3
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, LargeBinary, func

from cloud.ingest.tables import DeadLetterRow, DiscardedRow


class DeadLetter(msgspec.Struct, frozen=True):
    """A rejection that is kept: first rejected at `time_ms` (UTC), `count` times so far; `raw_size` bytes long, raw.

    `sentence` is a `LocalizedMessage` where the checks made it one.
    """

    id: int
    time_ms: int
    gateway: str
    reason: str
    sentence: str
    raw: bytes
    count: int
    replayed_ms: int | None
    raw_size: int = 0


class DeadLetterFilter(msgspec.Struct, frozen=True):
    """Which dead letters: of `gateways` only (None: of all), of one gateway, of one reason."""

    gateways: frozenset[str] | None = None
    gateway: str | None = None
    reason: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same for the database."""
        found: list[ColumnElement[bool]] = []
        if self.gateways is not None:
            found.append(DeadLetterRow.gateway.in_(self.gateways))
        if self.gateway is not None:
            found.append(DeadLetterRow.gateway == self.gateway)
        if self.reason is not None:
            found.append(DeadLetterRow.reason == self.reason)
        return found

    def __str__(self) -> str:
        return ":".join(["dead-letters", *filter(None, (self.gateway, self.reason))])


class DeadLetterGroup(msgspec.Struct, frozen=True):
    """The open dead letters of a gateway and a reason: how many, how often rejected, since when (UTC), the newest."""

    gateway: str
    reason: str
    letters: int
    times: int
    first_ms: int
    newest_id: int


class Discarded(msgspec.Struct, frozen=True):
    """Readings of a gateway that were rejected and not kept, for one reason, since `first_ms` (UTC).

    The gateway is "" for all those together that the registry does not know.
    """

    gateway: str
    reason: str
    readings: int
    letters: int
    first_ms: int
    last_ms: int


DEAD_LETTER_COLUMNS: Sequence[Any] = (
    *(getattr(DeadLetterRow, name) for name in DeadLetter.__struct_fields__ if name != "raw_size"),
    func.length(DeadLetterRow.raw).label("raw_size"),
)
DISCARDED_COLUMNS: Sequence[Any] = tuple(getattr(DiscardedRow, name) for name in Discarded.__struct_fields__)


def beginning_of(raw_bytes: int) -> Sequence[Any]:
    """The columns of a dead letter, with the first bytes of its raw form."""
    cut = func.substr(DeadLetterRow.raw, 1, raw_bytes, type_=LargeBinary).label("raw")
    return [cut if column is DeadLetterRow.raw else column for column in DEAD_LETTER_COLUMNS]
