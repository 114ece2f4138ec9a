"""What is computed of one site: air, then water, then people; each series is written before the next one reads it.

hours of series ─► hourly means ─► indices of sensors ─► indices of the site          ─► rules, then the store
                ├► rain of hours and days, Siaga of hours, rates of rise        └► visitors, and what is usual
                └► hours of what the city added
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from zoneinfo import ZoneInfo

from cloud.derived.air import hourly_means, indices_of_sensor, indices_of_site
from cloud.derived.corrected_hours import CorrectedHours
from cloud.derived.corrections import Corrections
from cloud.derived.grouped_writes import GroupedWrites
from cloud.derived.grouping import together
from cloud.derived.held_counts import HeldCounts
from cloud.derived.held_levels import HeldLevels
from cloud.derived.hours import HoursInHand
from cloud.derived.in_hand import InHand
from cloud.derived.own_hours import own_hours
from cloud.derived.recompute_queue import PEOPLE, Key
from cloud.derived.rise_rates import minutes_in_a_row, nobody, rise_rates
from cloud.derived.series_writer import LATE_MS, DerivedSeriesWriter
from cloud.derived.site_sensors import SiteSensors, Stood
from cloud.derived.spans import spans
from cloud.derived.usual_visitors import UsualVisitors
from cloud.derived.visitors import SoFar, counters_of, visitors
from cloud.derived.water import is_read_seldom, rain_days, rain_days_of_readings, rain_hours, siaga_hours
from cloud.registry.air_corrections import CORRECTED_BY_HUMIDITY, HUMIDITY
from cloud.registry.records import Sensor, Site
from cloud.registry.snapshot import Registry
from rules.derived import has_hours
from rules.siaga import GaugeLimits
from wire import AIR_PARAMETERS, Quantity
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS
from wire.measurements import COMPUTED

Starts = Mapping[Key, Collection[int]]
"""By series the starts (UTC, ms) of the site's hours to compute."""


class SiteComputation:
    """Computes the derived series of a site, of what `reads` gives, sensor beside sensor; `writes` takes them.

    `pace` is awaited between one computation and the next: what is in hand is computed without waiting for anything.
    """

    def __init__(
        self,
        registry: Registry,
        sensors: SiteSensors,
        *,
        gauges: Callable[[str], GaugeLimits | None],
        corrections: Corrections | None,
        in_hand: InHand,
        reads: HoursInHand,
        writes: GroupedWrites,
        pace: Callable[[], Awaitable[None]],
    ) -> None:
        self._registry = registry
        self._sensors = sensors
        self._gauges = gauges
        self._corrections = corrections
        self._reads = reads
        self._writes = writes
        self._in_hand = in_hand
        self._pace = pace
        self._usual = UsualVisitors(reads)
        self.corrected_hours = CorrectedHours(registry)
        self._visitors_so_far: dict[str, SoFar] = {}
        self.late_ms = LATE_MS

    async def compute(self, site: Site, starts: Starts, *, zone: ZoneInfo, now_ms: int) -> None:
        """Compute what looks back on the hours at `starts`; StoreUnavailable or DatabaseUnavailable: part of it."""
        await self._air(site, self._with_corrected(starts), zone, now_ms)
        await self._water(site, starts, zone, now_ms)
        await self._people(site, starts, zone, now_ms)
        await self._own(site, starts, zone, now_ms)

    async def _own(self, site: Site, starts: Starts, zone: ZoneInfo, now_ms: int) -> None:
        """Compute the hours of what the city added; a sensor that is read more seldom says nothing of hours."""
        table = self._registry.quantities
        sensors = {sensor.id: sensor for sensor in self._sensors.at(site) if has_hours(sensor.interval_s)}
        due = [
            (sensors[name], table.own[quantity], noted)
            for (name, quantity), noted in starts.items()
            if quantity in table.own and name in sensors
        ]
        await together(self._own_hours(sensor, row, noted, zone, now_ms) for sensor, row, noted in due)

    async def _own_hours(
        self, sensor: Sensor, row: Quantity, noted: Collection[int], zone: ZoneInfo, now_ms: int
    ) -> None:
        await self._write(await own_hours(self._reads, sensor, row, noted, zone=zone, now_ms=now_ms), now_ms)

    async def _air(self, site: Site, starts: Starts, zone: ZoneInfo, now_ms: int) -> None:
        sensors, stood = self._sensors.at(site), self._sensors.stood_at(site)
        official = self._registry.history.ispu_table()
        of_sensors = await together(
            self._air_of_sensor(sensor, starts, zone, now_ms, stood)
            for sensor in _measuring(sensors, AIR_PARAMETERS, starts)
        )
        if reached := set().union(*of_sensors):
            of_site = await indices_of_site(
                self._reads, site.id, sensors, reached, zone=zone, now_ms=now_ms, official=official, stood=stood
            )
            await self._write(of_site, now_ms)

    def _with_corrected(self, starts: Starts) -> Starts:
        """The hours of humidity are those of the PM2.5, too, that is corrected by it."""
        found = {key: set(noted) for key, noted in starts.items()}
        for (name, quantity), noted in starts.items():
            corrected = self._registry.air_corrections.by_humidity_of(name) if quantity == HUMIDITY else ()
            for sensor in corrected:
                found.setdefault((sensor, CORRECTED_BY_HUMIDITY), set()).update(noted)
        return found

    async def _air_of_sensor(
        self, sensor: Sensor, starts: Starts, zone: ZoneInfo, now_ms: int, stood: Stood
    ) -> set[int]:
        """Compute the hourly means and indices of a sensor; the times (UTC) of these indices."""
        official, reached = self._registry.history.ispu_table(), set[int]()
        for parameter in (each for each in AIR_PARAMETERS if (sensor.id, each) in starts):
            noted = starts[sensor.id, parameter]
            means, ends = await hourly_means(
                self._reads, self.corrected_hours, sensor, parameter, noted, zone=zone, now_ms=now_ms
            )
            await self._write(means, now_ms)
            indices, times = await indices_of_sensor(
                self._reads, sensor, parameter, ends, zone=zone, now_ms=now_ms, official=official, stood=stood
            )
            await self._write(indices, now_ms)
            reached.update(times)
            await self._pace()
        return reached

    async def _water(self, site: Site, starts: Starts, zone: ZoneInfo, now_ms: int) -> None:
        measuring = _measuring(self._sensors.at(site), ("rainfall", "water_level"), starts)
        await together(self._water_of_sensor(sensor, starts, zone, now_ms) for sensor in measuring)

    async def _water_of_sensor(self, sensor: Sensor, starts: Starts, zone: ZoneInfo, now_ms: int) -> None:
        noted = starts.get((sensor.id, "rainfall"))
        if noted:
            await self._rain(sensor, noted, zone, now_ms)
        gauge, levels = self._gauges(sensor.id), starts.get((sensor.id, "water_level"))
        await self._level_hours(sensor, levels or (), now_ms)
        if gauge is not None and levels:
            writer = await siaga_hours(self._reads, sensor, gauge, levels, zone=zone, now_ms=now_ms)
            await self._write(writer, now_ms)
        if levels:
            await self._rates(sensor, levels, zone, now_ms)
        await self._pace()

    async def _rates(self, sensor: Sensor, starts_ms: Collection[int], zone: ZoneInfo, now_ms: int) -> None:
        held = self._in_hand.get(sensor.id, "water_level")
        rated = held.is_rated if isinstance(held, HeldLevels) else nobody
        newest = minutes_in_a_row(starts_ms, sensor, zone=zone, now_ms=now_ms, rated=rated)
        if newest is None:
            return
        if isinstance(held, HeldLevels):
            held.begin_rating(newest[1])
        await self._write(
            await rise_rates(self._reads, sensor, starts_ms, zone=zone, now_ms=now_ms, rated=rated), now_ms
        )
        if isinstance(held, HeldLevels):
            held.end_rating(newest[0])

    async def _rain(self, sensor: Sensor, noted: Collection[int], zone: ZoneInfo, now_ms: int) -> None:
        if is_read_seldom(sensor):
            days = await rain_days_of_readings(self._reads, sensor, noted, zone=zone, now_ms=now_ms)
        else:
            hours, ends = await rain_hours(self._reads, sensor, noted, zone=zone, now_ms=now_ms)
            await self._write(hours, now_ms)
            days = await rain_days(self._reads, sensor, ends, zone=zone, now_ms=now_ms)
        await self._write(days, now_ms)

    async def _level_hours(self, sensor: Sensor, starts_ms: Collection[int], now_ms: int) -> None:
        """Make levels that came without their distance of the distance that came apart from them."""
        for start_ms in sorted(starts_ms):
            if self._corrections is not None and start_ms + HOUR_MS <= now_ms:
                await self._corrections.levels.compute(sensor, start_ms, start_ms + HOUR_MS)

    async def _people(self, site: Site, starts: Starts, zone: ZoneInfo, now_ms: int) -> None:
        noted = {start for (_, quantity), found in starts.items() if quantity in PEOPLE for start in found}
        there = self._registry.history.site
        stand = [each for each in self._sensors.at(site) if noted and there(each).at(max(noted)) == site.id]
        counters = counters_of(stand)
        if noted and counters:
            await self._visitors(site, counters, noted, zone, now_ms)
            await self._usual_visitors(site, noted, zone, now_ms)
        await self._pace()

    async def _visitors(
        self, site: Site, counters: Collection[Sensor], noted: Collection[int], zone: ZoneInfo, now_ms: int
    ) -> None:
        held = [
            self._in_hand.get(sensor.id, quantity)
            for sensor in counters for quantity in PEOPLE & set(sensor.quantities)
        ]  # fmt: skip
        in_hand = [each for each in held if isinstance(each, HeldCounts)]
        new_ms = min(each.done_ms for each in in_hand) if len(in_hand) == len(held) else 0
        for each in in_hand:
            each.begin(now_ms // MINUTE_MS * MINUTE_MS)
        writer = await visitors(
            self._reads, site, counters, noted,
            zone=zone, now_ms=now_ms, so_far=self._visitors_so_far, new_ms=new_ms,
        )  # fmt: skip
        await self._write(writer, now_ms)
        for each in in_hand:
            each.end()

    async def _usual_visitors(self, site: Site, noted: Collection[int], zone: ZoneInfo, now_ms: int) -> None:
        due = self._usual.due(site, noted, zone=zone, now_ms=now_ms)
        for starts_ms in spans(due, gap_ms=DAY_MS):
            await self._write(await self._usual.compute(site, starts_ms, zone=zone, now_ms=now_ms), now_ms)
            self._usual.record_done(site, starts_ms, zone=zone, now_ms=now_ms)

    async def _write(self, writer: DerivedSeriesWriter, now_ms: int) -> None:
        sensor = self._registry.sensor(writer.sensor)
        if sensor is not None and sensor.gateway != COMPUTED:
            writer.site_tags = self._registry.history.site_tag(sensor)
        await self._writes.write(await writer.changes(self._reads, now_ms=now_ms, late_ms=self.late_ms))


def _measuring(sensors: Iterable[Sensor], quantities: Collection[str], starts: Starts) -> list[Sensor]:
    """Those of `sensors` of which hours of any of `quantities` are to be computed."""
    due = {sensor for sensor, quantity in starts if quantity in quantities}
    return [sensor for sensor in sensors if sensor.id in due]
