"""How each channel does, from what its deliveries say:  the newest success, failure, test and answer, what waits.

deliveries ─► ChannelState("mail", waiting=3, failed_ms=…, problem="451 busy") ─► component_of ─► health, API
"""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, case, func, select

from cloud.core.health import Component, Condition
from cloud.database.steady_clock import Moment
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.tables import DeliveryRow
from i18n.message import LocalizedMessage, joined

ANSWER_S = 30
"""How long a device may take to answer a command before nobody seems to hear it."""
_UNHEARD = LocalizedMessage(
    "no device has answered the newest command, so nobody may hear it; look at its power, login and topic"
)
_TIMES = ("oldest_ms", "sent_ms", "self_tested_ms", "failed_ms", "answered_ms")


class ChannelState(msgspec.Struct, frozen=True):
    """How a channel does; times in UTC milliseconds, `self_tested_ms` is when it last took a test alarm.

    A channel whose devices answer has passed a test only when one answered: `answered_ms` is when one did last, and
    `unheard` whether the newest command has been without an answer for longer than `ANSWER_S`.
    """

    name: str
    waiting: int = 0
    oldest_ms: int | None = None
    sent_ms: int | None = None
    self_tested_ms: int | None = None
    failed_ms: int | None = None
    problem: str = ""
    answered_ms: int | None = None
    unheard: bool = False

    @property
    def fails(self) -> bool:
        """Whether the newest attempt on it failed."""
        return self.failed_ms is not None and self.failed_ms > (self.sent_ms or 0)


def component_of(state: ChannelState) -> Component:
    """Return how a channel does, for health and the API."""
    waiting = LocalizedMessage("messages that wait: {count}", count=state.waiting)
    if state.fails:
        failed = LocalizedMessage("the newest attempt failed: {problem}", problem=state.problem)
        return Component(Condition.DEGRADED, joined((failed, waiting)))
    if state.unheard:
        return Component(Condition.DEGRADED, joined((_UNHEARD, waiting)))
    return Component(Condition.OK, waiting)


def read_states(connection: Connection, channels: Iterable[ChannelSettings], now: Moment) -> dict[str, ChannelState]:
    """Read how each of `channels` does, by name, and of what is out of use how much waits there."""
    counted = _counted(connection)
    states = {name: ChannelState(name, state.waiting) for name, state in counted.items() if state.waiting}
    for channel in channels:
        state = _with_problem(connection, counted.get(channel.name, ChannelState(channel.name)))
        if channel.is_answered:
            state = _with_answers(connection, state, now)
        states[channel.name] = _in_wall_time(state, now)
    return states


def _counted(connection: Connection) -> dict[str, ChannelState]:
    sent, failed = DeliveryRow.sent, DeliveryRow.sent.is_(False)
    query = select(
        DeliveryRow.channel,
        func.count(case((DeliveryRow.done_ms.is_(None), 1))),
        func.min(case((DeliveryRow.done_ms.is_(None), DeliveryRow.made_ms))),
        func.max(case((sent, DeliveryRow.done_ms))),
        func.max(case((sent & DeliveryRow.test, DeliveryRow.done_ms))),
        func.max(case((failed, DeliveryRow.tried_ms))),
    ).group_by(DeliveryRow.channel)
    return {row[0]: ChannelState(*row) for row in connection.execute(query)}


def _with_answers(connection: Connection, state: ChannelState, now: Moment) -> ChannelState:
    """Add what devices have answered: that the broker took a command says nothing of them."""
    answered, sent = DeliveryRow.answered_ms, DeliveryRow.sent
    waited = sent & answered.is_(None) & (DeliveryRow.done_ms <= now.steady_ms - ANSWER_S * 1_000)
    query = select(
        func.max(answered), func.max(case((DeliveryRow.test, answered))), func.max(case((waited, DeliveryRow.done_ms)))
    ).where(DeliveryRow.channel == state.name)
    answered_ms, self_tested_ms, unheard_ms = connection.execute(query).one()
    unheard = unheard_ms is not None and unheard_ms > (answered_ms or 0)
    return msgspec.structs.replace(state, answered_ms=answered_ms, self_tested_ms=self_tested_ms, unheard=unheard)


def _with_problem(connection: Connection, state: ChannelState) -> ChannelState:
    if not state.fails:
        return state
    query = (
        select(DeliveryRow.outcome)
        .where(DeliveryRow.channel == state.name, DeliveryRow.sent.is_(False), DeliveryRow.tried_ms == state.failed_ms)
        .limit(1)
    )
    return msgspec.structs.replace(state, problem=connection.execute(query).scalar_one_or_none() or "")


def _in_wall_time(state: ChannelState, now: Moment) -> ChannelState:
    """Return the state with its times in UTC: the table has steady time."""
    times = {name: getattr(state, name) for name in _TIMES}
    in_utc = {name: now.wall_of(time_ms) for name, time_ms in times.items() if time_ms is not None}
    return msgspec.structs.replace(state, **in_utc)
