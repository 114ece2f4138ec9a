"""The duty calendar as people read it: who is on duty now, and seven days with their duties.

DayView(title="Tue 24 Nov", today=True, entries=(EntryView(id=3, person="ani", rank=1, span="19:00–24:00"), …))
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.day_times import day_start
from cloud.notify.duty import Duty
from cloud.rulebook.rule_words import DAY_NAMES
from i18n import figures
from i18n.catalog import Catalog

DAYS_SHOWN = 7


class EntryView(msgspec.Struct, frozen=True):
    """What one duty has of one day; `whole` is all of the duty in words."""

    id: int
    person: str
    rank: int
    span: str
    whole: str


class DayView(msgspec.Struct, frozen=True):
    """One day of the city and who is on duty in it, by the hour."""

    title: str
    today: bool
    entries: tuple[EntryView, ...]


class OnDutyView(msgspec.Struct, frozen=True):
    """Somebody who is on duty now."""

    person: str
    rank: int
    until: str


def on_duty(_: Catalog, duties: Iterable[Duty], now_ms: int, zone: ZoneInfo) -> tuple[OnDutyView, ...]:
    """Who is on duty at `now_ms`, in the order in which they are called."""
    held = [duty for duty in duties if duty.from_ms <= now_ms < duty.until_ms]
    return tuple(
        OnDutyView(duty.person, duty.rank, _("until {time}", time=figures.minute(_, duty.until_ms, zone)))
        for duty in sorted(held, key=lambda duty: (duty.rank, duty.id))
    )


def week_of(_: Catalog, duties: Iterable[Duty], first_ms: int, now_ms: int, zone: ZoneInfo) -> tuple[DayView, ...]:
    """Seven days in `zone`, the first of them that of `first_ms`."""
    known = list(duties)
    return tuple(_day(_, known, first_ms, number, now_ms, zone) for number in range(DAYS_SHOWN))


def _day(_: Catalog, duties: list[Duty], first_ms: int, number: int, now_ms: int, zone: ZoneInfo) -> DayView:
    start_ms, end_ms = (day_start(first_ms, zone, days=days) for days in (number, number + 1))
    ours = [duty for duty in duties if duty.from_ms < end_ms and duty.until_ms > start_ms]
    entries = tuple(
        _entry(_, duty, start_ms, end_ms, zone)
        for duty in sorted(ours, key=lambda duty: (max(duty.from_ms, start_ms), duty.rank, duty.id))
    )
    return DayView(_title(_, start_ms, zone), start_ms <= now_ms < end_ms, entries)


def _title(_: Catalog, start_ms: int, zone: ZoneInfo) -> str:
    local = datetime.fromtimestamp(start_ms / 1_000, UTC).astimezone(zone)
    return f"{_(DAY_NAMES[local.weekday()])} {figures.day(_, start_ms, zone)}"


def _entry(_: Catalog, duty: Duty, start_ms: int, end_ms: int, zone: ZoneInfo) -> EntryView:
    start = figures.time_of_day(max(duty.from_ms, start_ms), zone)[:5]
    end = figures.time_of_day(duty.until_ms, zone)[:5] if duty.until_ms < end_ms else "24:00"
    whole = figures.stretch(_, duty.from_ms, duty.until_ms, zone)
    return EntryView(duty.id, duty.person, duty.rank, f"{start}–{end}", whole)
