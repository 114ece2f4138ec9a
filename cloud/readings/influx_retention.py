"""Retention in InfluxDB: `DELETE` by sensor and time, a week at a time, as its shards lie.

DELETE FROM "air" WHERE (sensor = 'air-market' OR …) AND time >= 1763942400000ms AND time < 1764547200000ms
retention,of=readings admits=…i,readings=…i,minutes=…i,hours=…i,clock=…i,removed=…i <noted>; the latest holds

A retention policy of the database's own would take the rollups with the readings, since they lie in it together. An old
shard is not written to any more; what is deleted of it in one go it forgets in its next compaction.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import msgspec

from cloud.readings.contract import EncodedWrite, RejectedPoint, StoreRejected, StoreUnavailable
from cloud.readings.influx_connection import InfluxConnection
from cloud.readings.influx_histories import SENSORS
from cloud.readings.influx_rollup_lines import HOUR, MINUTE
from cloud.readings.influx_writer import LineWriter
from cloud.readings.influxql import EARLIEST_MS, identifier, literal
from cloud.readings.lines import VERDICT
from cloud.readings.retention import KEPT_ALL, KeptFrom, refused_points
from cloud.readings.rolling import RestingPace
from cloud.readings.rollups import Series
from wire import TableOf
from wire.durations import DAY_MS

RETENTION = "retention"
WEEK_MS, MONDAY_MS = 7 * DAY_MS, 4 * DAY_MS
"""Shards of a database that keeps all are weeks from Monday; 1970 began on a Thursday."""


class InfluxRetention:
    """A `RetentionStore` over `connection`, of the quantities of a city."""

    stretch_ms = WEEK_MS

    def __init__(
        self, connection: InfluxConnection, writer: LineWriter, quantities: TableOf, *, clock: Callable[[], int]
    ) -> None:
        self._connection, self._writer, self._quantities, self._clock = connection, writer, quantities, clock
        self._pace = RestingPace(asyncio.sleep, time.monotonic)
        self._kept: KeptFrom | None = None
        self._noted_ms = 0

    async def kept(self) -> KeptFrom:
        """Ask from when on the database has what."""
        (result,) = await self._connection.query(f'SELECT * FROM "{RETENTION}" ORDER BY time DESC LIMIT 1')  # noqa: S608 - a constant
        found = KEPT_ALL
        for series in result.series:
            for values in series.values:
                row = dict(zip(series.columns, values, strict=True))
                if "admits" in row:  # VictoriaMetrics answers something else
                    self._noted_ms = max(self._noted_ms, row["time"])
                    found = KeptFrom(
                        row["admits"], row["readings"], row["minutes"], row["hours"], row["clock"], row["removed"]
                    )
        self._kept = found
        return found

    async def known(self) -> KeptFrom:
        """The same as it was asked for last; StoreUnavailable where nobody can say."""
        if self._kept is None:
            try:
                await self.kept()
            except StoreRejected:
                self._kept = KEPT_ALL  # a store that answers no questions removes nothing: VictoriaMetrics
        return self._kept or KEPT_ALL

    def look_again(self) -> None:
        """Ask before the next write: the server may be another one."""
        self._kept = None

    async def note(self, kept: KeptFrom) -> None:
        """Note it; this process heeds it from now on, others when they look."""
        self._noted_ms = max(self._clock(), self._noted_ms + 1)
        line = (
            f"{RETENTION},of=readings admits={kept.admits_ms}i,readings={kept.readings_ms}i,minutes={kept.minutes_ms}i,"
            f"hours={kept.hours_ms}i,clock={kept.clock_ms}i,removed={kept.removed}i {self._noted_ms}"
        )
        bad = await self._writer.write_lines([line.encode()])
        if bad:
            raise StoreUnavailable(f"{self._connection.name} refuses what was removed: {bad[0]}")
        self._kept = kept

    async def rolled(self) -> dict[Series, int]:
        """The first hour of each series that has any."""
        first = f'SELECT first("count") FROM "{HOUR}" GROUP BY sensor, quantity'  # noqa: S608 - constants
        (result,) = await self._connection.query(first)
        return {
            (series.tags.get("sensor", ""), series.tags.get("quantity", "")): series.values[0][0]
            for series in result.series
        }

    def whole_ms(self, time_ms: int) -> int:
        """The beginning of the week, on a Monday."""
        return time_ms - (time_ms - MONDAY_MS) % WEEK_MS

    def removed_with(self, series: Series) -> Series:
        """All quantities of a sensor in one measurement."""
        return str(self._quantities()[series[1]].domain), series[0]

    async def remove_readings(self, series: Collection[Series], start_ms: int, end_ms: int) -> None:
        """Remove all that the sensors of `series` have in those measurements with start <= time < end."""
        sensors: defaultdict[str, set[str]] = defaultdict(set)
        for each in series:
            domain, sensor = self.removed_with(each)
            sensors[domain].add(sensor)
        for domain, names in sorted(sensors.items()):
            for some in _parts(sorted(names)):
                await self._delete(domain, start_ms, end_ms, some)
        for quantity in sorted({quantity for _, quantity in series}):
            judged = sorted(sensor for sensor, name in series if name == quantity)
            for some in _parts(judged):
                await self._delete(VERDICT, start_ms, end_ms, some, f" AND quantity = {literal(quantity)}")

    async def remove_minutes(self, start_ms: int, end_ms: int) -> None:
        """Remove the minutes of all series with start <= time < end."""
        await self._delete(MINUTE, start_ms, end_ms)

    async def remove_hours(self, start_ms: int, end_ms: int) -> None:
        """Remove the hours of all series with start <= time < end."""
        await self._delete(HOUR, start_ms, end_ms)

    async def _delete(
        self, measurement: str, start_ms: int, end_ms: int, sensors: Sequence[str] = (), also: str = ""
    ) -> None:
        named = " OR ".join(f"sensor = {literal(sensor)}" for sensor in sensors)
        where = f"time >= {max(start_ms, EARLIEST_MS)}ms AND time < {end_ms}ms"
        both = f"({named}){also} AND {where}" if named else where
        statement = f"DELETE FROM {identifier(measurement)} WHERE {both}"  # noqa: S608 - escaped
        await self._pace.keep(self._connection.execute(statement))


class AdmittedLines(msgspec.Struct, frozen=True):
    """Writes without the lines that are `refused`, since they are too old."""

    writes: list[EncodedWrite]
    refused: list[RejectedPoint]
    places: list[tuple[int, list[int]]]
    """Of each of `writes` the number that it had, and the points that it had there."""

    def as_asked(self, rejected: Iterable[RejectedPoint]) -> Iterator[RejectedPoint]:
        """What a server rejects of `writes`, by the numbers of the writes that were asked for."""
        for each in rejected:
            if each.write < len(self.places):
                write, points = self.places[each.write]
                yield msgspec.structs.replace(each, write=write, point=points[each.point])


def admitted_lines(kept: KeptFrom, writes: Sequence[EncodedWrite]) -> AdmittedLines:
    """Part the lines of `writes` by their times."""
    found = AdmittedLines([], [], [])
    for number, write in enumerate(writes):
        lines = write.form.removesuffix(b"\n").split(b"\n")
        refused = list(refused_points(kept, number, [_time_of(line) for line in lines]))
        gone = {each.point for each in refused}
        left = [point for point in range(len(lines)) if point not in gone]
        found.refused.extend(refused)
        if left:
            form = b"".join(lines[point] + b"\n" for point in left)
            found.writes.append(EncodedWrite(form) if refused else write)
            found.places.append((number, left))
    return found


def _time_of(line: bytes) -> int:
    return int(line.rpartition(b" ")[2])


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(names), SENSORS):
        yield names[first : first + SENSORS]
