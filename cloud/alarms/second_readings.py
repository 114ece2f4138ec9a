"""The second sensors' last readings (`Rule.also`), asked for as they stood at an event time.

(12:00 0.2) (12:10 4.0) (12:20 9.5)      at(others, 12:14) -> 12:10 4.0       at(others, 11:59) -> None

A reading of the first sensor that comes late, or in a batch before the second's, is judged by what the second had
measured by then, never by what it measured later. A reading of the second that nobody can believe agrees with nothing.
"""

from bisect import bisect_right
from collections.abc import Iterable

from cloud.alarms.rule_input import WatchedColumn
from rules.events import SecondReading
from rules.marks import NOT_BELIEVED

SecondReadings = tuple[SecondReading, ...]
"""Readings of one series in the order of time."""
SECOND_READINGS_KEPT = 1_024
"""Of each second sensor: 17 minutes of one that speaks each second, a week of one that does so each ten minutes."""


def reading_at(known: SecondReadings, time_ms: int) -> SecondReading | None:
    """The newest of the readings at `time_ms` (UTC); None where none is so old."""
    place = bisect_right(known, time_ms, key=_time_of)
    return known[place - 1] if place else None


def with_readings(known: SecondReadings, columns: Iterable[WatchedColumn]) -> SecondReadings:
    """The readings and those of `columns`, in the order of time; of two at one time the first that was known counts."""
    believed = [column for column in columns if not column.marks & NOT_BELIEVED]
    coming = [SecondReading(*pair) for column in believed for pair in zip(column.times_ms, column.values, strict=True)]
    found = {reading.time_ms: reading for reading in reversed(coming)}
    if not found:
        return known
    if not known or min(found) > known[-1].time_ms:  # as nearly always
        return (*known, *(found[time_ms] for time_ms in sorted(found)))
    found |= {reading.time_ms: reading for reading in known}
    return tuple(found[time_ms] for time_ms in sorted(found))


def known_until(known: SecondReadings, latest_ms: int) -> SecondReadings:
    """The readings but those later than `latest_ms` (UTC): they are of a wrong clock."""
    if not known or known[-1].time_ms <= latest_ms:
        return known
    return known[: bisect_right(known, latest_ms, key=_time_of)]


def _time_of(reading: SecondReading) -> int:
    return reading.time_ms
