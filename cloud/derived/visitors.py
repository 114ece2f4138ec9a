"""Visitors of a site, minute by minute: in - out over its counters since it closed, and how full that makes it.

A counter whose twin counts the same door is left out. What was stored up to an hour is where the next one goes on from,
so that a minute costs a minute and not a day.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from zoneinfo import ZoneInfo

import msgspec

from cloud.derived.sheet import Sheet, values_of
from cloud.registry.records import Sensor, Site
from cloud.stores.contract import Aggregate, ReadingsStore
from rules import footfall
from rules.derived import HOUR_MS
from rules.footfall import Inside, Step
from wire import Domain

MINUTE_MS = 60_000


def counters_of(sensors: Iterable[Sensor]) -> list[Sensor]:
    """The sensors that count people, of twins only the first by name."""
    counting = sorted((sensor for sensor in sensors if "people_in" in sensor.quantities), key=lambda one: one.id)
    taken: dict[str, Sensor] = {}
    for sensor in counting:
        twins = {sensor.twin} | {other.id for other in taken.values() if other.twin == sensor.id}
        if not twins & taken.keys():
            taken[sensor.id] = sensor
    return list(taken.values())


class _Day(msgspec.Struct, frozen=True):
    """What is to be computed of one day of a site: from `start_ms` to `end_ms`, and when it began and ends (UTC)."""

    start_ms: int
    end_ms: int
    closed_ms: int
    closes_ms: int


class _Known(msgspec.Struct, frozen=True):
    """What was found up to some minute of a day: who is inside, and for how long its counters were heard."""

    inside: Inside
    heard_ms: float


async def visitors(
    store: ReadingsStore, site: Site, counters: Collection[Sensor], starts_ms: Collection[int], *,
    zone: ZoneInfo, now_ms: int,
) -> Sheet:  # fmt: skip
    """The visitors of the site from the first of the hours in each day on to the end of that day, or to now."""
    sheet = Sheet(site=site.id, sensor=site.id, domain=Domain.FOOTFALL)
    for day in _days(starts_ms, site, zone, now_ms):
        await _compute(store, site, counters, day, sheet)
    return sheet


def _days(starts_ms: Collection[int], site: Site, zone: ZoneInfo, now_ms: int) -> list[_Day]:
    days: dict[int, _Day] = {}
    for start in sorted(starts_ms):
        for moment in (start, start + HOUR_MS - 1):  # a place may close within an hour
            closed = footfall.last_closing_ms(moment + 1, closes=site.closes, zone=zone)
            closes = footfall.last_closing_ms(closed + 36 * HOUR_MS, closes=site.closes, zone=zone)
            until = min(closes, now_ms // MINUTE_MS * MINUTE_MS)
            if until > max(start, closed):
                days.setdefault(closed, _Day(max(start, closed), until, closed, closes))
    return list(days.values())


async def _compute(store: ReadingsStore, site: Site, counters: Collection[Sensor], day: _Day, sheet: Sheet) -> None:
    came, went, heard = Counter[int](), Counter[int](), Counter[int]()
    for sensor in counters:
        minutes = await _minutes(store, sensor.id, "people_in", day)
        came.update(minutes)
        covers_ms = max(MINUTE_MS, int((sensor.interval_s or 0) * 1000))
        heard.update(dict.fromkeys(minutes, covers_ms))
        if "people_out" in sensor.quantities:
            went.update(await _minutes(store, sensor.id, "people_out", day))
    ends = sorted({*came, *went})
    before = await _before(store, site.id, day)
    heard_ms = before.heard_ms if before else 0.0
    steps = [Step(end, came[end], went[end]) for end in ends]
    for found in footfall.inside(
        steps, closings_ms=(day.closed_ms, day.closes_ms), after=before.inside if before else None
    ):
        heard_ms += heard[found.time_ms] / len(counters)
        completeness = min(100.0, 100.0 * heard_ms / (found.time_ms - day.closed_ms))
        sheet.put(found.time_ms, {
            "visitors_present": found.people,
            "visitors_day": found.visits,
            "visit_length": found.mean_visit_s,
            "capacity_used": footfall.used_percent(found.people, site.capacity) if site.capacity else None,
            "crowd_density": found.people / site.area_m2 if site.area_m2 else None,
            "visitors_completeness": completeness,
        })  # fmt: skip


async def _minutes(store: ReadingsStore, sensor: str, quantity: str, day: _Day) -> dict[int, int]:
    """People by the end of each minute (UTC) in which the counter said anything."""
    points = await store.history(
        sensor, quantity, start_ms=day.start_ms, end_ms=day.end_ms, every_ms=MINUTE_MS, agg=Aggregate.SUM
    )
    return {point.time_ms + MINUTE_MS: round(point.value) for point in points}


async def _before(store: ReadingsStore, site: str, day: _Day) -> _Known | None:
    """What is stored of the last minute up to the day's part that is to be computed; None at the day's beginning."""
    found = {
        quantity: await values_of(store, site, quantity, first_ms=day.closed_ms + 1, last_ms=day.start_ms)
        for quantity in ("visitors_present", "visitors_day", "visit_length", "visitors_completeness")
    }
    if not found["visitors_present"]:
        return None
    time_ms = max(found["visitors_present"])
    people, visits, visit_s, share = (series.get(time_ms, 0.0) for series in found.values())
    return _Known(Inside(time_ms, people, visits, visits * visit_s), share / 100.0 * (time_ms - day.closed_ms))
