"""The simulated instruments: what each writes when its time comes.

Gauge   R2874⏎ six times a second          ParticulateSensor   AA C0 … AB each second
Board   a frame of counters each 2 s, and a restart now and then
"""

from collections import deque
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple, Protocol, runtime_checkable

from demo.island.particulates import Particulates
from demo.island.visitors import Crowd
from firmware_bridge.families import board, maxbotix
from firmware_bridge.simulated.sds011 import SimulatedSds011

TIP_MM = 0.2
RATE_WINDOW_S = 300.0
"""The board's rain rate is that of the tips in this window: one tip is 2.4 mm/h."""


class Instrument(Protocol):
    """Something that writes a message every `period_s`."""

    period_s: float

    def message(self, time_s: float) -> bytes:
        """What it writes at `time_s` (UTC)."""


@runtime_checkable
class Answering(Protocol):
    """An instrument that also takes commands."""

    def answer(self, data: bytes, time_s: float) -> bytes:
        """What it says to what came over its line."""


class WaterGauge:
    """A MaxBotix sensor `height_cm` over the gauge's zero, above water that ripples."""

    period_s = 1 / 6

    def __init__(self, height_cm: float, level_cm: Callable[[float], float], dice: Random) -> None:
        self._height_cm = height_cm
        self._level_cm = level_cm
        self._dice = dice

    def message(self, time_s: float) -> bytes:
        """The distance to the water; one line in a hundred finds no target."""
        distance_cm = self._height_cm - self._level_cm(time_s) + self._dice.gauss(0, 0.4)
        distance_mm = 5_000 if self._dice.random() < 0.01 else min(4_999, max(301, distance_cm * 10))
        return maxbotix.build(distance_mm=distance_mm)


class ParticulateSensor:
    """A Nova SDS011, which also does what a gateway sets."""

    period_s = 0.25
    """How often it looks at its line; it reports once a second."""

    def __init__(self, air: Callable[[float], Particulates]) -> None:
        def values(time_s: float) -> dict[str, float]:
            now = air(time_s)
            return {"pm2_5": now.pm2_5, "pm10": now.pm10}

        self._device = SimulatedSds011(values, waking_s=0.0)  # it has been on for long

    def message(self, time_s: float) -> bytes:
        """PM2.5 and PM10, once a second."""
        return self._device.due(time_s)

    def answer(self, data: bytes, time_s: float) -> bytes:
        """What it says to what came over its line."""
        return self._device.feed(data, time_s)


class Bucket(NamedTuple):
    """A tipping bucket on a channel of a board, under the rain `rain_mm_h`."""

    channel: int
    rain_mm_h: Callable[[float], float]


class Gate(NamedTuple):
    """A people counter on a channel of a board, at the gate of `crowd`."""

    channel: int
    crowd: Crowd


class Board:
    """Siaga's board with buckets and gates; it forgets its totals when it starts again, once in some two hours."""

    period_s = 2.0
    RESTART_CHANCE = 1 / 3_600

    def __init__(self, parts: Sequence[Bucket | Gate], dice: Random) -> None:
        self._parts = parts
        self._dice = dice
        self._start()

    def _start(self) -> None:
        self._boot = self._dice.randrange(1, 2**16)
        self._seq = 0
        self._water_mm = {part.channel: 0.0 for part in self._parts if isinstance(part, Bucket)}
        self._tips_s: dict[int, deque[float]] = {channel: deque() for channel in self._water_mm}
        self._before = {
            part.channel: (part.crowd.came, part.crowd.went) for part in self._parts if isinstance(part, Gate)
        }

    def message(self, time_s: float) -> bytes:
        """A frame with the totals of all parts."""
        if self._dice.random() < self.RESTART_CHANCE:
            self._start()
        self._seq += 1
        items = [item for part in self._parts for item in self._items(part, time_s)]
        uptime_ms = round(self._seq * self.period_s * 1000)
        return board.build(items, seq=self._seq, uptime_ms=uptime_ms, boot=self._boot)

    def _items(self, part: Bucket | Gate, time_s: float) -> list[board.Item]:
        channel = part.channel
        if isinstance(part, Bucket):
            return self._rain(part, time_s)
        part.crowd.step(time_s, self.period_s)
        came, went = self._before[channel]
        return [
            board.Item(channel, "people_in", part.crowd.came - came),
            board.Item(channel, "people_out", part.crowd.went - went),
            board.Item(channel, "occupancy", part.crowd.inside),
        ]

    def _rain(self, bucket: Bucket, time_s: float) -> list[board.Item]:
        channel, tips_s = bucket.channel, self._tips_s[bucket.channel]
        tips = int(self._water_mm[channel] / TIP_MM)
        self._water_mm[channel] += bucket.rain_mm_h(time_s) * self.period_s / 3600
        total = int(self._water_mm[channel] / TIP_MM)
        tips_s.extend([time_s] * (total - tips))
        while tips_s and tips_s[0] <= time_s - RATE_WINDOW_S:
            tips_s.popleft()
        rate_mm_h = len(tips_s) * TIP_MM * 3600 / RATE_WINDOW_S
        return [board.Item(channel, "rainfall", total), board.Item(channel, "rain_rate", rate_mm_h)]
