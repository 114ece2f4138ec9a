"""What passes through a source, for whoever looks on: bytes as they came, and what was made of them.

tally.taps ─► SourceTap: 200 events, then the oldest go, counted ─► {"request":"read"} ─► siaga-edge read river

Nobody looks on at most sources at most times: then it costs a source one comparison for each piece that it reads.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable

import msgspec

from runtime.clock import wall_ms
from wire import Reading

MOST_EVENTS = 200
MOST_BYTES = 1_024
"""Of one piece or message that are shown; its size is whole."""
MOST_READINGS = 50
_LONGEST = 300


class TapReading(msgspec.Struct, frozen=True):
    """A reading as it goes to the spool."""

    sensor: str
    quantity: str
    value: float
    time_ms: int
    clock: str


class TapEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that happened at `time_ms` (the machine's clock, UTC): bytes, or noise, or readings; or nothing.

    `data` are the first bytes in hexadecimal, of `size`; `missed` events came before it that nobody took in time.
    """

    time_ms: int
    data: str = ""
    size: int = 0
    topic: str = ""
    noise: str = ""
    readings: tuple[TapReading, ...] = ()
    missed: int = 0


class SourceTap:
    """One look at one source."""

    def __init__(self) -> None:
        self._events: deque[TapEvent] = deque(maxlen=MOST_EVENTS)
        self._missed = 0
        self._came = asyncio.Event()

    def on_bytes(self, data: bytes, topic: str = "") -> None:
        """These came."""
        self._add(TapEvent(wall_ms(), bytes(data[:MOST_BYTES]).hex(), len(data), topic[:_LONGEST]))

    def on_noise(self, size: int, reason: str) -> None:
        """So many of the bytes were nothing."""
        self._add(TapEvent(wall_ms(), size=size, noise=reason[:_LONGEST]))

    def on_readings(self, readings: Iterable[Reading]) -> None:
        """These were made of what came."""
        shown = (TapReading(r.sensor, r.quantity, r.value, r.time_ms, str(r.clock)) for r in readings)
        rows = tuple(row for row, _ in zip(shown, range(MOST_READINGS), strict=False))
        self._add(TapEvent(wall_ms(), readings=rows))

    async def next_event(self, within_s: float) -> TapEvent:
        """The oldest event that is not taken yet; one of nothing where none comes in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._came.wait()
        if not self._events:
            return TapEvent(wall_ms())
        event, missed, self._missed = self._events.popleft(), self._missed, 0
        if not self._events:
            self._came.clear()
        return msgspec.structs.replace(event, missed=missed) if missed else event

    def _add(self, event: TapEvent) -> None:
        self._missed += len(self._events) == MOST_EVENTS
        self._events.append(event)
        self._came.set()
