"""One serial line:  open, read until it is gone, wait, open again; without end.

/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0 --bytes--> decoder --samples--> stamper --readings--> spool
"""

import asyncio
import json
import logging
import os

import serial

from edge.sources.configured import SerialSource
from edge.sources.tally import Tally
from edge.spool.keeping import Spooler
from edge.stamping import Stamper
from firmware_bridge.family import SerialDecoder
from firmware_bridge.sample import Frame, Noise
from wire import Reading

_log = logging.getLogger(__name__)

READ_BYTES = 4_096
PAUSES_S = (1.0, 2.0, 5.0, 10.0)
"""Between attempts to open a port; the last for ever."""


class LineGone(Exception):
    """The port cannot be opened or has gone away; one sentence."""


class SerialLine:
    """Runs one serial source until it is cancelled."""

    def __init__(self, source: SerialSource, tally: Tally, *, stamper: Stamper, spooler: Spooler) -> None:
        self._source = source
        self._tally = tally
        self._stamper = stamper
        self._spooler = spooler
        self._key = f"decoder.{source.name}"
        self._memory: dict[str, int] = json.loads(spooler.spool.kept.get(self._key, "{}"))
        self._loop = asyncio.get_running_loop()

    async def run(self) -> None:
        """Read the line, and open it again whenever it goes."""
        attempts = 0
        while True:
            readings_before = self._tally.readings
            try:
                with open_line(self._source.port, self._source.baud) as line:
                    self._tally.opened(now_s=self._loop.time())
                    await self._read(line.fileno())
            except LineGone as gone:
                self._tally.failed(str(gone))
            attempts = 0 if self._tally.readings > readings_before else attempts + 1
            await asyncio.sleep(PAUSES_S[min(attempts, len(PAUSES_S)) - 1 if attempts else 0])

    async def _read(self, descriptor: int) -> None:
        decoder = self._source.family.decoder(self._source.options, self._memory)
        gone: asyncio.Future[None] = self._loop.create_future()

        def readable() -> None:
            try:
                self._take(decoder, _read_some(descriptor, self._source.port))
            except BlockingIOError:
                return  # woken for nothing
            except Exception as error:
                if not gone.done():
                    gone.set_exception(error)

        self._loop.add_reader(descriptor, readable)
        try:
            await gone
        finally:
            self._loop.remove_reader(descriptor)

    def _take(self, decoder: SerialDecoder, data: bytes) -> None:
        readings: list[Reading] = []
        for outcome in decoder.feed(data):
            if isinstance(outcome, Noise):
                self._tally.noise(outcome.size, outcome.reason)
            else:
                readings += self._stamp(outcome)
        memory = decoder.memory()
        keep = None
        if memory != self._memory:
            self._memory, keep = memory, {self._key: json.dumps(memory)}
        if readings or keep:
            self._spooler.append(readings, keep=keep)

    def _stamp(self, frame: Frame) -> list[Reading]:
        readings: list[Reading] = []
        if self._source.channels:
            for sample in frame.samples:
                readings += self._stamper.stamp(self._source.channels[sample.channel], (sample,), self._refuse)
        else:
            readings = self._stamper.stamp(self._source.sensor, frame.samples, self._refuse)
        now_ms, now_s = self._stamper.now_ms(), self._loop.time()
        self._tally.heard(len(readings), time_ms=now_ms, now_s=now_s, note=frame.note)
        return readings

    def _refuse(self, sentence: str) -> None:
        self._tally.noise(0, sentence)


def open_line(port: str, baud: int) -> serial.Serial:
    """Open a port for this process alone; LineGone where that fails."""
    try:
        return serial.Serial(port, baud, timeout=0, exclusive=True)
    except (OSError, ValueError) as error:  # SerialException is an OSError
        raise LineGone(_why_not(port, error)) from None


def _why_not(port: str, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if not os.path.exists(port):  # noqa: PTH110 - a broken symlink counts as missing, a name too long as well
        return f"{port} does not exist; plug the sensor in, or name another port"
    if "exclusively lock" in str(error):
        return f"{port} is in use by another process; stop that one (`fuser {port}` names it)"
    if number == 13:
        return f"{port} may not be opened by this user; add the user to the group dialout"
    return f"{port} cannot be opened: {os.strerror(number) if number else error}"


def _read_some(descriptor: int, port: str) -> bytes:
    try:
        data = os.read(descriptor, READ_BYTES)
    except BlockingIOError:
        raise
    except OSError as error:
        raise LineGone(f"{port} has gone: {error.strerror}; waiting for it to come back") from None
    if not data:  # ready to read and nothing to read: a tty that was hung up
        raise LineGone(f"{port} has gone: unplugged; waiting for it to come back")
    return data
