"""Series as they are stored: read a page at a time, and written again under the tags of their own time.

sensor river, water_level     since Tuesday ─► pages of readings, hour by hour ─► blocks by site, gateway and marks
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from cloud.readings.blocks import Block
from cloud.readings.contract import Point, ReadingsStore
from cloud.readings.newest import Newest, newest_of
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from wire.durations import HOUR_MS

CHUNK_MS = HOUR_MS
"""What is computed in one go: an hour of readings is milliseconds of the event loop."""
PAGE_READINGS = 20_000


class StoredSeries:
    """The series of the sensors of `registry` in `store`; what is written is taken into `newest` too.

    `on_written` is told which series is written, from when to when (UTC).
    """

    def __init__(
        self, registry: Registry, store: ReadingsStore, newest: Newest, *, clock: Callable[[], int],
        on_written: Callable[[str, str, int, int], object] = lambda _sensor, _quantity, _first_ms, _last_ms: None,
    ) -> None:  # fmt: skip
        self._registry, self._store, self._newest, self._clock = registry, store, newest, clock
        self._on_written = on_written

    async def chunks(self, sensor: str, quantity: str, due_ms: int, until_ms: int) -> list[tuple[int, int]]:
        """Cut the time in which there may be readings, from `due_ms` on up to `until_ms`, into hours."""
        first_ms = await self.first_ms(sensor, quantity, due_ms)
        return [(start, min(start + CHUNK_MS, until_ms)) for start in range(first_ms, until_ms, CHUNK_MS)]

    async def first_ms(self, sensor: str, quantity: str, due_ms: int) -> int:
        """When the first reading since `due_ms` was taken: nobody looks through the years before a sensor was there."""
        if quantity not in self._registry.quantities:
            return due_ms
        first = await self._store.history(sensor, quantity, start_ms=due_ms, end_ms=self._clock() + HOUR_MS, limit=1)
        return max(due_ms, first[0].time_ms) if first else self._clock()

    async def read(self, sensor: str, quantity: str, first_ms: int, until_ms: int) -> list[Point]:
        """Read every point with first <= time < until."""
        found: list[Point] = []
        while True:
            page = await self._store.history(sensor, quantity, start_ms=first_ms, end_ms=until_ms, limit=PAGE_READINGS)
            found += page
            if len(page) < PAGE_READINGS:
                return found
            first_ms = page[-1].time_ms + 1

    async def write(self, sensor: Sensor, quantity: str, points: Sequence[Point]) -> None:
        """Write points again; StoreUnavailable where nobody knows how much of them was stored."""
        blocks = self._blocks(sensor, quantity, points)
        if blocks:
            try:
                await self._store.write([self._store.encode(blocks)])
            finally:
                self._on_written(sensor.id, quantity, points[0].time_ms, points[-1].time_ms)
            self._newest.load(newest_of(blocks))

    def _blocks(self, sensor: Sensor, quantity: str, points: Sequence[Point]) -> list[Block]:
        """Points under the tags that they have: those of their own time."""
        sites, gateways = self._registry.history.site_tag(sensor), self._registry.history.gateway_tag(sensor)
        domain = self._registry.quantities[quantity].domain
        alike: defaultdict[tuple[str, str, int], list[Point]] = defaultdict(list)
        for point in points:
            alike[sites.at(point.time_ms), gateways.at(point.time_ms), point.marks].append(point)
        return [
            Block(
                site, sensor.id, gateway, domain, marks, [each.time_ms for each in found],
                ((quantity, [each.value for each in found]),),
            )
            for (site, gateway, marks), found in alike.items()
        ]  # fmt: skip
