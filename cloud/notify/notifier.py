"""The notifier: the one shell around router, packer and outbox.

nudge ─► one transaction: route, escalate, pack, claim ─► an attempt for each claim, all at once ─► settled ─┐
  ▲                                                                                                          │
  └──────────────────────────────────────── or every POLL_S ◄────────────────────────────────────────────────┘
All that it knows stands in the tables, so it may be killed anywhere, and another may run beside it.
"""

import asyncio
import logging
import os
import secrets
import socket
from collections import Counter, deque
from collections.abc import Callable, Collection

import httpx
import msgspec
from sqlalchemy import Connection, func, select

from cloud.core.health import Component, Condition
from cloud.database.audit_log import SYSTEM, Actor, write_entry
from cloud.database.engine import Database, DatabaseUnavailable, DataRejected
from cloud.database.steady_clock import Moment, SteadyClock
from cloud.notify.batcher import NotificationBatcher, put
from cloud.notify.cap import CapMessage, CapMessages
from cloud.notify.channels.catalog import sender_of
from cloud.notify.channels.mqtt.answers import DeviceAnswer, read_answer
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.contract import ChannelContext, Later, Outcome, Publish, Sender, Sent
from cloud.notify.duty import DutyCalendar
from cloud.notify.notifications import AlarmLine, Notification, plain
from cloud.notify.outbox import ChannelState, Claimed, Outbox
from cloud.notify.recipients import channel_recipients, person_recipients
from cloud.notify.router import EVENTS_AT_ONCE, Router
from cloud.notify.self_test import FAMILY, RULE, morning_ms, put_test_alarm, site_for_tests
from cloud.notify.settings import NotifySettings
from cloud.notify.tables import DeliveryRow
from cloud.registry.snapshot import Registry
from runtime import clock
from wire.durations import HOUR_MS

POLL_S = 0.5
"""How often it looks by itself, for what other processes wrote and for what has become due."""
SCAN_MS = 1_000
"""How often open alarms are looked through for steps whose time has come."""
COUNT_MS = (500, 30_000)
"""How often the channels' states are read anew: when something was sent, and otherwise."""
FORGET_MS = HOUR_MS
ANSWERS_HELD = 1_000
ANSWER_TO_TEST_S = 5.0
AT_ONCE = 8
"""Attempts under way on one channel."""

_log = logging.getLogger(__name__)


class Delivered(msgspec.Struct, frozen=True):
    """What came of the test of a channel."""

    sent: bool
    sentence: str


class Notifier:
    """Tells people, sirens and systems of the alarms in `database`, as `settings` say; clocks in milliseconds."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        settings: NotifySettings,
        publish: Publish,
        wall_ms: Callable[[], int] = clock.wall_ms,
        boot_ms: Callable[[], int] = clock.boot_ms,
    ) -> None:
        self.settings = settings
        self.duty = DutyCalendar(database, settings)
        self._coming: NotifySettings | None = None
        self._instance = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._senders: dict[str, Sender] = {}
        self._database = database
        self._registry = registry
        self._publish = publish
        self._wall_ms = wall_ms
        self._warnings = CapMessages(settings.cap, registry, console=settings.console)
        self._router = Router(settings)
        self._packer = NotificationBatcher(settings, registry)
        self._outbox = Outbox(settings, instance=self._instance)
        self._clock = SteadyClock(excuse=self._outbox.excuse, wall_ms=wall_ms, boot_ms=boot_ms)
        self._wake = asyncio.Event()
        self._attempts: set[asyncio.Task[None]] = set()
        self._under_way: Counter[str] = Counter()
        self._states: dict[str, ChannelState] = {}
        self._scanned_ms = self._counted_ms = self._forgot_ms = 0
        self._proved_ms = 0
        self._more = self._has_news = False
        self._answers: deque[DeviceAnswer] = deque()
        self._noted: list[DeviceAnswer] = []

    def nudge(self) -> None:
        """Look now: there are new events."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled; attempts that are cut off are taken up again when their claim ends."""
        async with httpx.AsyncClient() as client:
            self._man(client)
            try:
                while True:
                    if self._coming is not None:
                        self._take_over(self._coming, client)
                    await self._look(self._senders)
                    await self._rest()
            finally:
                for attempt in self._attempts:
                    attempt.cancel()
                await asyncio.gather(*self._attempts, return_exceptions=True)

    def apply(self, settings: NotifySettings) -> None:
        """Work by other settings from the next look on; what is on its way goes on."""
        self._coming = settings
        self.nudge()

    def _take_over(self, settings: NotifySettings, client: httpx.AsyncClient) -> None:
        """Between two looks, so that no decision is made half by the one and half by the other."""
        self.settings, self._coming = settings, None
        self.duty.people = tuple(person.name for person in settings.people)
        self._warnings = CapMessages(settings.cap, self._registry, console=settings.console)
        self._router = Router(settings)
        self._packer = NotificationBatcher(settings, self._registry)
        self._outbox = Outbox(settings, instance=self._instance)
        self._man(client)

    def _man(self, client: httpx.AsyncClient) -> None:
        context = ChannelContext(client, self._publish, self._cap_files, self.settings.console)
        self._senders = {channel.name: sender_of(channel, context) for channel in self.settings.channels}

    def components(self) -> dict[str, Component]:
        """How each channel and the outbox do, for health."""
        return {name: look() for name, look in self.health_checks().items()}

    def health_checks(self) -> dict[str, Callable[[], Component]]:
        """The same to be asked later, one by one."""
        return {"notifications": self._component, **self.channel_checks(self.settings)}

    def channel_checks(self, settings: NotifySettings) -> dict[str, Callable[[], Component]]:
        """How the channels of `settings` do, to be asked later, one by one."""
        return {f"channel_{channel.name}": self._channel_look(channel.name) for channel in settings.channels}

    def states(self) -> list[ChannelState]:
        """How each channel does, in the order of the settings."""
        return [self._states.get(name, ChannelState(name)) for name in self._channel_names()]

    async def refresh(self) -> None:
        """Read how the channels do, now."""
        self._states = await self._database.run(lambda c: self._outbox.states(c, self._clock.at(c)))

    async def test_alarm(self, who: Actor, *, sites: Collection[str] | None = None) -> int:
        """Send a test alarm through the whole chain, in the name of one of `sites` (None: any); the id of its alarm."""

        def write(connection: Connection) -> int:
            now = self._clock.at(connection)
            opened_ms = now.wall_ms
            while True:  # one of the same millisecond is somebody else's
                alarm = put_test_alarm(connection, self._registry, opened_ms=opened_ms, now=now, who=who, sites=sites)
                if alarm is not None:
                    return alarm
                opened_ms += 1

        alarm = await self._database.run(write)
        self.nudge()
        return alarm

    async def test_channel(self, name: str, who: Actor, *, sites: Collection[str] | None = None) -> Delivered:
        """Send one test message over one channel, in the name of one of `sites` (None: any), and wait for the outcome.

        LookupError for no such channel.
        """
        channel = self.settings.channel(name)
        if channel is None:
            raise LookupError(f"there is no channel {name!r}")
        page = self._test_page(name, self._wall_ms(), sites)
        people = [
            each for person in self.settings.people for each in person_recipients(self.settings, channel, person.name)
        ]
        told = channel_recipients(self.settings, channel) or people[:1]

        def write(connection: Connection) -> None:
            put(connection, page, told, self._clock.at(connection))
            write_entry(connection, who, "test-channel", f"channel:{name}", now_ms=page.made_ms)

        await self._database.run(write)
        self.nudge()
        delivered = await self._came_of(page.message, patience_s=channel.timeout_s + 2 * POLL_S)
        if not channel.is_answered or not delivered.sent:
            return delivered
        return await self._answered(page.message, delivered)

    def on_reply(self, payload: bytes) -> None:
        """Take what a device says of a command, on the event loop; at most `ANSWERS_HELD` wait to be written down."""
        answer = read_answer(payload)
        if answer is not None and len(self._answers) < ANSWERS_HELD:
            self._answers.append(answer)
            self.nudge()

    async def warnings(self) -> list[CapMessage]:
        """The warnings that stand, as CAP messages, the newest first."""
        return await self._database.run(lambda connection: self._warnings.feed(connection, self._wall_ms()))

    async def warning(self, event: int) -> CapMessage:
        """The CAP message of one event; LookupError where there is none."""
        found = await self._database.run(lambda connection: self._warnings.of_event(connection, event))
        if found is None:
            raise LookupError(f"there is no warning {event}")
        return found

    async def _look(self, senders: dict[str, Sender]) -> None:
        try:
            claimed = await self._database.run(self._turn)
        except (DatabaseUnavailable, DataRejected) as error:  # health tells of it
            _log.warning("notifications wait: %s", error)
            return
        for _answer in self._noted:  # they are in the database now
            self._answers.popleft()
        if self._more:
            self._wake.set()
        for delivery in claimed:
            self._under_way[delivery.page.channel] += 1
            channel = self.settings.channel(delivery.page.channel)
            assert channel is not None  # noqa: S101 - only channels of the settings are claimed
            attempt = asyncio.create_task(self._attempt(senders[channel.name], channel, delivery))
            self._attempts.add(attempt)
            attempt.add_done_callback(self._attempts.discard)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    def _turn(self, connection: Connection) -> list[Claimed]:
        """All that is to be decided now, in one transaction; runs in the database's thread."""
        now = self._clock.at(connection)
        self._prove(connection, now)
        self._noted = list(self._answers)
        for answer in self._noted:
            self._has_news = self._outbox.note_answer(connection, answer, now) or self._has_news
        self._more = self._router.route(connection, now) == EVENTS_AT_ONCE
        if now.steady_ms - self._scanned_ms >= SCAN_MS:
            self._scanned_ms = now.steady_ms
            self._router.escalate(connection, now)
        self._packer.pack(connection, now)
        room = {name: AT_ONCE - self._under_way[name] for name in self._channel_names()}
        claimed = self._outbox.claim(connection, now, room=room)
        self._look_back(connection, now)
        return claimed

    def _prove(self, connection: Connection, now: Moment) -> None:
        if not self.settings.morning_test:
            return
        due = morning_ms(now.wall_ms, hour=self.settings.morning_test, zone=self._registry.city.zone)
        if due is not None and due != self._proved_ms:
            put_test_alarm(connection, self._registry, opened_ms=due, now=now, who=Actor(SYSTEM))
            self._proved_ms = due

    def _look_back(self, connection: Connection, now: Moment) -> None:
        if now.steady_ms - self._counted_ms >= COUNT_MS[0 if self._has_news else 1]:
            self._counted_ms, self._has_news = now.steady_ms, False
            self._states = self._outbox.states(connection, now)
        if now.steady_ms - self._forgot_ms >= FORGET_MS:
            self._forgot_ms = now.steady_ms
            self._outbox.forget(connection, now)

    async def _attempt(self, channel: Sender, settings: ChannelSettings, delivery: Claimed) -> None:
        name = delivery.page.channel
        try:
            outcome = await self._outcome(channel, settings, delivery)
            await self._settle(delivery, outcome)
        finally:
            self._under_way[name] -= 1
        self.nudge()

    async def _outcome(self, channel: Sender, settings: ChannelSettings, delivery: Claimed) -> Outcome:
        page = delivery.page
        if settings.deduplicates:
            page = msgspec.structs.replace(page, again=False)  # its key says it better
        try:
            async with asyncio.timeout(settings.timeout_s):
                return await _told(channel, page)
        except TimeoutError:
            return Later(f"no answer within {settings.timeout_s:g} s", unsure=True)

    async def _settle(self, delivery: Claimed, outcome: Outcome) -> None:
        """Write down what came of it, however long the database takes: what is forgotten is sent twice."""

        def write(connection: Connection) -> None:
            self._outbox.settle(connection, delivery, outcome, self._clock.at(connection))
            self._has_news = True

        while True:
            try:
                return await self._database.run(write)
            except DatabaseUnavailable as error:
                _log.warning("the outcome of delivery %d is not written yet: %s", delivery.id, error)
                await asyncio.sleep(POLL_S)

    async def _cap_files(self, events: tuple[int, ...]) -> dict[str, bytes]:
        return await self._database.run(lambda connection: self._warnings.up_to(connection, events))

    async def _came_of(self, message: str, *, patience_s: float) -> Delivered:
        query = (
            select(DeliveryRow.sent, DeliveryRow.outcome, DeliveryRow.done_ms)
            .where(DeliveryRow.message == message)
            .order_by(DeliveryRow.id)
        )
        for _ in range(round(patience_s / 0.1)):
            rows = await self._database.run(lambda connection: connection.execute(query).all())
            if rows and all(row.done_ms is not None for row in rows):
                return Delivered(all(row.sent for row in rows), "; ".join(row.outcome for row in rows))
            await asyncio.sleep(0.1)
        return Delivered(False, f"no outcome within {patience_s:g} s; look at the channel's state")

    async def _answered(self, message: str, delivered: Delivered) -> Delivered:
        """Wait a moment for the device's answer: the broker takes a command that nobody hears, too."""
        query = select(func.max(DeliveryRow.answered_ms)).where(DeliveryRow.message == message)
        for _ in range(round(ANSWER_TO_TEST_S / 0.1)):
            if await self._database.run(lambda connection: connection.execute(query).scalar_one()):
                return Delivered(True, "a device has answered")
            await asyncio.sleep(0.1)
        said = f"{delivered.sentence}; no device has answered within {ANSWER_TO_TEST_S:g} s, so nobody may hear it"
        return Delivered(True, said)

    def _test_page(self, channel: str, now: int, sites: Collection[str] | None) -> Notification:
        site = site_for_tests(self._registry, sites)
        level = RULE.levels[0]
        line = AlarmLine(
            event=0, alarm=0, kind="raised", late=False, test=True, severity=level.severity,
            level_name=level.name, level_name_id=level.name_id, title=RULE.title, title_id=RULE.title_id,
            advice=RULE.advice, advice_id=RULE.advice_id, site="" if site is None else site.id,
            site_name=self._registry.city.name, place="", zone=self._registry.city.zone, gateway="siaga",
            sensor=FAMILY, sensor_name=FAMILY, quantity=RULE.quantity, watch=RULE.kind, value=0.0, limit=0.0,
            window_s=RULE.window_s, for_s=0.0, of=None, also="", opened_ms=now, time_ms=now,
        )  # fmt: skip
        return Notification(
            key="", message=f"test-{secrets.token_hex(8)}", step=0, channel=channel, person="",
            address="", language=self.settings.language, made_ms=now, lines=(line,), test=True, once=True,
        )  # fmt: skip

    def _channel_names(self) -> list[str]:
        return [channel.name for channel in self.settings.channels]

    def _channel_look(self, name: str) -> Callable[[], Component]:
        return lambda: component_of(self._states.get(name, ChannelState(name)))

    def _component(self) -> Component:
        waiting = sum(state.waiting for state in self.states())
        if not self.settings.steps:
            return Component(Condition.OK, "no steps are set up in [notify]: alarms are shown, and nobody is told")
        if self._database.problem:
            return Component(Condition.DEGRADED, f"notifications wait for the database: {self._database.problem}")
        return Component(Condition.OK, f"messages that wait: {waiting}")


async def _told(channel: Sender, page: Notification) -> Outcome:
    """What came of sending `page`; where it cannot be written, of sending each of its alarms on its own."""
    try:
        return await channel.send(page)
    except Exception:
        _log.exception("channel %s cannot write a message; each of its alarms goes on its own", page.channel)
    fresh = [line for line in page.lines if not line.repeated] or list(page.lines)
    outcomes = [await _alone(channel, page, line) for line in fresh]
    return next((outcome for outcome in outcomes if not isinstance(outcome, Sent)), outcomes[0])


async def _alone(channel: Sender, page: Notification, line: AlarmLine) -> Outcome:
    """What came of one alarm of a page: in its words, and where they cannot be written by its ids."""
    mistake = ""
    for shown in (line, plain(line)):
        try:
            return await channel.send(msgspec.structs.replace(page, lines=(shown,), key=f"{page.key}:{line.event}"))
        except Exception as error:
            _log.exception("channel %s cannot write alarm %d", page.channel, line.alarm)
            mistake = type(error).__name__
    return Later(f"a mistake of our own ({mistake}); the log has the details", unsure=True)


def component_of(state: ChannelState) -> Component:
    """How a channel does, for health and the API."""
    waiting = f"messages that wait: {state.waiting}"
    if state.fails:
        return Component(Condition.DEGRADED, f"the newest attempt failed: {state.problem}; {waiting}")
    if state.unheard:
        said = "no device has answered the newest command, so nobody may hear it; look at its power, login and topic"
        return Component(Condition.DEGRADED, f"{said}; {waiting}")
    return Component(Condition.OK, waiting)
