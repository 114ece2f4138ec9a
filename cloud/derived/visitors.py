"""Visitors of a site, minute by minute: in - out over its counters since it closed, and how full that makes it.

A counter whose twin counts the same door is left out. What was stored up to an hour is where the next one goes on from,
and what was found within the hour is remembered, so that a minute costs a minute and not a day.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable
from zoneinfo import ZoneInfo

import msgspec

from cloud.derived.grouped_reads import SeriesReader
from cloud.derived.grouping import together
from cloud.derived.hours import StoredHours, timing_of
from cloud.derived.series_writer import DerivedSeriesWriter, values_of
from cloud.registry.records import Sensor, Site
from rules import footfall
from rules.footfall import CountStep, Inside
from rules.local_time import hour_end_ms
from rules.timing import Heard
from wire import Domain
from wire.durations import HOUR_MS, MINUTE_MS


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
    """What was found up to some minute of a day: who is inside, and for how long its counters were heard, added up."""

    inside: Inside
    heard_ms: int


class SoFar(msgspec.Struct, frozen=True):
    """What was found of a part of a day, minute by minute, and what was known `before` its first."""

    start_ms: int
    closings_ms: tuple[int, int]
    counters: tuple[str, ...]
    before: _Known | None
    found: list[_Known]

    def is_of(self, day: _Day, counters: Iterable[Sensor]) -> bool:
        """Whether it goes on in that part of a day."""
        closings_ms = (day.closed_ms, day.closes_ms)
        return (self.start_ms, self.closings_ms, self.counters) == (day.start_ms, closings_ms, _ids(counters))


async def visitors(
    store: StoredHours, site: Site, counters: Collection[Sensor], starts_ms: Collection[int], *,
    zone: ZoneInfo, now_ms: int, so_far: dict[str, SoFar], new_ms: int,
) -> DerivedSeriesWriter:  # fmt: skip
    """The visitors of the site from the first of the hours in each day on to the end of that day, or to now.

    `so_far` remembers by site what was found last: of its part of a day what ended by `new_ms` (UTC) is as it was.
    """
    writer = DerivedSeriesWriter(site=site.id, sensor=site.id, domain=Domain.FOOTFALL)
    for day in _days(starts_ms, site, zone, now_ms):
        held = so_far.get(site.id)
        if held is not None and held.is_of(day, counters):
            found = [known for known in held.found if known.inside.time_ms <= new_ms]
        else:
            before = await _before(store, site.id, day, len(counters))
            held, found = SoFar(day.start_ms, (day.closed_ms, day.closes_ms), _ids(counters), before, []), []
        before = found[-1] if found else held.before
        later = [known async for known in _compute(store, site, counters, day, before, writer)]
        so_far[site.id] = msgspec.structs.replace(held, found=found + later)
    return writer


def _ids(counters: Iterable[Sensor]) -> tuple[str, ...]:
    return tuple(sensor.id for sensor in counters)


def _days(starts_ms: Collection[int], site: Site, zone: ZoneInfo, now_ms: int) -> list[_Day]:
    days: dict[int, _Day] = {}
    for start in sorted(starts_ms):
        for moment in (start, hour_end_ms(start, zone) - 1):  # a place may close within an hour
            closed = footfall.last_closing_ms(moment + 1, closes=site.closes, zone=zone)
            closes = footfall.next_closing_ms(closed + 1, closes=site.closes, zone=zone)
            until = min(closes, now_ms // MINUTE_MS * MINUTE_MS)
            if until > max(start, closed):
                days.setdefault(closed, _Day(max(start, closed), until, closed, closes))
    return list(days.values())


async def _compute(
    store: StoredHours, site: Site, counters: Collection[Sensor], day: _Day, before: _Known | None,
    writer: DerivedSeriesWriter,
) -> AsyncIterator[_Known]:  # fmt: skip
    """What comes after `before` in the part of a day, minute by minute."""
    since_ms, heard_ms = (before.inside.time_ms, before.heard_ms) if before else (day.closed_ms, 0)
    after_ms = max(day.start_ms, since_ms)
    came, went, heard = Counter[int](), Counter[int](), list[Heard]()
    of_doors = await together(
        _minutes(store, sensor, "people_in", since_ms - timing_of(sensor).heard_ms, day.end_ms) for sensor in counters
    )
    for sensor, minutes in zip(counters, of_doors, strict=True):
        heard.append(_heard(sensor, minutes))
        came.update({end: count for end, count in minutes.items() if end > after_ms})
    both_ways = [sensor for sensor in counters if "people_out" in sensor.quantities]
    for left in await together(_minutes(store, sensor, "people_out", after_ms, day.end_ms) for sensor in both_ways):
        went.update(left)
    steps = [CountStep(end, came[end], went[end]) for end in sorted({*came, *went})]
    for found in footfall.inside(
        steps, closings_ms=(day.closed_ms, day.closes_ms), after=before.inside if before else None
    ):
        heard_ms += sum(one.between(since_ms, found.time_ms) for one in heard)
        since_ms = found.time_ms
        completeness = 100.0 * heard_ms / len(counters) / (found.time_ms - day.closed_ms)
        writer.put(found.time_ms, {
            "visitors_present": found.people,
            "visitors_day": found.visits,
            "visit_length": found.mean_visit_s,
            "capacity_used": footfall.used_percent(found.people, site.capacity) if site.capacity else None,
            "crowd_density": found.people / site.area_m2 if site.area_m2 else None,
            "visitors_completeness": completeness,
        })  # fmt: skip
        yield _Known(found, heard_ms)


async def _minutes(store: StoredHours, sensor: Sensor, quantity: str, start_ms: int, end_ms: int) -> dict[int, int]:
    """People by the end of each minute (UTC) to which anything that the counter said belongs."""
    return {end: round(count) for end, count in (await store.minutes(sensor, quantity, start_ms, end_ms)).items()}


def _heard(sensor: Sensor, minutes: Iterable[int]) -> Heard:
    """When a counter was heard, by the ends of the minutes to which its readings belong."""
    timing = timing_of(sensor)
    back_ms = MINUTE_MS + timing.shift_ms - timing.begins_ms
    return Heard((end - back_ms for end in minutes), each_ms=timing.heard_ms)


async def _before(store: SeriesReader, site: str, day: _Day, counters: int) -> _Known | None:
    """What is stored of the last minute up to the day's part that is to be computed; None at the day's beginning."""
    last = await _last_present(store, site, day)
    if last is None:
        return None
    time_ms, people = last
    found = await asyncio.gather(*(
        values_of(store, site, quantity, first_ms=time_ms, last_ms=time_ms)
        for quantity in ("visitors_day", "visit_length", "visitors_completeness")
    ))  # fmt: skip
    visits, visit_s, share = (series.get(time_ms, 0.0) for series in found)
    heard_ms = round(share / 100.0 * (time_ms - day.closed_ms) * counters)
    return _Known(Inside(time_ms, people, visits, visits * visit_s), heard_ms)


async def _last_present(store: SeriesReader, site: str, day: _Day) -> tuple[int, float] | None:
    """When in the day so far people inside were last counted, and how many: mostly in the last hour, asked first."""
    for after_ms in dict.fromkeys((max(day.closed_ms, day.start_ms - HOUR_MS), day.closed_ms)):
        present = await values_of(store, site, "visitors_present", first_ms=after_ms + 1, last_ms=day.start_ms)
        if present:
            return max(present.items())
    return None
