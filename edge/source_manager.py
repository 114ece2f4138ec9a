"""All sources of the gateway: started, stopped and changed without touching the others.

reload: a source whose table is the same runs on; one whose table changed starts anew
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Protocol

import msgspec

from edge.check import CheckedSettings
from edge.gpio.configured import GpioSource
from edge.receiver_time import ReceiverTime
from edge.refusals import sentence
from edge.sources.configured import MqttSource, PushSource, SerialSource, Source
from edge.sources.echo import Echo
from edge.sources.mqtt import LocalBroker, SourceRoute
from edge.sources.tally import Onlooker, SourceTally
from edge.spool.spooler import Spooler
from edge.stamping import Stamper
from runtime.broker_settings import BrokerSettings
from wire import RefusedReadings

_log = logging.getLogger(__name__)

AFTER_A_BUG_S = 10.0
UNPOLLED_S = 60.0
"""Sources are polled each second; one that keeps a poll for so long hangs."""


class SourceRunner(Protocol):
    """What reads one source by itself: a serial line, a port that devices push to, a contact."""

    @property
    def hangs(self) -> str:
        """Why nobody reads what comes, in a sentence; empty where it is read, and where nothing comes."""

    def poll(self) -> None:
        """To be called each second."""

    async def run(self) -> None:
        """Read until cancelled; where it returns, it is run again a little later."""


class SourceManager:
    """Runs the sources that the settings name."""

    def __init__(
        self, *, gateway: str, boot: str, stamper: Stamper, spooler: Spooler, on_change: Callable[[], None],
        receiver: ReceiverTime | None = None,
    ) -> None:  # fmt: skip
        self._gateway = gateway
        self._boot = boot
        self._stamper = stamper
        self._spooler = spooler
        self._on_change = on_change
        self._receiver = receiver
        self._loop = asyncio.get_running_loop()
        self._sources: dict[str, Source] = {}
        self._tallies: dict[str, SourceTally] = {}
        self._lines: dict[str, tuple[SourceRunner, asyncio.Task[None]]] = {}
        self._echo = Echo(f"siaga-edge/{gateway}/echo")
        self._broker: BrokerSettings | None = None
        self._local: LocalBroker | None = None
        self._local_task: asyncio.Task[None] | None = None
        self._polled_s = self._loop.time()
        self._onlookers: dict[str, tuple[Onlooker, ...]] = {}

    def watch(self, name: str, onlooker: Onlooker) -> None:
        """Let `onlooker` see what passes through the source of this name, from its first message on.

        To be called before `use`. What a broker has kept comes at once with the session, and is seen too; a source that
        is started anew, or that a later reload brings back, is seen by the same.
        """
        self._onlookers[name] = (*self._onlookers.get(name, ()), onlooker)

    @property
    def tallies(self) -> Iterable[SourceTally]:
        """How each source is doing, in the order of the settings."""
        return self._tallies.values()

    @property
    def note(self) -> str:
        """What to look at though the sources run; empty where there is nothing."""
        if self._local is None or not self._echo.mute:
            return ""
        return (
            f"the local broker does not give back what is published on {self._echo.topic}, so readings that it kept "
            "cannot be told from new ones; let this agent write and read that topic"
        )

    def hanging(self) -> str:
        """Why a source is served by nobody, in a sentence; empty where all are, silent and unplugged ones too."""
        for name, (runner, task) in self._lines.items():
            if task.done():
                return f"source {name} is read by nobody"
            if runner.hangs:
                return f"source {name} {runner.hangs}"
        if self._local_task is not None and self._local_task.done():
            return "the session with the local broker has ended"
        waited_s = self._loop.time() - self._polled_s
        return f"sources were not looked after for {waited_s:.0f} s" if waited_s > UNPOLLED_S else ""

    def refused(self, refused: RefusedReadings) -> None:
        """The cloud has refused readings of these sensors."""
        now_s = self._loop.time()
        for sensor, reason, count in map(msgspec.structs.astuple, refused.sensors):
            for tally in self._tallies.values():
                if sensor in tally.sensors:
                    tally.refused_by_the_cloud(count, sentence(sensor, reason), now_s=now_s)

    async def use(self, checked: CheckedSettings) -> list[str]:
        """Run the sources of `checked`, and no others; the names of those that were started."""
        before, self._sources = self._sources, {source.name: source for source in checked.sources}
        fresh = [name for name, source in self._sources.items() if not _same(source, before.get(name))]
        kept = {name: tally for name, tally in self._tallies.items() if name in self._sources and name not in fresh}
        self._tallies = {name: kept.get(name) or self._tally(source) for name, source in self._sources.items()}
        for name, source in self._sources.items():
            self._tallies[name].silent_s = source.silent_s
        await self._stop([name for name in self._lines if name not in kept])
        for name in fresh:
            self._open_line(name)
        topics_changed = any(isinstance(source, MqttSource) for source in _changed(before, self._sources))
        if topics_changed or checked.settings.local_broker != self._broker:
            self._broker = checked.settings.local_broker
            await self.reconnect()
        return fresh

    async def restart(self, name: str) -> bool:
        """Close a source and open it again; False where there is none of this name. One over MQTT takes all such."""
        if name not in self._sources:
            return False
        if name in self._lines:
            await self._stop([name])
            self._open_line(name)
        else:
            await self.reconnect()
        return True

    async def ask_again(self) -> list[str]:
        """Ask the devices that speak only when asked, now, by opening their lines again; the names of the sources."""
        asked = [name for name in self._lines if self._tallies[name].is_asked]
        for name in asked:
            await self.restart(name)
        return asked

    async def reconnect(self) -> None:
        """Open the session with the local broker anew; it delivers again what has no PUBACK."""
        await self.leave_the_broker()
        routes = [
            SourceRoute(source, self._tallies[name])
            for name, source in self._sources.items()
            if isinstance(source, MqttSource)
        ]
        if routes and self._broker is not None:
            self._local = LocalBroker(
                self._broker, routes, gateway=self._gateway, boot=self._boot, stamper=self._stamper,
                spooler=self._spooler, echo=self._echo,
            )  # fmt: skip
            self._local_task = self._loop.create_task(self._local.run())

    async def poll(self) -> None:
        """Notice silent sources and an absent broker."""
        self._polled_s = self._loop.time()
        if self._local is not None:
            self._local.poll()
            if self._local.must_reconnect:
                await self.reconnect()
        for line, _ in self._lines.values():
            line.poll()
        for tally in self._tallies.values():
            tally.poll(now_s=self._loop.time())

    async def close_lines(self) -> None:
        """Stop reading the serial lines, and listening."""
        await self._stop(list(self._lines))

    async def leave_the_broker(self) -> None:
        """End the session with the local broker; what has no PUBACK stays there."""
        if self._local_task is not None:
            await _cancelled(self._local_task)
            if self._local is not None:
                self._local.close()
            self._local = self._local_task = None

    def _tally(self, source: Source) -> SourceTally:
        tally = SourceTally(source.name, silent_s=source.silent_s, now_s=self._loop.time(), on_change=self._on_change)
        tally.taps = self._onlookers.get(source.name, ())
        return tally

    def _open_line(self, name: str) -> None:
        runner = self._runner(self._sources[name], self._tallies[name])
        if runner is not None:
            self._lines[name] = (runner, self._loop.create_task(supervised(runner.run, self._tallies[name])))

    def _runner(self, source: Source, tally: SourceTally) -> SourceRunner | None:
        """What reads a source by itself; None for those of the local broker."""
        if isinstance(source, SerialSource):
            from edge.sources.serial import SerialLine  # some gateways have MQTT sensors alone

            receiver = self._receiver if self._receiver and self._receiver.name == source.name else None
            return SerialLine(
                source, tally, boot=self._boot, stamper=self._stamper, spooler=self._spooler, receiver=receiver
            )
        if isinstance(source, PushSource):
            from edge.sources.push import PushListener  # few gateways listen, and h11 takes memory

            return PushListener(source, tally, boot=self._boot, stamper=self._stamper, spooler=self._spooler)
        if isinstance(source, GpioSource):
            from edge.gpio.source import GpioInput  # few gateways have a contact

            return GpioInput(source, tally, boot=self._boot, stamper=self._stamper, spooler=self._spooler)
        return None

    async def _stop(self, lines: Iterable[str]) -> None:
        for line in lines:
            await _cancelled(self._lines.pop(line)[1])


def _same(one: Source, other: Source | None) -> bool:
    """Whether one runs on as the other: `silent_s` alone opens nothing again."""
    if other is None or one.quantities != other.quantities:
        return False
    return one.table.model_copy(update={"silent_s": other.silent_s}) == other.table


def _changed(before: dict[str, Source], after: dict[str, Source]) -> Iterator[Source]:
    """Every source that is new, gone or different."""
    for name in before.keys() | after.keys():
        pair = [sources[name] for sources in (before, after) if name in sources]
        if len(pair) == 1 or not _same(*pair):
            yield from pair


async def supervised(run: Callable[[], Coroutine[None, None, None]], tally: SourceTally) -> None:
    """Run a source for ever: a bug in one shows its traceback, and stops neither the others nor that one for good."""
    while True:
        try:
            await run()
        except Exception:
            _log.exception("source %s stopped; starting it again in %g s", tally.name, AFTER_A_BUG_S)
            tally.failed("stopped by an error of this agent; its log has more")
        await asyncio.sleep(AFTER_A_BUG_S)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
