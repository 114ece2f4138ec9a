"""What some series were a while ago, for the arrows: read from the store beside the pages, none of which waits for it.

of(newest readings of the places shown) ─► {("air-market", "pm2_5_hour"): 12.0} of what is known
                                       └─► the others are read in one question, and known to the next who asks
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from cloud.console.view_models.trends import LOOKBACKS, UNTOLD, Series
from cloud.core.bounded_cache import BoundedCache
from cloud.readings.contract import Point, ReadingsStore, SeriesRange, StoredReading, StoreUnavailable
from wire.durations import MINUTE_MS

MOST_HELD = 2_000
MOST_ASKED = 200
"""Series of one question; those that are left over are asked for by the next page."""
AGAIN_S = 600.0
"""What is known is read again after this, since late readings may have changed it."""
AWAY_S = 10.0
"""How long a store that did not answer is left alone."""
_STEP_MS = 5 * MINUTE_MS
"""So far a reading may be from the one that was asked for, before its own is read."""


class _Held(msgspec.Struct, frozen=True):
    """What was found, if anything, when a reading of `asked_ms` was to be compared."""

    asked_ms: int
    read_s: float
    point: Point | None


class EarlierValues:
    """Reads from `store`, one question at a time, a few times an hour of each series that somebody looks at."""

    def __init__(self, store: ReadingsStore, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock_s = store, clock_s
        self._held = BoundedCache[Series, _Held](MOST_HELD)
        self._wanted: dict[Series, StoredReading] = {}
        self._reading: asyncio.Task[None] | None = None
        self._not_before_s = 0.0

    def of(self, readings: Iterable[StoredReading]) -> Mapping[Series, float]:
        """What is known of before these readings; what is not yet is read in the background."""
        found: dict[Series, float] = {}
        for reading in readings:
            if reading.quantity in LOOKBACKS:
                series = (reading.sensor, reading.quantity)
                held = self._held.get(series)
                if held is None or self._is_outdated(held, reading):
                    self._want(series, reading)
                if held is not None and held.point is not None and _fits(held.point, reading):
                    found[series] = held.point.value
        return found

    def _is_outdated(self, held: _Held, reading: StoredReading) -> bool:
        moved_ms = abs(reading.time_ms - held.asked_ms)
        return moved_ms > _step_ms(reading) or self._clock_s() - held.read_s >= AGAIN_S

    def _want(self, series: Series, reading: StoredReading) -> None:
        """Have it read with all else that is wanted before the loop's next turn."""
        if len(self._wanted) >= MOST_ASKED or self._clock_s() < self._not_before_s:
            return
        self._wanted[series] = reading
        if self._reading is None or self._reading.done():
            self._reading = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        while wanted := self._wanted:
            self._wanted = {}
            try:
                several = await self._store.histories([_range_before(each) for each in wanted.values()])
            except StoreUnavailable:
                self._not_before_s = self._clock_s() + AWAY_S
                return
            for (series, reading), points in zip(wanted.items(), several, strict=True):
                believed = [point for point in points if not point.marks & UNTOLD]
                self._held[series] = _Held(reading.time_ms, self._clock_s(), believed[-1] if believed else None)


def _step_ms(reading: StoredReading) -> int:
    return min(_STEP_MS, LOOKBACKS[reading.quantity].slack_ms)


def _range_before(reading: StoredReading) -> SeriesRange:
    """Where to look: what is found fits as well the readings that come before it is read again."""
    back = LOOKBACKS[reading.quantity]
    end_ms = reading.time_ms - back.before_ms
    start_ms = end_ms - back.slack_ms + _step_ms(reading)
    return SeriesRange(reading.sensor, reading.quantity, start_ms, end_ms + 1)


def _fits(point: Point, reading: StoredReading) -> bool:
    back, age_ms = LOOKBACKS[reading.quantity], reading.time_ms - point.time_ms
    return back.before_ms <= age_ms <= back.before_ms + back.slack_ms
