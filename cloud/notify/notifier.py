"""The notifier: the one shell around router, batcher and outbox.

nudge ─► one transaction: route, escalate, batch, claim ─► an attempt for each claim (under_way.py) ─► settled ─┐
  ▲                                                                                                             │
  └──────────────────────────────────────── or every POLL_S ◄───────────────────────────────────────────────────┘
All that it knows stands in the tables, so it may be killed anywhere, and another may run beside it. What people change
of channels is followed from one poll to the next.
"""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections import deque
from collections.abc import Callable, Collection

from sqlalchemy import Connection

from cloud.core.health import Component
from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database, DatabaseUnavailable, DataRejected
from cloud.database.steady_clock import SteadyClock
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
from cloud.notify.channel_state import ChannelState
from cloud.notify.channels.mqtt.answers import DeviceAnswer, read_answer
from cloud.notify.contract import Publish, Sender
from cloud.notify.deliveries import enqueue
from cloud.notify.duty import DutyCalendar
from cloud.notify.known_states import KnownStates
from cloud.notify.notified import Notified, notified_of
from cloud.notify.outbox import Claimed, Outbox, extend_deadlines
from cloud.notify.poll_decision import PartsInForce, PollDecider
from cloud.notify.router import Router
from cloud.notify.self_test import open_test_alarm_now
from cloud.notify.senders import SendingContexts, open_contexts, senders_of
from cloud.notify.settings import NotifySettings
from cloud.notify.under_way import AttemptsUnderWay
from cloud.registry.snapshot import Registry
from runtime import clock

POLL_S = 0.5
"""How often it polls by itself, for what other processes wrote and for what has become due."""
ANSWERS_HELD = 1_000

_log = logging.getLogger(__name__)


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
        self._known = KnownStates(lambda: self.settings, lambda: database.problem)
        self._under_way = AttemptsUnderWay(
            database, self._clock, lambda: self._parts.outbox,
            on_outcome=self._known.mark_changed, on_room=self.nudge,
        )  # fmt: skip
        self._wake = asyncio.Event()
        self._decider = PollDecider(registry, self.channels, self._clock, self._known, self._under_way)
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
                await self._under_way.cut_off()

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
        return self._known.health_checks()

    def channel_checks(self, settings: NotifySettings) -> dict[str, Callable[[], Component]]:
        """Return how the channels of `settings` do, to be asked later, one by one."""
        return self._known.channel_checks(settings)

    def states(self) -> list[ChannelState]:
        """Return how each channel does, in the order of the settings."""
        return self._known.all()

    async def refresh(self) -> None:
        """Read how the channels do, now."""
        await self._database.run(lambda connection: self._known.read(connection, self._clock.at(connection)))

    async def test_alarm(self, actor: Actor, *, sites: Collection[str] | None = None) -> int:
        """Send a test alarm through the whole chain, in the name of one of `sites` (None: any); return its id."""

        def write(connection: Connection) -> int:
            return open_test_alarm_now(
                connection, self._registry, now=self._clock.at(connection), actor=actor, sites=sites
            )

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

    def _parts_for(self, settings: NotifySettings) -> PartsInForce:
        return PartsInForce(
            settings=settings,
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
            answers = list(self._answers)
            poll = await self._database.run(lambda connection: self._decider.decide(connection, self._parts, answers))
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

    def _start(self, delivery: Claimed) -> None:
        name = delivery.notification.channel
        channel = self.settings.channel(name)
        assert channel is not None  # noqa: S101 - only channels of the settings are claimed
        self._under_way.start(delivery, self._senders[name], channel)

    async def _cap_files(self, events: tuple[int, ...]) -> dict[str, bytes]:
        cap = self._parts.cap
        return await self._database.run(lambda connection: cap.up_to(connection, events))
