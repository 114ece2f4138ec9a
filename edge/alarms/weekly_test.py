"""When an output is tested silently: once a week, at a time of the gateway's place.

"mon 09:00" in Asia/Jayapura ─► is_due(last, now)        one that was missed, since the power was off, is made up for

Pure. A test proves the way to the output and its answer, and sounds nothing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wire.local_alarms import WEEK_MINUTES, weekly_minutes

_PREFIX = "alarms.tested_ms "


def is_due(at: str, zone: str, *, last_ms: int | None, now_ms: int) -> bool:
    """Whether a time of the week `at` has passed since the last test (UTC ms); the first is due at once.

    A test of a time that has not come yet was stamped by a wrong clock, and says nothing.
    """
    minutes = weekly_minutes(at)
    if minutes is None:
        return False
    if last_ms is None or last_ms > now_ms:
        return True
    now = datetime.fromtimestamp(now_ms / 1_000, _zone(zone))
    monday = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=now.weekday())
    latest = monday + timedelta(minutes=minutes)
    if latest > now:
        latest -= timedelta(minutes=WEEK_MINUTES)
    return latest.timestamp() * 1_000 > last_ms


def tested_ms(kept: Mapping[str, str], output: str) -> int | None:
    """When an output was tested last, as the spool's file has it."""
    text = kept.get(_PREFIX + output, "")
    return int(text) if text.isdecimal() else None


def to_keep(output: str, time_ms: int) -> dict[str, str]:
    """What is kept of a test."""
    return {_PREFIX + output: str(time_ms)}


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
