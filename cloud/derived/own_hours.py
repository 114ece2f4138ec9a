"""Hours of what the city added: leq, read each minute ─► leq_hour and its completeness, at each full hour."""

from collections.abc import Collection
from zoneinfo import ZoneInfo

from cloud.derived.hours import StoredHours, ended, timing_of
from cloud.derived.series_writer import DerivedSeriesWriter
from cloud.registry.records import Sensor
from rules.own_hours import ReadingOfHour, hour_of
from wire import Quantity
from wire import quantity_table as table


async def own_hours(
    store: StoredHours, sensor: Sensor, row: Quantity, starts_ms: Collection[int], *, zone: ZoneInfo, now_ms: int
) -> DerivedSeriesWriter:
    """Those of the hours that have ended, of one quantity of a sensor."""
    writer = DerivedSeriesWriter(site=sensor.site, sensor=sensor.id, domain=row.domain)
    name, timing = table.hour_of(row.name), timing_of(sensor, row.stamped)
    for start_ms, end_ms in ended(starts_ms, zone=zone, now_ms=now_ms):
        points = await store.belonging(sensor, row.name, start_ms, end_ms, stamped=row.stamped)
        readings = [ReadingOfHour(point.time_ms, point.value, point.marks) for point in points]
        hour = hour_of(row.hour, readings, start_ms, end_ms, timing)
        if hour is not None:
            values = {name: hour.value, f"{name}_completeness": hour.completeness}
            writer.put(end_ms, values, doubts={name: hour.doubts})
    return writer
