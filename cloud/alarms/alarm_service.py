"""The alarm service: what people ask of alarms and do about them, each in one transaction with its line in the journal.

acknowledge(17, "the pump runs", actor=ani)   assign(17, "budi", …)   shelve(17, until, "sensor is cleaned", …)
"""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from cloud.alarms.records import Alarm, AlarmChange, AlarmFilter
from cloud.alarms.tables import AlarmEventRow, AlarmRow
from cloud.database.audit_log import Actor, AuditEntry, read_entries, write_entry
from cloud.database.engine import Database
from i18n.message import LocalizedMessage, unprintable
from rules.rule import Rule
from runtime.clock import wall_ms
from wire import is_printable
from wire.durations import DAY_MS

LONGEST_SHELF_MS = 7 * DAY_MS
"""An alarm that is put away for longer is a rule that should be changed."""
LONGEST_WORD = 500
LONGEST_NAME = 64
_SCAN = 5_000
"""Rows looked through for one page, where the question is about what stands inside the rule."""
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
        self._database = database
        self._clock = clock

    async def alarms(self, wanted: AlarmFilter) -> list[Alarm]:
        """The alarms that are asked for, the newest first."""
        now = self._clock()
        return await self._database.run(lambda connection: _find(connection, wanted, now))

    async def alarm(self, alarm_id: int) -> Alarm:
        """One alarm; LookupError if there is none of that id."""
        return await self._database.run(lambda connection: _alarm(connection, alarm_id))

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

        return await self._act(alarm_id, "acknowledge", reason, act, actor=actor)

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
    ) -> Alarm:
        now = self._clock()

        def in_transaction(connection: Connection) -> Alarm:
            alarm = _alarm(connection, alarm_id, lock=True)
            values = act(connection, alarm, now)
            connection.execute(update(AlarmRow).where(AlarmRow.id == alarm_id).values(values))
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


_RULE = msgspec.json.Decoder(Rule)
_ALARM: tuple[Any, ...] = tuple(getattr(AlarmRow, name) for name in Alarm.__struct_fields__)
_CHANGE: tuple[Any, ...] = tuple(getattr(AlarmEventRow, name) for name in AlarmChange.__struct_fields__)


def _alarm(connection: Connection, alarm_id: int, *, lock: bool = False) -> Alarm:
    query = select(*_ALARM).where(AlarmRow.id == alarm_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise LookupError(f"there is no alarm {alarm_id}")
    return _of_row(row)


def _of_row(row: Any) -> Alarm:
    return Alarm(**{**row._mapping, "rule": _RULE.decode(row.rule)})


def _find(connection: Connection, wanted: AlarmFilter, now: int) -> list[Alarm]:
    """Rows by what their columns say, page by page, then by what stands in their rules."""
    found: list[Alarm] = []
    before_id, looked = wanted.before_id, 0
    while len(found) < wanted.limit and looked < _SCAN:
        query = select(*_ALARM).where(and_(True, *_conditions(wanted, now))).order_by(AlarmRow.id.desc())
        if before_id is not None:
            query = query.where(AlarmRow.id < before_id)
        rows = connection.execute(query.limit(200)).all()
        if not rows:
            break
        looked += len(rows)
        before_id = rows[-1][0]
        found += [alarm for row in rows if _fits(alarm := _of_row(row), wanted)]
    return found[: wanted.limit]


def _conditions(wanted: AlarmFilter, now: int) -> list[ColumnElement[bool]]:
    equal = {
        AlarmRow.state: wanted.state,
        AlarmRow.site: wanted.site,
        AlarmRow.sensor: wanted.sensor,
        AlarmRow.family: wanted.family,
        AlarmRow.late: wanted.late,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    if wanted.open is not None:
        conditions.append(AlarmRow.closed_ms.is_(None) if wanted.open else AlarmRow.closed_ms.is_not(None))
    if wanted.acknowledged is not None:
        column = AlarmRow.acknowledged_ms
        conditions.append(column.is_not(None) if wanted.acknowledged else column.is_(None))
    if wanted.shelved is not None:
        until = AlarmRow.shelved_until_ms
        conditions.append(until > now if wanted.shelved else or_(until.is_(None), until <= now))
    if wanted.from_ms is not None:
        conditions.append(AlarmRow.opened_ms >= wanted.from_ms)
    if wanted.until_ms is not None:
        conditions.append(AlarmRow.opened_ms < wanted.until_ms)
    if wanted.sites is not None:
        conditions.append(AlarmRow.site.in_(sorted(wanted.sites)))
    return conditions


def _fits(alarm: Alarm, wanted: AlarmFilter) -> bool:
    if wanted.severity is not None and alarm.severity.rank < wanted.severity.rank:
        return False
    if not wanted.text:
        return True
    rule = alarm.rule
    texts = (
        alarm.family, alarm.sensor, alarm.site, alarm.assigned_to, alarm.acknowledged_by, alarm.acknowledged_word,
        alarm.level_name, rule.title, rule.title_id, rule.advice, rule.advice_id,
    )  # fmt: skip
    return wanted.text.casefold() in "\n".join(text or "" for text in texts).casefold()
