"""The notifier: the one shell around router, batcher and outbox.

nudge ─► one transaction: route, escalate, batch, claim ─► an attempt for each claim, all at once ─► settled ─┐
  ▲                                                                                                           │
  └──────────────────────────────────────── or every POLL_S ◄─────────────────────────────────────────────────┘
All that it knows stands in the tables, so it may be killed anywhere, and another may run beside it. What people change
of channels is followed from one poll to the next.
"""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections import Counter, deque
from collections.abc import Callable, Collection
from functools import partial

import msgspec
from sqlalchemy import Connection

from cloud.core.health import Component
from cloud.database.audit_log import SYSTEM, Actor, write_entry
from cloud.database.engine import Database, DatabaseUnavailable, DataRejected
from cloud.database.steady_clock import Moment, SteadyClock
from cloud.notify.attempt import attempt
from cloud.notify.batcher import NotificationBatcher
from cloud.notify.cap import CapMessage, CapMessages
from cloud.notify.channel_registry.in_force import ChannelRegistry, StoredChannels
from cloud.notify.channel_self_test import (
    ChannelTestResult,
    notification_for_test,
    outcome_of_message,
    recipients_for_test,
    with_answer,
)
from cloud.notify.channel_state import ChannelState, read_states
from cloud.notify.channels.mqtt.answers import DeviceAnswer, read_answer
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.contract import Outcome, Publish, Sender
from cloud.notify.deliveries import enqueue
from cloud.notify.duty import DutyCalendar
from cloud.notify.health import channel_component, notifications_component
from cloud.notify.notified import Notified, notified_of
from cloud.notify.outbox import Claimed, Outbox, extend_deadlines, prune
from cloud.notify.router import EVENTS_AT_ONCE, Router
from cloud.notify.self_test import morning_ms, open_test_alarm
from cloud.notify.senders import SendingContexts, open_contexts, senders_of
from cloud.notify.settings import NotifySettings
from cloud.registry.snapshot import Registry
from runtime import clock
from runtime.backoff import retry
from wire.durations import HOUR_MS

POLL_S = 0.5
"""How often it polls by itself, for what other processes wrote and for what has become due."""
ESCALATE_MS = 1_000
"""How often open alarms are looked through for steps whose time has come."""
STATES_MS = (500, 30_000)
"""How often the channels' states are read again: when something was sent, and otherwise."""
PRUNE_MS = HOUR_MS
ANSWERS_HELD = 1_000
AT_ONCE = 8
"""Attempts under way on one channel."""

_log = logging.getLogger(__name__)


class _Parts(msgspec.Struct, frozen=True):
    """What works by one edition of the settings."""

    cap: CapMessages
    router: Router
    batcher: NotificationBatcher
    outbox: Outbox


class _Poll(msgspec.Struct, frozen=True):
    """What one poll has decided: what to attempt, how many answers are in the database, whether more events wait.

    Where the `channels` have changed it decides nothing: the next one does, by those.
    """

    claimed: list[Claimed]
    answers: int
    has_more: bool
    channels: StoredChannels | None = None


class Notifier:
    """Notifies people, sirens and systems of the alarms in `database`, as `settings` say; clocks in milliseconds."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        settings: NotifySettings,
        publish: Publish,
        wall_ms: Callable[[], int] = clock.wall_ms,
        boot_ms: Callable[[], int] = clock.boot_ms,
    ) -> None:
        self.channels = ChannelRegistry(settings)
        self.settings: NotifySettings = self.channels.in_force()
        self.on_switched: Callable[[], None] = lambda: None
        """Is called when other settings or channels hold."""
        self.duty = DutyCalendar(database, settings)
        self._next_settings: NotifySettings | None = None
        self._runs = False
        self._instance = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._senders: dict[str, Sender] = {}
        self._database = database
        self._registry = registry
        self._publish = publish
        self._wall_ms = wall_ms
        self._parts = self._parts_for(self.settings)
        self._clock = SteadyClock(excuse=extend_deadlines, wall_ms=wall_ms, boot_ms=boot_ms)
        self._wake = asyncio.Event()
        self._attempts: set[asyncio.Task[None]] = set()
        self._in_flight: Counter[str] = Counter()
        self._states: dict[str, ChannelState] = {}
        self._states_changed = False
        self._escalated_ms = self._states_ms = self._pruned_ms = self._morning_ms = 0
        self._answers: deque[DeviceAnswer] = deque()

    def nudge(self) -> None:
        """Poll now: there are new events."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled; attempts that are cut off are taken up again when their claim ends."""
        allowed = lambda: self.channels.file.allow_private  # noqa: E731 - of the file as it is then
        async with open_contexts(self._publish, self._cap_files, allowed) as contexts:
            self._runs = True
            self._open_senders(contexts)
            try:
                while True:
                    if self._next_settings is not None:
                        self._switch(self._next_settings, contexts)
                    await self._poll()
                    await self._rest()
            finally:
                for task in self._attempts:
                    task.cancel()
                await asyncio.gather(*self._attempts, return_exceptions=True)

    def apply(self, settings: NotifySettings) -> None:
        """Work by other settings of the file from the next poll on; what is on its way goes on.

        At once where this process sends nothing: another does.
        """
        self.channels.use_file(settings)
        self._renew()

    async def follow_channels(self) -> None:
        """Read the channels that people added where they have changed, and work by them from the next poll on."""
        self._follow(await self._database.run(self.channels.newer))

    def components(self) -> dict[str, Component]:
        """Return how each channel and the outbox do, for health."""
        return {name: check() for name, check in self.health_checks().items()}

    def health_checks(self) -> dict[str, Callable[[], Component]]:
        """Return the same to be asked later, one by one."""
        return {"notifications": self._component, **self.channel_checks(self.settings)}

    def channel_checks(self, settings: NotifySettings) -> dict[str, Callable[[], Component]]:
        """Return how the channels of `settings` do, to be asked later, one by one."""
        return {f"channel_{channel.name}": self._channel_check(channel.name) for channel in settings.channels}

    def states(self) -> list[ChannelState]:
        """Return how each channel does, in the order of the settings."""
        return [self._states.get(name, ChannelState(name)) for name in self._channel_names()]

    async def refresh(self) -> None:
        """Read how the channels do, now."""
        channels = self.settings.channels
        self._states = await self._database.run(lambda c: read_states(c, channels, self._clock.at(c)))

    async def test_alarm(self, actor: Actor, *, sites: Collection[str] | None = None) -> int:
        """Send a test alarm through the whole chain, in the name of one of `sites` (None: any); return its id."""

        def write(connection: Connection) -> int:
            now = self._clock.at(connection)
            opened_ms = now.wall_ms
            while True:  # one of the same millisecond is somebody else's
                alarm = open_test_alarm(
                    connection, self._registry, opened_ms=opened_ms, now=now, actor=actor, sites=sites
                )
                if alarm is not None:
                    return alarm
                opened_ms += 1

        alarm = await self._database.run(write)
        self.nudge()
        return alarm

    async def test_channel(self, name: str, actor: Actor, *, sites: Collection[str] | None = None) -> ChannelTestResult:
        """Send one test message over one channel, in the name of one of `sites` (None: any), and wait for the outcome.

        LookupError for no such channel.
        """
        settings = self._next_settings or self.settings
        channel = settings.channel(name)
        if channel is None:
            raise LookupError(f"there is no channel {name!r}")
        test = notification_for_test(settings, self._registry, name, now_ms=self._wall_ms(), sites=sites)
        to = recipients_for_test(settings, channel)

        def write(connection: Connection) -> None:
            enqueue(connection, test, to, self._clock.at(connection))
            write_entry(connection, actor, "test-channel", f"channel:{name}", now_ms=test.made_ms)

        await self._database.run(write)
        self.nudge()
        result = await outcome_of_message(self._database, test.message, within_s=channel.timeout_s + 2 * POLL_S)
        if not channel.is_answered or not result.sent:
            return result
        return await with_answer(self._database, test.message, result)

    def on_reply(self, payload: bytes) -> None:
        """Take what a device says of a command, on the event loop; at most `ANSWERS_HELD` wait to be written down."""
        answer = read_answer(payload)
        if answer is not None and len(self._answers) < ANSWERS_HELD:
            self._answers.append(answer)
            self.nudge()

    async def notified(self, alarm: int) -> list[Notified]:
        """Return who was told of an alarm, the oldest delivery first."""
        return await self._database.run(lambda connection: notified_of(connection, alarm))

    async def warnings(self) -> list[CapMessage]:
        """Return the warnings that stand, as CAP messages, the newest first."""
        cap = self._parts.cap
        return await self._database.run(lambda connection: cap.feed(connection, self._wall_ms()))

    async def warning(self, event: int) -> CapMessage:
        """Return the CAP message of one event; LookupError where there is none."""
        cap = self._parts.cap
        found = await self._database.run(lambda connection: cap.of_event(connection, event))
        if found is None:
            raise LookupError(f"there is no warning {event}")
        return found

    def _parts_for(self, settings: NotifySettings) -> _Parts:
        return _Parts(
            cap=CapMessages(settings.cap, self._registry, console=settings.console),
            router=Router(settings),
            batcher=NotificationBatcher(settings, self._registry),
            outbox=Outbox(settings, instance=self._instance),
        )

    def _follow(self, newer: StoredChannels | None) -> None:
        if newer is not None:
            self.channels.use_stored(newer)
            self._renew()

    def _renew(self) -> None:
        settings = self.channels.in_force()
        if not self._runs:
            self._show(settings)
            return
        self._next_settings = settings
        self.nudge()

    def _switch(self, settings: NotifySettings, contexts: SendingContexts) -> None:
        """Switch to `settings` between two polls: no decision is made half by the one and half by the other."""
        self._next_settings = None
        self._show(settings)
        self._open_senders(contexts)

    def _show(self, settings: NotifySettings) -> None:
        self.settings = settings
        self.duty.people = tuple(person.name for person in settings.people)
        self._parts = self._parts_for(settings)
        self.on_switched()

    def _open_senders(self, contexts: SendingContexts) -> None:
        own = {channel.name for channel in self.channels.file.channels}
        self._senders = senders_of(self.settings, own=own, contexts=contexts)

    async def _poll(self) -> None:
        try:
            poll = await self._database.run(self._decide)
        except (DatabaseUnavailable, DataRejected) as error:  # health says so
            _log.warning("notifications wait: %s", error)
            return
        self._follow(poll.channels)
        for _ in range(poll.answers):  # they are in the database now
            self._answers.popleft()
        if poll.has_more:
            self._wake.set()
        for delivery in poll.claimed:
            self._start(delivery)

    async def _rest(self) -> None:
        """Wait until somebody nudges, or for `POLL_S`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._wake.wait()
        self._wake.clear()

    def _decide(self, connection: Connection) -> _Poll:
        """Decide all that is to be decided now, in one transaction; runs in the database's thread."""
        now, parts = self._clock.at(connection), self._parts
        newer = self.channels.newer(connection)
        if newer is not None:
            return _Poll([], 0, has_more=True, channels=newer)
        self._open_morning_test(connection, now)
        answers = list(self._answers)
        for answer in answers:
            self._states_changed = parts.outbox.record_answer(connection, answer, now) or self._states_changed
        routed = parts.router.route(connection, now)
        if now.steady_ms - self._escalated_ms >= ESCALATE_MS:
            self._escalated_ms = now.steady_ms
            parts.router.escalate(connection, now)
        parts.batcher.batch(connection, now)
        parts.outbox.hand_over(connection, now)
        room = {name: AT_ONCE - self._in_flight[name] for name in self._channel_names()}
        claimed = parts.outbox.claim(connection, now, room=room)
        self._keep_house(connection, now)
        return _Poll(claimed, len(answers), has_more=routed == EVENTS_AT_ONCE)

    def _open_morning_test(self, connection: Connection, now: Moment) -> None:
        if not self.settings.morning_test:
            return
        due = morning_ms(now.wall_ms, hour=self.settings.morning_test, zone=self._registry.city.zone)
        if due is not None and due != self._morning_ms:
            open_test_alarm(connection, self._registry, opened_ms=due, now=now, actor=Actor(SYSTEM))
            self._morning_ms = due

    def _keep_house(self, connection: Connection, now: Moment) -> None:
        """Read the channels' states and delete what is old, each now and then."""
        if now.steady_ms - self._states_ms >= STATES_MS[0 if self._states_changed else 1]:
            self._states_ms, self._states_changed = now.steady_ms, False
            self._states = read_states(connection, self.settings.channels, now)
        if now.steady_ms - self._pruned_ms >= PRUNE_MS:
            self._pruned_ms = now.steady_ms
            prune(connection, now)

    def _start(self, delivery: Claimed) -> None:
        name = delivery.notification.channel
        channel = self.settings.channel(name)
        assert channel is not None  # noqa: S101 - only channels of the settings are claimed
        self._in_flight[name] += 1
        task = asyncio.create_task(self._attempt(self._senders[name], channel, delivery))
        self._attempts.add(task)
        task.add_done_callback(self._attempts.discard)

    async def _attempt(self, sender: Sender, channel: ChannelSettings, delivery: Claimed) -> None:
        try:
            outcome = await attempt(sender, channel, delivery.notification)
            await self._settle(delivery, outcome)
        finally:
            self._in_flight[channel.name] -= 1
        self.nudge()

    async def _settle(self, delivery: Claimed, outcome: Outcome) -> None:
        """Write down what came of it, however long the database takes: what is forgotten is sent twice."""

        def write(connection: Connection) -> None:
            self._parts.outbox.settle(connection, delivery, outcome, self._clock.at(connection))
            self._states_changed = True

        await retry(
            lambda: self._database.run(write),
            passing=(DatabaseUnavailable,),
            wait_s=lambda _error, _failures: POLL_S,
            on_failure=partial(_log.warning, "the outcome of delivery %d is not written yet: %s", delivery.id),
        )

    async def _cap_files(self, events: tuple[int, ...]) -> dict[str, bytes]:
        cap = self._parts.cap
        return await self._database.run(lambda connection: cap.up_to(connection, events))

    def _channel_names(self) -> list[str]:
        return [channel.name for channel in self.settings.channels]

    def _channel_check(self, name: str) -> Callable[[], Component]:
        return lambda: channel_component(self.settings, self._states.get(name, ChannelState(name)))

    def _component(self) -> Component:
        return notifications_component(self.settings, self._states.values(), self._database.problem)
