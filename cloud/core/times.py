"""Times and steps as they stand in a URL.

start=2026-11-24T03:10:00Z   start=2026-11-24T12:10:00+09:00   start=1795489800000   every=10m
"""

import re
from datetime import UTC, datetime

from i18n.message import MessageTime
from wire.durations import DAY_MS, HOUR_MS

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_PLUS_LOST = re.compile(r"(.*:\d\d(?:\.\d+)?) (\d\d:\d\d)")  # "+09:00" in a URL that was not percent-encoded
_EPOCH_MS = re.compile(r"\d{1,15}")
_STEP = re.compile(r"([1-9]\d{0,6})([smhd])")

EARLIEST_MS = 946_684_800_000
"""2000-01-01: an epoch time before it was meant in seconds."""
LONGEST_STEP_MS = 366 * DAY_MS
_MS_OF_UNIT = {"s": 1_000, "m": 60_000, "h": HOUR_MS, "d": DAY_MS}


def rfc_3339(time_ms: int) -> str:
    """`time_ms` (UTC) as RFC 3339 with milliseconds: 2026-11-24T03:10:00.000Z."""
    whole_s, millis = divmod(time_ms, 1_000)
    return f"{datetime.fromtimestamp(whole_s, UTC):%Y-%m-%dT%H:%M:%S}.{millis:03d}Z"


def message_time(time_ms: int) -> MessageTime:
    """`time_ms` (UTC) as it fills a message: RFC 3339 for programs, and for people by the clock of their city."""
    return MessageTime(time_ms, rfc_3339(time_ms))


def parse_time(text: str) -> int:
    """UTC milliseconds of an RFC 3339 time with its offset, or of epoch milliseconds; ValueError says what to write."""
    if _EPOCH_MS.fullmatch(text):
        return _from_epoch(int(text))
    lost_plus = _PLUS_LOST.fullmatch(text)
    spelled = f"{lost_plus[1]}+{lost_plus[2]}" if lost_plus else text
    if not _RFC_3339.fullmatch(spelled):
        raise ValueError("write RFC 3339 with an offset, as 2026-11-24T03:10:00Z, or epoch milliseconds")
    try:
        moment = datetime.fromisoformat(spelled.upper())
        return _from_epoch(round(moment.timestamp() * 1_000))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"is no time that exists: {error}") from None


def parse_step(text: str) -> int:
    """Milliseconds of a step as 30s, 10m, 1h or 1d; ValueError says what to write."""
    match = _STEP.fullmatch(text)
    if match is None:
        raise ValueError("write a whole number and a unit, as 30s, 10m, 1h or 1d")
    step_ms = int(match[1]) * _MS_OF_UNIT[match[2]]
    if step_ms > LONGEST_STEP_MS:
        raise ValueError("is longer than 366d; write a shorter step")
    return step_ms


def step_text(step_ms: int) -> str:
    """`step_ms` in the largest unit that says it whole: 600000 is 10m."""
    for unit, unit_ms in reversed(_MS_OF_UNIT.items()):
        if step_ms % unit_ms == 0:
            return f"{step_ms // unit_ms}{unit}"
    return f"{step_ms}ms"


ROUND_STEPS_MS = tuple(
    _MS_OF_UNIT[unit] * count
    for unit, counts in {"s": (1, 5, 10, 30), "m": (1, 5, 10, 30), "h": (1, 3, 6, 12), "d": (1, 7, 30, 366)}.items()
    for count in counts
)
"""Steps that people think in, for the one that is suggested."""


def step_for(span_ms: int, points: int) -> int:
    """The shortest round step that cuts `span_ms` into at most `points`."""
    return next((step for step in ROUND_STEPS_MS if span_ms <= step * points), ROUND_STEPS_MS[-1])


def _from_epoch(time_ms: int) -> int:
    if time_ms < EARLIEST_MS:
        raise ValueError("is before 2000-01-01; epoch times are in milliseconds")
    if time_ms > 253_402_300_799_999:
        raise ValueError("is after the year 9999; epoch times are in milliseconds")
    return time_ms
