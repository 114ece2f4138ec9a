"""Which time a chart shows: one of the usual spans until now, or from one day to another that somebody chose.

span_asked(_, {"span": "1y"}, now_ms, zone) -> ChartSpan(name="1y", length_ms=…)
span_asked(_, {"from": "2026-01-01", "to": "2026-03-31"}, now_ms, zone) -> ChartSpan(start_ms=…, end_ms=…)
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.day_times import day_start
from cloud.console.view_models.typed_number import InvalidInput
from cloud.readings.buckets import step_of
from i18n.catalog import N_, Catalog
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

MOST_STEPS = 990
"""Of a chart: as many as it has pixels, and one more where the time begins within one."""
MOST_SUMS = 45
"""Of a chart of amounts: sums of so short times that each is mostly none say little."""
LONGEST_YEARS = 10
_FIRST_DAY = date(1970, 1, 1)
_LONGEST_TEXT = 20
_QUICK_MS = 8 * DAY_MS
"""A longer time has a queue of its own at the store."""
_SOONEST_S, _LATEST_S = 4.0, 900.0


class ChartSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A time until now of `length_ms`; or one from `start_ms` to `end_ms` (UTC), or to now where that is earlier."""

    name: str = ""
    length_ms: int = 0
    start_ms: int = 0
    end_ms: int = 0

    @property
    def is_long(self) -> bool:
        """Whether the store may take long to answer."""
        return max(self.length_ms, self.end_ms - self.start_ms) > _QUICK_MS

    def times(self, now_ms: int) -> tuple[int, int]:
        """Beginning and end (UTC ms)."""
        return (now_ms - self.length_ms, now_ms) if self.name else (self.start_ms, min(self.end_ms, now_ms))

    def step_ms(self, now_ms: int, *, of_sums: bool) -> int:
        """The length of its steps."""
        return step_of(*self.times(now_ms), MOST_SUMS if of_sums else MOST_STEPS)

    def again_s(self, now_ms: int) -> float:
        """How long an answer is given again: a quarter of a step moves nothing that anybody sees."""
        return min(max(_SOONEST_S, self.step_ms(now_ms, of_sums=False) / 4_000), _LATEST_S)


USUAL_SPAN = "24h"
SPAN_NAMES = {
    "1h": N_("1 hour"), "24h": N_("24 hours"), "7d": N_("7 days"), "30d": N_("30 days"), "1y": N_("1 year"),
    "5y": N_("5 years"),
}  # fmt: skip
SPANS = {
    name: ChartSpan(name=name, length_ms=length_ms)
    for name, length_ms in (
        ("1h", 60 * MINUTE_MS), ("24h", 24 * HOUR_MS), ("7d", 7 * DAY_MS), ("30d", 30 * DAY_MS), ("1y", 365 * DAY_MS),
        ("5y", 5 * 365 * DAY_MS),
    )
}  # fmt: skip


class DaysAsked(msgspec.Struct, frozen=True):
    """The two days as they stand in the form."""

    first: str
    last: str


def days_asked(query: Mapping[str, str]) -> DaysAsked | None:
    """The days of an address; None where it has neither."""
    first, last = (query.get(name, "").strip()[:_LONGEST_TEXT] for name in ("from", "to"))
    return DaysAsked(first, last) if first or last else None


def span_asked(_: Catalog, query: Mapping[str, str], now_ms: int, zone: ZoneInfo) -> ChartSpan:
    """The span that an address asks for, the usual one where it asks for none; InvalidInput for days that are wrong."""
    days = days_asked(query)
    if days is None:
        return SPANS.get(query.get("span", ""), SPANS[USUAL_SPAN])
    first, last = _day(_, days.first), _day(_, days.last)
    if first > last:
        raise InvalidInput(_("The first day is after the last one: exchange them."))
    if (last.year - first.year, last.month, last.day) >= (LONGEST_YEARS, first.month, first.day):
        raise InvalidInput(_("That is longer than {n} years; choose days that are nearer.", n=LONGEST_YEARS))
    start_ms, end_ms = _start_of(first, zone), day_start(_start_of(last, zone), zone, days=1)
    if start_ms >= now_ms:
        raise InvalidInput(_("That is still to come: choose a first day until today."))
    return ChartSpan(start_ms=start_ms, end_ms=end_ms)


def _day(_: Catalog, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(_("Choose both days, such as {example}.", example="2026-01-31")) from None
    if day < _FIRST_DAY or day.year > 9_000:
        raise InvalidInput(_("Choose both days, such as {example}.", example="2026-01-31"))
    return day


def _start_of(day: date, zone: ZoneInfo) -> int:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone).astimezone(UTC)
    return day_start(round(noon.timestamp() * 1_000), zone)
