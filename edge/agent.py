"""The gateway agent: wires sources, spool and uplink together, says how it is, and obeys signals.

SIGTERM, SIGINT: commit, say offline, exit 0      SIGHUP: read the settings again; a mistake in them changes nothing
"""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import time
from collections.abc import Coroutine, Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from edge import health, previous_boots
from edge.check import CheckedSettings, check_file
from edge.clock import GatewayClock, boot_id, kernel_is_synced, tick
from edge.receiver_time import ReceiverTime
from edge.refusals import Refusals
from edge.settings import EdgeSettings
from edge.source_manager import SourceManager
from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.spool import Spool
from edge.spool.spooler import Spooler
from edge.spool.write_batch import Origin
from edge.stamping import NoFreeTime, Stamper
from edge.timekeeping import SENT_UNKNOWN, Timekeeper
from edge.uplink import Uplink
from runtime.mqtt import MqttSession
from runtime.mqtt_connection import Will
from runtime.settings import SettingsError
from runtime.tasks import Errands, run_until
from wire import Channel, Clock, RefusedReadings, SpoolState, Status, encode_status, topic_of
from wire.status import MAX_STATUS_BYTES, STATUS_VERSION

if TYPE_CHECKING:
    from edge.home_assistant.outlet import HomeAssistantOutlet

_log = logging.getLogger(__name__)

STATUS_EVERY_S = 30.0
STATUS_AT_MOST_EVERY_S = 1.0
POLL_EVERY_S = 1.0
PACES_EVERY_S = 300.0
STOP_WITHIN_S = 1.8
LIVE_S = 10.0
MIB = 1024 * 1024
_SMALL_STATUS_BYTES = 1_024
_MOST_STREAMS = 200
_STRANGE_S = 600.0


def version() -> str:
    """The version of this distribution; "unknown" where it runs without being installed."""
    try:
        return metadata.version("siaga")
    except metadata.PackageNotFoundError:
        return "unknown"


class Agent:
    """One gateway, from its start to its end."""

    def __init__(self, path: Path, checked: CheckedSettings) -> None:
        settings = checked.settings
        self._path = path
        self._checked = checked
        self._gateway = settings.gateway.id
        self._loop = asyncio.get_running_loop()
        self._boot = boot_id()
        self._login = settings.uplink.username or ""
        self._version = version()
        now = tick(synced=self._is_synced())
        self._clock = GatewayClock(now)
        self._stamper = Stamper(self._clock)
        live_s = LIVE_S + settings.uplink.batch_s
        limits = Limits(
            settings.spool.max_mb * MIB, settings.spool.min_free_mb * MIB, settings.spool.fsync_s, live_s=live_s
        )
        self._spool = Spool(Origin(os.urandom(8).hex(), self._boot, self._clock.offset_ms), limits)
        spooler = _spooler_of(settings)
        self._spooler = spooler(self._spool, SpoolFile(settings.spool.path), on_change=self._spool_changed)
        named = settings.clock.receiver
        receiver = None if named is None else ReceiverTime(named)
        self._time = Timekeeper(self._stamper, self._spooler, receiver, boot=self._boot, monotonic_s=self._loop.time)
        self._refusals = Refusals()
        self._uplink = Uplink(self._spooler, settings.uplink, gateway=self._gateway, on_refused=self._refused)
        self._session = MqttSession(
            settings.uplink,
            identifier=f"siaga-edge-{self._gateway}",
            subscriptions=[topic_of(self._gateway, Channel.ACK)],
            will=self._will,
            qos=0,  # an ack that does not come costs one batch that is sent again
        )
        self._uplink.connect(self._session)
        self._sources = SourceManager(
            gateway=self._gateway, boot=self._boot, stamper=self._stamper, spooler=self._spooler,
            on_change=self._say_soon, receiver=receiver,
        )  # fmt: skip
        self._changed = asyncio.Event()
        self._home = self._outlet()
        self._problem_said = self._twin_said = self._home_said = ""
        self._recalled = False
        self._paces_recorded_s = self._loop.time()
        self._changing_sources = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._last_word_said = asyncio.Event()
        self._disconnected = asyncio.Event()
        self._errands = Errands()

    def _outlet(self) -> "HomeAssistantOutlet | None":
        """The outlet to Home Assistant, where the settings want one."""
        settings = self._checked.settings.home_assistant
        if settings is None:
            return None
        from edge.home_assistant.outlet import outlet_of  # few gateways have it

        return outlet_of(
            self._spooler, settings, self._checked, version=self._version, now_ms=self._stamper.now_ms,
            tallies=lambda: self._sources.tallies,
        )  # fmt: skip

    async def run(self) -> bool:
        """Run until SIGTERM or SIGINT; False where an error of the agent itself ended it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stopping.set)
        self._loop.add_signal_handler(signal.SIGHUP, lambda: self._errands.start(self._reload()))
        await self._spooler.start()
        self._recall()
        if self._clock.state is Clock.SYNCED:
            await self._place_previous_boots(self._time.offset_ms)  # before any of it is sent
        await self._sources.use(self._checked)
        count, stream = len(self._checked.sources), self._spool.origin.stream
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
        yield self._say_status()
        yield self._poll_parts()
        if self._home is not None:
            yield self._home.run()
        if self._checked.settings.health.every_s:
            yield self._report_health()

    async def _keep_connected(self) -> None:
        """Run the session with the cloud's broker until the last word is said, then leave it."""
        try:
            async with asyncio.TaskGroup() as group:
                session = group.create_task(
                    self._session.run(on_message=self._uplink.on_ack_message, on_connect=self._connected)
                )
                await self._last_word_said.wait()
                session.cancel()
        finally:
            self._disconnected.set()

    async def _wind_down(self) -> None:
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await self._sources.close_lines()
                await self._uplink.stop()
                self._spooler.record(self._stamper.paces())
                oldest_ms = await self._spooler.oldest_ms()
                await self._spooler.stop()
                await self._sources.leave_the_broker()
                if self._home is not None:
                    await self._home.stop()
                last_word = self._status_with(online=False, oldest_ms=oldest_ms)
                self._session.publish(topic_of(self._gateway, Channel.STATUS), last_word, retain=True)
                self._last_word_said.set()
                await self._disconnected.wait()
        except TimeoutError:
            _log.error("the disk or a broker is too slow for a clean stop; what is committed comes at the next start")

    # --- the clock

    def _is_synced(self) -> bool:
        return self._checked.settings.clock.trust_system or kernel_is_synced()

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

    # --- saying how it is

    def _connected(self) -> None:
        sent = self._spool.kept.get(SENT_UNKNOWN, "").split()
        if self._clock.state is Clock.UNKNOWN and self._spool.origin.stream not in sent:
            self._uplink.held = True
            self._errands.start(self._record_sent([*sent, self._spool.origin.stream][-_MOST_STREAMS:]))
        else:
            self._uplink.reconnected()
        self._say_soon()

    async def _record_sent(self, streams: list[str]) -> None:
        """Readings of unknown time are sent from now on: those may not move later, and a crash must not forget that."""
        await self._spooler.keep({SENT_UNKNOWN: " ".join(streams)})
        self._uplink.held = False
        self._uplink.reconnected()

    def _refused(self, refused: RefusedReadings) -> None:
        self._sources.refused(refused)
        if self._refusals.record(refused, now_s=self._loop.time()):
            self._say_soon()

    def _notes(self) -> tuple[str, ...]:
        """What somebody should look at though the agent runs."""
        refused = self._refusals.note(now_s=self._loop.time())
        home = "" if self._home is None else self._home.note
        notes = (self._twin(), self._time.note, refused, self._uplink.size.note, self._sources.note, home)
        return tuple(note[:400] for note in notes if note)

    def _twin(self) -> str:
        """Whether somebody else connects as this gateway."""
        if not self._session.is_thrown_out:
            return ""
        if self._loop.time() - self._uplink.strange_s <= _STRANGE_S:
            return (
                f"another agent connects as {self._gateway} and throws this one out (a cloned card, or a second "
                "start); stop it, or enrol it under an id of its own"
            )
        return (
            f"the broker ends the connection soon after it begins, {self._session.short_ones} times in a row; another "
            f"agent may connect as {self._gateway}: stop it, or enrol it under an id of its own"
        )

    def _check_for_a_twin(self) -> None:
        twin = self._twin()
        if bool(twin) != bool(self._twin_said):
            _log.log(logging.WARNING if twin else logging.INFO, "%s", twin or "the connection holds again")
            self._say_soon()
        self._twin_said = twin

    def _check_home_assistant(self) -> None:
        note = "" if self._home is None else self._home.note
        if bool(note) != bool(self._home_said):
            _log.log(logging.WARNING if note else logging.INFO, "%s", note or "Home Assistant is given readings again")
            self._say_soon()
        self._home_said = note

    def _spool_changed(self) -> None:
        self._recall()
        self._uplink.nudge()
        if self._spool.trouble != self._problem_said:
            self._problem_said = self._spool.trouble
            self._say_soon()

    def _say_soon(self) -> None:
        self._changed.set()

    async def _say_status(self) -> None:
        topic = topic_of(self._gateway, Channel.STATUS)
        while True:
            try:
                async with asyncio.timeout(STATUS_EVERY_S):
                    await self._changed.wait()
            except TimeoutError:
                _log.debug("nothing changed; saying the status all the same")
            self._changed.clear()
            oldest_ms = await self._spooler.oldest_ms()
            self._session.publish(topic, self._status_with(online=True, oldest_ms=oldest_ms), retain=True)
            await asyncio.sleep(STATUS_AT_MOST_EVERY_S)

    def _status_with(self, *, online: bool, oldest_ms: int | None) -> bytes:
        state = SpoolState(
            depth=self._spool.ledger.depth,
            oldest_ms=oldest_ms,
            lost=self._spool.losses.ever,
            bytes=self._spool.used_bytes,
            max_bytes=self._spool.limits.max_bytes,
            problem=self._spool.trouble[:400],
        )
        sources = tuple(tally.state() for tally in self._sources.tallies)
        status = Status(
            STATUS_VERSION, online, self._gateway, self._version, self._boot, self._spool.origin.stream,
            self._stamper.now_ms(), self._clock.state, state, sources, login=self._login, notes=self._notes(),
        )  # fmt: skip
        return _encoded_within(status, self._most_status_bytes())

    def _most_status_bytes(self) -> int:
        """A broker that takes small batches only takes small statuses only."""
        if self._uplink.size.refused is not None or self._session.is_thrown_out:
            return min(MAX_STATUS_BYTES, self._uplink.size.limit, _SMALL_STATUS_BYTES)
        return MAX_STATUS_BYTES

    def _will(self) -> Will:
        return Will(topic_of(self._gateway, Channel.STATUS), self._status_with(online=False, oldest_ms=None))

    # --- what is done again and again

    async def _poll_parts(self) -> None:
        while True:
            await asyncio.sleep(POLL_EVERY_S)
            if self._loop.time() - self._paces_recorded_s > PACES_EVERY_S:
                self._paces_recorded_s = self._loop.time()
                self._spooler.record(self._stamper.paces())
            await self._sources.poll()
            self._check_for_a_twin()
            self._check_home_assistant()
            self._use_time(self._time.find(synced=self._clock.is_the_systems or self._is_synced()))

    async def _report_health(self) -> None:
        every_s = self._checked.settings.health.every_s
        while True:
            oldest_ms = await self._spooler.oldest_ms()
            age_s = 0.0 if oldest_ms is None else (self._stamper.now_ms() - oldest_ms) / 1_000
            samples = health.of_the_spool(
                depth=self._spool.ledger.depth,
                age_s=age_s,
                lost=self._spool.losses.ever,
                noise_bytes=sum(tally.noise_bytes for tally in self._sources.tallies),
            )
            samples += health.of_the_machine(self._checked.settings.spool.path.parent)
            with contextlib.suppress(NoFreeTime):  # the clock was set back and back again: the next report will do
                readings = self._stamper.stamp(self._gateway, samples, _log.error)
                self._spooler.append(readings, keep=self._stamper.memory(self._boot))
            await asyncio.sleep(every_s)

    async def _reload(self) -> None:
        async with self._changing_sources:  # one after the other
            try:
                checked = await asyncio.to_thread(check_file, self._path)
            except SettingsError as error:
                _log.error("the settings are as they were; the new ones have mistakes:")
                for sentence in error.problems:
                    _log.error("%s", sentence)
                return
            for sentence in (*checked.warnings, *_not_until_restart(self._checked, checked)):
                _log.warning("%s", sentence)
            started = await self._sources.use(checked)
            self._checked = checked
            if self._home is not None:
                self._home.use(checked)
        _log.info("settings read again; sources started: %s", ", ".join(started) or "none")
        self._say_soon()


def _spooler_of(settings: EdgeSettings) -> type[Spooler]:
    """Readings are shown to nobody unless the settings want it."""
    if settings.home_assistant is None:
        return Spooler
    from edge.home_assistant.watched_spooler import WatchedSpooler

    return WatchedSpooler


def _encoded_within(status: Status, most_bytes: int) -> bytes:
    """The status, in fewer words where it is too long: without the sources' sentences, then without the sources."""
    payload = encode_status(status)
    if len(payload) > most_bytes:
        short = tuple(msgspec.structs.replace(source, detail="") for source in status.sources)
        payload = encode_status(msgspec.structs.replace(status, sources=short))
    if len(payload) > most_bytes:
        payload = encode_status(msgspec.structs.replace(status, sources=(), notes=status.notes[:1]))
    return payload


def _not_until_restart(before: CheckedSettings, after: CheckedSettings) -> list[str]:
    tables = ("gateway", "spool", "uplink", "clock", "health", "home_assistant")
    changed = [name for name in tables if getattr(before.settings, name) != getattr(after.settings, name)]
    return [f"[{name}] has changed; the running agent keeps the old one until it is restarted" for name in changed]


async def run_agent(path: Path, checked: CheckedSettings) -> bool:
    """Run the gateway that `checked` describes until it is told to stop; False where it broke."""
    started_s = time.monotonic()
    well = await Agent(path, checked).run()
    _log.info("stopped after %.0f s", time.monotonic() - started_s)
    return well
