"""From notices to notifications: the first alarm goes at once, a storm becomes one message.

step 1   A │ at once: a message of A opens a window of `window_s`
           │ B … Z wait;  worse than all in the window ─► at once too
           ▼ the window ends: one message of B … Z, and A once more, marked as repeated: the whole storm in one place
Events that are routed together are one message from the start. A channel at its `per_minute` leaves notices waiting, so
that they become fewer and longer messages: a limit drops nothing. Tests are messages of their own.
Windows and limits run on steady time (`cloud/database/steady_clock.py`), which no step of the clock moves.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, case, func, select, update

from cloud.alarms.tables import AlarmEventRow, AlarmRow
from cloud.database.steady_clock import Moment
from cloud.notify.batch_decision import BatchingDecision, RecentlyNotified, Waiting, decide
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.deliveries import digest, enqueue
from cloud.notify.duty import on_duty
from cloud.notify.notifications import URGENT_KINDS, AlarmLine, Notification, line_of, worst_first
from cloud.notify.recipients import recipients
from cloud.notify.router import NOT_NEEDED, TEST_URGENCY, rule_of
from cloud.notify.settings import NotifySettings
from cloud.notify.tables import DeliveryRow, NoticeRow
from cloud.registry.snapshot import Registry

LINES_AT_ONCE = 1_000
"""Notices in one message at most; what is more follows in the next."""


class NotificationBatcher:
    """Batches notices by `settings`; places are named by `registry`."""

    def __init__(self, settings: NotifySettings, registry: Registry) -> None:
        self._settings = settings
        self._registry = registry
        self._window_ms = round(settings.window_s * 1_000)

    def batch(self, connection: Connection, now: Moment) -> None:
        """Put the notifications into the outbox that are to go now."""
        for (step, is_test), waiting in _waiting(connection).items():
            if not 1 <= step <= len(self._settings.steps):
                _drop(connection, step)  # the settings have fewer steps than when it was routed
            elif is_test:
                self._notify(connection, step, BatchingDecision.AT_ONCE, now, is_test=True)
            else:
                recent = _recently_notified(connection, step, now.steady_ms - self._window_ms)
                decision = decide(waiting, recent, now_ms=now.steady_ms, window_ms=self._window_ms)
                if decision is not BatchingDecision.WAIT:
                    self._notify(connection, step, decision, now)

    def _notify(
        self, connection: Connection, step: int, decision: BatchingDecision, now: Moment, *, is_test: bool = False
    ) -> None:
        settings = self._settings.steps[step - 1]
        channel = next(iter(self._settings.channels_of(settings)), None)
        if channel is None:  # it waits until one is in use again, and health says so
            return
        to = recipients(self._settings, settings, channel, on_duty(connection, now.wall_ms))
        if not is_test and _is_at_its_limit(connection, channel, len(to), now.steady_ms):
            return
        rows = _needed(connection, step, is_test=is_test, is_first=not settings.after_s)
        message = _message_id(step, [row.event for row in rows])
        at_once = decision is BatchingDecision.AT_ONCE and not is_test
        lines = self._lines(connection, _claim(connection, rows, message, now.steady_ms, at_once=at_once))
        if not lines:
            return
        if not is_test:
            lines += self._repeated(connection, step, decision, now.steady_ms, {line.alarm for line in lines})
        notification = Notification(
            key="", message=message, step=step, channel=channel.name, person="", address="",
            language=self._settings.language, made_ms=now.wall_ms, lines=worst_first(lines), test=is_test,
        )  # fmt: skip
        enqueue(connection, notification, to, now)

    def _lines(self, connection: Connection, rows: Iterable[Row[Any]], *, repeated: bool = False) -> list[AlarmLine]:
        """Return one line for each alarm, by its newest event among `rows`."""
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

    def _repeated(
        self, connection: Connection, step: int, decision: BatchingDecision, now_ms: int, present: set[int]
    ) -> list[AlarmLine]:
        """Return once more what the window's messages said one by one, where a gathered message ends the window.

        `at_once` marks the notices that no gathered message has repeated yet. The marks of a window are taken off when
        it is over, with a gathered message or without one: the next gathered message repeats only its own window.
        """
        alone = (NoticeRow.step == step, NoticeRow.at_once, NoticeRow.packed_ms < now_ms)
        lines = []
        recent = _recently_notified(connection, step, now_ms - self._window_ms, before_ms=now_ms)
        if decision is BatchingDecision.GATHERED:
            rows: Sequence[Any] = connection.execute(select(NoticeRow.alarm, NoticeRow.event).where(*alone)).all()
            lines = self._lines(connection, (row for row in rows if row.alarm not in present), repeated=True)
        is_over = recent is None or now_ms >= recent.newest_ms + self._window_ms
        if decision is BatchingDecision.GATHERED or is_over:
            connection.execute(update(NoticeRow).where(*alone).values(at_once=False))
        return lines


def _waiting(connection: Connection) -> dict[tuple[int, bool], Waiting]:
    """Return what waits by step, tests apart: a test must neither open a window nor wait for one."""
    return {(step, bool(test)): Waiting(worst, oldest) for step, test, worst, oldest in connection.execute(_WAITING)}


_WAITING = (  # made once, as each poll asks it: to make a statement costs ten times as much as to run it
    select(
        NoticeRow.step,
        case((NoticeRow.urgency == TEST_URGENCY, 1), else_=0).label("is_test"),
        func.max(NoticeRow.urgency),
        func.min(NoticeRow.made_ms),
    )
    .where(NoticeRow.message.is_(None))
    .group_by(NoticeRow.step, "is_test")
)


def _recently_notified(
    connection: Connection, step: int, since_ms: int, *, before_ms: int | None = None
) -> RecentlyNotified | None:
    real = [NoticeRow.step == step, NoticeRow.urgency != TEST_URGENCY, NoticeRow.message != NOT_NEEDED]
    if before_ms is not None:
        real.append(NoticeRow.packed_ms < before_ms)
    newest = connection.execute(select(func.max(NoticeRow.packed_ms)).where(*real)).scalar_one()
    if newest is None:
        return None
    window = select(func.max(NoticeRow.urgency)).where(*real, NoticeRow.packed_ms > since_ms)
    return RecentlyNotified(newest, connection.execute(window).scalar_one() or 0)


def _needed(connection: Connection, step: int, *, is_test: bool, is_first: bool) -> list[Row[Any]]:
    """Return the step's waiting notices that somebody still needs; the others are marked as not needed."""
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
    never_notified = _never_notified(connection, step, {row.alarm for row in rows if row.withdrawn})
    needless = [row.id for row in rows if not is_test and _is_needless(row, never_notified, is_first=is_first)]
    if needless:
        connection.execute(update(NoticeRow).where(NoticeRow.id.in_(needless)).values(message=NOT_NEEDED))
    return [row for row in rows if row.id not in set(needless)]


def _is_needless(row: Row[Any], never_notified: set[int], *, is_first: bool) -> bool:
    """Whether nobody needs a notice any more.

    Of a withdrawn alarm the withdrawal alone is of interest, and only to those who were notified of the alarm. The
    first step hears of an alarm even where it is over by now; later steps exist because nobody took care of it.
    """
    if row.withdrawn:
        return row.kind != "withdrawn" or row.alarm in never_notified
    is_taken_care_of = row.closed_ms is not None or row.acknowledged_ms is not None
    return not is_first and row.kind in URGENT_KINDS and is_taken_care_of


def _never_notified(connection: Connection, step: int, alarms: set[int]) -> set[int]:
    """Return those of `alarms` that no message to the step was about."""
    batched = select(NoticeRow.alarm).where(
        NoticeRow.step == step, NoticeRow.alarm.in_(alarms), NoticeRow.packed_ms.is_not(None)
    )
    return alarms - set(connection.execute(batched).scalars())


def _claim(
    connection: Connection, rows: Sequence[Row[Any]], message: str, now_ms: int, *, at_once: bool
) -> list[Row[Any]]:
    """Mark `rows` as part of `message`, and return those that no other instance has batched meanwhile."""
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
    """Whether `more` messages would be too many for this minute; one message goes whatever the limit is."""
    query = (
        select(func.count())
        .select_from(DeliveryRow)
        .where(DeliveryRow.channel == channel.name, DeliveryRow.made_ms > now_ms - 60_000)
    )
    made = connection.execute(query).scalar_one()
    return made > 0 and made + more > channel.per_minute


def _drop(connection: Connection, step: int) -> None:
    waits = (NoticeRow.step == step, NoticeRow.message.is_(None))
    connection.execute(update(NoticeRow).where(*waits).values(message=NOT_NEEDED))


def _message_id(step: int, events: Iterable[int]) -> str:
    """Return the same id for the same events: no matter which instance batches them."""
    return digest(str(step), *(str(event) for event in sorted(events)))
