"""The dead letters: what the rules refused, whole and with its reason, until somebody mends the cause and replays it.

#17  2026-11-24 03:10  gw-daruba  unknown_sensor  "sensor air-pier is not in city.toml; add it there …"  x 3
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from cloud.alarms.journal import Actor, write_entry
from cloud.health import Component, Condition
from cloud.registry.database import Database
from cloud.registry.tables import DeadLetterRow

ROW_BYTES = 512
"""What a letter takes on disk besides its raw form and sentence, roughly: columns, indexes, page overhead."""


class Refusal(msgspec.Struct, frozen=True):
    """Readings, or a whole message, that the rules refuse: to become a dead letter.

    `raw` is a batch in wire encoding with the refused readings, or the message as it came; `sensors` says how many
    readings of which sensor they are, as far as that can be read.
    """

    gateway: str
    reason: str
    sentence: str
    raw: bytes
    readings: int
    sensors: Mapping[str, int] = {}

    @property
    def fingerprint(self) -> str:
        """The same for the same raw form from the same gateway refused for the same reason."""
        return hashlib.sha256(b"\0".join((self.gateway.encode(), self.reason.encode(), self.raw))).hexdigest()

    @property
    def size(self) -> int:
        """Bytes on disk, roughly."""
        return len(self.raw) + len(self.sentence.encode()) + ROW_BYTES

    def rows(self) -> Iterator[tuple[str, str, int]]:
        """(sensor, reason, readings), with sensor "" for those of which nobody can say whose they are."""
        for sensor, readings in self.sensors.items():
            yield sensor, self.reason, readings
        nameless = self.readings - sum(self.sensors.values())
        if nameless:
            yield "", self.reason, nameless


class DeadLetter(msgspec.Struct, frozen=True):
    """A refusal that is kept: first refused at `time_ms` (UTC), `count` times so far."""

    id: int
    time_ms: int
    gateway: str
    reason: str
    sentence: str
    raw: bytes
    count: int
    replayed_ms: int | None


class DeadLettersFull(Exception):
    """The dead letters have reached their limit; the text is one sentence."""


class DeadLetters:
    """At most `max_bytes` of dead letters in the registry database; replayed ones make room when it is needed."""

    def __init__(self, database: Database, *, max_bytes: int) -> None:
        self.problem = ""
        self._database = database
        self._max_bytes = max_bytes
        self._bytes_held: int | None = None  # not known: ask the database

    async def page(
        self, *, limit: int = 50, before_id: int | None = None, gateways: Collection[str] | None = None
    ) -> list[DeadLetter]:
        """The newest `limit` letters, or those before `before_id`, the newest first; of `gateways` only, if given."""
        query = select(*_LETTER).order_by(DeadLetterRow.id.desc()).limit(limit)
        if gateways is not None:
            query = query.where(DeadLetterRow.gateway.in_(gateways))
        if before_id is not None:
            query = query.where(DeadLetterRow.id < before_id)
        return await self._database.run(lambda connection: [DeadLetter(*row) for row in connection.execute(query)])

    async def letter(self, letter_id: int) -> DeadLetter:
        """One letter; LookupError if there is none of that id."""
        query = select(*_LETTER).where(DeadLetterRow.id == letter_id)
        row = await self._database.run(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise LookupError(f"there is no dead letter {letter_id}")
        return DeadLetter(*row)

    async def count(self, *, gateways: Collection[str] | None = None) -> int:
        """How many letters are open: not replayed yet; of `gateways` only, if given."""
        query = select(func.count()).where(DeadLetterRow.replayed_ms.is_(None))
        if gateways is not None:
            query = query.where(DeadLetterRow.gateway.in_(gateways))
        return int(await self._database.run(lambda connection: connection.execute(query).scalar_one()))

    async def note_replay(self, letter_id: int, *, closed: bool, by: Actor, said: str, now_ms: int) -> None:
        """Journal that a letter was replayed, and close it where all that was in it is stored."""
        statement = update(DeadLetterRow).where(DeadLetterRow.id == letter_id).values(replayed_ms=now_ms)

        def note(connection: Connection) -> None:
            if closed:
                connection.execute(statement)
            write_entry(connection, by, "replay", f"dead-letter:{letter_id}", now_ms=now_ms, word=said)

        await self._database.run(note)
        if closed:
            self.problem = ""  # there is room to be made now

    def component(self) -> Component:
        """How the dead letters are doing."""
        if self.problem:
            return Component(Condition.DEGRADED, self.problem)
        return Component(Condition.OK, f"room for what is refused, up to {self._max_bytes // 2**20} MB")

    def write(self, connection: Connection, refusals: Iterable[Refusal], *, now_ms: int) -> int:
        """Keep `refusals`, in the transaction of `connection`; DeadLettersFull, and nothing kept, at the limit.

        Gives the bytes held then, which are for `accept` when the transaction is committed.
        """
        held = _bytes_held(connection) if self._bytes_held is None else self._bytes_held
        self._bytes_held = None
        for refusal in refusals:
            again = update(DeadLetterRow).where(DeadLetterRow.fingerprint == refusal.fingerprint)
            raised = connection.execute(again.values(count=DeadLetterRow.count + 1, replayed_ms=None))
            if raised.rowcount == 0:
                held = self._with_room(connection, held, refusal.size)
                connection.execute(insert(DeadLetterRow).values(_row(refusal, now_ms)))
        return held

    def accept(self, bytes_held: int) -> None:
        """Take into memory what is now in the database."""
        self._bytes_held = bytes_held

    def _with_room(self, connection: Connection, held: int, size: int) -> int:
        if held + size > self._max_bytes:
            connection.execute(delete(DeadLetterRow).where(DeadLetterRow.replayed_ms.is_not(None)))
            held = _bytes_held(connection)
        if held + size > self._max_bytes:
            self.problem = (
                f"the dead letters have reached their limit of {self._max_bytes // 2**20} MB, so batches with refused "
                "readings stay at their gateways; mend the causes and replay, or raise dead_letters.max_mb"
            )
            raise DeadLettersFull(self.problem)
        self.problem = ""
        return held + size


_LETTER: Sequence[Any] = tuple(getattr(DeadLetterRow, name) for name in DeadLetter.__struct_fields__)


def _bytes_held(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.sum(DeadLetterRow.size), 0))).scalar_one())


def _row(refusal: Refusal, now_ms: int) -> dict[str, object]:
    return {
        "fingerprint": refusal.fingerprint,
        "time_ms": now_ms,
        "gateway": refusal.gateway,
        "reason": refusal.reason,
        "sentence": refusal.sentence,
        "raw": refusal.raw,
        "size": refusal.size,
        "count": 1,
    }
