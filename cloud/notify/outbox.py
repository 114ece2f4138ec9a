"""The outbox: what is to be sent, who is sending it, and what became of it.

due ─► claimed ("sending", until the lease ends) ─► sent │ tried again later │ refused or given up ─► the next channel

A claim is one UPDATE that only one instance can win. Exactly once ends between the claim and what the other side
remembers: a kill in between leaves "sending" behind, and when the lease is over the same key goes out again. The
receiver of a webhook and a mailbox know the key; Telegram does not: there the second message says what it may be.
All times of a delivery are steady time (`cloud/database/steady_clock.py`): a step of the clock delays nothing and
gives nothing up.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    Integer,
    Row,
    bindparam,
    delete,
    func,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from cloud.alarms.tables import AlarmRow
from cloud.database.steady_clock import Moment
from cloud.notify.channels.mqtt.answers import DeviceAnswer
from cloud.notify.contract import Later, Never, Outcome, Sent
from cloud.notify.deliveries import NOBODY, notification_of
from cloud.notify.notifications import URGENT_KINDS, Notification
from cloud.notify.settings import NotifySettings
from cloud.notify.succession import enqueue_on, hand_on, next_channel, substitute
from cloud.notify.tables import DeliveryRow
from runtime.backoff import Backoff
from wire.durations import DAY_MS

SENDING = "sending"
UNSURE = "perhaps it arrived: "
BACKOFF = Backoff(first_s=1.0, longest_s=60.0, spread=(0.5, 1.5))
"""The waits before another attempt; half is up to chance, so that what failed together does not come back together."""
POLITE_S = 10.0
"""A channel that asks for a longer wait than this has failed: the next one is used."""
ANSWERED = "a device has answered"
LEASE_S = 5.0
"""How long a claim outlasts the longest attempt."""
HANDED_OVER_AT_ONCE = 100
"""Messages of channels out of use that one transaction hands over."""
KEEP_MS = 30 * DAY_MS
"""How long what is done stays."""


class Claimed(msgspec.Struct, frozen=True):
    """A delivery that this instance alone is sending; `attempts` counts this one, `made_ms` is steady time."""

    id: int
    notification: Notification
    attempts: int
    made_ms: int


class Outbox:
    """The deliveries of all instances, as `instance` sees and claims them."""

    def __init__(self, settings: NotifySettings, *, instance: str) -> None:
        self._settings = settings
        self._instance = instance
        self._give_up_ms = round(settings.give_up_s * 1_000)
        self._orphaned = _orphaned(settings)  # made once, as each poll asks it

    def claim(self, connection: Connection, now: Moment, *, room: Mapping[str, int]) -> list[Claimed]:
        """Claim what is due, for each channel at most as many as it has `room` for."""
        now_ms = now.steady_ms
        _finish_what_another_channel_brought(connection, now_ms)
        claimed = []
        for name, most in room.items():
            channel = self._settings.channel(name)
            if channel is None or most <= 0:
                continue
            until_ms = now_ms + round((channel.timeout_s + LEASE_S) * 1_000)
            for row in _due(connection, name, now_ms, most):
                if (notification := self._claim(connection, row, now, until_ms)) is not None:
                    claimed.append(Claimed(row.id, notification, row.attempts + 1, row.made_ms))
        return claimed

    def hand_over(self, connection: Connection, now: Moment) -> None:
        """Give what waits on channels out of use to others, due or not; what no other channel can take waits on."""
        given = {"b_now_ms": now.steady_ms, "b_forgotten_ms": now.steady_ms - self._give_up_ms}
        for row in connection.execute(self._orphaned, given).all():
            notification = notification_of(row)
            if notification is None or notification.test:
                _finish(connection, row.id, now.steady_ms, f"not sent: channel {row.channel} is out of use")
                continue
            channel = substitute(self._settings, notification)
            if channel is None:
                return
            enqueue_on(connection, self._settings, notification, channel, now)
            _finish(connection, row.id, now.steady_ms, f"out of use: {channel.name} takes it over")

    def settle(self, connection: Connection, delivery: Claimed, outcome: Outcome, now: Moment) -> None:
        """Write down what became of an attempt; where it failed, the next channel gets the message at once."""
        # what was sent is sent, whoever holds the claim by now; a failure counts only of who still holds it
        held = DeliveryRow.done_ms.is_(None) if isinstance(outcome, Sent) else DeliveryRow.claimed_by == self._instance
        statement = (
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery.id, held)
            .values(
                tried_ms=now.steady_ms, claimed_by=None, claimed_until_ms=None,
                **self._settled(delivery, outcome, now.steady_ms),
            )
        )  # fmt: skip
        if connection.execute(statement).rowcount and _is_failure(outcome):
            hand_on(connection, self._settings, delivery.notification, now)

    def record_answer(self, connection: Connection, answer: DeviceAnswer, now: Moment) -> bool:
        """Write down what a device says of a command; return False where no command of ours has that key.

        A device that says no has failed: the next channel gets the message.
        """
        answered = [channel.name for channel in self._settings.channels if channel.is_answered]
        ours = (DeliveryRow.key == answer.key, DeliveryRow.channel.in_(answered))
        columns = (DeliveryRow.id, DeliveryRow.body, DeliveryRow.sent, DeliveryRow.done_ms)
        row = connection.execute(select(*columns).where(*ours)).one_or_none()
        if row is None:
            return False
        done = {"done_ms": now.steady_ms}
        if answer.ok:
            _update(connection, row.id, {**done, "answered_ms": now.steady_ms, "sent": True, "outcome": ANSWERED})
        elif row.sent or row.done_ms is None:
            refused = f"the device says no: {answer.problem}"
            _update(connection, row.id, {**done, "tried_ms": now.steady_ms, "sent": False, "outcome": refused})
            notification = notification_of(row)
            if notification is not None:
                hand_on(connection, self._settings, notification, now)
        return True

    def _settled(self, delivery: Claimed, outcome: Outcome, now_ms: int) -> dict[str, Any]:
        if isinstance(outcome, Sent):
            return {"done_ms": now_ms, "sent": True, "outcome": outcome.detail or "accepted"}
        if not self._is_over(delivery, outcome, now_ms):
            return _another_attempt(delivery, outcome, now_ms)
        gave_up = "gave up: " if isinstance(outcome, Later) else "refused: "
        return {"done_ms": now_ms, "outcome": f"{gave_up}{outcome.problem}"}

    def _claim(self, connection: Connection, row: Row[Any], now: Moment, until_ms: int) -> Notification | None:
        now_ms = now.steady_ms
        if row.outcome == NOBODY:
            self._fail_for_nobody(connection, row, now)
            return None
        notification = notification_of(row)
        if notification is None:
            _finish(connection, row.id, now_ms, "refused: what is kept of it cannot be read")
            return None
        if _is_withdrawn(connection, notification):
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
        may_have_arrived = row.outcome == SENDING or row.outcome.startswith(UNSURE)
        return msgspec.structs.replace(notification, again=may_have_arrived)

    def _fail_for_nobody(self, connection: Connection, row: Row[Any], now: Moment) -> None:
        statement = update(DeliveryRow).where(DeliveryRow.id == row.id, *_claimable(now.steady_ms))
        if connection.execute(statement.values(tried_ms=now.steady_ms, done_ms=now.steady_ms)).rowcount:
            notification = notification_of(row)
            if notification is not None:
                hand_on(connection, self._settings, notification, now)

    def _is_over(self, delivery: Claimed, outcome: Later | Never, now_ms: int) -> bool:
        """Whether no other attempt is made: a refusal is final only where another channel takes the message over."""
        if delivery.notification.single_attempt or now_ms >= delivery.made_ms + self._give_up_ms:
            return True
        return isinstance(outcome, Never) and next_channel(self._settings, delivery.notification) is not None


def extend_deadlines(connection: Connection, gone_ms: int) -> None:
    """Give what waits as long as before to be delivered: for `gone_ms` nobody was there to try."""
    waits = update(DeliveryRow).where(DeliveryRow.done_ms.is_(None))
    connection.execute(waits.values(made_ms=DeliveryRow.made_ms + gone_ms))


def prune(connection: Connection, now: Moment) -> None:
    """Delete what was done longer ago than `KEEP_MS`."""
    connection.execute(delete(DeliveryRow).where(DeliveryRow.done_ms < now.steady_ms - KEEP_MS))


def backoff_s(attempts: int, retry_after_s: float | None) -> float:
    """Return the wait before another attempt after `attempts`: never shorter than what was asked for."""
    return max(BACKOFF.after(attempts), retry_after_s or 0.0)


def _another_attempt(delivery: Claimed, outcome: Later | Never, now_ms: int) -> dict[str, Any]:
    unsure = isinstance(outcome, Later) and outcome.unsure
    wait_s = backoff_s(delivery.attempts, outcome.retry_after_s) if isinstance(outcome, Later) else BACKOFF.longest_s
    return {"due_ms": now_ms + round(wait_s * 1_000), "outcome": f"{UNSURE if unsure else ''}{outcome.problem}"}


def _is_failure(outcome: Outcome) -> bool:
    """Whether the next channel is to be used: not where the channel only asks for a moment."""
    if isinstance(outcome, Later) and outcome.retry_after_s is not None:
        return outcome.retry_after_s > POLITE_S
    return not isinstance(outcome, Sent)


def _claimable(now_ms: int | BindParameter[int]) -> Sequence[Any]:
    return (*_waiting(now_ms), DeliveryRow.due_ms <= now_ms)


def _waiting(now_ms: int | BindParameter[int]) -> Sequence[Any]:
    """Undone, and nobody is sending it."""
    free = or_(DeliveryRow.claimed_until_ms.is_(None), DeliveryRow.claimed_until_ms <= now_ms)
    return (DeliveryRow.done_ms.is_(None), free)


def _orphaned(settings: NotifySettings) -> Any:
    """Select what waits on channels out of use, and on names that nobody knows once it would have been given up."""
    known = [channel.name for channel in settings.channels]
    asleep = sorted(settings.asleep())
    tests = DeliveryRow.test & DeliveryRow.channel.in_(known)  # a channel on trial sends those
    forgotten = DeliveryRow.channel.not_in([*known, *asleep]) & (
        DeliveryRow.made_ms <= bindparam("b_forgotten_ms", type_=BigInteger)
    )
    return (
        select(DeliveryRow.id, DeliveryRow.body, DeliveryRow.channel)
        .where(
            *_waiting(bindparam("b_now_ms", type_=BigInteger)),  # an attempt that is put off is made by another now
            or_(DeliveryRow.channel.in_(asleep) & not_(tests), forgotten),
        )
        .order_by(DeliveryRow.id)
        .limit(HANDED_OVER_AT_ONCE)
    )


def _due(connection: Connection, channel: str, now_ms: int, most: int) -> Sequence[Any]:
    return connection.execute(_DUE, {"b_channel": channel, "b_now_ms": now_ms, "b_most": most}).all()


def _finish_what_another_channel_brought(connection: Connection, now_ms: int) -> None:
    """Finish what another channel has brought to the same person: this one need not any more."""
    for row in connection.execute(_BROUGHT, {"b_now_ms": now_ms}).all():
        problem = f"{row.outcome}; " if row.outcome else ""
        _finish(connection, row.id, now_ms, f"{problem}not needed: {row.channel} has brought it")


def _update(connection: Connection, delivery: int, values: dict[str, Any]) -> None:
    connection.execute(update(DeliveryRow).where(DeliveryRow.id == delivery).values(values))


def _finish(connection: Connection, delivery: int, now_ms: int, outcome: str) -> None:
    statement = update(DeliveryRow).where(DeliveryRow.id == delivery, DeliveryRow.done_ms.is_(None))
    connection.execute(statement.values(done_ms=now_ms, outcome=outcome, claimed_by=None, claimed_until_ms=None))


def _is_withdrawn(connection: Connection, notification: Notification) -> bool:
    """Whether all that a notification calls for help about has turned out not to be so."""
    if notification.test or any(line.kind not in URGENT_KINDS for line in notification.lines):
        return False
    alarms = {line.alarm for line in notification.lines}
    query = select(func.count()).select_from(AlarmRow).where(AlarmRow.id.in_(alarms), AlarmRow.withdrawn)
    return connection.execute(query).scalar_one() == len(alarms)


# made once, as each poll asks them: to make a statement costs ten times as much as to run it
_DUE = (
    select(DeliveryRow.id, DeliveryRow.body, DeliveryRow.attempts, DeliveryRow.made_ms, DeliveryRow.outcome)
    .where(DeliveryRow.channel == bindparam("b_channel"), *_claimable(bindparam("b_now_ms", type_=BigInteger)))
    .order_by(DeliveryRow.id)
    .limit(bindparam("b_most", type_=Integer))
)
_OTHER = aliased(DeliveryRow)
_BROUGHT = (
    select(DeliveryRow.id, DeliveryRow.outcome, _OTHER.channel)
    .join(_OTHER, (_OTHER.message == DeliveryRow.message) & (_OTHER.person == DeliveryRow.person))
    .where(*_claimable(bindparam("b_now_ms", type_=BigInteger)), _OTHER.sent, _OTHER.channel != DeliveryRow.channel)
)
