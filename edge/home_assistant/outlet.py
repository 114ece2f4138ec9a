"""The outlet to Home Assistant: its own session with a broker, beside the event path, on which nothing waits.

readings, on their way to the spool ─► current values ─each second─► announcements, values ─► the broker, retained
announcements that the broker has kept ─► those of a sensor that the settings have no more are taken back

While the broker is away the newest value of each series waits, and no more than that. The gateway's notes say so.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence

from edge.check import CheckedSettings
from edge.home_assistant.configured import could_give
from edge.home_assistant.current_values import MOST_SERIES, CurrentValues
from edge.home_assistant.discovery import OFFLINE, ONLINE, Discovery, Series
from edge.home_assistant.watched_spooler import WatchedSpooler
from edge.settings import HomeAssistantSettings, table_of
from edge.sources.tally import SourceTally
from edge.spool.spooler import Spooler
from runtime.broker_settings import BrokerSettings
from runtime.mqtt import MqttSession
from runtime.mqtt_connection import Message, Will
from wire import Quantity, Reading, SourceStatus

_log = logging.getLogger(__name__)

TURN_S = 1.0
MOST_IN_A_TURN = 200
"""Messages; and so many may be without a PUBACK before the next turn waits."""
FAILED_FOR_S = 30.0
"""A source that is gone for so long has no value of the present; a broker that starts anew is back sooner."""
ABSENT_FOR_S = 10.0
STOP_WITHIN_S = 0.4
HEARD_WITHIN_S = 15.0
LEFT_AFTER_S = 3.0
"""So long after its announcement a value is cleared: Home Assistant has left its topic by then."""
KNOWN_WITHIN_S = 1.5
"""So long what the broker has kept of an earlier run may take to come: before it is unknown again, nobody is online."""
_AFTER_A_BUG_S = 10.0
_FAILING = (SourceStatus.FAILED, SourceStatus.SILENT)


class HomeAssistantOutlet:
    """Gives what the gateway reads to Home Assistant, until it is stopped."""

    def __init__(
        self,
        settings: HomeAssistantSettings,
        checked: CheckedSettings,
        *,
        version: str,
        now_ms: Callable[[], int],
        tallies: Callable[[], Iterable[SourceTally]],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._checked = checked
        self._table = table_of(checked.settings.quantities)
        gateway = checked.settings.gateway.id
        self._discovery = Discovery(gateway, prefix=settings.prefix, language=settings.language, version=version)
        self._values = CurrentValues(self._row, every_s=settings.every_s, stale_s=settings.stale_after_s)
        self._now_ms = now_ms
        self._tallies = tallies
        self._session = MqttSession(
            settings.broker or checked.settings.local_broker or BrokerSettings(),
            identifier=f"siaga-edge-{gateway}-home",
            wishes=[self._discovery.announcements],
            will=lambda: Will(self._discovery.availability_topic, OFFLINE),
        )
        self._announced: dict[Series, None] = {}
        """What was announced in this connection."""
        self._is_online = False
        """Whether this connection has said that the gateway is there."""
        self._to_empty: dict[str, float] = {}
        """Topics of what is taken back, and from when on nobody reads them."""
        self._echoed: set[str] = set()
        """Announcements that the broker has given back."""
        self._failing_since_s: dict[str, float] = {}
        self._connected_s = 0.0
        self._absent_since_s: float | None = self._loop.time()
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()

    # --- from the event path

    def apply(self, readings: Sequence[Reading], *, backlog: bool) -> None:
        """Readings on their way to the spool; whatever happens here stays here."""
        try:
            self._values.apply(readings, now_s=self._loop.time(), now_ms=self._now_ms(), backlog=backlog)
        except Exception:
            _log.exception("home_assistant: readings could not be taken in")

    # --- beside it

    def use(self, checked: CheckedSettings) -> None:
        """Other sources: what they cannot give is taken back."""
        self._checked = checked
        self._table = table_of(checked.settings.quantities)
        for series in [each for each in self._values.series if not could_give(checked, each)]:
            self._forget(series)

    async def run(self) -> None:
        """Work until `stop` is called; an error of its own ends nothing else."""
        try:
            async with asyncio.TaskGroup() as group:
                session = group.create_task(self._keep_connected())
                turns = group.create_task(self._turn_after_turn())
                await self._stopping.wait()
                self._empty_topics(float("inf"))
                self._session.publish(self._discovery.availability_topic, OFFLINE, retain=True)
                turns.cancel()
                session.cancel()
        finally:
            self._stopped.set()

    async def stop(self) -> None:
        """Say that the gateway is offline, and leave; a broker that stands still is left without a word."""
        self._stopping.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_WITHIN_S):
                await self._stopped.wait()

    @property
    def note(self) -> str:
        """What to look at though the gateway runs; empty where there is nothing."""
        now_s = self._loop.time()
        if self._absent_since_s is not None:
            if now_s - self._absent_since_s < ABSENT_FOR_S:
                return ""
            return (
                f"Home Assistant hears nothing of this gateway: {self._session.problem}; readings go to the cloud all "
                "the same"
            )
        if self._values.left_out:
            return f"Home Assistant is given {MOST_SERIES} pairs of sensor and quantity, and there are more"
        if now_s - self._connected_s > HEARD_WITHIN_S and not self._echoed:
            return (
                f"the broker of [home_assistant] does not give back what is announced on "
                f"{self._discovery.announcements}; let this agent write and read that, and write "
                f"{self._discovery.availability_topic.rpartition('/')[0]}/#"
            )
        return ""

    async def _keep_connected(self) -> None:
        while True:
            try:
                await self._session.run(on_message=self._on_message, on_connect=self._connected)
            except Exception:
                _log.exception("home_assistant: the session stopped; starting it again in %g s", _AFTER_A_BUG_S)
            await asyncio.sleep(_AFTER_A_BUG_S)

    async def _turn_after_turn(self) -> None:
        while True:
            await asyncio.sleep(TURN_S)
            try:
                self._turn()
            except Exception:
                _log.exception("home_assistant: a turn failed")

    def _connected(self) -> None:
        self._announced.clear()
        self._echoed.clear()
        self._connected_s, self._is_online = self._loop.time(), False
        self._values.say_all_again()
        self._session.publish(*self._discovery.announce_gateway(), retain=True)

    def _on_message(self, message: Message) -> None:
        """An announcement of this gateway, as the broker has it."""
        try:
            if message.payload and len(self._echoed) <= MOST_SERIES:
                self._echoed.add(message.topic)
                self._expect(self._discovery.series_in(message.payload))
        finally:
            self._session.acknowledge(message)

    def _expect(self, series: Series | None) -> None:
        if series is None or series in self._values:
            return
        if could_give(self._checked, series):
            self._values.expect(series, now_s=self._loop.time())  # what the broker has kept of it is old
        else:
            self._forget(series)

    def _forget(self, series: Series) -> None:
        _log.info("home_assistant: %s %s is taken back", *series)
        self._values.forget(series)
        self._announced.pop(series, None)
        now_s = self._loop.time()
        self._to_empty.setdefault(self._discovery.topic(series), now_s)
        self._to_empty.setdefault(self._discovery.state_topic(series), now_s + LEFT_AFTER_S)

    def _turn(self) -> None:
        now_s = self._loop.time()
        self._silence_what_failed(now_s)
        if not self._session.connected:
            self._absent_since_s = now_s if self._absent_since_s is None else self._absent_since_s
            return
        self._absent_since_s = None
        if self._session.unacknowledged < MOST_IN_A_TURN:
            self._say(now_s)

    def _say(self, now_s: float) -> None:
        self._empty_topics(now_s)
        left = MOST_IN_A_TURN
        for series in [each for each in self._values.series if each not in self._announced][: left // 2]:
            left -= 1
            if not self._session.publish(*self._discovery.announce(series, self._row(series[1])), retain=True):
                return
            self._announced[series] = None
            for topic in (self._discovery.topic(series), self._discovery.state_topic(series)):
                self._to_empty.pop(topic, None)
        due = self._values.due(self._announced, now_s=now_s, most=left)
        for series, payload in due:
            if not self._session.publish(self._discovery.state_topic(series), payload, retain=True):
                return
            self._values.was_sent(series, now_s=now_s)
        all_said = len(self._announced) == len(self._values.series) and len(due) < left
        if not self._is_online and all_said and now_s - self._connected_s > KNOWN_WITHIN_S:
            self._is_online = self._session.publish(self._discovery.availability_topic, ONLINE, retain=True)

    def _empty_topics(self, now_s: float) -> None:
        """Let the broker forget what was taken back."""
        due = [topic for topic, from_s in self._to_empty.items() if from_s <= now_s]
        for topic in due[:MOST_IN_A_TURN]:
            if not self._session.publish(topic, b"", retain=True):
                return
            del self._to_empty[topic]

    def _row(self, quantity: str) -> Quantity:
        return self._table.row(quantity)

    def _silence_what_failed(self, now_s: float) -> None:
        failing: dict[str, float] = {}
        for tally in self._tallies():
            if tally.status in _FAILING:
                since_s = failing[tally.name] = self._failing_since_s.get(tally.name, now_s)
                if now_s - since_s >= FAILED_FOR_S:
                    self._values.silence(tally.sensors)
        self._failing_since_s = failing


def outlet_of(
    spooler: Spooler,
    settings: HomeAssistantSettings,
    checked: CheckedSettings,
    *,
    version: str,
    now_ms: Callable[[], int],
    tallies: Callable[[], Iterable[SourceTally]],
) -> HomeAssistantOutlet:
    """The outlet that is shown what goes into `spooler`."""
    outlet = HomeAssistantOutlet(settings, checked, version=version, now_ms=now_ms, tallies=tallies)
    if isinstance(spooler, WatchedSpooler):
        spooler.watcher = outlet.apply
    return outlet
