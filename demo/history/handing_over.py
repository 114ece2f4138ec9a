"""Brings the past to the InfluxDB that the settings name, each stretch while the next one is written.

day 1 is written ─► day 2 is written ─► …        CopiedStore: lines ─┬─► InfluxStore
                 └─ day 1 is handed over ─┘      PastReports: points ┘   at the end, of the whole past, day by day

So no more than a stretch waits in memory, however long the past is. On SQLite there is nothing to do: the readings are
where they belong, and nobody reads reports there.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from cloud.process.parts import Foundation
from cloud.readings.contract import EncodedWrite, StoreRejected
from cloud.readings.influx import InfluxStore
from cloud.readings.settings import InfluxSettings, SqliteSettings
from cloud.reports.points import ReportPoint
from cloud.reports.points import lines_of as lines_of_points
from demo.history.copied import CopiedStore
from demo.history.readings import Past
from demo.history.reports import PastReports

WRITES_AT_ONCE = 50
POINTS_AT_ONCE = 5_000


class HandingOver:
    """Takes what `store` was given to `influx`; None where what is stored is where it belongs."""

    def __init__(self, store: CopiedStore | None, influx: InfluxStore | None) -> None:
        self._store = store
        self._influx = influx
        self._under_way: asyncio.Task[None] | None = None
        self._refused: list[str] = []

    async def stretch(self) -> None:
        """Begin to hand over what was stored since the last time, once that is there; StoreUnavailable where it is not.

        What goes wrong with this one is raised by the next call.
        """
        if self._store is not None and self._influx is not None:
            await self._wait()
            self._under_way = asyncio.create_task(self._write(self._influx, self._store.take_lines()))

    async def finish(self, base: Foundation, past: Past) -> None:
        """Hand over the rest, and what dashboards read of the past; StoreUnavailable where any of it is not taken."""
        if self._store is None or self._influx is None:
            return
        await self.stretch()
        await self._wait()
        since_ms, fine_from_ms, until_ms = (1_000 * at_s for at_s in (past.since_s, past.fine_from_s, past.until_s))
        reports = PastReports(base, self._store, since_ms=since_ms, fine_from_ms=fine_from_ms, until_ms=until_ms)
        async for part in reports.parts():
            points = list(part)
            await self._wait()
            self._under_way = asyncio.create_task(self._write_points(self._influx, points))
        await self._wait()
        if self._refused:
            raise StoreRejected(
                f"InfluxDB refused {len(self._refused)} points of the simulated past; the first: {self._refused[0]}"
            )

    async def _wait(self) -> None:
        if self._under_way is not None:
            under_way, self._under_way = self._under_way, None
            await under_way

    async def _write(self, influx: InfluxStore, lines: Sequence[bytes]) -> None:
        for start in range(0, len(lines), WRITES_AT_ONCE):
            result = await influx.write([EncodedWrite(each) for each in lines[start : start + WRITES_AT_ONCE]])
            self._refused += [each.reason for each in result.rejected]

    async def _write_points(self, influx: InfluxStore, points: Sequence[ReportPoint]) -> None:
        for start in range(0, len(points), POINTS_AT_ONCE):
            refused = await influx.write_lines(lines_of_points(points[start : start + POINTS_AT_ONCE]))
            self._refused += refused.values()


async def open_handing_over(
    settings: SqliteSettings | InfluxSettings, base: Foundation, closing: AsyncExitStack
) -> HandingOver:
    """What hands over to the store of `settings`; `closing` ends it. StoreUnavailable where that does not answer."""
    if not isinstance(settings, InfluxSettings) or not isinstance(base.store, CopiedStore):
        return HandingOver(None, None)
    influx = InfluxStore(settings)
    closing.push_async_callback(influx.close)
    await influx.open()
    return HandingOver(base.store, influx)
