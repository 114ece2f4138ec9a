"""What a chart of one series is made of: its steps, the limits of levels, the times of alarms; and what it comes to.

summary(_, row, history) -> [("Lowest", "98.1 cm"), ("Mean", "101.2 cm"), ("Highest", "132.4 cm")]
"""

from collections.abc import Iterator
from itertools import pairwise

import msgspec

from cloud.readings.buckets import TimeBucket, in_one
from i18n import figures
from i18n.catalog import Catalog
from wire import HourOf, Quantity
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS


class ChartHistory(msgspec.Struct, frozen=True):
    """One series over a span: what was measured in each step of `step_ms`, those without readings left out.

    Steps are whole ones by a clock that is `offset_ms` ahead of UTC.
    """

    start_ms: int
    end_ms: int
    step_ms: int
    buckets: tuple[TimeBucket, ...]
    of_sums: bool = False
    offset_ms: int = 0

    def value(self, bucket: TimeBucket) -> float | None:
        """What the line goes through: the mean of a step, or its sum; None where nothing of it is believed."""
        return bucket.total if self.of_sums and bucket.count else bucket.mean

    def whole(self) -> TimeBucket | None:
        """All of it in one; None where there is nothing."""
        return in_one(self.start_ms, self.buckets) if self.buckets else None


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


_GAP_STEPS = 1.5
_GAP_READINGS = 2.5
"""A line is broken where nothing came for so many steps, or so many times as long as is usual between readings that
are rarer than steps: silence must not look like a straight line."""


def summary(_: Catalog, row: Quantity, history: ChartHistory) -> list[tuple[str, str]]:
    """The figures above the chart: lowest, mean, highest; or the sum of amounts. Doubted readings are in none."""
    whole = history.whole()
    if whole is None or whole.mean is None or whole.min is None or whole.max is None:
        return []
    if row.hour is HourOf.SUM:
        most = max(bucket.total for bucket in history.buckets if bucket.count)
        rows = [(_("Sum"), whole.total), (_("Most in {step}", step=step_name(_, history.step_ms)), most)]
    else:
        rows = [(_("Lowest"), whole.min), (_("Mean"), whole.mean), (_("Highest"), whole.max)]
    return [(name, " ".join(figures.value_and_unit(_, row, value))) for name, value in rows]


def step_name(_: Catalog, step_ms: int) -> str:
    """The length of a step: 5 s, 5 min, 1 h, 7 days."""
    if step_ms >= DAY_MS:
        return _.plural("{n} day", "{n} days", step_ms // DAY_MS)
    if step_ms >= HOUR_MS:
        return f"{step_ms // HOUR_MS} {_('h')}"
    return f"{step_ms // MINUTE_MS} {_('min')}" if step_ms >= MINUTE_MS else f"{step_ms // 1_000} s"


def broken_at_gaps(history: ChartHistory) -> Iterator[list[TimeBucket]]:
    """The steps in pieces, cut where nothing came for much longer than usual, and where all is doubted."""
    buckets = history.buckets
    silences = sorted(later.first_ms - earlier.last_ms for earlier, later in pairwise(buckets))
    usual_ms = silences[len(silences) // 2] if silences else 0
    longest_ms = _GAP_READINGS * usual_ms if usual_ms > history.step_ms else _GAP_STEPS * history.step_ms
    piece: list[TimeBucket] = []
    heard_ms = 0
    for bucket in buckets:
        if piece and (not bucket.count or bucket.first_ms - heard_ms > longest_ms):
            yield piece
            piece = []
        if bucket.count:
            piece.append(bucket)
        heard_ms = bucket.last_ms
    if piece:
        yield piece
