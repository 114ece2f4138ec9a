"""A chart as shapes: a line with the range it moved in, limits across it, bands where alarms were open, and beside the
line what is doubted and what people read.

Everything is in percent of the plot, 0 at its top left, so that one drawing fits any screen:
Plot(lines=("M0,62.1L1.2,60…",), levels=(LevelMark("Siaga 3", 40.5, "#f2c500"),), bands=(BandMark(12.0, 3.5, …),), …)
"""

from collections.abc import Callable, Iterable, Sequence
from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.chart import AlarmBand, ChartHistory, LevelLine, broken_at_gaps
from cloud.console.view_models.time_axis import time_marks
from cloud.readings.buckets import TimeBucket
from cloud.readings.contract import Point
from i18n.catalog import Catalog

_GRID = 4
"""Steps between the lines of the grid, about."""
_BANDS_MOST = 200
_Left = Callable[[int], float]
_Top = Callable[[float], float]
_LAST_MARK = 96.0
"""What stands further to the right has no room for its words."""
_EDGE = 1.5
"""So far from the edge of the plot a doubted value is drawn that lies beyond it."""


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
    """All shapes; `lines`, `lone` points, `ranges`, `doubts` and `people` are paths of SVG, empty without any."""

    lines: tuple[str, ...]
    lone: str
    ranges: tuple[str, ...]
    doubts: str
    people: str
    levels: tuple[LevelMark, ...]
    bands: tuple[BandMark, ...]
    times: tuple[AxisMark, ...]
    values: tuple[AxisMark, ...]


def plot_of(
    _: Catalog,
    history: ChartHistory,
    levels: Sequence[LevelLine],
    bands: Sequence[AlarmBand],
    zone: ZoneInfo,
    *,
    people: Sequence[Point] = (),
) -> Plot:
    """Draw a history, with the limits that are near enough to be seen, and `people`, what they read."""
    low, high = _reach(history, levels, people)

    def left(time_ms: int) -> float:
        return round((time_ms - history.start_ms) * 100 / max(1, history.end_ms - history.start_ms), 2)

    def top(value: float) -> float:
        return round((high - value) * 100 / (high - low), 2)

    marks = time_marks(_, history.start_ms, history.end_ms, zone)
    pieces = list(_pieces(history, left, top))
    return Plot(
        lines=tuple(_path(piece) for piece in pieces if len(piece) > 1),
        lone="".join(_dot(*piece[0]) for piece in pieces if len(piece) == 1),
        ranges=tuple(_ranges(history, left, top)),
        doubts="".join(_doubts(history, left, top)),
        people="".join(_dot(left(point.time_ms), top(point.value)) for point in people),
        levels=tuple(LevelMark(one.name, top(one.limit), one.colour) for one in levels if low <= one.limit <= high),
        bands=tuple(_bands(history, bands, left)),
        times=tuple(AxisMark(left(time_ms), words) for time_ms, words in marks if left(time_ms) <= _LAST_MARK),
        values=tuple(AxisMark(top(value), _.number(value, decimals)) for value, decimals in _values(low, high)),
    )


def _reach(history: ChartHistory, levels: Sequence[LevelLine], people: Sequence[Point]) -> tuple[float, float]:
    """From where to where the plot reaches: limits near the line are seen, one far away would flatten it.

    A doubted value counts only where there is no other: a single spike would flatten the line, too.
    """
    limits = [level.limit for level in levels]
    values = [*_believed(history), *(point.value for point in people)] or _doubted(history) or limits or [0.0, 1.0]
    low, high = min(values), max(values)
    near = (high - low) or abs(high) / 2 or 1.0
    seen = [limit for limit in limits if low - 1.5 * near <= limit <= high + 1.5 * near]
    nearest = [min(limits, key=lambda limit: min(abs(limit - low), abs(limit - high)))] if limits else []
    low, high = min([low, *seen, *nearest]), max([high, *seen, *nearest])
    room = ((high - low) or abs(high) or 1.0) * 0.06
    return low - room, high + room


def _believed(history: ChartHistory) -> list[float]:
    if history.of_sums:
        totals = [bucket.total for bucket in history.buckets if bucket.count]
        return [0.0, *totals] if totals else []  # amounts are compared by their height
    return [value for bucket in history.buckets for value in (bucket.min, bucket.max) if value is not None]


def _doubted(history: ChartHistory) -> list[float]:
    both = ((bucket.doubted_min, bucket.doubted_max) for bucket in history.buckets)
    return [] if history.of_sums else [value for pair in both for value in pair if value is not None]


def _middle(bucket: TimeBucket) -> int:
    """Where a step is drawn: in the middle of what was measured in it."""
    return (bucket.first_ms + bucket.last_ms) // 2


def _pieces(history: ChartHistory, left: _Left, top: _Top) -> Iterable[list[tuple[float, float]]]:
    """The line, broken where nothing came for long."""
    for piece in broken_at_gaps(history):
        values = ((left(_middle(bucket)), history.value(bucket)) for bucket in piece)
        yield [(x, top(value)) for x, value in values if value is not None]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in points)


def _ranges(history: ChartHistory, left: _Left, top: _Top) -> Iterable[str]:
    """A bar for each step whose lowest and highest differ."""
    wide = [] if history.of_sums else [bucket for bucket in history.buckets if bucket.min != bucket.max]
    yield "".join(
        f"M{left(_middle(bucket)):g},{top(bucket.min):g}V{top(bucket.max):g}"
        for bucket in wide
        if bucket.min is not None and bucket.max is not None
    )


def _doubts(history: ChartHistory, left: _Left, top: _Top) -> Iterable[str]:
    """What is doubted of each step, at the edge where it lies beyond; at the foot where a value is no sum."""
    for bucket in history.buckets:
        if bucket.doubted_min is None or bucket.doubted_max is None:
            continue
        x = left(_middle(bucket))
        if history.of_sums:
            yield _dot(x, 100 - _EDGE)
            continue
        low, high = (
            min(max(top(value), _EDGE), 100 - _EDGE) for value in (bucket.doubted_min, bucket.doubted_max)
        )  # fmt: skip
        yield _dot(x, low) if low == high else _dot(x, low) + _dot(x, high)


def _dot(x: float, y: float) -> str:
    """A point: what has round ends and no length."""
    return f"M{x:g},{y:g}h0"


def _bands(history: ChartHistory, bands: Sequence[AlarmBand], left: _Left) -> Iterable[BandMark]:
    for band in bands[-_BANDS_MOST:]:
        start, end = left(max(band.start_ms, history.start_ms)), left(min(band.end_ms or 2**62, history.end_ms))
        if end > start:
            yield BandMark(start, max(0.3, round(end - start, 2)), band.colour)


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
