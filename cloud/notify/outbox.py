"""The outbox: what is to be sent, who is sending it, and what became of it.

due ─► claimed ("sending", until the lease ends) ─► sent │ tried again later │ refused or given up ─► the next channel

A claim is one UPDATE that only one instance can win. Exactly once ends between the claim and what the other side
remembers: a kill in between leaves "sending" behind, and when the lease is over the same key goes out again. The
receiver of a webhook and a mailbox know the key; Telegram does not: there the second message says what it may be.
All times of a delivery are steady time (`cloud/database/steady_clock.py`): a step of the clock delays nothing and
gives nothing up.
"""

import logging
import random
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, case, delete, func, or_, select, update
from sqlalchemy.orm import aliased

from cloud.alarms.tables import AlarmRow
from cloud.database.steady_clock import Moment
from cloud.notify.batcher import NOBODY, put
from cloud.notify.channels.mqtt.answers import DeviceAnswer
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.contract import Later, Never, Outcome, Sent
from cloud.notify.duty import on_duty
from cloud.notify.notifications import URGENT_KINDS, Notification, printable_line
from cloud.notify.recipients import person_recipients, recipients
from cloud.notify.settings import NotifySettings
from cloud.notify.tables import DeliveryRow
from runtime.backoff import doubled_s
from wire.durations import DAY_MS

_log = logging.getLogger(__name__)
SENDING = "sending"
UNSURE = "perhaps it arrived: "
BACKOFF_S = (1.0, 60.0)
"""The first wait before another attempt, doubled each time, and the longest."""
POLITE_S = 10.0
"""A channel that asks for more patience than this has failed: the next one is used."""
ANSWER_S = 30
"""How long a device may take to answer a command before nobody seems to hear it."""
HEARD = "a device has answered"
LEASE_S = 5.0
"""How long a claim outlasts the longest attempt."""
KEEP_MS = 30 * DAY_MS
"""How long what is done stays."""


class Claimed(msgspec.Struct, frozen=True):
    """A delivery that this instance alone is sending; `attempts` counts this one, `made_ms` is steady time."""

    id: int
    page: Notification
    attempts: int
    made_ms: int


class ChannelState(msgspec.Struct, frozen=True):
    """How a channel does; times in UTC milliseconds, `proven_ms` is when it last took a test alarm.

    A channel of commands is proven only by a device that answered: `answered_ms` is when one did last, and `unheard`
    whether the newest command has been without an answer for longer than `ANSWER_S`.
    """

    name: str
    waiting: int = 0
    oldest_ms: int | None = None
    sent_ms: int | None = None
    proven_ms: int | None = None
    failed_ms: int | None = None
    problem: str = ""
    answered_ms: int | None = None
    unheard: bool = False

    @property
    def fails(self) -> bool:
        """Whether the newest attempt on it failed."""
        return self.failed_ms is not None and self.failed_ms > (self.sent_ms or 0)


class Outbox:
    """The deliveries of all instances, as `instance` sees and claims them."""

    def __init__(self, settings: NotifySettings, *, instance: str) -> None:
        self._settings = settings
        self._instance = instance
        self._give_up_ms = round(settings.give_up_s * 1_000)

    def claim(self, connection: Connection, now: Moment, *, room: Mapping[str, int]) -> list[Claimed]:
        """Take what is due, for each channel at most as many as it has `room` for."""
        now_ms = now.steady_ms
        _let_go_of_the_needless(connection, now_ms)
        claimed = []
        for name, most in room.items():
            channel = self._settings.channel(name)
            if channel is None or most <= 0:
                continue
            until_ms = now_ms + round((channel.timeout_s + LEASE_S) * 1_000)
            for row in _due(connection, name, now_ms, most):
                if (page := self._claim(connection, row, now, until_ms)) is not None:
                    claimed.append(Claimed(row.id, page, row.attempts + 1, row.made_ms))
        return claimed

    def settle(self, connection: Connection, delivery: Claimed, outcome: Outcome, now: Moment) -> None:
        """Write down what became of an attempt; where it failed, the next channel gets the message at once."""
        now_ms = now.steady_ms
        if isinstance(outcome, Sent):
            values: dict[str, Any] = {"done_ms": now_ms, "sent": True, "outcome": outcome.detail or "accepted"}
        elif not self._is_over(delivery, outcome, now_ms):
            values = _another_attempt(delivery, outcome, now_ms)
        else:
            gave_up = "gave up: " if isinstance(outcome, Later) else "refused: "
            values = {"done_ms": now_ms, "outcome": f"{gave_up}{outcome.problem}"}
        # what was sent is sent, whoever holds the claim by now; of a failure only the holder of the claim may tell
        held = DeliveryRow.done_ms.is_(None) if isinstance(outcome, Sent) else DeliveryRow.claimed_by == self._instance
        statement = (
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery.id, held)
            .values(tried_ms=now_ms, claimed_by=None, claimed_until_ms=None, **values)
        )
        if connection.execute(statement).rowcount and _is_failure(outcome):
            self._hand_on(connection, delivery.page, now)

    def excuse(self, connection: Connection, gone_ms: int) -> None:
        """Give what waits as long as before to be delivered: for `gone_ms` nobody was there to try."""
        waits = update(DeliveryRow).where(DeliveryRow.done_ms.is_(None))
        connection.execute(waits.values(made_ms=DeliveryRow.made_ms + gone_ms))

    def states(self, connection: Connection, now: Moment) -> dict[str, ChannelState]:
        """How each channel does, from what is written down."""
        sent, failed = DeliveryRow.sent, DeliveryRow.sent.is_(False)
        query = select(
            DeliveryRow.channel,
            func.count(case((DeliveryRow.done_ms.is_(None), 1))),
            func.min(case((DeliveryRow.done_ms.is_(None), DeliveryRow.made_ms))),
            func.max(case((sent, DeliveryRow.done_ms))),
            func.max(case((sent & DeliveryRow.test, DeliveryRow.done_ms))),
            func.max(case((failed, DeliveryRow.tried_ms))),
        ).group_by(DeliveryRow.channel)
        found = {row[0]: ChannelState(*row) for row in connection.execute(query)}
        names = [channel.name for channel in self._settings.channels]
        states = {name: _with_problem(connection, found.get(name, ChannelState(name))) for name in names}
        for channel in self._settings.channels:
            if channel.is_answered:
                states[channel.name] = _with_answers(connection, states[channel.name], now)
        return {name: _as_people_count(state, now) for name, state in states.items()}

    def note_answer(self, connection: Connection, answer: DeviceAnswer, now: Moment) -> bool:
        """Write down what a device says of a command; False where no command of ours has that key.

        A device that says no has failed: the next channel gets the message.
        """
        commands = [channel.name for channel in self._settings.channels if channel.is_answered]
        ours = (DeliveryRow.key == answer.key, DeliveryRow.channel.in_(commands))
        columns = (DeliveryRow.id, DeliveryRow.body, DeliveryRow.sent, DeliveryRow.done_ms)
        row = connection.execute(select(*columns).where(*ours)).one_or_none()
        if row is None:
            return False
        if answer.ok:
            heard = {"answered_ms": now.steady_ms, "sent": True, "outcome": HEARD, "done_ms": now.steady_ms}
            connection.execute(update(DeliveryRow).where(DeliveryRow.id == row.id).values(heard))
        elif row.sent or row.done_ms is None:
            no = f"the device says no: {answer.problem}"
            said = {"sent": False, "tried_ms": now.steady_ms, "done_ms": now.steady_ms, "outcome": no}
            connection.execute(update(DeliveryRow).where(DeliveryRow.id == row.id).values(said))
            self._hand_on(connection, msgspec.json.decode(row.body, type=Notification), now)
        return True

    def forget(self, connection: Connection, now: Moment) -> None:
        """Let go of what was done long ago."""
        connection.execute(delete(DeliveryRow).where(DeliveryRow.done_ms < now.steady_ms - KEEP_MS))

    def _claim(self, connection: Connection, row: Row[Any], now: Moment, until_ms: int) -> Notification | None:
        now_ms = now.steady_ms
        if row.outcome == NOBODY:
            self._fail_for_nobody(connection, row, now)
            return None
        page = _page_of(row)
        if page is None:
            _finish(connection, row.id, now_ms, "refused: what is kept of it cannot be read")
            return None
        if _is_withdrawn(connection, page):
            _finish(connection, row.id, now_ms, "not needed: what it told was withdrawn")
            return None
        statement = (
            update(DeliveryRow)
            .where(DeliveryRow.id == row.id, *_claimable(now_ms))
            .values(
                claimed_by=self._instance, claimed_until_ms=until_ms, attempts=row.attempts + 1, outcome=SENDING
            )
        )  # fmt: skip
        if not connection.execute(statement).rowcount:
            return None
        return msgspec.structs.replace(page, again=row.outcome == SENDING or row.outcome.startswith(UNSURE))

    def _fail_for_nobody(self, connection: Connection, row: Row[Any], now: Moment) -> None:
        statement = update(DeliveryRow).where(DeliveryRow.id == row.id, *_claimable(now.steady_ms))
        if connection.execute(statement.values(tried_ms=now.steady_ms, done_ms=now.steady_ms)).rowcount:
            page = _page_of(row)
            if page is not None:
                self._hand_on(connection, page, now)

    def _hand_on(self, connection: Connection, page: Notification, now: Moment) -> None:
        """Put the message into the outbox for the channel after its own; a second time changes nothing."""
        channel = self._next_channel(page)
        if channel is None:
            return
        found = person_recipients(self._settings, channel, page.person) if page.person else []
        step = self._settings.steps[page.step - 1]
        told = found or recipients(self._settings, step, channel, on_duty(connection, now.wall_ms))
        # they share the person's message, so that none of them is sent once another has arrived
        whole = msgspec.structs.replace(page, channel=channel.name, again=False)
        put(connection, whole, [msgspec.structs.replace(each, person=page.person) for each in told], now)

    def _next_channel(self, page: Notification) -> ChannelSettings | None:
        """The channel after the page's own in its step."""
        if not 1 <= page.step <= len(self._settings.steps):
            return None
        names = self._settings.steps[page.step - 1].channels
        later = names[names.index(page.channel) + 1 :] if page.channel in names else ()
        return self._settings.channel(later[0]) if later else None

    def _is_over(self, delivery: Claimed, outcome: Later | Never, now_ms: int) -> bool:
        """Whether no other attempt is made: a refusal is final only where another channel takes the message over."""
        if delivery.page.once or now_ms >= delivery.made_ms + self._give_up_ms:
            return True
        return isinstance(outcome, Never) and self._next_channel(delivery.page) is not None


def _page_of(row: Row[Any]) -> Notification | None:
    """The page of a delivery, as every channel can carry it; None where the row is damaged: that costs itself only."""
    try:
        page = msgspec.json.decode(row.body, type=Notification)
    except (msgspec.MsgspecError, ValueError) as error:
        _log.error("delivery %d cannot be read: %s", row.id, error)
        return None
    return msgspec.structs.replace(page, lines=tuple(printable_line(line) for line in page.lines))


def _another_attempt(delivery: Claimed, outcome: Later | Never, now_ms: int) -> dict[str, Any]:
    unsure = isinstance(outcome, Later) and outcome.unsure
    wait_s = backoff_s(delivery.attempts, outcome.retry_after_s) if isinstance(outcome, Later) else BACKOFF_S[1]
    return {"due_ms": now_ms + round(wait_s * 1_000), "outcome": f"{UNSURE if unsure else ''}{outcome.problem}"}


def backoff_s(attempts: int, retry_after_s: float | None) -> float:
    """Seconds until another attempt after `attempts`: twice as long each time, spread by half, never before asked."""
    first, longest = BACKOFF_S
    wait = doubled_s(attempts, first_s=first, longest_s=longest) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load
    return max(wait, retry_after_s or 0.0)


def _is_failure(outcome: Outcome) -> bool:
    if isinstance(outcome, Sent):
        return False
    is_asked_to_wait = isinstance(outcome, Later) and outcome.retry_after_s is not None
    return not (is_asked_to_wait and isinstance(outcome, Later) and (outcome.retry_after_s or 0) <= POLITE_S)


def _claimable(now_ms: int) -> Sequence[Any]:
    free = or_(DeliveryRow.claimed_until_ms.is_(None), DeliveryRow.claimed_until_ms <= now_ms)
    return (DeliveryRow.done_ms.is_(None), DeliveryRow.due_ms <= now_ms, free)


def _due(connection: Connection, channel: str, now_ms: int, most: int) -> Sequence[Any]:
    query = (
        select(DeliveryRow.id, DeliveryRow.body, DeliveryRow.attempts, DeliveryRow.made_ms, DeliveryRow.outcome)
        .where(DeliveryRow.channel == channel, *_claimable(now_ms))
        .order_by(DeliveryRow.id)
        .limit(most)
    )
    return connection.execute(query).all()


def _let_go_of_the_needless(connection: Connection, now_ms: int) -> None:
    """Another channel has brought the person the same message: this one need not any more."""
    other = aliased(DeliveryRow)
    query = (
        select(DeliveryRow.id, DeliveryRow.outcome, other.channel)
        .join(other, (other.message == DeliveryRow.message) & (other.person == DeliveryRow.person))
        .where(*_claimable(now_ms), other.sent, other.channel != DeliveryRow.channel)
    )
    for row in connection.execute(query).all():
        problem = f"{row.outcome}; " if row.outcome else ""
        _finish(connection, row.id, now_ms, f"{problem}not needed: {row.channel} has brought it")


def _finish(connection: Connection, delivery: int, now_ms: int, outcome: str) -> None:
    statement = update(DeliveryRow).where(DeliveryRow.id == delivery, DeliveryRow.done_ms.is_(None))
    connection.execute(statement.values(done_ms=now_ms, outcome=outcome, claimed_by=None, claimed_until_ms=None))


def _is_withdrawn(connection: Connection, page: Notification) -> bool:
    """Whether all that a page calls for help about has turned out not to be so."""
    if page.test or any(line.kind not in URGENT_KINDS for line in page.lines):
        return False
    alarms = {line.alarm for line in page.lines}
    query = select(func.count()).select_from(AlarmRow).where(AlarmRow.id.in_(alarms), AlarmRow.withdrawn)
    return connection.execute(query).scalar_one() == len(alarms)


def _as_people_count(state: ChannelState, now: Moment) -> ChannelState:
    """The state with its times in UTC."""
    times = {name: getattr(state, name) for name in ("oldest_ms", "sent_ms", "proven_ms", "failed_ms", "answered_ms")}
    shown = {name: now.wall_of(time_ms) for name, time_ms in times.items() if time_ms is not None}
    return msgspec.structs.replace(state, **shown)


def _with_answers(connection: Connection, state: ChannelState, now: Moment) -> ChannelState:
    """The state of a channel of commands: what a device has answered, and not what the broker took."""
    answered, sent = DeliveryRow.answered_ms, DeliveryRow.sent
    waited = sent & answered.is_(None) & (DeliveryRow.done_ms <= now.steady_ms - ANSWER_S * 1_000)
    query = select(
        func.max(answered), func.max(case((DeliveryRow.test, answered))), func.max(case((waited, DeliveryRow.done_ms)))
    ).where(DeliveryRow.channel == state.name)
    answered_ms, proven_ms, unheard_ms = connection.execute(query).one()
    unheard = unheard_ms is not None and unheard_ms > (answered_ms or 0)
    return msgspec.structs.replace(state, answered_ms=answered_ms, proven_ms=proven_ms, unheard=unheard)


def _with_problem(connection: Connection, state: ChannelState) -> ChannelState:
    if not state.fails:
        return state
    query = (
        select(DeliveryRow.outcome)
        .where(DeliveryRow.channel == state.name, DeliveryRow.sent.is_(False), DeliveryRow.tried_ms == state.failed_ms)
        .limit(1)
    )
    return msgspec.structs.replace(state, problem=connection.execute(query).scalar_one_or_none() or "")
