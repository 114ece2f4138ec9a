"""From notices to messages: the first alarm goes at once, a storm becomes one message.

step 1   A │ at once: a message of A opens a window of `window_s`
           │ B … Z wait;  worse than all in the window ─► at once too
           ▼ the window ends: one message of B … Z, and A once more, marked as told: the whole storm in one place
Events that are routed together are one message from the start. A channel at its `per_minute` leaves notices waiting, so
that they become fewer and longer messages: a limit drops nothing. Tests are messages of their own.
Windows and limits run on steady time (`cloud/database/steady_clock.py`), which no step of the clock moves.
"""

import hashlib
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, case, func, select, update

from cloud.alarms.tables import AlarmEventRow, AlarmRow
from cloud.database.steady_clock import Moment
from cloud.database.upsert import insert_ignore
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.duty import on_duty
from cloud.notify.notifications import URGENT_KINDS, AlarmLine, Notification, line_of, worst_first
from cloud.notify.recipients import Recipient, recipients
from cloud.notify.router import NEEDED_NO_MORE, TEST_URGENCY, rule_of
from cloud.notify.settings import NotifySettings
from cloud.notify.tables import DeliveryRow, NoticeRow
from cloud.registry.snapshot import Registry

LINES_AT_ONCE = 1_000
"""Notices in one message at most; what is more follows in the next."""
NOBODY = "there is nobody to tell: no one on duty, and the channel has no address of its own"


class BatchingDecision(Enum):
    """What becomes of a step's waiting notices."""

    WAIT = "wait"
    AT_ONCE = "at once"
    GATHERED = "gathered"


class Waiting(msgspec.Struct, frozen=True):
    """The notices of a step that wait: the most urgent, and since when (steady) the oldest does."""

    urgency: int
    oldest_ms: int


class Told(msgspec.Struct, frozen=True):
    """What a step has been told: when its newest message (steady), and the most urgent line in the window."""

    newest_ms: int
    urgency: int


def verdict(waiting: Waiting, told: Told | None, *, now_ms: int, window_ms: int) -> BatchingDecision:
    """Whether waiting notices go now."""
    if told is None:
        return BatchingDecision.AT_ONCE
    ends_ms = told.newest_ms + window_ms
    if now_ms >= ends_ms:
        return BatchingDecision.GATHERED if waiting.oldest_ms < ends_ms else BatchingDecision.AT_ONCE
    return BatchingDecision.AT_ONCE if waiting.urgency > told.urgency else BatchingDecision.WAIT


class NotificationBatcher:
    """Messages by `settings`; places are named by `registry`."""

    def __init__(self, settings: NotifySettings, registry: Registry) -> None:
        self._settings = settings
        self._registry = registry
        self._window_ms = round(settings.window_s * 1_000)

    def pack(self, connection: Connection, now: Moment) -> None:
        """Make the messages that are to go now."""
        now_ms = now.steady_ms
        for (step, is_test), waiting in _waiting(connection).items():
            if not 1 <= step <= len(self._settings.steps):
                _drop(connection, step)  # the settings have fewer steps than when it was routed
            elif is_test:
                self._pack(connection, step, BatchingDecision.AT_ONCE, now, is_test=True)
            else:
                told = _told(connection, step, now_ms - self._window_ms)
                found = verdict(waiting, told, now_ms=now_ms, window_ms=self._window_ms)
                if found is not BatchingDecision.WAIT:
                    self._pack(connection, step, found, now)

    def _pack(
        self, connection: Connection, step: int, found: BatchingDecision, now: Moment, *, is_test: bool = False
    ) -> None:
        now_ms = now.steady_ms
        settings = self._settings.steps[step - 1]
        channel = self._settings.channel(settings.channels[0])
        assert channel is not None  # noqa: S101 - the settings were checked for it
        told = recipients(self._settings, settings, channel, on_duty(connection, now.wall_ms))
        if not is_test and _is_at_its_limit(connection, channel, len(told), now_ms):
            return
        rows = _needed(connection, step, is_test=is_test, is_first=not settings.after_s)
        message = _key(step, [row.event for row in rows])
        claimed = _claim(connection, rows, message, now_ms, at_once=found is BatchingDecision.AT_ONCE and not is_test)
        lines = self._lines(connection, claimed)
        if not lines:
            return
        if not is_test:
            lines += self._again(connection, step, found, now_ms, {line.alarm for line in lines})
        page = Notification(
            key="", message=message, step=step, channel=channel.name, person="", address="",
            language=self._settings.language, made_ms=now.wall_ms, lines=worst_first(lines), test=is_test,
        )  # fmt: skip
        put(connection, page, told, now)

    def _lines(self, connection: Connection, rows: Iterable[Row[Any]], *, repeated: bool = False) -> list[AlarmLine]:
        """One line for each alarm, by its newest event among `rows`."""
        newest = {row.alarm: row.event for row in sorted(rows, key=lambda row: row.event)}
        if not newest:
            return []
        events = select(*AlarmEventRow.__table__.columns).where(AlarmEventRow.id.in_(newest.values()))
        alarms = select(*AlarmRow.__table__.columns).where(AlarmRow.id.in_(newest))
        alarm_of = {alarm.id: alarm for alarm in connection.execute(alarms)}
        return [
            line_of(alarm, event, rule_of(alarm.rule), self._registry, repeated=repeated)
            for event in connection.execute(events)
            if (alarm := alarm_of.get(event.alarm)) is not None
        ]

    def _again(
        self, connection: Connection, step: int, found: BatchingDecision, now_ms: int, present: set[int]
    ) -> list[AlarmLine]:
        """What the window's messages have told one by one, where a gathered message ends it."""
        alone = (NoticeRow.step == step, NoticeRow.at_once, NoticeRow.packed_ms < now_ms)
        lines = []
        told = _told(connection, step, now_ms - self._window_ms, before_ms=now_ms)
        if found is BatchingDecision.GATHERED:
            rows: Sequence[Any] = connection.execute(select(NoticeRow.alarm, NoticeRow.event).where(*alone)).all()
            lines = self._lines(connection, (row for row in rows if row.alarm not in present), repeated=True)
        if found is BatchingDecision.GATHERED or told is None or now_ms >= told.newest_ms + self._window_ms:
            connection.execute(update(NoticeRow).where(*alone).values(at_once=False))
        return lines


def put(connection: Connection, page: Notification, told: Sequence[Recipient], now: Moment) -> None:
    """Put a page into the outbox for each recipient; for nobody, as a failure that the next channel takes over."""
    rows = []
    for recipient in told or (Recipient("", "", page.language),):
        # by the address alone: two people handed on to one webhook are one message for it
        key = f"{page.message}:{page.channel}:{_digest(recipient.address)}"
        whole = msgspec.structs.replace(
            page, key=key, person=recipient.person, address=recipient.address, language=recipient.language
        )
        rows.append(
            {
                "key": key,
                "message": page.message,
                "channel": page.channel,
                "person": recipient.person,
                "step": page.step,
                "test": page.test,
                "body": msgspec.json.encode(whole).decode(),
                "made_ms": now.steady_ms,
                "due_ms": now.steady_ms,
                "attempts": 0,
                "sent": False,
                "outcome": "" if told else NOBODY,
            }
        )
    insert_ignore(connection, DeliveryRow, rows)


def _waiting(connection: Connection) -> dict[tuple[int, bool], Waiting]:
    is_test = case((NoticeRow.urgency == TEST_URGENCY, 1), else_=0).label("is_test")
    query = (
        select(NoticeRow.step, is_test, func.max(NoticeRow.urgency), func.min(NoticeRow.made_ms))
        .where(NoticeRow.message.is_(None))
        .group_by(NoticeRow.step, "is_test")
    )
    return {(step, bool(test)): Waiting(worst, oldest) for step, test, worst, oldest in connection.execute(query)}


def _told(connection: Connection, step: int, since_ms: int, *, before_ms: int | None = None) -> Told | None:
    real = [NoticeRow.step == step, NoticeRow.urgency != TEST_URGENCY, NoticeRow.message != NEEDED_NO_MORE]
    if before_ms is not None:
        real.append(NoticeRow.packed_ms < before_ms)
    newest = connection.execute(select(func.max(NoticeRow.packed_ms)).where(*real)).scalar_one()
    if newest is None:
        return None
    window = select(func.max(NoticeRow.urgency)).where(*real, NoticeRow.packed_ms > since_ms)
    return Told(newest, connection.execute(window).scalar_one() or 0)


def _needed(connection: Connection, step: int, *, is_test: bool, is_first: bool) -> list[Row[Any]]:
    """The step's waiting notices that somebody still needs; the others are let go here."""
    query = (
        select(
            NoticeRow.id, NoticeRow.event, NoticeRow.alarm, AlarmEventRow.kind,
            AlarmRow.withdrawn, AlarmRow.closed_ms, AlarmRow.acknowledged_ms,
        )
        .join(AlarmEventRow, AlarmEventRow.id == NoticeRow.event)
        .join(AlarmRow, AlarmRow.id == NoticeRow.alarm)
        .where(NoticeRow.message.is_(None), NoticeRow.step == step)
        .where((NoticeRow.urgency == TEST_URGENCY) if is_test else (NoticeRow.urgency != TEST_URGENCY))
        .order_by(NoticeRow.id)
        .limit(LINES_AT_ONCE)
    )  # fmt: skip
    rows: Sequence[Any] = connection.execute(query).all()
    untold = _untold(connection, step, {row.alarm for row in rows if row.withdrawn})
    needless = [row.id for row in rows if not is_test and _is_needless(row, untold, is_first=is_first)]
    if needless:
        connection.execute(update(NoticeRow).where(NoticeRow.id.in_(needless)).values(message=NEEDED_NO_MORE))
    return [row for row in rows if row.id not in set(needless)]


def _is_needless(row: Row[Any], untold: set[int], *, is_first: bool) -> bool:
    if row.withdrawn:
        return row.kind != "withdrawn" or row.alarm in untold
    is_taken_care_of = row.closed_ms is not None or row.acknowledged_ms is not None
    return not is_first and row.kind in URGENT_KINDS and is_taken_care_of


def _untold(connection: Connection, step: int, alarms: set[int]) -> set[int]:
    """Those of `alarms` of which the step has never been told."""
    packed = select(NoticeRow.alarm).where(
        NoticeRow.step == step, NoticeRow.alarm.in_(alarms), NoticeRow.packed_ms.is_not(None)
    )
    return alarms - set(connection.execute(packed).scalars())


def _claim(
    connection: Connection, rows: Sequence[Row[Any]], message: str, now_ms: int, *, at_once: bool
) -> list[Row[Any]]:
    """Those of `rows` that no other instance has packed meanwhile."""
    if not rows:
        return []
    statement = (
        update(NoticeRow)
        .where(NoticeRow.id.in_([row.id for row in rows]), NoticeRow.message.is_(None))
        .values(message=message, packed_ms=now_ms, at_once=at_once)
        .returning(NoticeRow.id)
    )
    ours = set(connection.execute(statement).scalars())
    return [row for row in rows if row.id in ours]


def _is_at_its_limit(connection: Connection, channel: ChannelSettings, more: int, now_ms: int) -> bool:
    query = (
        select(func.count())
        .select_from(DeliveryRow)
        .where(DeliveryRow.channel == channel.name, DeliveryRow.made_ms > now_ms - 60_000)
    )
    made = connection.execute(query).scalar_one()
    return made > 0 and made + more > channel.per_minute


def _drop(connection: Connection, step: int) -> None:
    waits = (NoticeRow.step == step, NoticeRow.message.is_(None))
    connection.execute(update(NoticeRow).where(*waits).values(message=NEEDED_NO_MORE))


def _key(step: int, events: Iterable[int]) -> str:
    """The same for the same events: no matter which instance packs them."""
    return _digest(str(step), *(str(event) for event in sorted(events)))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
