"""Devices that push their readings over HTTP: a port of the gateway that takes them, and answers when they are safe.

    POST /push-sensor-data/ --request--> dialect --samples--> stamper --readings--> spool --committed--> 201

201 safe on disk    200 understood, no reading in it    400 no message of the dialect    403 a device without a sensor
405, 413, 431 no such request    408 too slow    503 not now: too many at once, no free time, or the disk

For the network of the sensors alone: there is no login, so whoever reaches the port can send readings of the devices
that the configuration names. It is closed unless a source has `listen`, and answers nobody with an address of the
internet.
"""

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import Iterator

from edge.sources.configured import PushSource
from edge.sources.device_memories import DeviceMemories
from edge.sources.push_request import PushExchange, PushRefusal, PushRequest
from edge.sources.tally import SourceTally
from edge.spool.spooler import Spooler
from edge.stamping import NoFreeTime, Stamper
from firmware_bridge.sample import Frame, Noise, Sample
from wire import Reading

_log = logging.getLogger(__name__)

MOST_CONNECTIONS = 16
REQUEST_S = 10.0
"""How long a device may take to send its request."""
SAFE_S = 5.0
"""How long a device waits for the disk."""
_CHUNK = 4_096


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
        self._connections: set[asyncio.Task[None]] = set()
        self._memories = DeviceMemories(source.name, source.remembering) if source.remembering is not None else None

    def poll(self) -> None:
        """To be called each second, as for a line."""

    async def run(self) -> None:
        """Listen until cancelled; returns where the port cannot be opened, to be tried again."""
        source = self._source
        try:
            server = await asyncio.start_server(self._begin, source.host, source.port, backlog=MOST_CONNECTIONS)
        except OSError as error:
            self._tally.failed(f"{source.host}:{source.port} cannot be listened on: {error.strerror or error}")
            return
        self._tally.opened(now_s=self._loop.time())
        try:
            await self._loop.create_future()
        finally:
            server.close()
            for connection in list(self._connections):
                connection.cancel()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MOST_CONNECTIONS:
            self._refused(0, f"more than {MOST_CONNECTIONS} connections at once; one was closed")
            writer.close()
            return
        connection = self._loop.create_task(self._serve(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        exchange = PushExchange()
        try:
            status, text = await self._respond(exchange, reader, writer)
            writer.write(exchange.answer(status, text))
            async with asyncio.timeout(REQUEST_S):
                await writer.drain()
        except (OSError, TimeoutError):
            pass  # the device has gone; what it sent is counted
        except Exception:
            _log.exception("source %s: a request", self._source.name)
            self._tally.noise(0, "this agent could not read a request; its log has more")
        finally:
            writer.close()

    async def _respond(
        self, exchange: PushExchange, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[int, str]:
        peer = str((writer.get_extra_info("peername") or ("",))[0])
        if is_of_the_internet(peer):
            return self._refused(0, f"{peer} is no address of this network; it was refused", status=403)
        heard = 0
        request: PushRequest | PushRefusal | None = None
        try:
            async with asyncio.timeout(REQUEST_S):
                while request is None:
                    data = await reader.read(_CHUNK)
                    heard += len(data)
                    request = exchange.feed(data)
                    writer.write(exchange.wanted())
        except TimeoutError:
            request = PushRefusal(408, f"request was not whole after {REQUEST_S:g} s")
        self._tally.came(heard)
        if isinstance(request, PushRefusal):
            return self._refused(heard, f"{request.reason} (from {peer})", status=request.status)
        return await self._take_in(request)

    async def _take_in(self, request: PushRequest) -> tuple[int, str]:
        self._recall_devices()
        outcome = self._source.parse(request.topic, request.body)
        if isinstance(outcome, Noise):
            return self._refused(outcome.size, outcome.reason, status=400)
        try:
            readings, strangers = self._stamp(outcome)
        except NoFreeTime:
            if self._memories is not None:
                self._memories.undo()  # it comes again
            return 503, "too many readings at once"
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
        self._tally.received(len(readings), time_ms=time_ms, now_s=self._loop.time(), sensor=sensor, note=frame.note)
        self._tally.sensors.update(reading.sensor for reading in readings)
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
        return 503, "the readings are taken, and not yet safe on disk"

    def _refused(self, size: int, reason: str, *, status: int = 503) -> tuple[int, str]:
        """Say in the status that something was refused, also beside devices that are not."""
        self._tally.noise(size, reason)
        if self._tally.readings:
            self._tally.left_out(reason)
        return status, reason


def _by_channel(frame: Frame, without: set[str]) -> Iterator[tuple[str, list[Sample]]]:
    """The samples of each channel, but those of quantities of which nobody can tell whose they are."""
    channels: dict[str, list[Sample]] = {}
    for sample in frame.samples:
        if sample.quantity not in without:
            channels.setdefault(sample.channel, []).append(sample)
    yield from channels.items()


def is_of_the_internet(peer: str) -> bool:
    """Whether an address is one of the internet, and not of this machine or a network of one's own."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False  # no address at all: a socket of this machine
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_global
