"""What a chart of one series is made of: its points, the limits of levels, the times of alarms; and what it comes to.

summary(_, row, history) -> [("Lowest", "98.1 cm"), ("Mean", "101.2 cm"), ("Highest", "132.4 cm")]
"""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

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
