"""Which alarms are asked for, as questions to the database that stay small however many alarms there are.

open, the worst first      the index of open alarms by rank, from its end
newest first               SPAN ids at a time, from the newest on: each look is short, others have their turn between
                           ids  100,000 ◄── look ──┤ 95,000 ◄── look ──┤ 90,000 …      at most MOST_LOOKS in one page
a text                     first by LIKE in the database, which lets too many through, then exactly
"""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from cloud.alarms.ranks import least_rank
from cloud.alarms.records import Alarm, AlarmFilter, FoundAlarms
from cloud.alarms.tables import AlarmEventRow, AlarmRow
from cloud.database.tables import AuditRow
from rules.rule import Rule

SPAN = 5_000
"""Ids looked through in one transaction: a few milliseconds."""
TEXT_SPAN = 1_000
"""The same where a text is looked for in each of them."""
MOST_LOOKS = 20
MOST_NAMED = 200
"""Sites and sensors whose names hold a text; more of them say that the text is too short to find anything by."""
AlarmRevision = tuple[int, int]

_RULE = msgspec.json.Decoder(Rule)
ALARM_COLUMNS: tuple[Any, ...] = tuple(getattr(AlarmRow, name) for name in Alarm.__struct_fields__)


def alarm_of(row: Any) -> Alarm:
    """Return the alarm of a row of `ALARM_COLUMNS`."""
    return Alarm(**{**row._mapping, "rule": _RULE.decode(row.rule)})


class AlarmSearch:
    """A search for one page, the newest first; `advance` until `is_over`, then `found` is the page."""

    def __init__(self, wanted: AlarmFilter, *, now_ms: int) -> None:
        self._wanted, self._now = wanted, now_ms
        self._alarms: list[Alarm] = []
        self._below: int | None = wanted.before_id
        self._looks = 0
        self._at_end = False

    @property
    def is_over(self) -> bool:
        """Whether the page is full, or the end was reached, or as much was looked through as one page may."""
        return self._at_end or len(self._alarms) >= self._wanted.limit or self._looks >= MOST_LOOKS

    @property
    def found(self) -> FoundAlarms:
        """The page."""
        wanted, alarms = self._wanted, self._alarms
        if len(alarms) >= wanted.limit:
            return FoundAlarms(alarms[: wanted.limit], alarms[wanted.limit - 1].id)
        return FoundAlarms(alarms, None if self._at_end else self._below)

    def advance(self, connection: Connection) -> None:
        """Look through the next span of ids."""
        self._looks += 1
        newest = _next_id(connection, self._wanted, self._below, self._now)
        if newest is None:
            self._at_end = True
            return
        lowest = newest - (TEXT_SPAN if self._wanted.text else SPAN) + 1
        within = (AlarmRow.id <= newest, AlarmRow.id >= lowest, *conditions(self._wanted, self._now))
        query = select(*ALARM_COLUMNS).where(*within).order_by(AlarmRow.id.desc())
        lacking = self._wanted.limit - len(self._alarms)
        rows = connection.execute(query if self._wanted.text else query.limit(lacking)).all()
        self._alarms += [alarm for row in rows if fits_text(alarm := alarm_of(row), self._wanted)]
        self._below = lowest


def find_worst(connection: Connection, wanted: AlarmFilter, now_ms: int, *, skip: int) -> list[Alarm]:
    """Return open alarms, the worst first; those that nobody has acknowledged before the others, then the newest."""
    of = and_(*conditions(wanted, now_ms), AlarmRow.closed_ms.is_(None))
    query = select(*ALARM_COLUMNS).where(of).order_by(AlarmRow.rank.desc(), AlarmRow.id.desc())
    if not wanted.text:
        return [alarm_of(row) for row in connection.execute(query.offset(skip).limit(wanted.limit))]
    held = (alarm_of(row) for row in connection.execute(query.limit(SPAN)))
    return [alarm for alarm in held if fits_text(alarm, wanted)][skip : skip + wanted.limit]


def count_alarms(connection: Connection, wanted: AlarmFilter, now_ms: int, *, most: int) -> int:
    """Count the alarms that are asked for, at most `most`; the text only as exactly as the database finds it."""
    found = select(AlarmRow.id).where(and_(True, *conditions(wanted, now_ms))).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(found)).scalar_one()


def read_revision(connection: Connection) -> AlarmRevision:
    """Return the newest event of an alarm and the newest entry of the journal."""
    newest = (select(func.max(AlarmEventRow.id)), select(func.max(AuditRow.id)))
    events, entries = (connection.execute(query).scalar_one() or 0 for query in newest)
    return events, entries


def _next_id(connection: Connection, wanted: AlarmFilter, below: int | None, now_ms: int) -> int | None:
    """Return the newest id below `below`, by what an index knows: one whole site may have nothing for a long while."""
    query = select(func.max(AlarmRow.id))
    if wanted.site is not None:
        query = query.where(AlarmRow.site == wanted.site)
    if wanted.sensor is not None:
        query = query.where(AlarmRow.sensor == wanted.sensor)
    if wanted.open:
        query = query.where(AlarmRow.closed_ms.is_(None))
    if below is not None:
        query = query.where(AlarmRow.id < below)
    return connection.execute(query).scalar_one()


def conditions(wanted: AlarmFilter, now_ms: int) -> list[ColumnElement[bool]]:
    """Return what the columns of an alarm must say."""
    equal = {
        AlarmRow.state: wanted.state,
        AlarmRow.site: wanted.site,
        AlarmRow.sensor: wanted.sensor,
        AlarmRow.family: wanted.family,
        AlarmRow.late: wanted.late,
        AlarmRow.test: wanted.test,
    }
    asked = [column == value for column, value in equal.items() if value is not None]
    asked += _where_set(wanted, now_ms)
    if wanted.severity is not None:
        asked.append(AlarmRow.rank >= least_rank(wanted.severity))
    if wanted.from_ms is not None:
        asked.append(AlarmRow.opened_ms >= wanted.from_ms)
    if wanted.until_ms is not None:
        asked.append(AlarmRow.opened_ms < wanted.until_ms)
    if wanted.sites is not None:
        asked.append(AlarmRow.site.in_(sorted(wanted.sites)))
    if wanted.quantities is not None:
        asked.append(AlarmRow.quantity.in_(sorted(wanted.quantities)))
    return [*asked, *_like(wanted)]


def _where_set(wanted: AlarmFilter, now_ms: int) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if wanted.open is not None:
        # most are over: the sum keeps an index out that would find nearly all of them, and then sort
        asked.append(AlarmRow.closed_ms.is_(None) if wanted.open else (AlarmRow.closed_ms + 0).is_not(None))
    if wanted.acknowledged is not None:
        column = AlarmRow.acknowledged_ms
        asked.append(column.is_not(None) if wanted.acknowledged else column.is_(None))
    if wanted.shelved is not None:
        until = AlarmRow.shelved_until_ms
        asked.append(until > now_ms if wanted.shelved else or_(until.is_(None), until <= now_ms))
    return asked


_TEXTS = (
    AlarmRow.family, AlarmRow.sensor, AlarmRow.site, AlarmRow.assigned_to, AlarmRow.acknowledged_by,
    AlarmRow.acknowledged_word, AlarmRow.rule,
)  # fmt: skip


def _like(wanted: AlarmFilter) -> list[ColumnElement[bool]]:
    """Return what lets through all that `fits_text` does: JSON escapes quotes, and SQLite knows the case of ASCII."""
    if not wanted.text or not wanted.text.isascii() or any(one in wanted.text for one in '"\\'):
        return []
    held = [column.icontains(wanted.text, autoescape=True) for column in _TEXTS]
    return [or_(*held, *_named(wanted))]


def _named(wanted: AlarmFilter) -> list[ColumnElement[bool]]:
    named = sorted(wanted.named)[:MOST_NAMED]
    return [AlarmRow.site.in_(named), AlarmRow.sensor.in_(named)] if named else []


def fits_text(alarm: Alarm, wanted: AlarmFilter) -> bool:
    """Tell whether the text stands in an alarm, or in the name of its site or sensor."""
    if not wanted.text or alarm.site in wanted.named or alarm.sensor in wanted.named:
        return True
    rule = alarm.rule
    texts = (
        alarm.family, alarm.sensor, alarm.site, alarm.assigned_to, alarm.acknowledged_by, alarm.acknowledged_word,
        alarm.level_name, rule.title, rule.title_id, rule.advice, rule.advice_id,
    )  # fmt: skip
    return wanted.text.casefold() in "\n".join(text or "" for text in texts).casefold()
