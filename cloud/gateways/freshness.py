"""Whether a reading is as new as its sensor promises.

age   0 ──── fresh ──── 2 × interval + 5 s ──── late ──── 5 × interval, at least 60 s ──── silent
"""

from collections.abc import Iterable
from enum import StrEnum

USUAL_INTERVAL_S = 60.0
"""For a sensor whose interval the registry does not know."""
_LATE, _SILENT, _ALLOWANCE_S, _SILENT_AT_LEAST_S = 2.0, 5.0, 5.0, 60.0


class Freshness(StrEnum):
    """From good to bad."""

    FRESH = "fresh"
    LATE = "late"
    SILENT = "silent"
    NEVER = "never"  # nothing has come yet


_ORDER = list(Freshness)


def freshness(age_s: float | None, interval_s: float | None) -> Freshness:
    """How fresh a reading of `age_s` seconds is from a sensor that promises one each `interval_s`."""
    if age_s is None:
        return Freshness.NEVER
    late_s, silent_s = turns_at_s(interval_s)
    if age_s <= late_s:
        return Freshness.FRESH
    return Freshness.SILENT if age_s > silent_s else Freshness.LATE


def turns_at_s(interval_s: float | None) -> tuple[float, float]:
    """The ages in seconds beyond which a reading is late, and silent."""
    interval = interval_s or USUAL_INTERVAL_S
    return interval * _LATE + _ALLOWANCE_S, max(interval * _SILENT, _SILENT_AT_LEAST_S)


def best(of: Iterable[Freshness]) -> Freshness:
    """The freshest: a sensor is as fresh as the last thing that it sent."""
    return min(of, key=_ORDER.index, default=Freshness.NEVER)


def worst(of: Iterable[Freshness]) -> Freshness:
    """The least fresh of those that ever came: a new sensor that has not sent yet makes a site no worse."""
    return max((one for one in of if one is not Freshness.NEVER), key=_ORDER.index, default=Freshness.NEVER)
