"""How fast a gateway's spool fills, from what its sources count, and how long its room lasts at that rate.

status: readings=100 … 700 a minute later  ─►  10 readings/s   ─►  3 MiB free / (36 bytes x 10 a second) = 2.4 hours
"""

from collections.abc import Iterable

import msgspec

from wire import Status
from wire.status import SPOOL_BYTES_A_READING

RATE_FROM_MS, RATE_OVER_MS = 60_000, 900_000
"""A rate is that of the last quarter of an hour, once a minute of it is known."""
_STEP_MS = 60_000
"""Counts closer together than that are kept as one: sixteen for each gateway."""


class CountedReadings(msgspec.Struct, frozen=True):
    """What a gateway's sources had taken in by `time_ms` (its own clock), in one run of its agent."""

    stream: str
    time_ms: int
    readings: int


class ReadingRates:
    """Readings a second that each gateway takes in."""

    def __init__(self) -> None:
        self._counted: dict[str, list[CountedReadings]] = {}

    def on_status(self, gateway: str, status: Status) -> None:
        """Record what the sources have counted; a last will says nothing of it."""
        if not status.online:
            return
        now = CountedReadings(status.stream, status.time_ms, sum(source.readings for source in status.sources))
        before = self._counted.get(gateway, [])
        if before and not _goes_on(before[-1], now):
            before = []  # a new run of the agent counts again, and a clock that was set back says nothing
        recent = [counts for counts in before if now.time_ms - counts.time_ms <= RATE_OVER_MS]
        if len(recent) > 1 and recent[-1].time_ms - recent[-2].time_ms < _STEP_MS:
            recent.pop()
        self._counted[gateway] = [*recent, now]

    def rate(self, gateway: str) -> float | None:
        """Readings a second; None while it cannot be known."""
        counts = self._counted.get(gateway, [])
        elapsed_ms = counts[-1].time_ms - counts[0].time_ms if counts else 0
        if elapsed_ms < RATE_FROM_MS:
            return None
        return 1_000 * (counts[-1].readings - counts[0].readings) / elapsed_ms

    def ends(self, gateway: str) -> tuple[CountedReadings, ...]:
        """The counts that the rate is of, the oldest and the newest; none where nothing is known."""
        return tuple(self._counted.get(gateway, ())[:: max(1, len(self._counted.get(gateway, ())) - 1)])

    def put(self, gateway: str, ends: Iterable[CountedReadings]) -> None:
        """Take over the counts that another process holds."""
        self._counted[gateway] = list(ends)

    def forget(self, gateway: str) -> None:
        """Its status was taken away."""
        self._counted.pop(gateway, None)


def _goes_on(before: CountedReadings, now: CountedReadings) -> bool:
    return before.stream == now.stream and before.time_ms <= now.time_ms and before.readings <= now.readings


def spool_left_s(status: Status, readings_a_s: float | None) -> float | None:
    """How long the spool still holds at the rate of its readings, if nothing leaves it; None where it is not known."""
    if not readings_a_s or not status.spool.max_bytes:
        return None
    room = max(0, status.spool.max_bytes - status.spool.bytes)
    return room / (SPOOL_BYTES_A_READING * readings_a_s)
