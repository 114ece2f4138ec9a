"""Samples become readings:  Sample("pm2_5", 12.3) -> Reading("air-market", "pm2_5", 1764000000000, 12.3, synced)

    came now                                      the gateway's time                                  as the clock is
    came since `since_ms`                         between then and now, at the pace of its series     estimated
    has a time of its own                         that time                                           synced
    was measured `age_ms` before it came          so long before now                                  as the clock is
    has one that cannot be (1970, tomorrow)       as if it had none                                   estimated

What the wire would refuse stops here, with its reason: one such reading would spoil its whole batch.
"""

import math
from collections.abc import Callable, Iterable, Mapping

from edge.clock import GatewayClock, tick
from edge.spool.rows import LATEST_MS
from edge.stamp_times import RESIDUES, UNKNOWN, NoFreeTime, SeriesStamps, StampTimes, offset_before
from firmware_bridge.sample import Sample
from wire import Clock, Reading, is_name
from wire.reading import EARLIEST_MS

__all__ = ["NoFreeTime", "Stamper"]

MOST_SERIES = 20_000
"""Different (sensor, quantity) a gateway tells apart: a flood of invented topics must not fill its memory."""
AHEAD_MS = 60_000
"""A device's own time may be so far ahead of the gateway's clock, where that one is known."""
_ESTIMATED_FROM_MS = 1_000
"""A stamp that had to run further ahead of the clock says so."""
_RESERVED = "stamping.reserved_ms"
_OFFSET = "clock.offset_in_boot"
_KNOWN = "clock.known_ms"
_PACES = "stamping.paces_ms"
MOST_PACES = 300
_SLOW_MS = 500


class _Series(SeriesStamps):
    """`arrived_ms` and `pace_ms`: when the newest came that came at once, and how long after the one before it.

    `own_ms`, `value` and `given_ms`: the newest reading with a time of its own, and the time that it was given.
    """

    __slots__ = ("arrived_ms", "given_ms", "own_ms", "pace_ms", "value")

    def __init__(self) -> None:
        super().__init__()
        self.arrived_ms = self.pace_ms = 0
        self.own_ms = self.given_ms = -1
        self.value = 0.0


class Stamper:
    """Gives samples their sensor's name, time and clock state."""

    def __init__(self, clock: GatewayClock) -> None:
        clock.offset_ms = offset_before(clock.offset_ms)
        self.clock = clock
        self.times = StampTimes()
        self._series: dict[tuple[str, str], _Series] = {}

    def now_ms(self) -> int:
        """The time (UTC) as readings are stamped now."""
        return self.clock.stamp_ms(tick(synced=True))

    def time_at(self, uptime_ms: int) -> int:
        """The time (UTC) as readings were, or would have been, stamped at `uptime_ms`."""
        now = tick(synced=True)
        return self.clock.stamp_ms(now) - (now.monotonic_ms - uptime_ms)

    def remember(self, kept: Mapping[str, str], boot: str) -> None:
        """Take over what earlier starts have left of `memory`; the offset only where nothing was stamped yet.

        What a damaged spool has made of it is passed over.
        """
        fresh = not self._series
        self._remember_paces(kept.get(_PACES, ""))
        reserved_ms = _whole_numbers(kept.get(_RESERVED, ""))
        if len(reserved_ms) == RESIDUES:
            self.times.remember(reserved_ms, now_ms=self.now_ms())
        if fresh:
            offset_boot, _, offset_ms = kept.get(_OFFSET, "").partition(" ")
            same_ms = _whole_numbers(offset_ms) if offset_boot == boot else []
            known_ms = max([self.times.reserved_ms[UNKNOWN], *_whole_numbers(kept.get(_KNOWN, ""))])
            self.clock.run_on(tick(synced=False), offset_ms=same_ms[0] if same_ms else None, known_ms=known_ms)
            self.clock.offset_ms = offset_before(self.clock.offset_ms)

    def _remember_paces(self, text: str) -> None:
        for line in text.splitlines()[:MOST_PACES]:
            *key, pace_ms = line.split(" ")
            if len(key) == 2 and all(map(is_name, key)) and pace_ms.isdecimal():
                self._series.setdefault((key[0], key[1]), _Series()).pace_ms = int(pace_ms)

    def memory(self, boot: str) -> dict[str, str] | None:
        """What must be committed with what was stamped since the last call, before it is sent; None: nothing."""
        if not self.times.changed:
            return None
        self.times.changed = False
        kept = {_RESERVED: " ".join(map(str, self.times.reserved_ms))}
        if self.clock.state is not Clock.UNKNOWN:
            return {**kept, _KNOWN: str(self.now_ms())}
        return {**kept, _OFFSET: f"{boot} {self.clock.offset_ms}"}

    def paces(self) -> dict[str, str]:
        """How often the slow series come, so that what a broker keeps over a restart can be placed; to be committed."""
        slow = [(*key, series.pace_ms) for key, series in self._series.items() if series.pace_ms >= _SLOW_MS]
        return {_PACES: "\n".join(f"{sensor} {quantity} {pace_ms}" for sensor, quantity, pace_ms in slow[:MOST_PACES])}

    def believes(self, time_ms: int | None) -> bool:
        """Whether a device's own time can be."""
        return time_ms is not None and self._can_be(time_ms, self.now_ms())

    def stamp(
        self,
        sensor: str,
        samples: Iterable[Sample],
        refuse: Callable[[str], None],
        *,
        since_ms: int | None = None,
        correct: Callable[[str], None] = lambda _: None,
    ) -> list[Reading]:
        """The readings of `sensor`; what cannot be sent is left out, and `refuse` gets a sentence on it.

        `since_ms` (UTC) says that they came between then and now; without it they came now. `correct` gets a sentence
        on a device's time that is not believed. NoFreeTime: too many came; none of these may be taken yet.
        """
        now_ms, state = self.now_ms(), self.clock.state
        if state is not Clock.UNKNOWN:
            self.times.follow(now_ms)
        readings = []
        for sample in samples:
            series = self._series.get((sensor, sample.quantity))
            if series is None or not math.isfinite(sample.value):
                problem = self._problem(sensor, sample.quantity, sample.value)
                if problem is not None:
                    refuse(problem)
                    continue
                series = self._series[sensor, sample.quantity] = _Series()
            clock, own_ms = state, self._own_ms(sample, now_ms, since_ms)
            if own_ms is not None:
                if self._can_be(own_ms, now_ms):
                    time_ms = _set_apart(series, own_ms, sample.value)
                    told_by = Clock.SYNCED if sample.time_ms is not None else state
                    readings.append(Reading(sensor, sample.quantity, time_ms, sample.value, told_by))
                    continue
                correct(f"{sensor} gives the time {own_ms} ms, which cannot be, so its arrival counts; set its clock")
                clock = Clock.ESTIMATED if state is Clock.SYNCED else state
            time_ms, clock = self._arrival(series, now_ms, since_ms, clock, sample.age_ms)
            readings.append(Reading(sensor, sample.quantity, time_ms, sample.value, clock))
        return readings

    def _own_ms(self, sample: Sample, now_ms: int, since_ms: int | None) -> int | None:
        """The time that the device gives, or that follows from what it says of the reading's age."""
        if sample.time_ms is None and sample.age_ms and since_ms is None and self.clock.state is not Clock.UNKNOWN:
            return now_ms - sample.age_ms
        return sample.time_ms

    def _arrival(
        self, series: _Series, now_ms: int, since_ms: int | None, clock: Clock, age_ms: int = 0
    ) -> tuple[int, Clock]:
        """The time and clock state of what came without a time that can be used."""
        if self.clock.state is Clock.UNKNOWN:
            return self.times.assign(series, now_ms - max(0, age_ms), now_ms=now_ms, known=False), clock
        if since_ms is not None:
            at_ms = max(since_ms, self.times.newest_ms(series) + series.pace_ms)
            return self.times.assign(series, min(at_ms, now_ms), now_ms=now_ms, known=True), Clock.ESTIMATED
        time_ms = self.times.assign(series, now_ms, now_ms=now_ms, known=True)
        if series.arrived_ms:
            gap_ms = max(0, now_ms - series.arrived_ms)
            series.pace_ms += (gap_ms - series.pace_ms) // 4 if series.pace_ms else gap_ms
        series.arrived_ms = now_ms
        return time_ms, Clock.ESTIMATED if time_ms - now_ms > _ESTIMATED_FROM_MS else clock

    def _can_be(self, time_ms: int, now_ms: int) -> bool:
        latest_ms = LATEST_MS if self.clock.state is Clock.UNKNOWN else now_ms + AHEAD_MS
        return EARLIEST_MS <= time_ms <= latest_ms

    def _problem(self, sensor: str, quantity: str, value: float) -> str | None:
        for kind, name in (("sensor", sensor), ("quantity", quantity)):
            if not is_name(name):
                return f"{name[:80]!r} is no name for a {kind}: use 1 to 64 of a-z, 0-9, '-' and '_'"
        if (sensor, quantity) not in self._series and len(self._series) >= MOST_SERIES:
            return f"sensor {sensor} is one too many: a gateway takes {MOST_SERIES} pairs of sensor and quantity"
        if not math.isfinite(value):
            return f"{sensor} {quantity} is {value}, which is no number"
        return None


def _set_apart(series: _Series, own_ms: int, value: float) -> int:
    """A device's own time; of several readings within one tick of its clock, the later ones are some ms later.

    The same reading said again keeps its time: it is one reading.
    """
    again = own_ms == series.own_ms and value == series.value
    if not again:
        taken = series.own_ms <= own_ms <= series.given_ms
        series.given_ms = series.given_ms + 1 if taken else own_ms
        series.own_ms, series.value = own_ms, value
    return series.given_ms


def _whole_numbers(text: str) -> list[int]:
    """The numbers in `text`; none where one of them is none."""
    words = text.split()
    return [int(word) for word in words] if all(word.removeprefix("-").isdecimal() for word in words) else []
