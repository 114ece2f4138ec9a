"""Dead letters: what the checks rejected, whole and with its reason, until somebody mends the cause and replays it.

#17  2026-11-24 03:10  gw-daruba  unknown_sensor  "sensor air-pier is not in city.toml; add it there …"  x 3

Each gateway has a quota. What is rejected beyond it is not kept: it is counted as discarded, by gateway and reason, and
health, the API and the gateway's ack say so. What is good of the same batch is stored, judged and acknowledged.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from cloud.core.health import Component
from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from cloud.ingest.dead_letter_records import (
    DEAD_LETTER_COLUMNS,
    DISCARDED_COLUMNS,
    DeadLetter,
    DeadLetterFilter,
    DeadLetterGroup,
    Discarded,
    beginning_of,
)
from cloud.ingest.dead_letter_room import DeadLetterRoom
from cloud.ingest.rejection import Rejection
from cloud.ingest.tables import DeadLetterRow, DiscardedRow
from i18n.message import LocalizedMessage
from i18n.stored_message import packed, unpacked
from wire import printable

LONGEST_SENTENCE = 1_000
"""Characters of a sentence that are kept: it may repeat what a gateway wrote."""
MOST_DISCARDED, MOST_REPLAYED = 1_000, 100
"""Dead letters in one request: the one transaction keeps ingest waiting, the other opens as many batches."""
LONGEST_WORD = 500
"""Characters of somebody's reason, in the journal."""


class KeptRejections(msgspec.Struct, frozen=True):
    """What became of `rejections` in a transaction, in their order; `held` are the bytes held then, by owner."""

    held: Mapping[str, int]
    rejections: tuple[Rejection, ...] = ()

    @property
    def discarded(self) -> list[Rejection]:
        """Those for which there was no room."""
        return [rejection for rejection in self.rejections if rejection.discarded]


class DeadLetters:
    """At most `max_bytes` of dead letters in the registry database, and of each gateway at most `gateway_bytes`.

    `known_gateways` are those of the registry; all others share one quota. Replayed ones make room when it is needed.
    """

    def __init__(
        self,
        database: Database,
        *,
        max_bytes: int,
        gateway_bytes: int | None = None,
        known_gateways: Callable[[], Collection[str]] = frozenset,
    ) -> None:
        self._database = database
        self._room = DeadLetterRoom(max_bytes, max_bytes if gateway_bytes is None else gateway_bytes, known_gateways)

    async def page(
        self,
        *,
        limit: int = 50,
        before_id: int | None = None,
        gateways: Collection[str] | None = None,
        gateway: str | None = None,
        reason: str | None = None,
        raw_bytes: int | None = None,
    ) -> list[DeadLetter]:
        """The newest `limit` dead letters, or those before `before_id`, the newest first; of these gateways and reason.

        Of their raw forms only the first `raw_bytes` are read, if given: a page of whole batches is tens of megabytes.
        """
        wanted = DeadLetterFilter(None if gateways is None else frozenset(gateways), gateway, reason)
        columns = DEAD_LETTER_COLUMNS if raw_bytes is None else beginning_of(raw_bytes)
        query = select(*columns).where(*wanted.conditions()).order_by(DeadLetterRow.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(DeadLetterRow.id < before_id)
        return await self._database.run(lambda connection: [_letter(row) for row in connection.execute(query)])

    async def get(self, dead_letter_id: int) -> DeadLetter:
        """Give one dead letter; LookupError if there is none of that id."""
        query = select(*DEAD_LETTER_COLUMNS).where(DeadLetterRow.id == dead_letter_id)
        row = await self._database.run(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise LookupError(f"there is no dead letter {dead_letter_id}")
        return _letter(row)

    async def count(self, *, gateways: Collection[str] | None = None) -> int:
        """How many dead letters are open: not replayed yet; of `gateways` only, if given."""
        query = select(func.count()).where(DeadLetterRow.replayed_ms.is_(None))
        if gateways is not None:
            query = query.where(DeadLetterRow.gateway.in_(gateways))
        return int(await self._database.run(lambda connection: connection.execute(query).scalar_one()))

    async def groups(self, *, gateways: Collection[str] | None = None, most: int) -> list[DeadLetterGroup]:
        """The open dead letters by gateway and reason, the most letters first; of `gateways` only, if given."""
        letters = func.count()
        query = select(
            DeadLetterRow.gateway, DeadLetterRow.reason, letters, func.sum(DeadLetterRow.count),
            func.min(DeadLetterRow.time_ms), func.max(DeadLetterRow.id),
        ).where(DeadLetterRow.replayed_ms.is_(None))  # fmt: skip
        if gateways is not None:
            query = query.where(DeadLetterRow.gateway.in_(gateways))
        grouped = query.group_by(DeadLetterRow.gateway, DeadLetterRow.reason).order_by(letters.desc()).limit(most)

        def read(connection: Connection) -> list[DeadLetterGroup]:
            rows = connection.execute(grouped)
            return [DeadLetterGroup(gateway, reason, n, int(times), *rest) for gateway, reason, n, times, *rest in rows]

        return await self._database.run(read)

    async def discarded(self, *, gateways: Collection[str] | None = None) -> list[Discarded]:
        """What was rejected and not kept, the latest first; of `gateways` only, if given."""
        query = select(*DISCARDED_COLUMNS).order_by(DiscardedRow.last_ms.desc())
        if gateways is not None:
            query = query.where(DiscardedRow.gateway.in_(gateways))
        return await self._database.run(lambda connection: [Discarded(*row) for row in connection.execute(query)])

    async def open_ids(self, wanted: DeadLetterFilter, *, after_id: int, limit: int) -> list[int]:
        """The ids of dead letters not replayed yet, the oldest first, from the one after `after_id` on."""
        query = select(DeadLetterRow.id).where(*wanted.conditions(), DeadLetterRow.replayed_ms.is_(None))
        oldest = query.where(DeadLetterRow.id > after_id).order_by(DeadLetterRow.id).limit(limit)
        return await self._database.run(lambda connection: list(connection.execute(oldest).scalars()))

    async def record_replay(
        self, dead_letter_id: int, *, closed: bool, actor: Actor, outcome: str, now_ms: int
    ) -> None:
        """Record in the journal that a dead letter was replayed, and close it where all that was in it is stored."""
        statement = update(DeadLetterRow).where(DeadLetterRow.id == dead_letter_id).values(replayed_ms=now_ms)

        def record(connection: Connection) -> None:
            if closed:
                connection.execute(statement)
            write_entry(connection, actor, "replay", f"dead-letter:{dead_letter_id}", now_ms=now_ms, reason=outcome)

        await self._database.run(record)

    async def record_replays(
        self, wanted: DeadLetterFilter, *, letters: int, actor: Actor, reason: str, now_ms: int
    ) -> None:
        """Record in the journal that somebody had so many dead letters replayed at once, and why."""
        await self._database.run(
            lambda connection: write_entry(
                connection,
                actor,
                "replay-letters",
                str(wanted),
                now_ms=now_ms,
                reason=reason,
                after={"letters": letters},
            )
        )

    async def discard(
        self,
        wanted: DeadLetterFilter,
        *,
        dead_letter_id: int | None = None,
        most: int = 1,
        actor: Actor,
        reason: str,
        now_ms: int,
    ) -> int:
        """Delete dead letters for good, the oldest first, at most so many; gives how many. The journal says why."""
        conditions = wanted.conditions() if dead_letter_id is None else [DeadLetterRow.id == dead_letter_id]
        subject = str(wanted) if dead_letter_id is None else f"dead-letter:{dead_letter_id}"
        found = select(DeadLetterRow.id).where(*conditions).order_by(DeadLetterRow.id).limit(most)

        def delete_oldest(connection: Connection) -> tuple[int, Mapping[str, int]]:
            ids = list(connection.execute(found).scalars())
            if ids:
                connection.execute(delete(DeadLetterRow).where(DeadLetterRow.id.in_(ids)))
                after = {"letters": len(ids)}
                write_entry(connection, actor, "discard", subject, now_ms=now_ms, reason=reason, after=after)
            return len(ids), self._room.count_held(connection)

        discarded, held = await self._database.run(delete_oldest)
        self._room.set_held(held)
        return discarded

    def load(self, connection: Connection) -> None:
        """Load how much is held, at the start and after others may have changed it."""
        self._room.set_held(self._room.count_held(connection))

    def component(self) -> Component:
        """How the dead letters are doing: degraded until there is really room again."""
        return self._room.component()

    def write(self, connection: Connection, rejections: Iterable[Rejection], *, now_ms: int) -> KeptRejections:
        """Keep rejections, in the transaction of `connection`; those that find no room are counted as discarded.

        `apply` what this gives when the transaction is committed.
        """
        held = self._room.held_for_writing(connection)
        outcomes = tuple(self._outcome(connection, held, rejection, now_ms) for rejection in rejections)
        kept = KeptRejections(held, outcomes)
        for rejection in kept.discarded:
            _count_discarded(connection, self._room.owner(rejection.gateway), rejection, now_ms)
        return kept

    def _outcome(self, connection: Connection, held: dict[str, int], rejection: Rejection, now_ms: int) -> Rejection:
        """Keep a rejection, unless it is kept already; gives it marked as discarded where there is no room."""
        same = update(DeadLetterRow).where(DeadLetterRow.fingerprint == rejection.fingerprint)
        if connection.execute(same.values(count=DeadLetterRow.count + 1, replayed_ms=None)).rowcount:
            return rejection
        owner = self._room.owner(rejection.gateway)
        if not self._room.make_room(connection, held, owner, rejection.size):
            return msgspec.structs.replace(rejection, discarded=True)
        held[owner] = held.get(owner, 0) + rejection.size
        connection.execute(insert(DeadLetterRow).values(_row(rejection, now_ms)))
        return rejection

    def apply(self, kept: KeptRejections) -> None:
        """Take into memory what is now in the database."""
        self._room.record_discarded(kept.discarded)
        self._room.set_held(kept.held)


def _count_discarded(connection: Connection, owner: str, rejection: Rejection, now_ms: int) -> None:
    key = (DiscardedRow.gateway == owner, DiscardedRow.reason == rejection.reason)
    readings, letters = DiscardedRow.readings + rejection.readings, DiscardedRow.letters + 1
    raised = connection.execute(
        update(DiscardedRow).where(*key).values(readings=readings, letters=letters, last_ms=now_ms)
    )
    if raised.rowcount == 0:
        first = Discarded(owner, rejection.reason, rejection.readings, 1, now_ms, now_ms)
        connection.execute(insert(DiscardedRow).values(msgspec.structs.asdict(first)))


def _bounded(sentence: str) -> str:
    """The sentence in characters that can be printed; one that is too long without its form, and cut."""
    if isinstance(sentence, LocalizedMessage) and len(sentence) <= LONGEST_SENTENCE:
        return sentence.with_texts(printable)
    return printable(sentence)[:LONGEST_SENTENCE]


def _letter(row: Any) -> DeadLetter:
    letter = DeadLetter(*row)
    return msgspec.structs.replace(letter, sentence=unpacked(letter.sentence))


def _row(rejection: Rejection, now_ms: int) -> dict[str, object]:
    return {
        "fingerprint": rejection.fingerprint,
        "time_ms": now_ms,
        "gateway": rejection.gateway,
        "reason": rejection.reason,
        "sentence": packed(_bounded(rejection.sentence)),
        "raw": rejection.raw,
        "size": rejection.size,
        "count": 1,
    }
