"""An hour of a quantity that a city added, pure: by the way that its table says, with its completeness.

mean    only of an hour that was heard for three quarters: a mean of less is none
sum     of what was heard, as for rain: completeness says how much that is
last    max    the newest, the highest reading

Readings that nobody can believe count for nothing; of an hour that has no others the highest is told, marked with what
is doubted of it, and no mean, sum or last.
"""

import math
from collections.abc import Sequence

import msgspec

from rules.derived import LEAST_PERCENT
from rules.marks import DOUBTED, NOT_BELIEVED
from rules.timing import Slots, Timing
from wire import HourOf


class ReadingOfHour(msgspec.Struct, frozen=True):
    """A reading, at the moment (UTC, ms) to which it belongs."""

    time_ms: int
    value: float
    marks: int = 0


class OwnHour(msgspec.Struct, frozen=True):
    """What an hour comes to: None where that cannot be said; completeness in %; `doubts` are the marks against it."""

    value: float | None
    completeness: float
    doubts: int = 0


def hour_of(
    way: HourOf, readings: Sequence[ReadingOfHour], start_ms: int, end_ms: int, timing: Timing
) -> OwnHour | None:
    """The hour from `start_ms` to `end_ms` (UTC) by `readings` in order of time; None where nothing was heard."""
    believed = [one for one in readings if not one.marks & NOT_BELIEVED]
    if not believed:
        return _doubted(way, readings)
    slots = Slots(start_ms, end_ms, timing)
    slots.add_in_order([one.time_ms for one in believed])
    share = slots.share(len(believed))
    value = _value(way, [one.value for one in believed])
    if way is HourOf.MEAN and 100.0 * share < LEAST_PERCENT:
        return OwnHour(None, 100.0 * share)
    return OwnHour(value, 100.0 * share)


def _value(way: HourOf, values: Sequence[float]) -> float:
    match way:
        case HourOf.SUM:
            return math.fsum(values)
        case HourOf.LAST:
            return values[-1]
        case HourOf.MAX:
            return max(values)
        case HourOf.MEAN:
            return math.fsum(values) / len(values)


def _doubted(way: HourOf, readings: Sequence[ReadingOfHour]) -> OwnHour | None:
    doubted = [one for one in readings if one.marks & DOUBTED]
    if not doubted:
        return None
    if way is not HourOf.MAX:
        return OwnHour(None, 0.0)
    marks = 0
    for one in doubted:
        marks |= one.marks & DOUBTED
    return OwnHour(max(one.value for one in doubted), 0.0, marks)
