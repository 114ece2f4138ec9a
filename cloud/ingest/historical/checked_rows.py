"""Rows of historical readings through the checks of live ones: the blocks to store, and why the others are not stored.

rows ─► by the gateway that speaks for the sensor today, which may bring all ─► check_batch, as a backlog ─► blocks
                                                                                   └► each refused row with its line
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from cloud.core.reasons import Reason
from cloud.ingest.checks import check_batch
from cloud.ingest.historical.csv_rows import ImportRow, RefusedRow
from cloud.readings.blocks import Block
from cloud.registry.fact_kinds import record_of
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage
from i18n.units import amount_of
from wire import Batch, Clock, Column, QuantityTable

STREAM = "import"
Key = tuple[str, str, int]
"""(sensor, quantity, time in ms): what a reading is known by."""


class CheckedRows(msgspec.Struct, frozen=True):
    """What the checks make of rows; `lines` are where each reading stands in the file, which may be more than once."""

    blocks: Sequence[Block]
    refused: Sequence[RefusedRow]
    lines: Mapping[Key, Sequence[int]]


def check_rows(
    rows: Sequence[ImportRow], registry: Registry, *, latest_ms: int, may_see: Callable[[str], bool]
) -> CheckedRows:
    """Check rows of one file; who may not see a site by `may_see` never learns of the sensors there."""
    refused: list[RefusedRow] = []
    wanted: dict[Key, ImportRow] = {}
    lines: defaultdict[Key, list[int]] = defaultdict(list)
    gateways: dict[str, str | None] = {}
    for row in rows:
        if row.sensor not in gateways:
            gateways[row.sensor] = _gateway_of(row.sensor, registry, may_see)
        key = (row.sensor, row.quantity, row.time_ms)
        first = wanted.get(key, row)
        if gateways[row.sensor] is None:
            refused.append(
                RefusedRow(
                    row.line,
                    LocalizedMessage(
                        "sensor {sensor!r}: there is none; /api/v1/sensors lists them", sensor=row.sensor[:60]
                    ),
                )
            )
        elif first.value != row.value:
            why = LocalizedMessage("another value of the same reading stands in line {line}", line=first.line)
            refused.append(RefusedRow(row.line, why))
        else:
            wanted.setdefault(key, row)
            lines[key].append(row.line)
    blocks: list[Block] = []
    calibrated = any(row.calibrated for row in rows)
    for gateway, batch in _batches(wanted.values(), gateways):
        checked = check_batch(batch, gateway=gateway, registry=registry, latest_ms=latest_ms, calibrated=calibrated)
        blocks += checked.blocks
        for each in checked.rejected:
            for reading in each.readings:
                key = (reading.sensor, reading.quantity, reading.time_ms)
                why = _why(each.reason, each.sentence, wanted[key], registry.quantities)
                refused += (RefusedRow(line, why) for line in lines[key])
    return CheckedRows(blocks, refused, lines)


def _gateway_of(name: str, registry: Registry, may_see: Callable[[str], bool]) -> str | None:
    sensor = record_of(registry, f"sensor:{name}")
    return sensor.gateway if isinstance(sensor, Sensor) and may_see(sensor.site) else None


def _batches(rows: Iterable[ImportRow], gateways: Mapping[str, str | None]) -> Iterator[tuple[str, Batch]]:
    series: defaultdict[tuple[str, str, str, Clock], list[ImportRow]] = defaultdict(list)
    for row in rows:
        series[gateways[row.sensor] or "", row.sensor, row.quantity, row.clock].append(row)
    columns: defaultdict[str, list[Column]] = defaultdict(list)
    for (gateway, sensor, quantity, clock), own in sorted(series.items(), key=lambda item: item[0]):
        own.sort(key=_time_of)
        times_ms, values = [row.time_ms for row in own], [row.value for row in own]
        columns[gateway].append(Column(sensor, quantity, times_ms, values, clock))
    for gateway, found in columns.items():
        shared = list(_sharing_times(found))
        yield gateway, Batch(STREAM, 1, sum(len(column.values) for column in shared), shared, backfill=True)


def _sharing_times(columns: Iterable[Column]) -> Iterator[Column]:
    """Neighbours of one sensor with the same times share their list, so that they stand in one block."""
    before: Column | None = None
    for column in columns:
        if before is not None and before.sensor == column.sensor and before.times_ms == column.times_ms:
            column = msgspec.structs.replace(column, times_ms=before.times_ms)
        before = column
        yield column


def _why(reason: Reason, sentence: LocalizedMessage, row: ImportRow, table: QuantityTable) -> LocalizedMessage:
    if reason is not Reason.OUT_OF_BOUNDS:
        return sentence
    quantity = table[row.quantity]
    return LocalizedMessage(
        "{quantity} {value} of sensor {sensor} is beyond {low} to {high}",
        quantity=row.quantity, value=amount_of(f"{row.value:g}", quantity, "en"), sensor=row.sensor,
        low=f"{quantity.low:g}", high=f"{quantity.high:g}",
    )  # fmt: skip


def _time_of(row: ImportRow) -> int:
    return row.time_ms
