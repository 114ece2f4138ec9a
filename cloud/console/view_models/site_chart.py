"""The chart of one series on the page of its site: the plot, what it comes to, and the same as a table.

ChartView(title="Water level", plot=Plot(…), summary=(("Lowest", "98.1 cm"), …), rows=(("12:00", "98.1", "99.4", …), …))
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.chart import AlarmBand, ChartHistory, LevelLine, summary
from cloud.console.view_models.plot import Plot, plot_of
from cloud.readings.contract import Point
from i18n import figures
from i18n.catalog import Catalog
from rules.marks import DOUBTED
from wire import Quantity
from wire.durations import DAY_MS

MOST_ROWS = 48
"""Rows of the table: a line for each half hour of a day."""


class ChartRow(msgspec.Struct, frozen=True):
    """A stretch of time in the table; empty figures where nothing came, `doubted` where something of it is."""

    when: str
    low: str
    mean: str
    high: str
    doubted: bool


class ChartView(msgspec.Struct, frozen=True):
    """One chart; `doubts` are where doubted readings lie, in percent from the left."""

    sensor: str
    title: str
    unit: str
    plot: Plot
    doubts: tuple[float, ...]
    summary: tuple[tuple[str, str], ...]
    rows: tuple[ChartRow, ...]
    zone: str
    is_empty: bool


def chart_view(
    _: Catalog,
    row: Quantity,
    history: ChartHistory,
    *,
    sensor: str,
    levels: Sequence[LevelLine],
    bands: Sequence[AlarmBand],
    zone: ZoneInfo,
) -> ChartView:
    """A history as it is shown; `sensor` is the name of who measured it."""
    span_ms = max(1, history.end_ms - history.start_ms)
    doubted = [point for point in history.points if point.marks & DOUBTED]
    return ChartView(
        sensor=sensor,
        title=figures.name_of(_, row),
        unit=figures.unit_of(_, row),
        plot=plot_of(_, history, levels, bands, zone),
        doubts=tuple(round((point.time_ms - history.start_ms) * 100 / span_ms, 2) for point in doubted),
        summary=tuple(summary(_, row, history)),
        rows=tuple(_rows(_, row, history, zone)),
        zone=figures.zone_name(history.end_ms, zone),
        is_empty=not history.points,
    )


def _rows(_: Catalog, row: Quantity, history: ChartHistory, zone: ZoneInfo) -> list[ChartRow]:
    """The newest stretch first."""
    steps = -(-(history.end_ms - history.start_ms) // history.step_ms)
    length_ms = history.step_ms * max(1, -(-steps // MOST_ROWS))
    first_ms = history.start_ms // length_ms * length_ms
    rows = [
        _row(_, row, history, from_ms, from_ms + length_ms, zone)
        for from_ms in range(first_ms, history.end_ms, length_ms)
    ]
    return rows[::-1]


def _row(
    _: Catalog, row: Quantity, history: ChartHistory, from_ms: int, until_ms: int, zone: ZoneInfo
) -> ChartRow:  # fmt: skip
    points = _within(history.points, from_ms, until_ms)
    lows, highs = _within(history.low, from_ms, until_ms) or points, _within(history.high, from_ms, until_ms) or points
    is_long = history.end_ms - history.start_ms > 2 * DAY_MS
    when = figures.minute(_, from_ms, zone) if is_long else figures.time_of_day(from_ms, zone)[:5]
    if not points:
        return ChartRow(when, "", "", "", doubted=False)

    def words(value: float) -> str:
        return _.number(value, row.decimals)

    mean = sum(point.value for point in points) / len(points)
    low, high = min(point.value for point in lows), max(point.value for point in highs)
    return ChartRow(when, words(low), words(mean), words(high), any(point.marks & DOUBTED for point in points))


def _within(points: Sequence[Point], from_ms: int, until_ms: int) -> list[Point]:
    return [point for point in points if from_ms <= point.time_ms < until_ms]
