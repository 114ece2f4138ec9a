"""Readings in InfluxDB: line protocol in, InfluxQL out.

v1  POST /write?db=siaga&precision=ms                       1.x
v2  POST /api/v2/write?org=…&bucket=siaga&precision=ms      1.8, 2.x, 3.x, VictoriaMetrics
    GET  /query?db=siaga&epoch=ms&q=SELECT …                all of them but VictoriaMetrics

Both write paths answer when the points are in the server's write-ahead log, forced to disk. What another program, a
login page or a proxy answers at the address is told from an InfluxDB's words by `influx_answers.py`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from cloud.readings.bad_lines import BadLines
from cloud.readings.blocks import Block
from cloud.readings.contract import (
    LATEST_MS,
    Aggregate,
    EncodedWrite,
    Point,
    SeriesRange,
    StoredReading,
    StoreUnavailable,
    Verdict,
    WriteResult,
)
from cloud.readings.influx_answers import Result, is_number, marks_of
from cloud.readings.influx_connection import InfluxConnection
from cloud.readings.influx_histories import points_of, questions_of
from cloud.readings.influx_retention import InfluxRetention, admitted_lines
from cloud.readings.influx_rollup_lines import touched_by, touched_by_write
from cloud.readings.influx_rollups import InfluxRollups
from cloud.readings.influx_writer import LineWriter
from cloud.readings.influxql import EARLIEST_MS, identifier, in_requests, literal, newest_of_each, select
from cloud.readings.lines import MARKS, VERDICT, lines_of, lines_of_verdicts
from cloud.readings.rollups import SeriesHour, hour_of
from cloud.readings.settings import InfluxSettings
from i18n.message import LocalizedMessage
from rules.marks import with_verdict
from runtime.clock import wall_ms
from wire import QuantityTable, TableOf, built_in

PAGE_LINES = 10_000
"""Lines of one page of all readings."""


class InfluxStore:
    """A `ReadingsStore` in the InfluxDB at `settings.url`, of the quantities of a city."""

    def __init__(
        self, settings: InfluxSettings, quantities: TableOf = built_in, *, clock: Callable[[], int] = wall_ms
    ) -> None:
        self._quantities = quantities
        self._connection = InfluxConnection(settings)
        self._writer = LineWriter(self._connection)
        self.retention = InfluxRetention(self._connection, self._writer, quantities, clock=clock)
        self.rollups = InfluxRollups(self._connection, self._writer, quantities, self.retention, clock=clock)

    async def open(self) -> None:
        """Find the server and, on v1 where the user may, make the database; StoreUnavailable where that fails."""
        await self._connection.open()
        self.rollups.look_again()
        self.retention.look_again()

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

    async def write(self, writes: Sequence[EncodedWrite]) -> WriteResult:
        """Store all in one request, or in as many as the server's refusals make it take."""
        return await self._asking(writes, self._writer.write)

    async def write_lines(self, lines: Sequence[bytes]) -> BadLines:
        """Store lines that are made already; those that the server will never take come back with its words."""
        return await self._writer.write_lines(lines)

    async def write_isolated(self, writes: Sequence[EncodedWrite]) -> WriteResult:
        """Store what can be stored, series by series and then line by line: see the contract."""
        return await self._asking(writes, self._writer.write_isolated)

    async def probe(self) -> None:
        """Write a point of the measurement `probe`; StoreUnavailable where it is not taken."""
        await self._writer.probe()

    def encode(self, blocks: Sequence[Block]) -> EncodedWrite:
        """The blocks as lines."""
        return EncodedWrite(lines_of(blocks), touched_by(blocks))

    async def _asking(
        self, writes: Sequence[EncodedWrite], write: Callable[[Sequence[EncodedWrite]], Awaitable[WriteResult]]
    ) -> WriteResult:
        """Write what is not too old, and ask in the same request for the hours anew that may have been rolled."""
        kept = await self.retention.known()
        touched = [place for each in writes for place in touched_by_write(each)]
        if any(hour_ms < kept.admits_ms for _, _, hours in touched for hour_ms in hours):
            parted = admitted_lines(kept, writes)
            result = await self._asking(parted.writes, write) if parted.writes else WriteResult()
            return WriteResult((*parted.refused, *parted.as_asked(result.rejected)))
        late = await self.rollups.late(touched)
        asking = [EncodedWrite(b"\n".join(self.rollups.asking(late)) + b"\n")] if late else []
        result = await write([*writes, *asking])
        # while the readings were on their way somebody may have rolled an hour without them
        since = await self.rollups.late(touched) - late
        await self._ask_again(since)
        return WriteResult(tuple(each for each in result.rejected if each.write < len(writes)))

    async def _ask_again(self, hours: Collection[SeriesHour]) -> None:
        bad = await self.write_lines(self.rollups.asking(hours))
        if bad:
            raise StoreUnavailable(self._connection.refuses_rollups(next(iter(bad.values()))))

    async def ask(self, statement: str) -> Result:
        """Ask one statement of InfluxQL; StoreUnavailable where the server refuses it."""
        (result,) = await self._connection.query(statement)
        return result

    async def history(
        self,
        sensor: str,
        quantity: str,
        *,
        start_ms: int,
        end_ms: int,
        every_ms: int | None = None,
        agg: Aggregate = Aggregate.MEAN,
        limit: int = 100_000,
    ) -> list[Point]:
        """The readings with start <= time < end, or one point for each step: see the contract."""
        if every_ms is None:
            points = await self._readings(sensor, quantity, start_ms=start_ms, end_ms=end_ms, limit=limit)
            return await self._as_they_hold(points, sensor, quantity)
        row = self._quantities()[quantity]
        chosen = select(f"{agg}({identifier(quantity)})", sensor, row, start_ms=start_ms, end_ms=end_ms)
        rows = await self._rows(f"{chosen} GROUP BY time({every_ms}ms) fill(none) LIMIT {limit}")
        return [Point(row[0], row[1]) for row in rows if is_number(row[1])]

    async def histories(self, ranges: Sequence[SeriesRange]) -> list[list[Point]]:
        """The readings of each of `ranges`, many sensors and quantities in one request: see the contract."""
        found: dict[SeriesRange, list[Point]] = {}
        for question in questions_of(ranges, self._quantities()):
            results = await self._connection.query("; ".join(question.statements), count=len(question.statements))
            found |= points_of(question, *results)
        return [found[asked] for asked in ranges]

    async def newest(
        self, *, until_ms: int = LATEST_MS, quantities: Collection[str] | None = None
    ) -> list[StoredReading]:
        """The newest reading of every series up to `until_ms` (UTC, included), of some `quantities` if they are given.

        It takes one statement for each quantity, many in one request.
        """
        table = self._quantities()
        requests = in_requests([name for name in table if quantities is None or name in quantities])
        return [reading for names in requests for reading in await self._newest_of(table, names, until_ms)]

    async def _newest_of(self, table: QuantityTable, names: Sequence[str], until_ms: int) -> list[StoredReading]:
        queries = "; ".join(newest_of_each(table[name], until_ms) for name in names)
        results = await self._connection.query(queries, count=len(names))
        found = [
            StoredReading(**series.place(), quantity=name, time_ms=row[0], value=row[1], marks=marks_of(row[2]))
            for name, result in zip(names, results, strict=True)
            for series in result.series
            for row in series.values
            if is_number(row[1])
        ]
        newest = await self._newest_verdicts(until_ms)
        return [_as_it_holds(reading, newest) for reading in found]

    async def _newest_verdicts(self, until_ms: int) -> dict[tuple[str, str], tuple[int, int]]:
        """By sensor and quantity: time and marks."""
        until = f"WHERE time <= {until_ms}ms GROUP BY sensor, quantity"
        (result,) = await self._connection.query(f'SELECT last("{MARKS}") FROM "{VERDICT}" {until}')  # noqa: S608 - constants
        return {
            (series.tags.get("sensor", ""), series.tags.get("quantity", "")): (row[0], marks_of(row[1]))
            for series in result.series
            for row in series.values
        }

    async def write_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Keep verdicts, in a measurement of their own: no tag of the readings decides where one stands."""
        admits_ms = (await self.retention.known()).admits_ms
        verdicts = [each for each in verdicts if each.time_ms >= admits_ms]
        touched = [(each.sensor, (each.quantity,), (hour_of(each.time_ms),)) for each in verdicts]
        late = await self.rollups.late(touched)
        bad = await self.write_lines([*lines_of_verdicts(verdicts), *self.rollups.asking(late)])
        await self._ask_again(await self.rollups.late(touched) - late)
        if bad:
            said = LocalizedMessage(
                "{server} refuses verdicts on readings: {reason}",
                server=self._connection.name, reason=next(iter(bad.values())),
            )  # fmt: skip
            raise StoreUnavailable(said)

    async def read_verdicts(self) -> AsyncIterator[list[Verdict]]:
        """Every verdict, series by series."""
        measurement = identifier(VERDICT)
        named = await self._rows(f"SHOW TAG VALUES FROM {measurement} WITH KEY = sensor")
        for sensor in sorted({row[1] for row in named}):
            async for rows in self._pages(measurement, sensor):
                yield [Verdict(sensor, row["quantity"], row["time"], marks_of(row[MARKS])) for row in rows]

    async def _verdict_rows(self, sensor: str, quantity: str, start_ms: int, end_ms: int, most: int) -> list[list[Any]]:
        named = f"sensor = {literal(sensor)} AND quantity = {literal(quantity)}"
        times = f"time >= {start_ms}ms AND time < {end_ms}ms"
        return await self._rows(f'SELECT "{MARKS}" FROM "{VERDICT}" WHERE {named} AND {times} LIMIT {most}')  # noqa: S608

    async def count(self, sensor: str, quantity: str) -> int:
        """How many readings of a series are stored."""
        rows = await self._rows(select(f"count({identifier(quantity)})", sensor, self._quantities()[quantity]))
        return int(rows[0][1]) if rows else 0

    async def read_all(self, domain: str, quantities: Collection[str]) -> AsyncIterator[Block]:
        """Every reading of a domain's `quantities`, sensor by sensor: see the contract."""
        measurement = identifier(domain)
        named = await self._rows(f"SHOW TAG VALUES FROM {measurement} WITH KEY = sensor")
        for sensor in sorted({row[1] for row in named}):
            async for rows in self._pages(measurement, sensor):
                for block in _blocks(domain, rows, quantities):
                    yield block

    async def _pages(self, measurement: str, sensor: str) -> AsyncIterator[list[dict[str, Any]]]:
        """The lines of a sensor; asked for until there are none, since a server may give fewer than it is asked for."""
        start_ms, most = EARLIEST_MS, PAGE_LINES
        while rows := await self._page(measurement, sensor, start_ms, most):
            last_ms = rows[-1]["time"]
            # lines of other tags may share the page's last time and stand on the next one
            whole = [row for row in rows if row["time"] < last_ms]
            if not whole and len(rows) == most:
                most *= 2
                continue
            yield whole or rows
            start_ms, most = (last_ms if whole else last_ms + 1), PAGE_LINES

    async def _page(self, measurement: str, sensor: str, start_ms: int, most: int) -> list[dict[str, Any]]:
        of_sensor = f"sensor = {literal(sensor)} AND time >= {start_ms}ms"
        (result,) = await self._connection.query(f"SELECT * FROM {measurement} WHERE {of_sensor} LIMIT {most}")  # noqa: S608 - escaped
        return [dict(zip(series.columns, row, strict=True)) for series in result.series for row in series.values]

    async def _as_they_hold(self, points: list[Point], sensor: str, quantity: str) -> list[Point]:
        """The points with the marks that later verdicts left of theirs."""
        if not points:
            return points
        start_ms, end_ms = points[0].time_ms, points[-1].time_ms + 1
        rows = await self._verdict_rows(sensor, quantity, start_ms, end_ms, len(points))
        verdicts = {row[0]: marks_of(row[1]) for row in rows}
        if not verdicts:
            return points
        return [
            Point(point.time_ms, point.value, with_verdict(point.marks, verdicts.get(point.time_ms)))
            for point in points
        ]

    async def _readings(self, sensor: str, quantity: str, *, start_ms: int, end_ms: int, limit: int) -> list[Point]:
        points: list[Point] = []
        row = self._quantities()[quantity]
        while True:
            chosen = select(f"{identifier(quantity)}, {MARKS}", sensor, row, start_ms=start_ms, end_ms=end_ms)
            rows = await self._rows(f"{chosen} LIMIT {limit}")
            # the value stands empty where the sensor said marks and only other quantities: so pages come short
            points += [Point(row[0], row[1], marks_of(row[2])) for row in rows if is_number(row[1])]
            if len(rows) < limit or len(points) >= limit:
                return points[:limit]
            start_ms = rows[-1][0] + 1

    async def _rows(self, statement: str) -> list[list[Any]]:
        (result,) = await self._connection.query(statement)
        return [row for series in result.series for row in series.values]


def _blocks(domain: str, rows: Sequence[dict[str, Any]], known: Collection[str]) -> Iterator[Block]:
    """Lines as blocks: neighbours with the same tags, marks and fields in one."""
    for (site, sensor, gateway, marks, names), group in groupby(rows, lambda row: _shape(row, known)):
        lines = list(group)
        fields = tuple((name, [float(line[name]) for line in lines]) for name in names)
        if fields:
            yield Block(site, sensor, gateway, domain, marks, [line["time"] for line in lines], fields)


def _shape(row: dict[str, Any], known: Collection[str]) -> tuple[str, str, str, int, tuple[str, ...]]:
    names = tuple(name for name, value in row.items() if name in known and is_number(value))
    return row["site"] or "", row["sensor"], row["gateway"] or "", marks_of(row.get(MARKS)), names


def _as_it_holds(reading: StoredReading, newest: Mapping[tuple[str, str], tuple[int, int]]) -> StoredReading:
    time_ms, marks = newest.get((reading.sensor, reading.quantity), (None, 0))
    if time_ms != reading.time_ms:
        return reading
    return msgspec.structs.replace(reading, marks=with_verdict(reading.marks, marks))
