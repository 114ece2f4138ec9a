"""Derived values of one sensor or site by time, compared with what is stored, and written where they differ.

time      ispu_pm2_5  ispu_pm2_5_completeness  air_computation
09:00     87          96                       1
10:00     none        40                       1                 what was stored of 10:00 before is withdrawn
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

import msgspec

from cloud.derived.grouped_reads import SeriesReader
from cloud.readings.blocks import Block
from cloud.readings.contract import Point, Verdict
from cloud.registry.facts import Timeline
from rules.derived import VERSION
from rules.marks import QUALITY, Mark
from wire.durations import HOUR_MS
from wire.measurements import COMPUTED
from wire.quantity_table import computation_of

LATE_MS = 2 * HOUR_MS
"""A point of so long ago comes of readings that came late, and is marked as they are; more for who computes seldom."""
_WITHDRAWN = int(Mark.WITHDRAWN)  # as a number: it is asked of each point that is read

Row = dict[str, float]
Stored = Mapping[str, Mapping[int, Point]]
"""By quantity and time."""


async def values_of(
    store: SeriesReader, sensor: str, quantity: str, *, first_ms: int, last_ms: int
) -> dict[int, float]:
    """The values of a series that hold, by time, from `first_ms` to `last_ms` (UTC, both included)."""
    points = await store.history(sensor, quantity, start_ms=first_ms, end_ms=last_ms + 1)
    return {point.time_ms: point.value for point in points if not point.marks & _WITHDRAWN}


async def _points_of(
    store: SeriesReader, sensor: str, quantities: Collection[str], first_ms: int, last_ms: int
) -> Stored:
    """Some series of a sensor, asked for together: a store answers many questions sooner than one after the other."""
    end_ms = last_ms + 1
    found = {quantity: store.held(sensor, quantity, first_ms, end_ms) for quantity in quantities}
    missing = [quantity for quantity, points in found.items() if points is None]
    if missing:
        asked = (store.history(sensor, quantity, start_ms=first_ms, end_ms=end_ms) for quantity in missing)
        found |= dict(zip(missing, await asyncio.gather(*asked), strict=True))
    return {quantity: {point.time_ms: point for point in points or ()} for quantity, points in found.items()}


class SeriesChanges(msgspec.Struct, frozen=True):
    """What is to be written: blocks, then the verdicts on what stands in them or stood there before."""

    blocks: list[Block]
    verdicts: list[Verdict]


_NO_CHANGES = SeriesChanges([], [])


class DerivedSeriesWriter:
    """Derived values of `sensor`, which is a site's id for what belongs to the site."""

    def __init__(self, *, site: str, sensor: str, domain: str) -> None:
        self._site = site
        self.sensor = sensor
        self.site_tags: Timeline | None = None
        """Where the sensor was believed to stand at each time, if that changed: no point is stored under two tags."""
        self._domain = domain
        self._rows: defaultdict[int, Row] = defaultdict(dict)
        self._marks: defaultdict[str, dict[int, int]] = defaultdict(dict)

    def put(
        self, time_ms: int, values: Mapping[str, float | None], *, doubts: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """Take values in at `time_ms` (UTC), with `doubts` as marks; one that is None does not hold, if it ever did."""
        known = {quantity: float(value) for quantity, value in values.items() if value is not None}
        if known:
            self._rows[time_ms] |= known
        for quantity in values:
            doubt = doubts.get(quantity, 0) & QUALITY
            self._marks[quantity][time_ms] = doubt if quantity in known else _WITHDRAWN

    async def changes(self, store: SeriesReader, *, now_ms: int, late_ms: int = LATE_MS) -> SeriesChanges:
        """What differs from what is stored; StoreUnavailable where that cannot be asked.

        Nothing is written twice, so that computing again costs no more than reading, and a store that keeps every
        correction for ever keeps none of ours.
        """
        if not self._marks:
            return _NO_CHANGES
        for row in self._rows.values():
            row[computation_of(self._domain)] = float(VERSION)
        stored = await self._stored(store)
        fresh = {
            time_ms: row
            for time_ms, row in sorted(self._rows.items())
            if any(not _is(stored[quantity].get(time_ms), value) for quantity, value in row.items())
        }
        return SeriesChanges(self._blocks(fresh, now_ms - late_ms), list(self._verdicts(stored)))

    def _verdicts(self, stored: Stored) -> Iterator[Verdict]:
        """Where other quality marks stand than hold; nothing is withdrawn that was never stored."""
        for quantity, marks in self._marks.items():
            for time_ms, mark in marks.items():
                point = stored[quantity].get(time_ms)
                held = 0 if point is None else point.marks & QUALITY
                if mark != held and not (point is None and mark & _WITHDRAWN):
                    yield Verdict(self.sensor, quantity, time_ms, mark)

    async def _stored(self, store: SeriesReader) -> Stored:
        times = {time_ms for marks in self._marks.values() for time_ms in marks}
        quantities = sorted({*self._marks, computation_of(self._domain)})
        return await _points_of(store, self.sensor, quantities, min(times), max(times))

    def _blocks(self, rows: Mapping[int, Row], late_before_ms: int) -> list[Block]:
        alike: defaultdict[tuple[str, tuple[str, ...], int], list[int]] = defaultdict(list)
        for time_ms, row in rows.items():
            mark = Mark.BACKFILL if time_ms < late_before_ms else Mark.NONE
            site = self._site if self.site_tags is None else self.site_tags.at(time_ms)
            alike[site, tuple(sorted(row)), int(mark)].append(time_ms)
        return [
            Block(
                site,
                self.sensor,
                COMPUTED,
                self._domain,
                marks,
                times_ms,
                tuple((name, [rows[time_ms][name] for time_ms in times_ms]) for name in names),
            )
            for (site, names, marks), times_ms in alike.items()
        ]


def _is(point: Point | None, value: float) -> bool:
    return point is not None and point.value == value
