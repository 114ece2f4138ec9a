"""Times as devices write them, to UTC milliseconds.

epoch_ms  1765292593065          epoch_s  1680962879.62  "1714675314"
epoch_us  1765292593065000       epoch_ns 1765292593065000000
epoch     any of these, as many digits as it has: until the year 5138 none can be taken for another
iso       2021-11-11T08:33:35.136100251Z   2024-05-02T20:41:54+0200   2026-03-07T12:54:34 (needs the source's zone)
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from firmware_bridge.device_json import number

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_MS = 2**53
_ISO = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[Tt ][0-9:.,]{4,24}(?:[Zz]|[+-][0-9:]{2,8})?")
OFFSETS = {"WIB": "+07:00", "WITA": "+08:00", "WIT": "+09:00", "UTC": "Z", "GMT": "Z"}
"""What people call a zone, and its offset."""
_ZONE = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")

Reader = Callable[[Any, timezone | None], int | str]
"""Turns a time, and the zone of times that name none, into UTC milliseconds; or says what is wrong."""


def zone_of(text: str) -> timezone | None:
    """The zone that "+09:00" or "Z" names; None for other text."""
    if text == "Z":
        return UTC
    found = _ZONE.fullmatch(text)
    if not found:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(offset if found[1] == "+" else -offset)


def _epoch_ms(value: Any, _zone: timezone | None) -> int | str:
    return _epoch(value, 1)


def _epoch_s(value: Any, _zone: timezone | None) -> int | str:
    return _epoch(value, 1_000)


def _epoch_us(value: Any, _zone: timezone | None) -> int | str:
    return _epoch(value, 0.001)


def _epoch_ns(value: Any, _zone: timezone | None) -> int | str:
    return _epoch(value, 0.000_001)


def _epoch_of_any(value: Any, _zone: timezone | None) -> int | str:
    count = number(value)
    if isinstance(count, str):
        return count
    return _epoch(count, next((factor for most, factor in _FACTORS if abs(count) < most), 0.000_001))


_FACTORS = ((1e11, 1_000), (1e14, 1), (1e17, 0.001))
"""Seconds, ms and us since 1970, by how large they are; what is larger is ns."""


def _epoch(value: Any, factor: float) -> int | str:
    count = number(value)
    if isinstance(count, str):
        return count
    time_ms = count * factor
    return round(time_ms) if abs(time_ms) <= _MAX_MS else "is beyond any date"


def _iso(value: Any, zone: timezone | None) -> int | str:
    if type(value) is not str:
        return "is missing" if value is None else "is not text"
    if not _ISO.fullmatch(value):
        return "is not an ISO 8601 time"
    try:
        moment = datetime.fromisoformat(value.upper())  # from Python 3.11 on it takes nanoseconds, and cuts them off
    except ValueError:
        return "is not an ISO 8601 time"
    if moment.tzinfo is None:
        if zone is None:
            return "names no zone; set zone"
        moment = moment.replace(tzinfo=zone)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


READERS: dict[str, Reader] = {
    "epoch_ms": _epoch_ms, "epoch_s": _epoch_s, "iso": _iso, "epoch_us": _epoch_us, "epoch_ns": _epoch_ns,
    "epoch": _epoch_of_any,
}  # fmt: skip


def or_noted(time: int | str, called: str, notes: list[str]) -> int | None:
    """What a reader found, in UTC milliseconds; None, and a note under the name it is `called` there, where nothing."""
    if isinstance(time, int):
        return time
    notes.append(f"{called} {time}")
    return None
