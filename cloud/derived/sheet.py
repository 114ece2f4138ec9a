"""A sheet: derived values of one sensor or site by time, compared with what is stored and written where they differ.

time      ispu_pm2_5  ispu_pm2_5_completeness  air_computation
09:00     87          96                       1
"""

from collections import defaultdict
from collections.abc import Mapping

from cloud.blocks import Block
from cloud.registry.snapshot import COMPUTED
from cloud.stores.contract import ReadingsStore
from rules.derived import VERSION
from rules.marks import Mark
from wire import Domain

VERSION_OF = {
    Domain.AIR: "air_computation",
    Domain.FLOOD: "flood_computation",
    Domain.FOOTFALL: "footfall_computation",
}
"""The quantity beside every derived point that says by which version it was computed."""
LATE_MS = 2 * 3_600_000
"""A point of so long ago comes of readings that came late, and is marked as they are."""

Row = dict[str, float]


async def values_of(
    store: ReadingsStore, sensor: str, quantity: str, *, first_ms: int, last_ms: int
) -> dict[int, float]:
    """The values of a series by time, from `first_ms` to `last_ms` (UTC, both included)."""
    points = await store.history(sensor, quantity, start_ms=first_ms, end_ms=last_ms + 1)
    return {point.time_ms: point.value for point in points}


class Sheet:
    """Derived values of `sensor`, which is a site's id for what belongs to the site."""

    def __init__(self, *, site: str, sensor: str, domain: Domain) -> None:
        self._site = site
        self._sensor = sensor
        self._domain = domain
        self._rows: defaultdict[int, Row] = defaultdict(dict)

    def put(self, time_ms: int, values: Mapping[str, float | None]) -> None:
        """Take values at `time_ms` (UTC), but those that are None."""
        known = {quantity: float(value) for quantity, value in values.items() if value is not None}
        if known:
            self._rows[time_ms] |= known

    async def changed(self, store: ReadingsStore, *, now_ms: int) -> list[Block]:
        """What differs from what is stored, as blocks; StoreUnavailable where that cannot be asked.

        Nothing is written twice, so that computing again costs no more than reading, and a store that keeps every
        correction for ever keeps none of ours.
        """
        if not self._rows:
            return []
        for row in self._rows.values():
            row[VERSION_OF[self._domain]] = float(VERSION)
        stored = await self._stored(store)
        fresh = {
            time_ms: row
            for time_ms, row in sorted(self._rows.items())
            if any(stored[quantity].get(time_ms) != value for quantity, value in row.items())
        }
        return self._blocks(fresh, now_ms)

    async def _stored(self, store: ReadingsStore) -> dict[str, dict[int, float]]:
        first_ms, last_ms = min(self._rows), max(self._rows)
        quantities = sorted({quantity for row in self._rows.values() for quantity in row})
        return {
            quantity: await values_of(store, self._sensor, quantity, first_ms=first_ms, last_ms=last_ms)
            for quantity in quantities
        }

    def _blocks(self, rows: Mapping[int, Row], now_ms: int) -> list[Block]:
        alike: defaultdict[tuple[tuple[str, ...], int], list[int]] = defaultdict(list)
        for time_ms, row in rows.items():
            mark = Mark.BACKFILL if time_ms < now_ms - LATE_MS else Mark.NONE
            alike[tuple(sorted(row)), int(mark)].append(time_ms)
        return [
            Block(
                self._site,
                self._sensor,
                COMPUTED,
                self._domain,
                marks,
                times_ms,
                tuple((name, [rows[time_ms][name] for time_ms in times_ms]) for name in names),
            )
            for (names, marks), times_ms in alike.items()
        ]
