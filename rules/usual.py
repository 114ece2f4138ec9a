"""What is usual: the same hour of the same weekday in the weeks before, by the clock of the place.

Saturday 10:00      38 41 207 44 40   people, of five Saturdays   usual 41, mostly 40 to 44: the festival moves nothing

A median with quartiles, and of how many weeks: of fewer than three nobody can say what is usual.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from zoneinfo import ZoneInfo

import msgspec

from wire.durations import MINUTE_MS

WEEKS = 8
SLOT_MS = 10 * MINUTE_MS
"""Within an hour a place may fill: ten minutes of it are compared with the same ten minutes."""
LEAST_WEEKS = 3
"""Of two, one festival would make what is usual."""


class Usual(msgspec.Struct, frozen=True):
    """The median of `weeks` hours, and the quarter and three quarters of them."""

    median: float
    low: float
    high: float
    weeks: int


def usual_of(hours: Sequence[float]) -> Usual | None:
    """What is usual by the same hour of some weeks; None of too few."""
    if len(hours) < LEAST_WEEKS:
        return None
    low, _, high = quantiles(hours, n=4, method="inclusive")
    return Usual(median(hours), low, high, len(hours))


def weeks_before(start_ms: int, zone: ZoneInfo) -> list[int]:
    """When (UTC) the same hour began in the weeks before the one that begins at `start_ms`, by the clock of `zone`."""
    return [_moved(start_ms, -week, zone) for week in range(1, WEEKS + 1)]


def weeks_after(start_ms: int, zone: ZoneInfo) -> list[int]:
    """When (UTC) the hours begin whose usual an hour belongs to, oldest first."""
    return [_moved(start_ms, week, zone) for week in range(1, WEEKS + 1)]


def _moved(start_ms: int, weeks: int, zone: ZoneInfo) -> int:
    shown = datetime.fromtimestamp(start_ms / 1000, zone)
    moved = shown + timedelta(weeks=weeks)  # by the clock on the wall: its weeks have no fixed length
    return round(moved.astimezone(UTC).timestamp() * 1000)
