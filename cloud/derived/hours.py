"""Hours and minutes of readings: what they come to, by what is in hand, or else by what the store gives.

hour, minutes, belonging ─► InHand ─► else the store, from there on to the newest: then it is in hand
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar
from zoneinfo import ZoneInfo

from cloud.derived.grouped_reads import SeriesReader
from cloud.derived.held_counts import HeldCounts
from cloud.derived.held_hours import HeldHours
from cloud.derived.held_levels import HeldLevels
from cloud.derived.held_series import HeldSeries
from cloud.derived.in_hand import InHand
from cloud.readings.contract import LATEST_MS, Aggregate, Point
from cloud.registry.records import Sensor
from rules.derived import Hour
from rules.local_time import hour_end_ms, hour_ends_from
from rules.timing import Timing
from wire import Stamped
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

_T = TypeVar("_T")

HELD_BACK_MS = 2 * HOUR_MS
"""What is read of so long ago, and up to the newest, is then held; of counters what is read of a day."""


def timing_of(sensor: Sensor, stamped: Stamped | None = None) -> Timing:
    """What stretches of time the readings of a sensor speak for; `stamped` is its quantity's word where it has none."""
    return Timing(sensor.interval_s, sensor.stamped or stamped)


class StoredHours:
    """Hours and minutes of the readings that `store` gives; `computed` gives the histories of what is computed."""

    def __init__(self, store: SeriesReader, computed: SeriesReader) -> None:
        self._store = store
        self.history, self.held = computed.history, computed.held

    async def hour(self, sensor: Sensor, quantity: str, start_ms: int, end_ms: int) -> Hour:
        """What the readings come to that belong to an hour (UTC); every one, since marks are read one by one."""
        hour = Hour(start_ms, end_ms, sensor.interval_s)
        for point in await self.belonging(sensor, quantity, start_ms, end_ms):
            hour.add(point.time_ms, point.value, point.marks)
        return hour

    async def minutes(self, sensor: Sensor, quantity: str, start_ms: int, end_ms: int) -> dict[int, float]:
        """The sum of what belongs to each minute from `start_ms` on, by its end (UTC), if any reading does."""
        start_ms = start_ms // MINUTE_MS * MINUTE_MS
        if not timing_of(sensor).shift_ms:
            steps = await self._store.history(
                sensor.id, quantity, start_ms=start_ms, end_ms=end_ms, every_ms=MINUTE_MS, agg=Aggregate.SUM
            )
            return {step.time_ms + MINUTE_MS: step.value for step in steps}
        found: defaultdict[int, float] = defaultdict(float)
        for point in await self.belonging(sensor, quantity, start_ms, end_ms):
            found[(point.time_ms // MINUTE_MS + 1) * MINUTE_MS] += point.value
        return dict(found)

    async def belonging(
        self, sensor: Sensor, quantity: str, start_ms: int, end_ms: int, *, stamped: Stamped | None = None
    ) -> list[Point]:
        """The readings that belong to the time from `start_ms` to `end_ms` (UTC), each at the moment it belongs to.

        `stamped` is the quantity's word where the sensor has none.
        """
        shift_ms = timing_of(sensor, stamped).shift_ms
        found = await self._store.history(sensor.id, quantity, start_ms=start_ms - shift_ms, end_ms=end_ms - shift_ms)
        if not shift_ms:
            return found
        return [Point(point.time_ms + shift_ms, point.value, point.marks) for point in found]


class HoursInHand(StoredHours):
    """The same of what is in hand, where it is; what is read of late is in hand then. `now_ms` is the present."""

    def __init__(self, store: SeriesReader, computed: SeriesReader, in_hand: InHand) -> None:
        super().__init__(store, computed)
        self._in_hand = in_hand
        self.now_ms = 0

    async def hour(self, sensor: Sensor, quantity: str, start_ms: int, end_ms: int) -> Hour:
        """What the readings come to that belong to an hour (UTC)."""
        held = self._in_hand.get(sensor.id, quantity)
        if isinstance(held, HeldHours):
            found = await self._in_hand_of(held, held.hour, start_ms, end_ms)
            if found is not None:
                return found
        return await super().hour(sensor, quantity, start_ms, end_ms)

    async def minutes(self, sensor: Sensor, quantity: str, start_ms: int, end_ms: int) -> dict[int, float]:
        """The sum of what belongs to each minute from `start_ms` on, by its end (UTC), if any reading does."""
        held, start_ms = self._in_hand.get(sensor.id, quantity), start_ms // MINUTE_MS * MINUTE_MS
        if isinstance(held, HeldCounts):
            found = await self._in_hand_of(held, held.minutes, start_ms, end_ms)
            if found is not None:
                return found
        return await super().minutes(sensor, quantity, start_ms, end_ms)

    async def belonging(
        self, sensor: Sensor, quantity: str, start_ms: int, end_ms: int, *, stamped: Stamped | None = None
    ) -> list[Point]:
        """The readings that belong to the time from `start_ms` to `end_ms` (UTC), each at the moment it belongs to.

        `stamped` is the quantity's word where the sensor has none.
        """
        held = self._in_hand.get(sensor.id, quantity)
        if isinstance(held, HeldLevels):
            found = await self._in_hand_of(held, held.points, start_ms, end_ms)
            if found is not None:
                return found
        return await super().belonging(sensor, quantity, start_ms, end_ms, stamped=stamped)

    async def _in_hand_of(
        self, held: HeldSeries, ask: Callable[[int, int], _T | None], start_ms: int, end_ms: int
    ) -> _T | None:
        """What `ask` of `held` gives, which is read first where it is of late; None where the store is to be asked."""
        if not self._is_of_late(held, start_ms):
            return None
        found = ask(start_ms, end_ms)
        if found is None and await self._take_in_hand(held, start_ms):
            return ask(start_ms, end_ms)
        return found

    def _is_of_late(self, held: HeldSeries, start_ms: int) -> bool:
        back_ms = DAY_MS + HELD_BACK_MS if isinstance(held, HeldCounts) else HELD_BACK_MS + held.timing.interval_ms * 5
        return start_ms > self.now_ms - back_ms

    async def _take_in_hand(self, held: HeldSeries, start_ms: int) -> bool:
        """Read all from the moment `start_ms` on; False where somebody is at it."""
        if not held.begin_read():
            return False
        points: list[Point] | None = None
        start_ms -= held.looks_back_ms
        try:
            points = await self._store.history(*held.key, start_ms=start_ms - held.shift_ms, end_ms=LATEST_MS)
        finally:
            held.end_read(start_ms, points)
        return True


def ended(starts_ms: Iterable[int], *, zone: ZoneInfo, now_ms: int) -> list[tuple[int, int]]:
    """Those of the hours that are over: from when to when (UTC) they were, in order."""
    hours = [(start, hour_end_ms(start, zone)) for start in sorted(starts_ms)]
    return [(start, end) for start, end in hours if end <= now_ms]


def and_after(ends_ms: Iterable[int], hours: int, *, zone: ZoneInfo, now_ms: int) -> list[int]:
    """Hours by their ends (UTC), each with the `hours` after it, in order and up to now: all that look back on them."""
    reached = {after for end in ends_ms for after in hour_ends_from(end, hours + 1, zone)}
    return sorted(end for end in reached if end <= now_ms)
