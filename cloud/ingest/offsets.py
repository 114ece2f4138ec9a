"""By how much the clock of a gateway, or of a device that stamps its own readings, is wrong: decided once, and kept.

Offset(gateway="gw-1", stream="9f3c…", sensor="river-1", first=91, last=120, low_ms=…, high_ms=…, offset_ms=-480_000)
      └─ of the readings 91 to 120 of that stream, those of the sensor that are stamped so are 8 min ahead

A reading's time is part of its key in the store, so what moved it once must move it again by the same: whenever its
gateway sends it again, after a restart, out of the dead letters. So an offset is committed before its first write.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

import msgspec
from sqlalchemy import Connection, delete, insert, select

from cloud.database.backoff import wait_s
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.ingest.tables import ClockOffsetRow as Row
from runtime.backoff import retry

GATEWAYS_OWN = ""
"""Stands for the sensor where it is the gateway's own clock that is not known."""
MOST_STREAMS = 64
"""Streams of a gateway with offsets that are remembered, the newest: a gateway that invents streams fills no table."""
MOST_OF_STREAM = 256
"""Offsets of a stream: a clock that jumps more often than that is corrected no more, and its readings are rejected."""

_log = logging.getLogger(__name__)


class Offset(msgspec.Struct, frozen=True):
    """What is to be added to stamps of `sensor` in the readings `first` to `last` of `stream`.

    It is for stamps from `low_ms` to `high_ms` (UTC): of a batch that is cut otherwise these are the same readings. Of
    the gateway's own unknown clock it is for every stamp. `agreed`: it was decided by an arrival that nothing held up.
    """

    gateway: str
    stream: str
    sensor: str
    first: int
    last: int
    low_ms: int
    high_ms: int
    offset_ms: int
    agreed: bool = True

    def holds(self, stamp_ms: int) -> bool:
        """Whether it is for readings with this stamp."""
        return self.low_ms <= stamp_ms <= self.high_ms

    def touches(self, first: int, last: int) -> bool:
        """Whether some of the readings `first` to `last` are among its own."""
        return self.first <= last and first <= self.last


Key = tuple[str, str, str, int, int]


def _key(row: Offset) -> Key:
    return row.gateway, row.stream, row.sensor, row.first, row.low_ms


class Offsets:
    """All that was decided, in memory, and what of it `database` does not hold yet; without one only in memory."""

    def __init__(self, database: Database | None = None) -> None:
        self._database = database
        self._of: dict[str, dict[str, dict[Key, Offset]]] = {}
        self._unsaved: dict[Key, Offset] = {}
        self._forgotten: list[tuple[str, str]] = []
        self._one_save = asyncio.Lock()

    def of(self, gateway: str, stream: str) -> Sequence[Offset]:
        """The offsets of a stream; hardly any stream has one."""
        found = self._of.get(gateway, {}).get(stream)
        return () if found is None else tuple(found.values())

    def decide(self, row: Offset) -> bool:
        """Decide, or let an offset reach further; False, and nothing is decided, where the stream has too many."""
        streams = self._of.setdefault(row.gateway, {})
        rows = streams.setdefault(row.stream, {})
        if _key(row) not in rows and len(rows) >= MOST_OF_STREAM:
            return False
        rows[_key(row)] = self._unsaved[_key(row)] = row
        while len(streams) > MOST_STREAMS:
            self._forget(row.gateway, next(iter(streams)))
        return True

    def load(self, connection: Connection) -> None:
        """Load all that the database has."""
        for found in connection.execute(select(*_COLUMNS).order_by(Row.id)):
            row = Offset(*found)
            if _key(row) not in self._unsaved:
                self._of.setdefault(row.gateway, {}).setdefault(row.stream, {})[_key(row)] = row

    async def save(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Save all that is decided, however long that takes."""
        if self._database is not None and (self._unsaved or self._forgotten):
            save = partial(self._save, self._database)
            await retry(save, passing=(DatabaseUnavailable,), wait_s=wait_s, on_failure=_log_failure, sleep=sleep)

    async def _save(self, database: Database) -> None:
        async with self._one_save:
            while self._unsaved or self._forgotten:
                await self._save_once(database)

    async def _save_once(self, database: Database) -> None:
        rows, forgotten = dict(self._unsaved), list(self._forgotten)
        await database.run(lambda connection: _write(connection, rows.values(), forgotten))
        self._unsaved = {key: row for key, row in self._unsaved.items() if rows.get(key) is not row}
        self._forgotten = self._forgotten[len(forgotten) :]

    def _forget(self, gateway: str, stream: str) -> None:
        for key in self._of[gateway].pop(stream):
            self._unsaved.pop(key, None)
        self._forgotten.append((gateway, stream))


def _log_failure(error: Exception) -> None:
    _log.warning("%s; readings wait until it is known by how much their clock is wrong", error)


_NAMES = Offset.__struct_fields__
_COLUMNS = tuple(getattr(Row, name) for name in _NAMES)


def _write(connection: Connection, rows: Iterable[Offset], forgotten: Iterable[tuple[str, str]]) -> None:
    for gateway, stream in forgotten:
        connection.execute(delete(Row).where(Row.gateway == gateway, Row.stream == stream))
    for row in rows:
        same = (getattr(Row, name) == getattr(row, name) for name in ("gateway", "stream", "sensor", "first", "low_ms"))
        connection.execute(delete(Row).where(*same))
        connection.execute(insert(Row).values(msgspec.structs.asdict(row)))
