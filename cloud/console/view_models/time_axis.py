"""The marks at the foot of a chart: full minutes, hours, days, months or years of the zone, a few of them.

time_marks(_, start_ms, end_ms, zone) -> [(1767193200000, "Jan 2026"), (1772290800000, "Mar"), …]
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from i18n import figures
from i18n.catalog import Catalog
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

MOST_MARKS = 6
_STEPS_MS = (
    *(MINUTE_MS * minutes for minutes in (1, 2, 5, 10, 20, 30)), *(HOUR_MS * hours for hours in (1, 2, 4, 6, 12)),
    *(DAY_MS * days for days in (1, 2, 5, 7, 10, 14)),
)  # fmt: skip
_MONTHS = (1, 2, 3, 6, 12, 24, 60)
_MONTH_MS = 30 * DAY_MS


def time_marks(_: Catalog, start_ms: int, end_ms: int, zone: ZoneInfo) -> Iterator[tuple[int, str]]:
    """Times (UTC ms) from `start_ms` to `end_ms` with what is written at them."""
    length_ms = end_ms - start_ms
    step_ms = next((step for step in _STEPS_MS if length_ms <= step * MOST_MARKS), None)
    if step_ms is not None:
        times = _steps(start_ms, end_ms, step_ms, zone)
    else:
        months = next((each for each in _MONTHS if length_ms <= each * _MONTH_MS * MOST_MARKS), _MONTHS[-1])
        step_ms, times = months * _MONTH_MS, _months(start_ms, end_ms, months, zone)
    before: datetime | None = None
    for local in times:
        time_ms = round(local.timestamp() * 1_000)
        if start_ms <= time_ms <= end_ms:
            yield time_ms, _words(_, time_ms, local, before, step_ms, zone)
            before = local


def _steps(start_ms: int, end_ms: int, step_ms: int, zone: ZoneInfo) -> Iterator[datetime]:
    """From midnight on, by the clock on the wall."""
    midnight = _local(start_ms, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(-(-(end_ms - start_ms + 2 * DAY_MS) // step_ms)):
        yield midnight + timedelta(milliseconds=number * step_ms)


def _months(start_ms: int, end_ms: int, months: int, zone: ZoneInfo) -> Iterator[datetime]:
    """First days of months; of years where `months` are twelve or more."""
    start, last = _local(start_ms, zone), _local(end_ms, zone)
    begun = (start.year * 12 + start.month - 1) // months * months
    for number in range(begun, last.year * 12 + last.month, months):
        yield datetime(number // 12, number % 12 + 1, 1, tzinfo=zone)


def _words(
    _: Catalog, time_ms: int, local: datetime, before: datetime | None, step_ms: int, zone: ZoneInfo
) -> str:  # fmt: skip
    """The shortest that says it: the year with the first month and in January, the day at midnight."""
    if step_ms >= 12 * _MONTH_MS:
        return f"{local.year}"
    if step_ms >= _MONTH_MS:
        is_said = before is not None and before.year == local.year
        return figures.month(_, time_ms, zone).partition(" ")[0] if is_said else figures.month(_, time_ms, zone)
    if step_ms >= DAY_MS or (before is not None and before.date() != local.date()):
        return figures.day(_, time_ms, zone)
    return f"{local:%H:%M}"


def _local(time_ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(time_ms / 1_000, UTC).astimezone(zone)
