"""The stretch of readings around an alarm: its value over time, where it is missing, and where it is doubted.

opened ├── the alarm ──┤ closed        a quarter of it is shown before and after, half an hour at least
"""

import contextlib
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from cloud.alarms.records import Alarm
from cloud.readings.bucket_history import TooManyReadings, buckets_of, kept_of
from cloud.readings.buckets import step_of
from cloud.readings.contract import Aggregate, Point, ReadingsStore
from rules.marks import QUALITY, Mark
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

AROUND_MS = 30 * MINUTE_MS
LONGEST_MS = 400 * DAY_MS
"""Of an alarm that was open for longer the last part is shown."""
MOST_POINTS = 360
_GAP_STEPS = 3


class Stretch(msgspec.Struct, frozen=True):
    """Values from `start_ms` to `end_ms` (UTC), one each `every_ms` at most; `gaps` are where nothing is known.

    `low` and `high` bound each value, where it stands for more readings than one.
    """

    start_ms: int
    end_ms: int
    every_ms: int
    points: tuple[Point, ...]
    low: tuple[Point, ...] = ()
    high: tuple[Point, ...] = ()

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """The times in which no reading came for longer than three steps."""
        return list(self._gaps())

    @property
    def doubted(self) -> list[Point]:
        """The values that a mark of quality stands on."""
        return [point for point in self.points if point.marks & QUALITY & ~Mark.CONFIRMED]

    def _gaps(self) -> Iterator[tuple[int, int]]:
        times = [self.start_ms, *(point.time_ms for point in self.points), self.end_ms]
        for one, other in pairwise(times):
            if other - one > _GAP_STEPS * self.every_ms:
                yield one, other


def span_of(alarm: Alarm, now_ms: int) -> tuple[int, int]:
    """Return from when until when (UTC) is shown."""
    end_ms = now_ms if alarm.closed_ms is None else alarm.closed_ms
    around_ms = max(AROUND_MS, (end_ms - alarm.opened_ms) // 4)
    until_ms = min(end_ms + around_ms, max(now_ms, end_ms + 1))
    return max(alarm.opened_ms - around_ms, until_ms - LONGEST_MS), until_ms


async def stretch_of(store: ReadingsStore, alarm: Alarm, *, interval_s: float | None, now_ms: int) -> Stretch:
    """Ask the store for it; StoreUnavailable where it does not answer.

    Of a time of which readings were removed it is what stands for them: minutes, or hours.
    """
    start_ms, end_ms = span_of(alarm, now_ms)
    kept = await kept_of(store)
    if start_ms < kept.readings_ms:
        finest_ms = HOUR_MS if start_ms < kept.minutes_ms else MINUTE_MS
        with contextlib.suppress(TooManyReadings):
            return await _of_buckets(store, alarm, start_ms, end_ms, finest_ms)
    interval_ms = round((interval_s or 60.0) * 1_000)
    step_ms = max(1_000, -(-(end_ms - start_ms) // MOST_POINTS // 1_000) * 1_000)

    async def ask(every_ms: int | None, agg: Aggregate = Aggregate.MEAN) -> tuple[Point, ...]:
        found = await store.history(
            alarm.sensor, alarm.quantity, start_ms=start_ms, end_ms=end_ms, every_ms=every_ms, agg=agg,
            limit=4 * MOST_POINTS,
        )  # fmt: skip
        return tuple(found)

    if step_ms <= interval_ms:
        return Stretch(start_ms, end_ms, interval_ms, await ask(None))
    low, high = await ask(step_ms, Aggregate.MIN), await ask(step_ms, Aggregate.MAX)
    return Stretch(start_ms, end_ms, max(step_ms, interval_ms), await ask(step_ms), low, high)


async def _of_buckets(store: ReadingsStore, alarm: Alarm, start_ms: int, end_ms: int, finest_ms: int) -> Stretch:
    step_ms = max(step_of(start_ms, end_ms, MOST_POINTS), finest_ms)
    buckets = await buckets_of(store, alarm.sensor, alarm.quantity, start_ms=start_ms, end_ms=end_ms, step_ms=step_ms)
    rows = [
        (each.time_ms, each.mean, each.min, each.max, each.marks)
        if each.count
        else (each.time_ms, each.doubted_max, each.doubted_min, each.doubted_max, each.marks)
        for each in buckets
    ]
    found = [
        tuple(Point(row[0], value, row[4]) for row in rows if (value := row[place]) is not None) for place in (1, 2, 3)
    ]
    return Stretch(start_ms, end_ms, step_ms, *found)
