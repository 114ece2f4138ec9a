"""Figures as people read them:  132.4 cm   12.3 µg/m³   1,234 people   12 s ago   12:10:05 WIT."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from i18n.catalog import N_, Catalog
from i18n.message import LocalizedMessage
from i18n.units import sign_of
from wire import Quantity

_DURATIONS = ((2 * 86_400, 86_400, 1, N_("days")), (2 * 3_600, 3_600, 1, N_("h")), (120, 60, 0, N_("min")))
"""From how many seconds on a duration is told in a longer unit: its length in seconds, decimals, name."""

_SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))

_AGES = ((172_800, 86_400, N_("{n} days ago")), (3_600, 3_600, N_("{n} h ago")), (60, 60, N_("{n} min ago")))


def name_of(_: Catalog, row: Quantity) -> str:
    """The quantity as people call it."""
    return row.name_in(_.language.code)


def value_and_unit(_: Catalog, row: Quantity, value: float) -> tuple[str, str]:
    """The value with the quantity's decimals, and its unit."""
    if row.unit == "s":
        return duration(_, value)
    return _.number(value, row.decimals), unit_of(_, row)


def unit_of(_: Catalog, row: Quantity) -> str:
    """The unit of a quantity as people read it."""
    return sign_of(row, _.language.code)


def duration(_: Catalog, seconds: float) -> tuple[str, str]:
    """A length of time in the unit in which people tell it: 90 s, 12 min, 3.5 h, 2.1 days."""
    for from_s, unit_s, decimals, unit in _DURATIONS:
        if abs(seconds) >= from_s:
            return _.number(seconds / unit_s, decimals), _(unit)
    return _.number(seconds, 0), "s"


def size(_: Catalog, count: int) -> str:
    """So many bytes: 812 B, 12.3 kB, 1.2 MB, 3.4 GB."""
    for from_bytes, unit in _SIZES:
        if count >= from_bytes:
            return f"{_.number(count / from_bytes, 1)} {unit}"
    return f"{_.number(count, 0)} B"


def age(_: Catalog, age_s: float) -> str:
    """How long ago something was; a clock that runs ahead makes it no older than now."""
    for from_s, unit_s, text in _AGES:
        if age_s >= from_s:
            return _(text, n=int(age_s // unit_s))
    return _("{n} s ago", n=int(age_s)) if age_s >= 1 else _("just now")


def time_of_day(time_ms: int, zone: ZoneInfo) -> str:
    """12:10:05 in `zone`."""
    return f"{_local(time_ms, zone):%H:%M:%S}"


def zone_name(time_ms: int, zone: ZoneInfo) -> str:
    """WIT; UTC+09 where a zone's name is just its offset."""
    name = _local(time_ms, zone).tzname() or ""
    return f"UTC{name}" if name[:1] in {"+", "-"} else name


_MONTHS = (
    N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"),
    N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec"),
)  # fmt: skip


def date_of(_: Catalog, time_ms: int, zone: ZoneInfo) -> str:
    """24 Nov 2026 in `zone`."""
    local = _local(time_ms, zone)
    return f"{local.day} {_(_MONTHS[local.month - 1])} {local.year}"


def moment(_: Catalog, time_ms: int, zone: ZoneInfo) -> str:
    """24 Nov 12:10:05 WIT."""
    local = _local(time_ms, zone)
    return f"{local.day} {_(_MONTHS[local.month - 1])} {local:%H:%M:%S} {zone_name(time_ms, zone)}"


def day(_: Catalog, time_ms: int, zone: ZoneInfo) -> str:
    """24 Nov in `zone`."""
    local = _local(time_ms, zone)
    return f"{local.day} {_(_MONTHS[local.month - 1])}"


def month(_: Catalog, time_ms: int, zone: ZoneInfo) -> str:
    """Nov 2026 in `zone`."""
    local = _local(time_ms, zone)
    return f"{_(_MONTHS[local.month - 1])} {local.year}"


def minute(_: Catalog, time_ms: int, zone: ZoneInfo) -> str:
    """24 Nov 12:10 in `zone`: where the second says nothing."""
    local = _local(time_ms, zone)
    return f"{local.day} {_(_MONTHS[local.month - 1])} {local:%H:%M}"


def stretch(_: Catalog, from_ms: int, until_ms: int, zone: ZoneInfo) -> str:
    """24 Nov 12:10 – 14:00 in `zone`, with the day of the end where it is another."""
    same = _local(from_ms, zone).date() == _local(until_ms, zone).date()
    end = time_of_day(until_ms, zone)[:5] if same else minute(_, until_ms, zone)
    return f"{minute(_, from_ms, zone)} – {end}"


def day_and_time(_: Catalog, time_ms: int, zone: ZoneInfo) -> str:
    """24 Nov 2026 12:10 in `zone`: where the second says nothing, and the year may."""
    return f"{date_of(_, time_ms, zone)} {_local(time_ms, zone):%H:%M}"


def said_at(_: Catalog, text: str, zone: ZoneInfo) -> str:
    """A message in its reader's language, each of its moments as 24 Nov 2026 12:10 WIT in `zone`."""
    if not isinstance(text, LocalizedMessage):
        return text
    return _.said(text.with_times(lambda one: f"{day_and_time(_, one.time_ms, zone)} {zone_name(one.time_ms, zone)}"))


def _local(time_ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(time_ms / 1_000, UTC).astimezone(zone)
