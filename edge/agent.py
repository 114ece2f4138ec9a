"""The gateway agent: wires sources, spool and uplink together, runs them, and obeys signals.

SIGTERM, SIGINT: commit, say offline, exit 0      SIGHUP: read the settings again; a mistake in them changes nothing
"""

import asyncio
import gc
import logging
import os
import signal
import time
from collections.abc import Coroutine, Iterator
from functools import partial
from pathlib import Path

from edge import previous_boots
from edge.check import CheckedSettings
from edge.clock import GatewayClock, boot_id, kernel_is_synced, tick
from edge.control.paths import control_path
from edge.control.requests import RunningAgent, respond
from edge.control.server import ControlServer
from edge.health_report import HealthReport
from edge.login_change import LoginChange
from edge.optional_parts import OptionalParts
from edge.rates import Throughput
from edge.receiver_time import ReceiverTime
from edge.refusals import Refusals
from edge.remote.alarms_part import AlarmsReader
from edge.remote.care import CityCare, use_link, wishes
from edge.remote.city_config import CityConfig
from edge.settings import EdgeSettings
from edge.settings_in_force import SettingsInForce
from edge.source_manager import SourceManager
from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.spool import Spool
from edge.spool.spooler import Spooler
from edge.spool.write_batch import Origin
from edge.stamping import Stamper
from edge.status_report import StatusReport
from edge.timekeeping import SENT_UNKNOWN, Timekeeper
from edge.update.places import places_of
from edge.uplink import Uplink
from edge.version import version
from edge.window import LONGEST_PAUSE_S
from runtime import sd_notify
from runtime.mqtt import MqttSession
from runtime.tasks import Errands, run_until
from wire import Channel, Clock, Leaving, RefusedReadings, topic_of

_log = logging.getLogger(__name__)

POLL_EVERY_S = 1.0
PACES_EVERY_S = 300.0
STOP_WITHIN_S = 1.8
LIVE_S = 10.0
MIB = 1024 * 1024
_MOST_STREAMS = 200


class Agent:
    """One gateway, from its start to its end."""

    def __init__(self, city: CityConfig) -> None:
        settings = city.settings.settings
        self._gateway, self._boot, self._version = settings.gateway.id, boot_id(), version()
        self._loop = asyncio.get_running_loop()
        self._changed, self._stopping = asyncio.Event(), asyncio.Event()
        self._last_word_said, self._disconnected = asyncio.Event(), asyncio.Event()
        self._errands = Errands()
        self._in_force = SettingsInForce(city, apply=self._apply, changed=self._say_soon)
        self._refusals = Refusals()
        self._throughput = Throughput(now_s=self._loop.time())
        self._problem_said = ""
        self._recalled = False
        self._why: asyncio.Task[Leaving] | None = None
        self._paces_recorded_s = self._loop.time()
        self._make_spool(settings)
        self._make_uplink(settings)
        self._sources = SourceManager(
            gateway=self._gateway, boot=self._boot, stamper=self._stamper, spooler=self._spooler,
            on_change=self._say_soon, receiver=self._time.receiver,
        )  # fmt: skip
        self._make_reports(city, settings)

    def _make_spool(self, settings: EdgeSettings) -> None:
        """The clock, and what keeps the readings that are stamped by it."""
        self._clock = GatewayClock(tick(synced=self._is_synced()))
        self._stamper = Stamper(self._clock)
        self._spool = Spool(Origin(os.urandom(8).hex(), self._boot, self._clock.offset_ms), _limits_of(settings))
        spooler = _spooler_of(settings)
        self._spooler = spooler(self._spool, SpoolFile(settings.spool.path), on_change=self._spool_changed)
        named = settings.clock.receiver
        receiver = None if named is None else ReceiverTime(named)
        self._time = Timekeeper(self._stamper, self._spooler, receiver, boot=self._boot, monotonic_s=self._loop.time)

    def _make_uplink(self, settings: EdgeSettings) -> None:
        """What sends them, and its session with the cloud's broker."""
        self._uplink = Uplink(
            self._spooler, settings.uplink, gateway=self._gateway, on_refused=self._refused,
            on_time=self._time.on_answer, now_ms=self._known_ms,
        )  # fmt: skip
        self._session = MqttSession(
            settings.uplink,
            identifier=f"siaga-edge-{self._gateway}",
            subscriptions=[topic_of(self._gateway, Channel.ACK)],
            wishes=wishes(self._gateway),
            will=lambda: self._status.will(),
            qos=0,  # an ack that does not come costs one batch that is sent again
            retry_s=(0.5, LONGEST_PAUSE_S),
        )
        self._uplink.connect(self._session)

    def _make_reports(self, city: CityConfig, settings: EdgeSettings) -> None:
        """What says how the agent is, and what the city may change of it."""
        seen = self._as_seen()
        self._optional = OptionalParts(seen, start=self._errands.start, changed=self._say_soon)
        self._health = HealthReport(seen, boot=self._boot)
        self._control = ControlServer(control_path(settings.spool.path), partial(respond, seen))
        self._login = LoginChange(
            self._session, settings.uplink, gateway=self._gateway, folder=settings.spool.path.parent,
            now_s=self._loop.time, in_force=self._in_force.use_login, changed=self._say_soon,
        )  # fmt: skip
        self._status = StatusReport(
            seen, self._changed, boot=self._boot, username=lambda: self._login.username,
            alarms=lambda: self._optional.alarms, home_note=lambda: self._optional.home_note,
            last_word=lambda: self._optional.last_word,
        )  # fmt: skip
        self._care = CityCare(
            city, self._login, gateway=self._gateway, session=self._session, uplink=self._uplink, sources=self._sources,
            status=self._status.now, report_health=self._health.report, now_ms=self._known_ms,
            say_soon=self._say_soon, start=self._errands.start,
            for_outputs=self._optional.answer_for_outputs, places=places_of(city.path, settings.spool.path),
            version=self._version,
        )  # fmt: skip
        city.readers["alarms"] = AlarmsReader(lambda: self._optional.local_alarms, self._optional.make_local_alarms)

    def _as_seen(self) -> RunningAgent:
        """What the control socket and the reports may look at."""
        return RunningAgent(
            self._gateway, self._version, self._loop.time(), lambda: self._in_force.checked, self._notes, self._spooler,
            self._uplink, self._session, self._sources, self._stamper, self._time, self._refusals, self._throughput,
            lambda: self._optional.local_alarms, lambda: self._care.update.status, lambda: self._optional.modem,
        )  # fmt: skip

    async def run(self) -> bool:
        """Run until SIGTERM or SIGINT; False where an error of the agent itself ended it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._obey)
        self._loop.add_signal_handler(signal.SIGHUP, lambda: self._errands.start(self._in_force.reload()))
        await self._spooler.start()
        self._recall()
        if self._clock.state is not Clock.UNKNOWN:
            await self._place_previous_boots(self._time.offset_ms)  # before any of it is sent
        checked = self._in_force.checked
        if checked.settings.outputs:
            self._optional.make_local_alarms()
        await self._sources.use(checked)
        count, stream = len(checked.sources), self._spool.origin.stream
        _log.info("gateway %s runs: %d sources, stream %s", self._gateway, count, stream)
        gc.collect()
        gc.freeze()  # what is here stays: to look at all of it again holds up readings for 20 ms
        try:
            await run_until(self._stopping, self._parts(), self._wind_down)
        except Exception:
            _log.exception("a part of the agent stopped; stopping all of it")
            return False
        return True

    def _parts(self) -> Iterator[Coroutine[None, None, None]]:
        yield self._errands.run()
        yield self._keep_connected()
        if sd_notify.is_listening():
            from edge.systemd import SystemdReport  # of no use to an agent that somebody started by hand

            yield SystemdReport(self._gateway, self._sources, self._spooler, self._session).run(self._stopping)
        yield self._status.run()
        yield self._poll_parts()
        yield self._control.run()
        yield from self._optional.run()
        yield self._health.run()
        yield self._care.run(self._in_force.use)

    async def _keep_connected(self) -> None:
        """Run the session with the cloud's broker until the last word is said, then leave it."""
        try:
            async with asyncio.TaskGroup() as group:
                session = group.create_task(
                    self._session.run(on_message=self._care.on_message, on_connect=self._connected)
                )
                await self._last_word_said.wait()
                session.cancel()
        finally:
            self._disconnected.set()

    def _obey(self) -> None:
        """A signal says to stop."""
        from edge.shutdown import why_stopped  # of no use while it runs

        self._why = self._why or self._loop.create_task(why_stopped())
        self._stopping.set()

    async def _wind_down(self) -> None:
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await self._sources.close_lines()
                await self._uplink.stop()
                self._spooler.record(self._stamper.paces())
                self._optional.keep()
                oldest_ms = await self._spooler.oldest_ms()
                await self._spooler.stop()
                await self._sources.leave_the_broker()
                await self._optional.stop()
                self._status.say_last(oldest_ms, None if self._why is None else await self._why)
                self._last_word_said.set()
                await self._disconnected.wait()
        except TimeoutError:
            _log.error("the disk or a broker is too slow for a clean stop; what is committed comes at the next start")

    # --- the clock

    def _is_synced(self) -> bool:
        return self._in_force.checked.settings.clock.trust_system or kernel_is_synced()

    def _known_ms(self) -> int | None:
        return None if self._clock.state is Clock.UNKNOWN else self._stamper.now_ms()

    def _recall(self) -> None:
        """Take over what earlier starts have left, once the file is open."""
        if self._recalled or not self._spooler.is_open:
            return
        self._recalled = True
        self._use_time(self._time.recall())
        self._uplink.size.remember(self._spool.kept, now_s=self._loop.time())

    def _use_time(self, offset_ms: int | None) -> None:
        """The time was found, if this is an offset: what starts before have left is placed by it."""
        if offset_ms is not None:
            self._errands.start(self._place_previous_boots(offset_ms))
            self._say_soon()

    async def _place_previous_boots(self, boot_ms: int) -> None:
        free_after_ms = self._time.moved_before_ms
        moved = await previous_boots.place(self._spooler, boot_ms=boot_ms, free_after_ms=free_after_ms)
        if moved:
            _log.warning("readings of %d starts that never knew the time now lie before this one's", moved)

    def _connected(self) -> None:
        sent = self._spool.kept.get(SENT_UNKNOWN, "").split()
        if self._clock.state is Clock.UNKNOWN and self._spool.origin.stream not in sent:
            self._uplink.held = True
            self._errands.start(self._record_sent([*sent, self._spool.origin.stream][-_MOST_STREAMS:]))
        else:
            self._uplink.reconnected()
        self._care.connected()
        self._say_soon()

    async def _record_sent(self, streams: list[str]) -> None:
        """Readings of unknown time are sent from now on: those may not move later, and a crash must not forget that."""
        await self._spooler.keep({SENT_UNKNOWN: " ".join(streams)})
        self._uplink.held = False
        self._uplink.reconnected()

    # --- what the parts tell

    def _say_soon(self) -> None:
        self._changed.set()

    def _refused(self, refused: RefusedReadings) -> None:
        self._sources.refused(refused)
        if self._refusals.record(refused, now_s=self._loop.time()):
            self._say_soon()

    def _spool_changed(self) -> None:
        self._recall()
        self._uplink.nudge()
        if self._spool.trouble != self._problem_said:
            self._problem_said = self._spool.trouble
            self._say_soon()

    def _notes(self) -> tuple[str, ...]:
        """What somebody should look at though the agent runs."""
        refused = self._refusals.note(now_s=self._loop.time())
        notes = (
            self._optional.power_note, self._status.twin_note(), self._in_force.checked.note, self._time.note, refused,
            self._care.city.note, self._login.note, self._uplink.size.note, self._uplink.catch_up.note,
            self._optional.way_note, self._care.update.note, self._sources.note, self._optional.home_note,
            self._optional.page_note, *self._optional.alarm_notes, *self._optional.modem_notes,
        )  # fmt: skip
        return tuple(note[:400] for note in notes if note)

    # --- what is done again and again, or when the settings change

    async def _poll_parts(self) -> None:
        while True:
            await asyncio.sleep(POLL_EVERY_S)
            if self._loop.time() - self._paces_recorded_s > PACES_EVERY_S:
                self._paces_recorded_s = self._loop.time()
                self._spooler.record(self._stamper.paces())
            await self._sources.poll()
            self._care.poll()
            self._count_throughput()
            self._status.poll()
            self._optional.poll()
            self._use_time(self._time.find(synced=self._clock.is_the_systems or self._is_synced()))

    def _count_throughput(self) -> None:
        came, acknowledged = self._spool.ledger.next_seq - 1, self._uplink.acknowledged
        self._throughput.record(came=came, acknowledged=acknowledged, now_s=self._loop.time())

    async def _apply(self, checked: CheckedSettings) -> list[str]:
        started = await self._sources.use(checked)
        self._uplink.use(checked.settings.uplink)
        use_link(self._session, checked.settings.uplink)
        self._health.use_settings()
        self._optional.use(checked)
        return started


def _limits_of(settings: EdgeSettings) -> Limits:
    spool = settings.spool
    live_s = LIVE_S + settings.uplink.batch_s
    return Limits(spool.max_mb * MIB, spool.min_free_mb * MIB, spool.fsync_s, live_s=live_s)


def _spooler_of(settings: EdgeSettings) -> type[Spooler]:
    """Readings are shown to nobody unless the settings want it."""
    if settings.home_assistant is None:
        return Spooler
    from edge.home_assistant.watched_spooler import WatchedSpooler

    return WatchedSpooler


async def run_agent(path: Path, checked: CheckedSettings) -> bool:
    """Run the gateway that `checked` describes until it is told to stop; False where it broke."""
    started_s = time.monotonic()
    well = await Agent(CityConfig(path, checked)).run()
    _log.info("stopped after %.0f s", time.monotonic() - started_s)
    return well
