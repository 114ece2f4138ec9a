"""A chart as a table: at most 48 stretches of time, the newest first: what was measured, doubted, read by people.

From (WIT)      Lowest  Mean   Highest   Read by people
24 Nov 2026     98.1    99.4   103.0     100.5            doubted: 2 readings, 512.0–890.0
"""

from collections import defaultdict
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.chart import ChartHistory
from cloud.readings.buckets import STEPS_MS, TimeBucket, merged
from cloud.readings.contract import Point
from i18n import figures
from i18n.catalog import Catalog
from wire import Quantity
from wire.durations import DAY_MS

MOST_ROWS = 48
"""Rows of the table: a line for each hour of a day, or each two weeks of a year."""
_READ_SHOWN = 3


class ChartRow(msgspec.Struct, frozen=True):
    """A stretch of time; no `figures` where nothing is believed, `doubted` is what is not, `read` is by people."""

    when: str
    figures: tuple[str, ...]
    doubted: str
    read: str


class ChartTable(msgspec.Struct, frozen=True):
    """The table; `has_read` tells whether anything was read by people."""

    heads: tuple[str, ...]
    rows: tuple[ChartRow, ...]
    has_read: bool


def chart_table(
    _: Catalog, row: Quantity, history: ChartHistory, people: Sequence[Point], zone: ZoneInfo
) -> ChartTable:  # fmt: skip
    """A history as a table; stretches without readings are rows, too."""
    length_ms = row_length(history)
    measured = {each.time_ms: each for each in merged(history.buckets, length_ms, offset_ms=history.offset_ms)}
    read: defaultdict[int, list[float]] = defaultdict(list)
    for point in people:
        read[_start(point.time_ms, length_ms, history)].append(point.value)
    starts = range(_start(history.start_ms, length_ms, history), history.end_ms, length_ms)
    rows = [
        ChartRow(
            _when(_, max(start_ms, history.start_ms), history, length_ms, zone),
            _figures(_, row, history, measured.get(start_ms)),
            _doubted(_, row, history, measured.get(start_ms)),
            _read(_, row, read.get(start_ms, ())),
        )
        for start_ms in reversed(starts)
    ]
    heads = (_("Sum"),) if history.of_sums else (_("Lowest"), _("Mean"), _("Highest"))
    return ChartTable(heads, tuple(rows), bool(people))


def row_length(history: ChartHistory) -> int:
    """The length of a row: whole steps, a time that people think in where one fits."""
    step_ms, most = history.step_ms, MOST_ROWS - 1  # the first and the last may be parts of one
    shortest_ms = -(-(history.end_ms - history.start_ms) // most)
    fits = (each for each in STEPS_MS if each >= shortest_ms and each % step_ms == 0)
    return next(fits, step_ms * max(1, -(-shortest_ms // step_ms)))


def _start(time_ms: int, length_ms: int, history: ChartHistory) -> int:
    return time_ms - (time_ms + history.offset_ms) % length_ms


def _when(_: Catalog, time_ms: int, history: ChartHistory, length_ms: int, zone: ZoneInfo) -> str:
    if length_ms >= DAY_MS:
        return figures.date_of(_, time_ms, zone)
    if history.end_ms - history.start_ms > 2 * DAY_MS:
        return figures.minute(_, time_ms, zone)
    return figures.time_of_day(time_ms, zone)[:5]


def _figures(_: Catalog, row: Quantity, history: ChartHistory, bucket: TimeBucket | None) -> tuple[str, ...]:
    if bucket is None or bucket.mean is None or bucket.min is None or bucket.max is None:
        return ()
    values = (bucket.total,) if history.of_sums else (bucket.min, bucket.mean, bucket.max)
    return tuple(_.number(value, row.decimals) for value in values)


def _doubted(_: Catalog, row: Quantity, history: ChartHistory, bucket: TimeBucket | None) -> str:
    if bucket is None or bucket.doubted_min is None or bucket.doubted_max is None:
        return ""
    said = _.plural("{n} doubted reading", "{n} doubted readings", bucket.doubted)
    if history.of_sums:
        return said
    values = dict.fromkeys(_.number(value, row.decimals) for value in (bucket.doubted_min, bucket.doubted_max))
    return f"{said}: {'–'.join(values)}"


def _read(_: Catalog, row: Quantity, values: Sequence[float]) -> str:
    more = f" +{len(values) - _READ_SHOWN}" if len(values) > _READ_SHOWN else ""
    return ", ".join(_.number(value, row.decimals) for value in values[:_READ_SHOWN]) + more
