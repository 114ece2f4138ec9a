"""Devices that push their readings over HTTP: a port of the gateway that takes them, and answers when they are safe.

    POST /push-sensor-data/ --request--> dialect --samples--> stamper --readings--> spool --committed--> 201

201 safe on disk    200 understood, no reading in it    400 no message of the dialect    403 a device without a sensor
405, 413, 431 no such request    408 too slow    503 not now: no free time, or the disk

For the network of the sensors alone: there is no login, so whoever reaches the port can send readings of the devices
that the configuration names. It is closed unless a source has `listen`, and answers nobody with an address of the
internet.
"""

import asyncio
import contextlib
from collections.abc import Iterator

from edge.http.exchange import HttpRequest, HttpResponse, text_answer
from edge.http.listener import HttpListener
from edge.sources.configured import PushSource
from edge.sources.device_memories import DeviceMemories
from edge.sources.push_request import TAKEN, PushedMessage, message_in
from edge.sources.tally import SourceTally
from edge.spool.spooler import Spooler
from edge.stamping import NoFreeTime, Stamper
from firmware_bridge.sample import Frame, Noise, Sample
from wire import Reading

NOT_NOW = 503
SAFE_S = 5.0
"""How long a device waits for the disk."""


class PushListener:
    """Runs one source that listens, until it is cancelled."""

    def __init__(
        self, source: PushSource, tally: SourceTally, *, boot: str, stamper: Stamper, spooler: Spooler
    ) -> None:
        self._source = source
        self._tally = tally
        self._boot = boot
        self._stamper = stamper
        self._spooler = spooler
        self._loop = asyncio.get_running_loop()
        self.name = f"source {source.name}"
        self.taken = TAKEN
        self._listener = HttpListener(source.host, source.port, self)
        self._memories = DeviceMemories(source.name, source.remembering) if source.remembering is not None else None

    @property
    def hangs(self) -> str:
        """Never: each request ends by itself."""
        return ""

    def poll(self) -> None:
        """To be called each second, as for a line."""

    async def run(self) -> None:
        """Listen until cancelled; returns where the port cannot be opened, to be tried again."""
        source = self._source
        try:
            server = await self._listener.open()
        except OSError as error:
            self._tally.failed(f"{source.host}:{source.port} cannot be listened on: {error.strerror or error}")
            return
        self._tally.opened(now_s=self._loop.time())
        await self._listener.serve(server)

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """Take in what a device has sent, and answer when it is safe."""
        status, text = await self._take_in(message_in(request))
        return text_answer(status, text, *([("Retry-After", "10")] if status == NOT_NOW else []))

    def heard(self, size: int) -> None:
        """So many bytes came."""
        self._tally.came(size)

    def refused(self, size: int, reason: str) -> None:
        """Say in the status that something was refused, also beside devices that are not."""
        self._tally.noise(size, reason)
        if self._tally.readings:
            self._tally.left_out(reason)

    async def _take_in(self, message: PushedMessage) -> tuple[int, str]:
        self._recall_devices()
        self._tally.show(message.body, message.topic)
        outcome = self._source.parse(message.topic, message.body)
        if isinstance(outcome, Noise):
            self.refused(outcome.size, outcome.reason)
            return 400, outcome.reason
        try:
            readings, strangers = self._stamp(outcome)
        except NoFreeTime:
            if self._memories is not None:
                self._memories.undo()  # it comes again
            return NOT_NOW, "too many readings at once"
        keep = self._memories.changes() if self._memories is not None else {}
        if readings:
            return await self._keep(readings, keep, backlog=outcome.kept)
        if keep:
            self._spooler.append((), keep=keep)
        if strangers:
            return 403, f"{strangers[0]} has no sensor at this gateway"
        return 200, f"no reading: {outcome.note}"

    def _stamp(self, frame: Frame) -> tuple[list[Reading], list[str]]:
        """The readings of a frame, and the devices that no sensor is named for."""
        readings: list[Reading] = []
        strangers: list[str] = []
        sensor = ""
        several = {sample.quantity for sample in frame.others}
        if several:
            self._tally.left_out(f"several sensors give {', '.join(sorted(several))[:60]}: choose one of them")
        for channel, samples in _by_channel(frame, several):
            named = self._source.channels.get(channel) if self._source.channels else self._source.sensor
            if named is None:
                strangers.append(repr(channel[:80]))
                self._tally.left_out(f"device {channel[:80]!r} was refused: it has no sensor; name it in channels")
                continue
            sensor = named
            readings += self._stamper.stamp(sensor, samples, self._tally.left_out, correct=self._tally.left_out)
        time_ms = readings[0].time_ms if readings else 0
        now_s = self._loop.time()
        self._tally.received(len(readings), time_ms=time_ms, now_s=now_s, sensor=sensor, note=frame.note)
        self._tally.keep_values(readings, now_s=now_s)
        return readings, strangers

    def _recall_devices(self) -> None:
        """Let the dialect recall its devices, as soon as the spool's file could be opened."""
        if self._memories is not None and not self._memories.is_loaded and self._spooler.is_open:
            keep = self._memories.load(self._spooler.spool.kept)
            if keep:
                self._spooler.append((), keep=keep)

    async def _keep(self, readings: list[Reading], keep: dict[str, str], *, backlog: bool) -> tuple[int, str]:
        """Give readings to the spool, and wait until they are safe."""
        safe = self._loop.create_future()
        self._spooler.append(
            readings,
            keep={**(self._stamper.memory(self._boot) or {}), **keep} or None,
            safe=lambda: None if safe.done() else safe.set_result(None),
            backlog=backlog,
        )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SAFE_S):
                await safe
                return 201, f"{len(readings)} readings"
        return NOT_NOW, "the readings are taken, and not yet safe on disk"


def _by_channel(frame: Frame, without: set[str]) -> Iterator[tuple[str, list[Sample]]]:
    """The samples of each channel, but those of quantities of which nobody can tell whose they are."""
    channels: dict[str, list[Sample]] = {}
    for sample in frame.samples:
        if sample.quantity not in without:
            channels.setdefault(sample.channel, []).append(sample)
    yield from channels.items()
