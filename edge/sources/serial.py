"""One serial line:  open, read until it is gone, wait, open again; without end.

/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0 --bytes--> decoder --samples--> stamper --readings--> spool

What the kernel held while the process slept is not new: it came since the line was last looked at, and is stamped so.
"""

import asyncio
import contextlib
import json
import logging
import os
import select
from collections.abc import AsyncIterator, Callable, Iterator

import msgspec

from edge.receiver_time import ReceiverTime
from edge.sources.configured import SerialSource
from edge.sources.echo import OLD_MS
from edge.sources.line import LineGone, is_remote, open_line, read_some
from edge.sources.line_pace import LinePace, PacedReader
from edge.sources.renaming import renamed
from edge.sources.tally import SourceTally
from edge.spool.losses import NO_FREE_TIME
from edge.spool.spooler import Spooler
from edge.stamping import NoFreeTime, Stamper
from firmware_bridge.family import Asking, SerialDecoder
from firmware_bridge.sample import Frame, Noise, ReceiverFix, Sample
from runtime.clock import boot_ms
from wire import Clock, Reading

_log = logging.getLogger(__name__)

PAUSES_S = (1.0, 2.0, 5.0, 10.0)
"""Between attempts to open a port; the last for ever."""


SOONEST_S = 0.002
"""Between two questions, whatever a decoder wants: a wrong one must not hold the loop."""
SLEPT_MS = 5_000
"""A line that was not looked at for so long, though it is each second: the process slept, or the machine."""

UNREAD_POLLS = 30
"""Looks, a second apart, at a line whose bytes nobody reads: it hangs."""


class SerialLine:
    """Runs one serial source until it is cancelled."""

    def __init__(
        self, source: SerialSource, tally: SourceTally, *, boot: str, stamper: Stamper, spooler: Spooler,
        receiver: ReceiverTime | None = None,
    ) -> None:  # fmt: skip
        self._source = source
        self._tally = tally
        self._boot = boot
        self._stamper = stamper
        self._spooler = spooler
        self._receiver = receiver
        self._key = f"decoder.{source.name}"
        self._memory = _memory_in(spooler.spool.kept.get(self._key, "{}"), source.name)
        self._loop = asyncio.get_running_loop()
        self._polled_ms = boot_ms()
        self._read_all: Callable[[], None] = lambda: None
        self._is_readable: Callable[[], bool] = _nothing_waits
        self._heard_bytes = self._unread_polls = 0

    @property
    def hangs(self) -> str:
        """Bytes wait at the line, and nobody reads them."""
        if self._unread_polls < UNREAD_POLLS:
            return ""
        return f"has bytes that nobody reads since {self._unread_polls} looks"

    def poll(self) -> None:
        """To be called each second: reads first what came while nobody looked."""
        is_unread = self._is_readable() and self._tally.heard_bytes == self._heard_bytes
        self._unread_polls = self._unread_polls + 1 if is_unread else 0
        self._heard_bytes = self._tally.heard_bytes
        now_ms = boot_ms()
        if now_ms - self._polled_ms > SLEPT_MS:
            self._read_all()
        self._polled_ms = now_ms

    async def run(self) -> None:
        """Read the line, and open it again whenever it goes."""
        attempts = 0
        while True:
            readings_before = self._tally.readings
            try:
                async with self._line() as descriptor:
                    self._tally.opened(now_s=self._loop.time())
                    await self._read(descriptor)
            except LineGone as gone:
                self._tally.failed(str(gone))
            attempts = 0 if self._tally.readings > readings_before else attempts + 1
            await asyncio.sleep(PAUSES_S[min(attempts, len(PAUSES_S)) - 1 if attempts else 0])

    @contextlib.asynccontextmanager
    async def _line(self) -> AsyncIterator[int]:
        """The descriptor of the open port; one in the network is opened and closed in a thread, which may wait."""
        source = self._source
        line = open_line(source.port, source.baud, source.character)
        if not is_remote(source.port):
            with line as descriptor:
                yield descriptor
            return
        opening = asyncio.ensure_future(asyncio.to_thread(line.__enter__))
        try:
            yield await asyncio.shield(opening)
        finally:
            opening.add_done_callback(lambda done: self._close_in_a_thread(done, line))

    def _close_in_a_thread(self, opened: asyncio.Future[int], line: contextlib.AbstractContextManager[int]) -> None:
        """Close a line, if it was opened after all: pyserial sleeps meanwhile, and waits for threads."""
        if not opened.cancelled() and opened.exception() is None:
            self._loop.run_in_executor(None, line.__exit__, None, None, None)

    async def _read(self, descriptor: int) -> None:
        decoder = self._source.family.decoder(self._source.options, self._memory)
        gone: asyncio.Future[None] = self._loop.create_future()

        def broken(error: Exception) -> None:
            if not gone.done():
                gone.set_exception(error)

        asker = _Asker(decoder, descriptor, self._tally, self._source.port, broken)
        reader = PacedReader(self._loop, descriptor, LinePace(self._source.baud), self._tally)
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)

        def readable() -> None:
            if not poll.poll(0):
                return  # `poll` was here before: reading nothing would look like the end of the line
            try:
                data = read_some(descriptor, self._source.port)
                self._decode(decoder, data)
                reader.rest(len(data))
                asker.ask()
            except BlockingIOError:
                return  # woken for nothing
            except Exception as error:
                broken(error)

        def read_all() -> None:
            while not gone.done() and poll.poll(0):
                readable()

        self._polled_ms, self._read_all = boot_ms(), read_all
        self._is_readable = lambda: bool(poll.poll(0))
        reader.start(readable)
        try:
            asker.ask()
            await gone
        finally:
            asker.stop()
            self._read_all = lambda: None
            self._is_readable = _nothing_waits
            reader.stop()

    def _decode(self, decoder: SerialDecoder, data: bytes) -> None:
        self._tally.came(len(data))
        self._tally.show(data)
        slept_ms = boot_ms() - self._polled_ms
        since_ms = self._polled_ms if slept_ms > SLEPT_MS else None
        readings: list[Reading] = []
        for outcome in decoder.feed(data):
            if isinstance(outcome, Noise):
                self._tally.noise(outcome.size, outcome.reason)
            else:
                readings += self._stamp(outcome, None if since_ms is None else self._stamper.time_at(since_ms))
        keep = (readings and self._stamper.memory(self._boot)) or {}
        memory = decoder.memory()
        if memory != self._memory:
            self._memory = memory
            keep = {**keep, self._key: json.dumps(memory)}
        if readings or keep:
            self._spooler.append(readings, keep=keep or None, backlog=slept_ms > OLD_MS)

    def _stamp(self, frame: Frame, since_ms: int | None) -> list[Reading]:
        readings: list[Reading] = []
        for sensor, samples in self._by_sensor(renamed(frame, self._source.table.quantities)):
            try:
                readings += self._stamper.stamp(
                    sensor, samples, self._tally.left_out, since_ms=since_ms, correct=self._tally.left_out
                )
            except NoFreeTime:  # a line cannot be told to wait
                lost = [Reading(sensor, sample.quantity, 0, sample.value, Clock.UNKNOWN) for sample in samples]
                self._spooler.refuse(lost, NO_FREE_TIME)
        now_ms, now_s = self._stamper.now_ms(), self._loop.time()
        has_fix, note = frame.fix is not None, frame.note
        if frame.fix is not None and self._receiver is not None:
            note = f"{note}; {self._use_fix(frame.fix, self._receiver, is_late=since_ms is not None)}"
        self._tally.received(len(readings), time_ms=now_ms, now_s=now_s, note=note, has_fix=has_fix)
        self._tally.keep_values(readings, now_s=now_s)
        return readings

    def _use_fix(self, fix: ReceiverFix, receiver: ReceiverTime, *, is_late: bool) -> str:
        """Give the receiver's time to the clock, unless it lay in a buffer for long; what becomes of it."""
        if fix.time_ms is not None and not is_late:
            receiver.on_fix(fix.time_ms, boot_ms())
        return receiver.sentence(system_is_known=self._stamper.clock.is_the_systems)

    def _by_sensor(self, frame: Frame) -> Iterator[tuple[str, tuple[Sample, ...]]]:
        if not self._source.channels:
            yield self._source.sensor, frame.samples
        else:
            for sample in frame.samples:
                sensor = self._source.channels.get(sample.channel)
                if sensor is None:
                    self._tally.left_out(f"channel {sample.channel[:40]} has no sensor: name it in channels")
                else:
                    yield sensor, (sample,)


def _nothing_waits() -> bool:
    """A line that is not open."""
    return False


class _Asker:
    """Writes to an open line what its decoder wants to ask, when it wants to; most decoders only listen."""

    def __init__(
        self,
        decoder: SerialDecoder,
        descriptor: int,
        tally: SourceTally,
        port: str,
        broken: Callable[[Exception], None],
    ) -> None:
        self._decoder = decoder if isinstance(decoder, Asking) else None
        self._descriptor = descriptor
        self._tally = tally
        self._port = port
        self._broken = broken
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._unwritten = ""
        self._failures = 0

    def ask(self) -> None:
        """Ask what is due; to be called when the line is open, and when something came."""
        if self._decoder is None:
            return
        self.stop()
        try:
            poll = self._decoder.poll(self._loop.time())
        except Exception as error:
            self._broken(error)
            return
        self._timer = self._loop.call_later(max(poll.again_s, SOONEST_S), self.ask)
        if poll.send:
            self._tally.is_asked = True
            self._write(poll.send)
        self._tally.trouble(self._unwritten or poll.trouble)

    def stop(self) -> None:
        """Ask nothing more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _write(self, data: bytes) -> None:
        """Write without waiting, and remember why the device did not get all of it, until it gets the next.

        The rest is let go: half a question is answered by nobody, and the next one is whole again.
        """
        why = "stands still: the device, or its adapter, takes no more bytes"
        try:
            sent = os.write(self._descriptor, data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            sent, why = 0, f"takes no question: {error.strerror}"
        if sent == len(data):
            self._unwritten = ""
            return
        self._failures += 1
        self._unwritten = f"{self._port} {why} ({self._failures} writes failed)"


def _memory_in(kept: str, source: str) -> dict[str, int]:
    """A decoder's memory as it was kept; empty where it cannot be read: its counters then begin anew."""
    try:
        return msgspec.json.decode(kept, type=dict[str, int])
    except msgspec.MsgspecError as error:
        _log.warning("source %s: what is kept of its counters cannot be read (%s); they begin anew", source, error)
        return {}
