"""The clock on the wall of a place, on the line of UTC milliseconds: its hours, and when it next shows a time.

Jayapura        |9:00     |10:00    |11:00                       every hour has 60 minutes, and a day 24 of them
Berlin, March   |1:00     |3:00     |4:00                        a day of 23 hours; in October one of 25
Lord Howe       |1:00     |2:00(set back to 1:30)|2:00   |3:00   a shift of half an hour: that hour has but 30 minutes

Where a clock is set by whole hours the hours go on undisturbed; where it is not, the moment of the shift ends one hour
and begins the next. A time that is shown twice is the first of them, and one that is skipped comes as much later.
"""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from wire.durations import HOUR_MS

_HOURS_KEPT = 8_192
"""An hour is asked for again with each series that looks back on it: a year of one zone, or two days of many."""


@lru_cache(_HOURS_KEPT)
def hour_start_ms(time_ms: int, zone: ZoneInfo) -> int:
    """When (UTC) the hour of `zone` began in which `time_ms` lies."""
    phase_ms = _phase_ms(time_ms, zone)
    start_ms = (time_ms + phase_ms) // HOUR_MS * HOUR_MS - phase_ms
    return start_ms if _phase_ms(start_ms, zone) == phase_ms else _shift_ms(start_ms, time_ms, zone)


@lru_cache(_HOURS_KEPT)
def hour_end_ms(time_ms: int, zone: ZoneInfo) -> int:
    """When (UTC) the hour of `zone` ends in which `time_ms` lies: that is when the next one begins."""
    phase_ms = _phase_ms(time_ms, zone)
    end_ms = ((time_ms + phase_ms) // HOUR_MS + 1) * HOUR_MS - phase_ms
    return end_ms if _phase_ms(end_ms - 1, zone) == phase_ms else _shift_ms(time_ms, end_ms - 1, zone)


def hour_starts(first_ms: int, last_ms: int, zone: ZoneInfo) -> list[int]:
    """The starts (UTC) of the hours of `zone` that lie in the time from `first_ms` to `last_ms`, or touch it."""
    starts = [hour_start_ms(first_ms, zone)]
    while (end_ms := hour_end_ms(starts[-1], zone)) <= last_ms:
        starts.append(end_ms)
    return starts


def hour_ends_to(end_ms: int, count: int, zone: ZoneInfo) -> list[int]:
    """The ends (UTC) of the last `count` hours of `zone` up to the one that ends at `end_ms`, the newest last."""
    first_ms = end_ms - (count - 1) * HOUR_MS
    if _phase_ms(first_ms - HOUR_MS, zone) == _phase_ms(end_ms - 1, zone):  # as nearly always
        return list(range(first_ms, end_ms + 1, HOUR_MS))
    ends = [end_ms]
    while len(ends) < count:
        ends.append(hour_start_ms(ends[-1] - 1, zone))
    return ends[::-1]


def hour_ends_from(end_ms: int, count: int, zone: ZoneInfo) -> list[int]:
    """The ends (UTC) of `count` hours of `zone`, the first of which ends at `end_ms`."""
    ends = [end_ms]
    while len(ends) < count:
        ends.append(hour_end_ms(ends[-1], zone))
    return ends


def last_shown_ms(time_ms: int, hour: int, minute: int, zone: ZoneInfo) -> int:
    """When (UTC) the clock of `zone` last showed `hour`:`minute` before `time_ms`."""
    day, back = _date(time_ms, zone), 1
    while (moment_ms := _shown_ms(day + timedelta(days=back), hour, minute, zone)) >= time_ms:
        back -= 1
    return moment_ms


def next_shown_ms(time_ms: int, hour: int, minute: int, zone: ZoneInfo) -> int:
    """When (UTC) the clock of `zone` shows `hour`:`minute` next, `time_ms` included."""
    day, on = _date(time_ms, zone), -1
    while (moment_ms := _shown_ms(day + timedelta(days=on), hour, minute, zone)) < time_ms:
        on += 1
    return moment_ms


def _date(time_ms: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(time_ms / 1000, zone).date()


def _shown_ms(day: date, hour: int, minute: int, zone: ZoneInfo) -> int:
    return round(datetime.combine(day, time(hour, minute), tzinfo=zone).timestamp() * 1000)


def _phase_ms(time_ms: int, zone: ZoneInfo) -> int:
    """By how much the hours of `zone` begin before those of UTC."""
    offset = datetime.fromtimestamp(time_ms / 1000, zone).utcoffset() or timedelta()
    return int(offset.total_seconds() * 1000) % HOUR_MS


def _shift_ms(before_ms: int, after_ms: int, zone: ZoneInfo) -> int:
    """The first moment of the phase of `after_ms`, which is another than that of `before_ms`."""
    phase_ms = _phase_ms(after_ms, zone)
    while after_ms - before_ms > 1:
        middle_ms = (before_ms + after_ms) // 2
        if _phase_ms(middle_ms, zone) == phase_ms:
            after_ms = middle_ms
        else:
            before_ms = middle_ms
    return after_ms
