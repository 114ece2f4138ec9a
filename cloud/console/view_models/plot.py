"""A chart as shapes: a line with the range it moved in, limits across it, and bands where alarms were open.

Everything is in percent of the plot, 0 at its top left, so that one drawing fits any screen:
Plot(lines=("M0,62.1L1.2,60…",), levels=(LevelMark("Siaga 3", 40.5, "#f2c500"),), bands=(BandMark(12.0, 3.5, …),), …)
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.chart import AlarmBand, ChartHistory, LevelLine, broken_at_gaps
from i18n.catalog import Catalog
from wire.durations import DAY_MS, HOUR_MS

_GRID = 4
"""Steps between the lines of the grid, about."""
_TICKS_MOST = 6
_BANDS_MOST = 200
_Left = Callable[[int], float]
_Top = Callable[[float], float]
_HOURS = (1, 3, 6, 12, 24, 48, 120, 240)


class LevelMark(msgspec.Struct, frozen=True):
    """A limit across the plot, `top` from above."""

    name: str
    top: float
    colour: str


class BandMark(msgspec.Struct, frozen=True):
    """A time in which an alarm was open."""

    left: float
    width: float
    colour: str


class AxisMark(msgspec.Struct, frozen=True):
    """A mark at an axis: `at` from the left, or from above."""

    at: float
    words: str


class Plot(msgspec.Struct, frozen=True):
    """All shapes; `lines` and `ranges` are paths of SVG."""

    lines: tuple[str, ...]
    ranges: tuple[str, ...]
    levels: tuple[LevelMark, ...]
    bands: tuple[BandMark, ...]
    times: tuple[AxisMark, ...]
    values: tuple[AxisMark, ...]


def plot_of(
    _: Catalog, history: ChartHistory, levels: Sequence[LevelLine], bands: Sequence[AlarmBand], zone: ZoneInfo
) -> Plot:
    """Draw a history, with the limits that are near enough to be seen."""
    low, high = _reach(history, levels)

    def left(time_ms: int) -> float:
        return round((time_ms - history.start_ms) * 100 / max(1, history.end_ms - history.start_ms), 2)

    def top(value: float) -> float:
        return round((high - value) * 100 / (high - low), 2)

    return Plot(
        lines=tuple(_path(piece) for piece in _pieces(history, left, top)),
        ranges=tuple(_ranges(history, left, top)),
        levels=tuple(LevelMark(one.name, top(one.limit), one.colour) for one in levels if low <= one.limit <= high),
        bands=tuple(_bands(history, bands, left)),
        times=tuple(AxisMark(left(time_ms), words) for time_ms, words in _times(history, zone)),
        values=tuple(AxisMark(top(value), _.number(value, decimals)) for value, decimals in _values(low, high)),
    )


def _reach(history: ChartHistory, levels: Sequence[LevelLine]) -> tuple[float, float]:
    """From where to where the plot reaches: limits near the line are seen, one far away would flatten it."""
    values = [point.value for point in (*history.points, *history.low, *history.high)]
    limits = [level.limit for level in levels]
    if not values:
        values = limits or [0.0, 1.0]
    low, high = min(values), max(values)
    near = (high - low) or abs(high) / 2 or 1.0
    seen = [limit for limit in limits if low - 1.5 * near <= limit <= high + 1.5 * near]
    nearest = [min(limits, key=lambda limit: min(abs(limit - low), abs(limit - high)))] if limits else []
    low, high = min([low, *seen, *nearest]), max([high, *seen, *nearest])
    room = ((high - low) or abs(high) or 1.0) * 0.06
    return low - room, high + room


def _pieces(history: ChartHistory, left: _Left, top: _Top) -> Iterable[list[tuple[float, float]]]:
    """The line, broken where nothing came for long."""
    piece: list[tuple[float, float]] = []
    for time_ms, value in broken_at_gaps(history.points, history.step_ms):
        if value is None:
            yield piece
            piece = []
        else:
            piece.append((left(time_ms), top(value)))
    yield piece


def _path(points: Sequence[tuple[float, float]]) -> str:
    if len(points) == 1:  # a point alone would not be seen
        (x, y) = points[0]
        points = [(x, y), (x + 0.2, y)]
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in points) if points else ""


def _ranges(history: ChartHistory, left: _Left, top: _Top) -> Iterable[str]:
    """A bar for each step whose lowest and highest differ."""
    highs = {point.time_ms: point.value for point in history.high}
    wide = [(left(point.time_ms), top(point.value), top(highs[point.time_ms])) for point in history.low]
    yield "".join(f"M{x:g},{low:g}V{high:g}" for x, low, high in wide if low != high)


def _bands(history: ChartHistory, bands: Sequence[AlarmBand], left: _Left) -> Iterable[BandMark]:
    for band in bands[-_BANDS_MOST:]:
        start, end = left(max(band.start_ms, history.start_ms)), left(min(band.end_ms or 2**62, history.end_ms))
        if end > start:
            yield BandMark(start, max(0.3, round(end - start, 2)), band.colour)


def _times(history: ChartHistory, zone: ZoneInfo) -> Iterable[tuple[int, str]]:
    """Full hours or days of the zone, a few of them."""
    length_h = (history.end_ms - history.start_ms) / HOUR_MS
    step_h = next((hours for hours in _HOURS if length_h / hours <= _TICKS_MOST), _HOURS[-1])
    start = datetime.fromtimestamp(history.start_ms / 1_000, UTC).astimezone(zone)
    first = start.replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(int(length_h / step_h) + 30):
        local = first + timedelta(hours=number * step_h)
        time_ms = round(local.timestamp() * 1_000)
        if history.start_ms <= time_ms <= history.end_ms:
            yield time_ms, f"{local:%d/%m}" if step_h * HOUR_MS >= DAY_MS else f"{local:%H:%M}"


def _values(low: float, high: float) -> Iterable[tuple[float, int]]:
    """Round values between `low` and `high`, each with the decimals that it needs."""
    rough = (high - low) / _GRID
    power = 10.0 ** _exponent(rough)
    step = next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= rough)
    decimals = max(0, -_exponent(step) + (round(step / 10.0 ** _exponent(step), 6) == 2.5))
    first = -(-low // step)
    for number in range(_GRID + 3):
        value = (first + number) * step
        if value <= high:
            yield value, decimals


def _exponent(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])
