"""A chart of one series: a line with the range it moved in, or bars for amounts, in the site's time.

ECharts knows the browser's zone and UTC alone: times are moved by the site's offset and shown as if they were UTC.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.colours import faded
from cloud.readings.contract import Point
from i18n import figures
from i18n.catalog import Catalog
from wire import HourOf, Quantity


class ChartHistory(msgspec.Struct, frozen=True):
    """One series over a span: `points` are the line or the bars; `low` and `high` the range of each step, if any."""

    start_ms: int
    end_ms: int
    step_ms: int
    points: tuple[Point, ...]
    low: tuple[Point, ...] = ()
    high: tuple[Point, ...] = ()


class Palette(msgspec.Struct, frozen=True):
    """The colours of a chart, which the style sheet does not reach."""

    line: str
    band: str
    text: str
    grid: str
    ground: str


PALETTES = {
    "dark": Palette("#5db2ff", "rgba(93,178,255,0.18)", "#a9b8cd", "#24324a", "#172236"),
    "light": Palette("#0b63c5", "rgba(11,99,197,0.14)", "#4c5b70", "#e1e7ef", "#ffffff"),
}


class LevelLine(msgspec.Struct, frozen=True):
    """The limit of a level, drawn across the chart with its name; `colour` is #rrggbb."""

    name: str
    limit: float
    colour: str


class AlarmBand(msgspec.Struct, frozen=True):
    """A time (UTC ms) in which an alarm was open, in the colour of its worst level; `end_ms` None: it still is."""

    start_ms: int
    end_ms: int | None
    colour: str


_BAND_OPACITY = 0.22
_BANDS_MOST = 200
"""More bands than this in one chart are one grey."""
_GAP_STEPS = 3.5
"""A line is broken where nothing came for so many steps: silence must not look like a straight line."""


def summary(_: Catalog, row: Quantity, history: ChartHistory) -> list[tuple[str, str]]:
    """The figures above the chart: lowest, mean, highest; or the sum of amounts."""
    values = [point.value for point in history.points]
    if not values:
        return []
    if row.hour is HourOf.SUM:
        rows = [(_("Sum"), sum(values)), (_("Most in {step}", step=step_name(_, history)), max(values))]
    else:
        lows = [point.value for point in history.low] or values
        highs = [point.value for point in history.high] or values
        rows = [
            (_("Lowest"), min(lows)),
            (_("Mean"), sum(values) / len(values)),
            (_("Highest"), max(highs)),
        ]
    return [(name, " ".join(figures.value_and_unit(_, row, value))) for name, value in rows]


def step_name(_: Catalog, history: ChartHistory) -> str:
    """The step of a history: 5 min, 1 h."""
    minutes = history.step_ms // 60_000
    return f"{minutes} {_('min')}" if minutes < 60 else f"{minutes // 60} {_('h')}"


def chart_options(
    _: Catalog,
    row: Quantity,
    history: ChartHistory,
    *,
    zone: ZoneInfo,
    palette: Palette,
    levels: Sequence[LevelLine] = (),
    bands: Sequence[AlarmBand] = (),
) -> dict[str, Any]:
    """The ECharts options of a history, with the limits of its levels and the times in which alarms were open."""
    marks = {"decimals": row.decimals, "unit": figures.unit_of(_, row), "decimal": _.language.decimal}
    amounts = row.hour is HourOf.SUM
    return {
        "useUTC": True,
        "animation": False,
        "aria": {"enabled": True},
        "grid": {"left": 8, "right": 16, "top": 22, "bottom": 8, "containLabel": True},
        "textStyle": {"fontFamily": "Roboto, sans-serif", "fontSize": 13},
        "xAxis": {
            "type": "time",
            "min": _shifted(history.start_ms, zone),
            "max": _shifted(history.end_ms, zone),
            "axisLine": {"lineStyle": {"color": palette.grid}},
            "axisTick": {"show": False},
            "axisLabel": {"color": palette.text, "hideOverlap": True, "formatter": _TIME_LABELS},
            "splitLine": {"show": False},
        },
        "yAxis": {
            "type": "value",
            "scale": not amounts,
            **_reach(history, levels),
            "axisLabel": {"color": palette.text},
            "splitLine": {"lineStyle": {"color": palette.grid}},
        },
        "tooltip": {
            "trigger": "axis",
            "backgroundColor": palette.ground,
            "borderColor": palette.grid,
            "textStyle": {"color": palette.text},
            ":formatter": _TOOLTIP % msgspec.json.encode(marks).decode(),
        },
        "series": _marked(
            _bars(history, zone, palette) if amounts else _lines(history, zone, palette),
            _level_marks(levels, palette),
            _band_marks(history, bands, zone),
        ),
    }


_TIME_LABELS = {
    "year": "{yyyy}",
    "month": "{d}/{M}",
    "day": "{d}/{M}",
    "hour": "{HH}:{mm}",
    "minute": "{HH}:{mm}",
    "second": "{HH}:{mm}:{ss}",
}
_TOOLTIP = """(found) => {
  const marks = %s;
  const shown = found.find((one) => one.seriesName === 'value' && one.value[1] !== null);
  if (!shown) return '';
  const time = new Date(shown.value[0]).toISOString();
  const value = shown.value[1].toFixed(marks.decimals).replace('.', marks.decimal);
  return `<b>${value} ${marks.unit}</b><br>${time.slice(8, 10)}/${time.slice(5, 7)} ${time.slice(11, 19)}`;
}"""


def _marked(series: list[dict[str, Any]], lines: dict[str, Any], areas: dict[str, Any]) -> list[dict[str, Any]]:
    series[-1] |= {"markLine": lines, "markArea": areas}
    return series


def _reach(history: ChartHistory, levels: Sequence[LevelLine]) -> dict[str, float]:
    """How far the axis reaches, so that limits near the line are seen: one far away would flatten it."""
    values = [point.value for point in (*history.points, *history.low, *history.high)]
    if not values or not levels:
        return {}
    low, high = min(values), max(values)
    near = (high - low) or abs(high) / 2 or 1.0
    seen = [level.limit for level in levels if low - 1.5 * near <= level.limit <= high + 1.5 * near]
    nearest = min((level.limit for level in levels), key=lambda limit: min(abs(limit - low), abs(limit - high)))
    top, bottom = max([high, nearest, *seen]), min([low, nearest, *seen])
    room = (top - bottom) * 0.06
    return {"max": _round_out(top + room), "min": _round_out(bottom - room) if bottom < 0 or low > near else 0.0}


def _round_out(value: float) -> float:
    return float(f"{value:.3g}")


def _level_marks(levels: Sequence[LevelLine], palette: Palette) -> dict[str, Any]:
    return {
        "silent": True,
        "symbol": "none",
        "animation": False,
        "data": [
            {
                "yAxis": level.limit,
                "name": level.name,
                "lineStyle": {"color": level.colour, "width": 2, "type": "dashed"},
                "label": {
                    "formatter": level.name,
                    "position": "insideStartTop",
                    "color": palette.text,
                    "fontSize": 12,
                },
            }
            for level in levels
        ],
    }


def _band_marks(history: ChartHistory, bands: Sequence[AlarmBand], zone: ZoneInfo) -> dict[str, Any]:
    shown = [
        (max(band.start_ms, history.start_ms), min(band.end_ms or history.end_ms, history.end_ms), band.colour)
        for band in bands
        if band.start_ms < history.end_ms and (band.end_ms is None or band.end_ms > history.start_ms)
    ]
    return {
        "silent": True,
        "animation": False,
        "data": [
            [
                {"xAxis": _shifted(start_ms, zone), "itemStyle": {"color": faded(colour, _BAND_OPACITY)}},
                {"xAxis": _shifted(end_ms, zone)},
            ]
            for start_ms, end_ms, colour in shown[-_BANDS_MOST:]
        ],
    }


def _lines(history: ChartHistory, zone: ZoneInfo, palette: Palette) -> list[dict[str, Any]]:
    line: dict[str, Any] = {
        "name": "value",
        "type": "line",
        "showSymbol": len(history.points) < 40,
        "symbolSize": 4,
        "connectNulls": False,
        "lineStyle": {"width": 2, "color": palette.line},
        "itemStyle": {"color": palette.line},
        "data": _pairs(broken_at_gaps(history.points, history.step_ms), zone),
    }
    return [*_band(history, zone, palette), line]


def _band(history: ChartHistory, zone: ZoneInfo, palette: Palette) -> list[dict[str, Any]]:
    # two lines stacked: the lower unseen, the distance to the upper filled; only where both know the same steps
    highs = {point.time_ms: point.value for point in history.high}
    base = {
        "type": "line",
        "stack": "range",
        "stackStrategy": "all",
        "symbol": "none",
        "silent": True,
        "lineStyle": {"opacity": 0},
    }
    low = [[_shifted(point.time_ms, zone), point.value] for point in history.low if point.time_ms in highs]
    span = [
        [_shifted(point.time_ms, zone), highs[point.time_ms] - point.value]
        for point in history.low
        if point.time_ms in highs
    ]
    return [
        {**base, "name": "low", "data": low},
        {**base, "name": "span", "data": span, "areaStyle": {"color": palette.band, "opacity": 1}},
    ]


def _bars(history: ChartHistory, zone: ZoneInfo, palette: Palette) -> list[dict[str, Any]]:
    half_ms = history.step_ms // 2
    data = [[_shifted(point.time_ms + half_ms, zone), point.value] for point in history.points]
    bars = {"name": "value", "type": "bar", "barMaxWidth": 18, "itemStyle": {"color": palette.line}, "data": data}
    return [bars]


def _pairs(points: Iterable[tuple[int, float | None]], zone: ZoneInfo) -> list[list[float | None]]:
    return [[_shifted(time_ms, zone), value] for time_ms, value in points]


def broken_at_gaps(points: Sequence[Point], step_ms: int) -> list[tuple[int, float | None]]:
    """The points as (time, value), with an empty one where nothing came for much longer than usual."""
    steps = sorted(later.time_ms - earlier.time_ms for earlier, later in pairwise(points))
    usual_ms = max(step_ms, steps[len(steps) // 2] if steps else 0)
    broken: list[tuple[int, float | None]] = []
    for point in points:
        if broken and point.time_ms - broken[-1][0] > _GAP_STEPS * usual_ms:
            broken.append((broken[-1][0] + 1, None))
        broken.append((point.time_ms, point.value))
    return broken


def _shifted(time_ms: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(time_ms / 1_000, UTC).astimezone(zone).utcoffset()
    return time_ms + round(offset.total_seconds() * 1_000) if offset else time_ms
