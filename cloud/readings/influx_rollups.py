"""Rollups in InfluxDB: measurements of their own, in lines that overwrite each other.

rollup_hour,quantity=…,sensor=… count=360i,total=…,…,minutes=0i,made="a1"  <hour>     asked="b2": void until made="b2"
rollup_minute,quantity=…,sensor=… count=6i,total=…                          <minute>
rollup_due,quantity=…,sensor=… hours="1764000000000 …"                      <when it was asked for>
rollup_sweep,of=readings swept_from=…i,swept_until=…i,sealed_until=…i       <when it was noted>; the latest holds

A write that touches hours before `sealed_until` carries `asked` lines behind its readings in the same request.
InfluxDB 1.x and 2.x put what is for one shard into their log in one piece, and an hour lies in one shard. Nothing is
deleted, for InfluxDB 3 cannot.
"""

import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from typing import Any

import msgspec

from cloud.readings.buckets import TimeBucket
from cloud.readings.contract import StoreRejected, StoreUnavailable, TouchedHours
from cloud.readings.influx_connection import InfluxConnection
from cloud.readings.influx_retention import InfluxRetention
from cloud.readings.influx_rollup_lines import (
    DUE,
    FIELDS_OF,
    HOUR,
    MINUTE,
    SWEEP,
    asked_lines,
    bucket_of,
    due_line,
    lines_of_rollup,
    sweep_line,
    sweep_of,
)
from cloud.readings.influx_writer import LineWriter
from cloud.readings.influxql import EARLIEST_MS, identifier, in_requests, literal, oldest_of_all
from cloud.readings.rollups import SKEW_MS, HeldRollups, HourRollup, Series, SeriesHour, Sweep, hour_of
from wire import TableOf
from wire.durations import DAY_MS, HOUR_MS

HOURS_A_PAGE = 2_000
"""Hours of one question: their answer keeps the event loop for a few milliseconds."""
LINES_A_WRITE = 2_000
MOST_DUE = 10_000


class InfluxRollups:
    """A `RollupStore` over `connection`, of the quantities of a city."""

    def __init__(
        self, connection: InfluxConnection, writer: LineWriter, quantities: TableOf, retention: InfluxRetention, *,
        clock: Callable[[], int],
    ) -> None:  # fmt: skip
        self._connection, self._writer, self._quantities, self._clock = connection, writer, quantities, clock
        self._retention = retention
        self._sweep: Sweep | None = None
        self._is_read = False
        self._due_ms = 0
        self._due_from_ms = self._due_read_ms = EARLIEST_MS + HOUR_MS
        self._given: dict[Series, int] = {}  # the latest asking for each, as `due` gave it
        self._made: dict[Series, int] = {}

    async def sweep(self) -> Sweep | None:
        """Ask how far the database is rolled; None where it never was."""
        for row in await self._rows(f'SELECT * FROM "{SWEEP}" ORDER BY time DESC LIMIT 1'):  # noqa: S608 - a constant
            if "swept_until" not in row:
                continue  # VictoriaMetrics answers something else
            sweep, due_from_ms = sweep_of(row)
            if self._sweep is None or sweep.noted_ms > self._sweep.noted_ms:
                self._sweep = sweep
            self._due_from_ms = max(self._due_from_ms, due_from_ms)
        self._is_read = True
        return self._sweep

    async def note_sweep(self, sweep: Sweep) -> None:
        """Note how far it is; from the moment of asking, what this process writes heeds the later of both seals."""
        before = self._sweep or sweep
        sealed_ms = max(before.sealed_until_ms, sweep.sealed_until_ms)
        self._sweep = msgspec.structs.replace(before, sealed_until_ms=sealed_ms)
        noted_ms = max(self._clock(), before.noted_ms + 1, self._due_from_ms)
        noted = msgspec.structs.replace(sweep, noted_ms=noted_ms)
        await self._write([sweep_line(noted, self._due_from_ms)])
        self._sweep = noted

    async def late(self, touched: Iterable[TouchedHours]) -> set[SeriesHour]:
        """Those of the touched hours that may have been rolled; StoreUnavailable where nobody can say."""
        if not self._is_read:
            await self._read_first()
        sweep = self._sweep
        if sweep is None:
            return set()
        # another process may have sealed it a moment ago: what is this long over counts as sealed
        sealed_ms = max(sweep.sealed_until_ms, hour_of(self._clock() - SKEW_MS))
        return {
            SeriesHour(sensor, quantity, hour_ms)
            for sensor, quantities, hours in touched
            for hour_ms in hours
            if sweep.raw_from_ms <= hour_ms < sealed_ms
            for quantity in quantities
        }

    def asking(self, hours: Collection[SeriesHour]) -> list[bytes]:
        """The lines that ask for `hours` anew."""
        if not hours:
            return []
        by_series: defaultdict[Series, list[int]] = defaultdict(list)
        for each in hours:
            by_series[each.sensor, each.quantity].append(each.hour_ms)
        noted_ms = 0 if self._sweep is None else self._sweep.noted_ms
        self._due_ms = max(self._clock(), noted_ms, self._due_ms + 1)
        token = secrets.token_hex(8)
        due = [due_line(series, sorted(of_series), self._due_ms) for series, of_series in by_series.items()]
        return [*asked_lines(hours, token), *due]

    async def active(self, start_ms: int, end_ms: int) -> dict[Series, int]:
        """Count the readings of each series that has any in start <= time < end: one question for each domain."""
        table = self._quantities()
        found: dict[Series, int] = {}
        for domain in map(str, table.domains):
            for names in in_requests(table.of_domain(domain)):
                counts = ", ".join(f"count({identifier(name)})" for name in names)
                where = f"time >= {start_ms}ms AND time < {end_ms}ms GROUP BY sensor"
                (result,) = await self._connection.query(f"SELECT {counts} FROM {identifier(domain)} WHERE {where}")  # noqa: S608
                for series in result.series:
                    for row in series.values:
                        pairs = zip(names, row[1:], strict=True)
                        found |= {(series.tags.get("sensor", ""), name): count for name, count in pairs if count}
        return found

    async def oldest_ms(self) -> int | None:
        """The time of the oldest reading; None where there is none."""
        table = self._quantities()
        times_ms: list[int] = []
        for names in in_requests(list(table)):
            results = await self._connection.query(
                "; ".join(oldest_of_all(table[name]) for name in names), count=len(names)
            )
            times_ms += [row[0] for result in results for series in result.series for row in series.values]
        return min(times_ms, default=None)

    async def due(self) -> dict[SeriesHour, str]:
        """Hours that were asked for since all were made, and are void now, each with its token."""
        self._due_read_ms, self._given = max(self._clock(), self._due_ms), {}
        where = f"WHERE time >= {self._due_from_ms - HOUR_MS}ms GROUP BY sensor, quantity"
        (result,) = await self._connection.query(f'SELECT hours FROM "{DUE}" {where}')  # noqa: S608 - constants
        found: dict[SeriesHour, str] = {}
        for series in result.series:
            place = series.tags.get("sensor", ""), series.tags.get("quantity", "")
            rows = [row for row in series.values if row[0] > self._made.get(place, EARLIEST_MS)]
            asked = {int(hour_ms) for row in rows for hour_ms in str(row[1]).split()}
            if not asked:
                continue
            void = (await self.held(*place, min(asked), max(asked) + HOUR_MS)).asked
            found |= {SeriesHour(*place, hour_ms): void[hour_ms] for hour_ms in sorted(asked & void.keys())}
            self._given[place] = rows[-1][0]
            if len(found) >= MOST_DUE:
                self._due_read_ms = self._due_from_ms
                break
        return found

    async def forget_due(self) -> None:
        """Look no further back the next time than to when these were read, and a little: clocks may differ."""
        self._due_from_ms = self._due_read_ms
        since_ms = self._due_from_ms - 2 * HOUR_MS
        self._made = {place: ms for place, ms in (self._made | self._given).items() if ms >= since_ms}

    async def held(self, sensor: str, quantity: str, start_ms: int, end_ms: int) -> HeldRollups:
        """What is held of the whole hours in start <= hour < end."""
        sweep = await self.sweep()
        raw_from_ms = end_ms if sweep is None else sweep.raw_from_ms
        hours: dict[int, TimeBucket] = {}
        with_minutes: set[int] = set()
        asked: dict[int, str] = {}
        async for row in self._pages(HOUR, sensor, quantity, start_ms, end_ms, HOURS_A_PAGE * HOUR_MS):
            time_ms, made, token = row["time"], row.get("made"), row.get("asked")
            if token is not None and token != made and time_ms >= raw_from_ms:
                asked[time_ms] = token
            elif (bucket := bucket_of(row)) is not None:
                hours[time_ms] = bucket
                if row.get("minutes"):
                    with_minutes.add(time_ms)
        # asked for last: what is read may have been removed meanwhile, and then it is said
        return HeldRollups(hours, with_minutes, asked, sweep, await self._retention.kept())

    async def minutes(self, sensor: str, quantity: str, start_ms: int, end_ms: int) -> list[TimeBucket]:
        """The minutes in start <= time < end that are held, oldest first."""
        pages = self._pages(MINUTE, sensor, quantity, start_ms, end_ms, DAY_MS)
        return [bucket async for row in pages if (bucket := bucket_of(row)) is not None]

    async def write(self, rollups: Sequence[HourRollup]) -> None:
        """Keep rollups, minutes before their hours; one that was asked for anew meanwhile stays void by its token."""
        lines = [line for rollup in rollups for line in lines_of_rollup(rollup)]
        for first in range(0, len(lines), LINES_A_WRITE):
            await self._write(lines[first : first + LINES_A_WRITE])

    def look_again(self) -> None:
        """Ask before the next write: the server may be another one, or answer now what it did not."""
        self._is_read = False

    async def _read_first(self) -> None:
        try:
            await self.sweep()
        except StoreRejected:
            self._is_read = True  # a store that answers no questions has no rollups: VictoriaMetrics

    async def _write(self, lines: Sequence[bytes]) -> None:
        bad = await self._writer.write_lines(lines)
        # the database forgets these hours by a retention policy of its own, and their readings with them
        told = [reason for reason in bad.values() if "beyond retention" not in reason]
        if told:
            raise StoreUnavailable(self._connection.refuses_rollups(told[0]))

    async def _pages(
        self, measurement: str, sensor: str, quantity: str, start_ms: int, end_ms: int, page_ms: int
    ) -> AsyncIterator[dict[str, Any]]:
        named = f"sensor = {literal(sensor)} AND quantity = {literal(quantity)}"
        fields = ", ".join(map(identifier, FIELDS_OF[measurement]))
        while start_ms < end_ms:
            until_ms = min(end_ms, start_ms + page_ms)
            times = f"time >= {start_ms}ms AND time < {until_ms}ms"
            for row in await self._rows(f'SELECT {fields} FROM "{measurement}" WHERE {named} AND {times}'):  # noqa: S608
                yield row
            start_ms = until_ms

    async def _rows(self, statement: str) -> list[dict[str, Any]]:
        (result,) = await self._connection.query(statement)
        return [dict(zip(series.columns, row, strict=True)) for series in result.series for row in series.values]
