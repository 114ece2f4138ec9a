"""Buckets: what a chart draws of many readings, a pixel for each.

10:00 ├─ 12.1  12.4  900 (spike)  12.2 ─┤   TimeBucket(count=3, min=12.1, max=12.4, last=12.2, doubted=1, …)
11:00 ├─────────────────────────────────┤   no readings, no bucket: a gap is seen, and nothing is made up

Doubted readings are counted apart and never mixed with the others. A sum is that of the sums of its hours (of its
minutes where the bucket is shorter than an hour), each exact but for its last bit: so a bucket is the same to the last
bit whether it is made of readings or of what was kept of whole hours and minutes.
"""

import math
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from cloud.readings.contract import Point
from rules.marks import DOUBTED, NOT_BELIEVED
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

APART = DOUBTED | NOT_BELIEVED
"""Readings with one of these marks are counted apart."""
STEPS_MS = tuple(
    unit_ms * count
    for unit_ms, counts in (
        (1_000, (1, 2, 5, 10, 15, 30)), (MINUTE_MS, (1, 2, 5, 10, 15, 30)), (HOUR_MS, (1, 2, 3, 6, 12)),
        (DAY_MS, (1, 2, 7, 14, 28, 91, 182, 366)),
    )
    for count in counts
)  # fmt: skip
"""The lengths of buckets."""


class TimeBucket(msgspec.Struct, frozen=True, gc=False):
    """The readings of a step that begins at `time_ms` (UTC): `count` that are believed, and `doubted` ones.

    `min`, `max` and `last` are None where all are doubted. `first_ms` and `last_ms` are the times of the first and the
    last reading, doubted or not, and `marks` those of all.
    """

    time_ms: int
    count: int
    total: float
    min: float | None
    max: float | None
    last: float | None
    first_ms: int
    last_ms: int
    doubted: int = 0
    doubted_min: float | None = None
    doubted_max: float | None = None
    marks: int = 0

    @property
    def mean(self) -> float | None:
        """The mean of the believed readings; None where there are none."""
        return self.total / self.count if self.count else None


def step_of(start_ms: int, end_ms: int, points: int) -> int:
    """The shortest step that cuts start <= time < end into at most `points` (2 or more) buckets."""
    longest_ms = STEPS_MS[-1]
    while _buckets(start_ms, end_ms, longest_ms) > points:
        longest_ms *= 2
    return next((step for step in STEPS_MS if _buckets(start_ms, end_ms, step) <= points), longest_ms)


def unit_of(step_ms: int) -> int:
    """The length in ms of the parts of which buckets of `step_ms` are made: an hour, a minute, or the step itself."""
    return next((unit_ms for unit_ms in (HOUR_MS, MINUTE_MS) if step_ms % unit_ms == 0), step_ms)


def one_of_each_time(points: Sequence[Point]) -> Sequence[Point]:
    """The points without those that another follows at the same time: InfluxDB keeps both of a sensor that moved."""
    by_time = {point.time_ms: point for point in points}
    return points if len(by_time) == len(points) else list(by_time.values())


def fold(points: Sequence[Point], step_ms: int) -> Iterator[TimeBucket]:
    """The buckets of readings in the order of time."""
    times_ms = [point.time_ms for point in points]
    first = 0
    while first < len(points):
        start_ms = times_ms[first] - times_ms[first] % step_ms
        end = bisect_left(times_ms, start_ms + step_ms, first)
        yield _bucket(start_ms, points[first:end])
        first = end


def merged(parts: Iterable[TimeBucket], step_ms: int, *, offset_ms: int = 0) -> Iterator[TimeBucket]:
    """The buckets of `step_ms` that are made of shorter ones, in the order of time.

    They begin at whole multiples of it since 1970 by a clock that is `offset_ms` ahead of UTC.
    """
    for start_ms, group in groupby(parts, lambda part: part.time_ms - (part.time_ms + offset_ms) % step_ms):
        yield in_one(start_ms, list(group))


def in_one(start_ms: int, parts: Sequence[TimeBucket]) -> TimeBucket:
    """The bucket, said to begin at `start_ms`, of one or more shorter ones in the order of time."""
    if len(parts) == 1:
        return msgspec.structs.replace(parts[0], time_ms=start_ms)
    marks = 0
    for part in parts:
        marks |= part.marks
    return TimeBucket(
        start_ms,
        sum(part.count for part in parts),
        _sum([part.total for part in parts if part.count]),
        min((part.min for part in parts if part.min is not None), default=None),
        max((part.max for part in parts if part.max is not None), default=None),
        next((part.last for part in reversed(parts) if part.count), None),
        parts[0].first_ms,
        parts[-1].last_ms,
        sum(part.doubted for part in parts),
        min((part.doubted_min for part in parts if part.doubted_min is not None), default=None),
        max((part.doubted_max for part in parts if part.doubted_max is not None), default=None),
        marks,
    )


def _buckets(start_ms: int, end_ms: int, step_ms: int) -> int:
    return (end_ms - 1) // step_ms - start_ms // step_ms + 1


def _bucket(start_ms: int, points: Sequence[Point]) -> TimeBucket:
    values = [point.value for point in points if not point.marks & APART]
    doubted = [point.value for point in points if point.marks & APART]
    marks = 0
    for point in points:
        marks |= point.marks
    return TimeBucket(
        start_ms,
        len(values),
        _sum(values),
        min(values, default=None),
        max(values, default=None),
        values[-1] if values else None,
        points[0].time_ms,
        points[-1].time_ms,
        len(doubted),
        min(doubted, default=None),
        max(doubted, default=None),
        marks,
    )


def _sum(values: Sequence[float]) -> float:
    try:
        return math.fsum(values)
    except OverflowError:  # no reading of a sensor comes near it, and an answer must be a number
        return math.copysign(sys.float_info.max, max(values, key=abs))
