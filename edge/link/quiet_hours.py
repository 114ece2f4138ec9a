"""The hours in which a link is quiet or cheap, and the backlog goes:  "22:00-05:00" at "+09:00"

      22:00 ─────── 05:00                    05:00 ──────────── 22:00
      backlog and live readings              live readings alone

Night quota of a mobile plan, or a link that people use by day. Pure: the time is handed in.
"""

import re
from collections.abc import Sequence

_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_OFFSET = re.compile(r"([+-])(0[0-9]|1[0-4]):([0-5][0-9])")
_DAY_MIN = 24 * 60


def minutes_of(text: str) -> tuple[int, int] | None:
    """The minutes of the day that "22:00-05:00" begins and ends with, (1320, 300); None for other text."""
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    first, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    return (first, end) if first != end and end <= _DAY_MIN else None


def offset_of(zone: str) -> int | None:
    """How many minutes "+09:00" is before UTC, 540; "Z" is UTC; None for other text."""
    if zone == "Z":
        return 0
    found = _OFFSET.fullmatch(zone)
    if found is None:
        return None
    minutes = int(found[2]) * 60 + int(found[3])
    return minutes if found[1] == "+" else -minutes


class QuietHours:
    """The spans of a day at a place; without any, all hours are quiet."""

    def __init__(self, spans: Sequence[str] = (), zone: str | None = None) -> None:
        self._spans = [span for text in spans if (span := minutes_of(text)) is not None]
        self._offset_min = offset_of(zone or "Z") or 0

    def contain(self, utc_ms: int) -> bool:
        """Whether it is one of these hours at `utc_ms`."""
        minute = (utc_ms // 60_000 + self._offset_min) % _DAY_MIN
        return not self._spans or any(_is_between(minute, first, end) for first, end in self._spans)


def _is_between(minute: int, first: int, end: int) -> bool:
    return first <= minute < end if first < end else minute >= first or minute < end
