"""Samples become readings:  Sample("pm2_5", 12.3) -> Reading("air-market", "pm2_5", 1764000000000, 12.3, synced)

What the wire would refuse stops here, with its reason: one such reading would spoil its whole batch.
"""

import math
from collections.abc import Callable, Iterable

from edge.clock import GatewayClock, tick
from firmware_bridge.sample import Sample
from wire import Reading, is_name
from wire.batch import MAX_INTEGER

MOST_SERIES = 20_000
"""Different (sensor, quantity) a gateway tells apart: a flood of invented topics must not fill its memory."""
_LATEST_MS = MAX_INTEGER // 4
"""So that the difference of two times is within the wire's integers, too."""
_MOST_PUSHED_MS = 1_000


class Stamper:
    """Gives samples their sensor's name, time and clock state."""

    def __init__(self, clock: GatewayClock) -> None:
        self.clock = clock
        self._newest_ms: dict[tuple[str, str], int] = {}

    def now_ms(self) -> int:
        """The time (UTC) as readings are stamped now."""
        return self.clock.stamp_ms(tick(synced=True))

    def stamp(self, sensor: str, samples: Iterable[Sample], refuse: Callable[[str], None]) -> list[Reading]:
        """The readings of `sensor`; what cannot be sent is left out, and `refuse` gets a sentence on it."""
        now_ms, state = self.now_ms(), self.clock.state
        newest = self._newest_ms
        readings = []
        for sample in samples:
            key = (sensor, sample.quantity)
            time_ms = sample.time_ms
            if (problem := self._problem(key, sample.value, time_ms)) is not None:
                refuse(problem)
            elif time_ms is not None:
                readings.append(Reading(sensor, sample.quantity, time_ms, sample.value))
            else:
                newest_ms = newest[key]
                newest[key] = time_ms = newest_ms + 1 if 0 <= newest_ms - now_ms <= _MOST_PUSHED_MS else now_ms
                readings.append(Reading(sensor, sample.quantity, time_ms, sample.value, state))
        return readings

    def _problem(self, key: tuple[str, str], value: float, time_ms: int | None) -> str | None:
        sensor, quantity = key
        if key not in self._newest_ms:
            for kind, name in (("sensor", sensor), ("quantity", quantity)):
                if not is_name(name):
                    return f"{name[:80]!r} is no name for a {kind}: use 1 to 64 of a-z, 0-9, '-' and '_'"
            if len(self._newest_ms) >= MOST_SERIES:
                return f"sensor {sensor} is one too many: a gateway takes {MOST_SERIES} pairs of sensor and quantity"
            self._newest_ms[key] = 0
        if not math.isfinite(value):
            return f"{sensor} {quantity} is {value}, which is no number"
        if time_ms is not None and not 0 <= time_ms <= _LATEST_MS:
            return f"{sensor} gives the time {time_ms} ms, which is no time: check its clock and time_format"
        return None
