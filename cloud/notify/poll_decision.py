"""What one poll decides, in one transaction: either all of it holds, or the next poll decides it.

morning test ─► answers ─► route ─► escalate ─► batch ─► hand over ─► claim ─► PollDecision(claimed, answers, has_more)
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from cloud.database.audit_log import SYSTEM, Actor
from cloud.database.steady_clock import Moment, SteadyClock
from cloud.notify.batcher import NotificationBatcher
from cloud.notify.cap import CapMessages
from cloud.notify.channel_registry.in_force import ChannelRegistry, StoredChannels
from cloud.notify.channels.mqtt.answers import DeviceAnswer
from cloud.notify.known_states import KnownStates
from cloud.notify.outbox import Claimed, Outbox, prune
from cloud.notify.router import EVENTS_AT_ONCE, Router
from cloud.notify.self_test import morning_ms, open_test_alarm
from cloud.notify.settings import NotifySettings
from cloud.notify.under_way import AttemptsUnderWay
from cloud.registry.snapshot import Registry
from wire.durations import HOUR_MS

ESCALATE_MS = 1_000
"""How often open alarms are looked through for steps whose time has come."""
PRUNE_MS = HOUR_MS


class PartsInForce(msgspec.Struct, frozen=True):
    """What works by one edition of the settings."""

    settings: NotifySettings
    cap: CapMessages
    router: Router
    batcher: NotificationBatcher
    outbox: Outbox


class PollDecision(msgspec.Struct, frozen=True):
    """What one poll has decided: what to attempt, how many answers are in the database, whether more events wait.

    Where the `channels` have changed it decides nothing: the next one does, by those.
    """

    claimed: list[Claimed]
    answers: int
    has_more: bool
    channels: StoredChannels | None = None


class PollDecider:
    """Decides all that is to be decided now, by the channels as the database has them."""

    def __init__(
        self, registry: Registry, channels: ChannelRegistry, steady_clock: SteadyClock, known: KnownStates,
        under_way: AttemptsUnderWay,
    ) -> None:  # fmt: skip
        self._registry, self._channels, self._clock = registry, channels, steady_clock
        self._known, self._under_way = known, under_way
        self._escalated_ms = self._pruned_ms = self._morning_ms = 0

    def decide(self, connection: Connection, parts: PartsInForce, answers: Sequence[DeviceAnswer]) -> PollDecision:
        """Decide by `parts`, and write the `answers` down; runs in the database's thread."""
        now = self._clock.at(connection)
        newer = self._channels.newer(connection)
        if newer is not None:
            return PollDecision([], 0, has_more=True, channels=newer)
        self._open_morning_test(connection, parts.settings, now)
        for answer in answers:
            if parts.outbox.record_answer(connection, answer, now):
                self._known.mark_changed()
        routed = parts.router.route(connection, now)
        if now.steady_ms - self._escalated_ms >= ESCALATE_MS:
            self._escalated_ms = now.steady_ms
            parts.router.escalate(connection, now)
        parts.batcher.batch(connection, now)
        parts.outbox.hand_over(connection, now)
        room = self._under_way.room(channel.name for channel in parts.settings.channels)
        claimed = parts.outbox.claim(connection, now, room=room)
        self._keep_house(connection, now)
        return PollDecision(claimed, len(answers), has_more=routed == EVENTS_AT_ONCE)

    def _open_morning_test(self, connection: Connection, settings: NotifySettings, now: Moment) -> None:
        if not settings.morning_test:
            return
        due = morning_ms(now.wall_ms, hour=settings.morning_test, zone=self._registry.city.zone)
        if due is not None and due != self._morning_ms:
            open_test_alarm(connection, self._registry, opened_ms=due, now=now, actor=Actor(SYSTEM))
            self._morning_ms = due

    def _keep_house(self, connection: Connection, now: Moment) -> None:
        """Read the channels' states and delete what is old, each now and then."""
        self._known.read_if_old(connection, now)
        if now.steady_ms - self._pruned_ms >= PRUNE_MS:
            self._pruned_ms = now.steady_ms
            prune(connection, now)
