"""A store with what an export can meet: marks, a verdict, a gap, steps in which all is doubted.

async with stored(tmp_path) as store:   order_of(step=…, form=…)    await file_of(store, order, most=7)
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cloud.exports.exports import Exports
from cloud.exports.order import ExportFormat, ExportOrder, ExportSeries, ExportStep
from cloud.readings.blocks import Block
from cloud.readings.contract import ReadingsStore, Verdict
from cloud.readings.sqlite import SqliteStore
from rules.marks import Mark
from wire import Domain
from wire.durations import HOUR_MS

START = 1_795_489_200_000
"""2026-11-24T03:00:00Z."""
END = START + 4 * HOUR_MS
RIVER = ExportSeries("river", "water_level", "cm", "daruba", "Asia/Jayapura", 60)
AIR = ExportSeries("air", "pm2_5", "ug/m3", "daruba", "Asia/Jayapura", 60)
PLAIN, DOUBTED = 60, 5


def order_of(
    *series: ExportSeries, step: ExportStep | None = None, form: ExportFormat = ExportFormat.CSV
) -> ExportOrder:
    return ExportOrder(series=series or (RIVER, AIR), start_ms=START, end_ms=END, step=step, form=form)


def _block(sensor: str, quantity: str, start_ms: int, values: list[float], marks: int = 0) -> Block:
    times_ms = [start_ms + minute * 60_000 + 123 for minute in range(len(values))]
    domain = Domain.FLOOD if quantity == "water_level" else Domain.AIR
    return Block("daruba", sensor, "gw-daruba", domain, marks, times_ms, ((quantity, values),))


@asynccontextmanager
async def stored(folder: Path) -> AsyncIterator[ReadingsStore]:
    """The store."""
    store = SqliteStore(folder / "readings.db")
    await store.open()
    blocks = [
        _block("river", "water_level", START, [100 + minute / 7 for minute in range(PLAIN)]),
        _block("river", "water_level", START + 2 * HOUR_MS, [900.0] * DOUBTED, Mark.SPIKE | Mark.BACKFILL),
        _block("air", "pm2_5", START, [12.5, -0.0, 1e-07]),
    ]
    await store.write([store.encode(blocks)])
    await store.write_verdicts([Verdict("river", "water_level", START + 123, Mark.TWINS_DISAGREE)])
    try:
        yield store
    finally:
        await store.close()


async def file_of(store: ReadingsStore, order: ExportOrder, *, most: int | None = None) -> bytes:
    """The whole file."""
    export = await Exports(store).begin(order, account="ani", most=most)
    return b"".join([piece async for piece in export.pieces()])
