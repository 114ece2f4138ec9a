"""One contact at a line of a chip:  open, read its edges until it is gone, wait, open again; without end.

/dev/gpiochip0 line 23 --edges--> contact --samples--> stamper --readings--> spool

A reading is as old as the kernel says of its edge, however late we come to it. Pulses that come while no agent has the
line open are counted by nobody.
"""

import asyncio
import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from edge.gpio.abi import (
    ACTIVE_LOW,
    EDGE_FALLING,
    EDGE_RISING,
    EVENT_BYTES,
    INPUT,
    NO_BIAS,
    PULL_DOWN,
    PULL_UP,
    Ioctl,
    build_request,
    edges_in,
    line_info,
)
from edge.gpio.configured import GpioSource
from edge.gpio.contact import Contact, PulseContact, StateContact
from edge.gpio.line import is_on, opened_line
from edge.sources.line import LineGone
from edge.sources.tally import SourceTally
from edge.spool.spooler import Spooler
from edge.stamping import NoFreeTime, Stamper

PAUSES_S = (1.0, 2.0, 5.0, 10.0)
"""Between attempts to open a line; the last for ever."""
GATHER_S = 1.0
"""Between two readings, however many edges come."""
KEPT_EDGES = 1_024
"""Edges that the kernel keeps while we do not look."""
_VALUES_BYTES = 16
_BIASES = {"as_is": 0, "pull_up": PULL_UP, "pull_down": PULL_DOWN, "off": NO_BIAS}


def request_of(source: GpioSource) -> bytes:
    """What the kernel is asked for: of pulses one edge of each, of a state both."""
    edges = EDGE_RISING if source.per_pulse else EDGE_RISING | EDGE_FALLING
    flags = INPUT | edges | _BIASES[source.bias] | (ACTIVE_LOW if source.active_low else 0)
    return build_request(source.line, flags, debounce_us=source.debounce_ms * 1_000, events=KEPT_EDGES)


class GpioInput:
    """Runs one source of a line until it is cancelled; `ioctl` is the kernel's, or that of a simulated chip."""

    def __init__(
        self, source: GpioSource, tally: SourceTally, *, boot: str, stamper: Stamper, spooler: Spooler,
        ioctl: Ioctl = fcntl.ioctl,
    ) -> None:  # fmt: skip
        self._source = source
        self._tally = tally
        self._boot = boot
        self._stamper = stamper
        self._spooler = spooler
        self._ioctl = ioctl
        self._loop = asyncio.get_running_loop()
        self._contact: Contact = (
            PulseContact(source.quantity, source.per_pulse, apart_s=source.apart_s)
            if source.per_pulse
            else StateContact(source.quantity)
        )
        self._timer: asyncio.TimerHandle | None = None
        self._said_s = float("-inf")

    @property
    def hangs(self) -> str:
        """Never: a line is read whenever the loop runs."""
        return ""

    def poll(self) -> None:
        """To be called each second, as for a serial line; edges have the kernel's times, so nothing waits for it."""

    async def run(self) -> None:
        """Read the line, and open it again whenever it goes."""
        attempts = 0
        while True:
            try:
                with self._line() as descriptor:
                    self._tally.opened(now_s=self._loop.time())
                    attempts = 0
                    await self._read(descriptor)
            except LineGone as gone:
                self._tally.failed(str(gone))
            attempts += 1
            await asyncio.sleep(PAUSES_S[min(attempts, len(PAUSES_S)) - 1])

    @contextmanager
    def _line(self) -> Iterator[int]:
        try:
            descriptor = opened_line(self._source.chip, request_of(self._source), self._ioctl)
        except OSError as error:
            raise LineGone(why_not(error, self._source, self._ioctl)) from None
        try:
            os.set_blocking(descriptor, False)
            yield descriptor
        finally:
            os.close(descriptor)

    async def _read(self, descriptor: int) -> None:
        gone: asyncio.Future[None] = self._loop.create_future()

        def guarded(step: Callable[[int], None]) -> None:
            try:
                step(descriptor)
            except OSError as error:
                if not gone.done():
                    gone.set_exception(LineGone(why_not(error, self._source, self._ioctl)))
            except Exception as error:
                if not gone.done():
                    gone.set_exception(error)

        def say() -> None:
            guarded(self._say)
            self._plan(say)

        def readable() -> None:
            guarded(self._read_edges)
            self._plan(say)

        if isinstance(self._contact, PulseContact):
            self._contact.opened()
        self._loop.add_reader(descriptor, readable)
        try:
            say()
            await gone
        finally:
            self._loop.remove_reader(descriptor)
            self._stop_timer()
            if self._contact.waits:
                with suppress(OSError):
                    self._say(descriptor)

    def _read_edges(self, descriptor: int) -> None:
        try:
            data = os.read(descriptor, EVENT_BYTES * KEPT_EDGES)
        except BlockingIOError:
            return  # woken for nothing
        if not data:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        self._tally.came(len(data))
        self._tally.show(data)
        self._contact.feed(edges_in(data))
        self._tally.trouble(self._contact.trouble)

    def _say(self, descriptor: int) -> None:
        """Make readings of what the line says now."""
        on = is_on(descriptor, self._ioctl)
        self._tally.came(_VALUES_BYTES)
        self._said_s = self._loop.time()
        samples = self._contact.samples(on=on, now_ns=time.clock_gettime_ns(time.CLOCK_MONOTONIC))
        try:
            readings = self._stamper.stamp(self._source.sensor, samples, self._tally.left_out)
        except NoFreeTime:
            return  # it is said the next time
        self._contact.said()
        self._spooler.append(readings, keep=self._stamper.memory(self._boot))
        now_ms, now_s = self._stamper.now_ms(), self._loop.time()
        self._tally.received(len(readings), time_ms=now_ms, now_s=now_s, sensor=self._source.sensor)
        self._tally.keep_values(readings, now_s=now_s)

    def _plan(self, say: Callable[[], None]) -> None:
        """Say it soon where something waits, and else after `every_s`."""
        wait_s = GATHER_S if self._contact.waits else self._source.every_s
        self._stop_timer()
        self._timer = self._loop.call_at(max(self._loop.time(), self._said_s + wait_s), say)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def why_not(error: OSError, source: GpioSource, ioctl: Ioctl) -> str:
    """Why the kernel does not give a line, and what to do."""
    chip, line = source.chip, source.line
    if error.errno == errno.ENOENT:
        return f"{chip} does not exist; siaga-edge detect --gpio names the chips of this machine"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{chip} may not be opened by this user; add the user to the group gpio"
    if error.errno == errno.EBUSY:
        return f"line {line} of {chip} is in use by {_holder(source, ioctl)}; free it, or take another line"
    if error.errno == errno.EINVAL:
        return f"line {line} of {chip} is not given as it is asked for: is there such a line, and may it have a bias?"
    return f"line {line} of {chip} is gone: {error.strerror or error}"


def _holder(source: GpioSource, ioctl: Ioctl) -> str:
    try:
        descriptor = os.open(source.chip, os.O_RDWR | os.O_CLOEXEC)
        try:
            return line_info(descriptor, source.line, ioctl).holder or "another program"
        finally:
            os.close(descriptor)
    except OSError:
        return "another program"
