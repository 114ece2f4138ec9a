"""The alarm service: what people ask of alarms and do about them, each in one transaction with its line in the journal.

acknowledge(17, "the pump runs", actor=ani)   assign(17, "budi", …)   shelve(17, until, "sensor is cleaned", …)
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, select, update

from cloud.alarms.alarm_search import (
    ALARM_COLUMNS,
    AlarmRevision,
    AlarmSearch,
    alarm_of,
    count_alarms,
    find_worst,
    read_revision,
)
from cloud.alarms.ranks import ACKNOWLEDGED_NOT
from cloud.alarms.records import Alarm, AlarmChange, AlarmFilter, FoundAlarms
from cloud.alarms.tables import AlarmEventRow, AlarmRow
from cloud.database.audit_log import Actor, AuditEntry, read_entries, write_entry
from cloud.database.engine import Database
from i18n.message import LocalizedMessage, unprintable
from runtime.clock import wall_ms
from wire import is_printable
from wire.durations import DAY_MS

LONGEST_SHELF_MS = 7 * DAY_MS
"""An alarm that is put away for longer is a rule that should be changed."""
LONGEST_WORD = 500
LONGEST_NAME = 64
T = TypeVar("T")


class AlarmActionRejected(Exception):
    """What was asked of an alarm cannot be done; `sentence` says why."""

    def __init__(self, sentence: LocalizedMessage) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class AlreadyAcknowledged(AlarmActionRejected):
    """Somebody was first, and the alarm stays theirs; `alarm` says who, when and with which word."""

    def __init__(self, alarm: Alarm) -> None:
        super().__init__(
            LocalizedMessage(
                "alarm {id} was acknowledged by {person} already, with the word {word!r}; speak with them",
                id=alarm.id,
                person=alarm.acknowledged_by,
                word=alarm.acknowledged_word,
            )
        )
        self.alarm = alarm


class AlarmService:
    """Alarms as people see them."""

    def __init__(self, database: Database, *, clock: Callable[[], int] = wall_ms) -> None:
        self.database = self._database = database
        self._clock = clock

    async def alarms(self, wanted: AlarmFilter) -> list[Alarm]:
        """The alarms that are asked for, the newest first."""
        return (await self.page(wanted)).alarms

    async def page(self, wanted: AlarmFilter) -> FoundAlarms:
        """The alarms that are asked for, the newest first, and from where to look further where there may be more.

        A question that fits few is looked for in a bounded number of alarms: the page may be short, and not the last.
        """
        search = AlarmSearch(wanted, now_ms=self._clock())
        while not search.is_over:  # others have their turn between two looks
            await self._database.run(search.advance)
        return search.found

    async def worst(self, wanted: AlarmFilter, *, skip: int = 0) -> list[Alarm]:
        """The open alarms that are asked for, the worst first, after `skip` of them."""
        now = self._clock()
        return await self._database.run(lambda connection: find_worst(connection, wanted, now, skip=skip))

    async def count(self, wanted: AlarmFilter, *, most: int = 100_000) -> int:
        """How many alarms are asked for, whatever the text; `most` where there are as many or more."""
        now = self._clock()
        return await self._database.run(lambda connection: count_alarms(connection, wanted, now, most=most))

    async def revision(self) -> AlarmRevision:
        """What changes whenever something becomes of an alarm or somebody does something about one."""
        return await self._database.run(read_revision)

    async def alarm(self, alarm_id: int) -> Alarm:
        """One alarm; LookupError if there is none of that id."""
        return await self._database.run(lambda connection: alarm_in(connection, alarm_id))

    async def those_of(self, ids: Collection[int]) -> dict[int, Alarm]:
        """The alarms of some ids, by id, as they are now; those that there are none of are left out."""
        query = select(*ALARM_COLUMNS).where(AlarmRow.id.in_(sorted(ids)))
        return await self._database.run(
            lambda connection: {row.id: alarm_of(row) for row in connection.execute(query)} if ids else {}
        )

    async def changes(self, alarm_id: int) -> list[AlarmChange]:
        """What became of an alarm, in the order of event time."""
        query = (
            select(*_CHANGE).where(AlarmEventRow.alarm == alarm_id).order_by(AlarmEventRow.time_ms, AlarmEventRow.id)
        )
        return await self._database.run(lambda connection: [AlarmChange(*row) for row in connection.execute(query)])

    async def acknowledge(self, alarm_id: int, reason: str, *, actor: Actor) -> Alarm:
        """Say that it is known and by whom; the first one stays: AlreadyAcknowledged for all after."""
        reason = _written("word", reason, LONGEST_WORD)

        def act(connection: Connection, alarm: Alarm, now: int) -> dict[str, Any]:
            if alarm.acknowledged_ms is not None:
                raise AlreadyAcknowledged(alarm)
            return {"acknowledged_ms": now, "acknowledged_by": actor.name, "acknowledged_word": reason}

        known = {"rank": AlarmRow.rank - ACKNOWLEDGED_NOT}
        return await self._act(alarm_id, "acknowledge", reason, act, actor=actor, besides=known)

    async def assign(self, alarm_id: int, person: str, *, actor: Actor, reason: str = "") -> Alarm:
        """Give an alarm to somebody, or to nobody with an empty name."""
        name = _written("person", person, LONGEST_NAME) if person.strip() else None
        return await self._act(alarm_id, "assign", _optional(reason), lambda *_: {"assigned_to": name}, actor=actor)

    async def shelve(self, alarm_id: int, until_ms: int, reason: str, *, actor: Actor) -> Alarm:
        """Put an alarm away until a time (UTC) that is ahead, by 7 days at most: until then it pages nobody."""
        reason = _written("word", reason, LONGEST_WORD)

        def act(_connection: Connection, alarm: Alarm, now: int) -> dict[str, Any]:
            if not alarm.is_open:
                raise AlarmActionRejected(
                    LocalizedMessage("alarm {id} is closed; only an open one can be shelved", id=alarm.id)
                )
            if not now < until_ms <= now + LONGEST_SHELF_MS:
                raise AlarmActionRejected(
                    LocalizedMessage("until: must be a time that is ahead, and by 7 days at most")
                )
            return {"shelved_until_ms": until_ms}

        return await self._act(alarm_id, "shelve", reason, act, actor=actor)

    async def unshelve(self, alarm_id: int, reason: str, *, actor: Actor) -> Alarm:
        """Take an alarm back before its time."""
        return await self._act(
            alarm_id, "unshelve", _optional(reason), lambda *_: {"shelved_until_ms": None}, actor=actor
        )

    async def journal(
        self, *, subject: str | None = None, before_id: int | None = None, limit: int = 100
    ) -> list[AuditEntry]:
        """The newest lines of the journal, of one subject if asked."""
        return await self._database.run(
            lambda connection: read_entries(connection, subject=subject, before_id=before_id, limit=limit)
        )

    async def _act(
        self,
        alarm_id: int,
        action: str,
        reason: str,
        act: Callable[[Connection, Alarm, int], dict[str, Any]],
        *,
        actor: Actor,
        besides: Mapping[str, Any] = {},
    ) -> Alarm:
        now = self._clock()

        def in_transaction(connection: Connection) -> Alarm:
            alarm = alarm_in(connection, alarm_id, lock=True)
            values = act(connection, alarm, now)
            connection.execute(update(AlarmRow).where(AlarmRow.id == alarm_id).values({**values, **besides}))
            before = {name: getattr(alarm, name) for name in values}
            write_entry(
                connection, actor, action, f"alarm:{alarm_id}", now_ms=now, reason=reason, before=before, after=values
            )
            return msgspec.structs.replace(alarm, **values)

        return await self._database.run(in_transaction)


def _written(name: str, text: str, most: int) -> str:
    written = text.strip()
    if not written:
        raise AlarmActionRejected(
            LocalizedMessage("{field}: is empty; write a few words, so that the next shift knows", field=name)
        )
    if not is_printable(written):
        raise AlarmActionRejected(unprintable(name))
    if len(written) > most:
        raise AlarmActionRejected(
            LocalizedMessage(
                "{field}: has {n} characters; write at most {longest}", field=name, n=len(written), longest=most
            )
        )
    return written


def _optional(reason: str) -> str:
    """A reason that may be left out."""
    return _written("word", reason.strip()[:LONGEST_WORD], LONGEST_WORD) if reason.strip() else ""


_CHANGE: tuple[Any, ...] = tuple(getattr(AlarmEventRow, name) for name in AlarmChange.__struct_fields__)


def alarm_in(connection: Connection, alarm_id: int, *, lock: bool = False) -> Alarm:
    """Return one alarm; LookupError if there is none of that id. With `lock` nobody else writes it meanwhile."""
    query = select(*ALARM_COLUMNS).where(AlarmRow.id == alarm_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise LookupError(f"there is no alarm {alarm_id}")
    return alarm_of(row)
