"""When a value that falls or rises over days reaches an end:  64 % and 9.6 % less a day ─► 20 % in 4.6 days.

points   one of each four hours, the first that is believed     ●  ●  ●  ●  ●  ●     over the window
slope    the median of (v2 - v1) / (t2 - t1) of all pairs that lie whole days apart, so dawn is held against dawn
now      the median of the last day                              days = (now - end) / -slope

That is Sen's slope by season: Hirsch, Slack and Smith, Water Resources Research 18(1), 1982, 107-121. It bears wrong
readings, gaps, and a day of sun among clouds. What goes back by more than two days of the worst fall, and stays there
for two points, is a battery that was changed or a panel that was cleaned: what came before says nothing any more.
"""

from collections.abc import Iterable, Iterator

from rules.rule import Direction
from wire.durations import DAY_MS, HOUR_MS

STEP_MS = 4 * HOUR_MS
LEAST_MS = 2 * DAY_MS
"""Nothing is said of less than two days."""
MOST_DAYS = 365.0
"""What does not reach its end within a year does not fall, or rise, to speak of."""
_NEAR_MS = STEP_MS // 2
"""Points lie whole days apart where they do so to this: a sensor that speaks each two hours is not on the minute."""
_LEAST_PAIRS = 4
_UNDONE_DAYS = 2.0

Points = tuple[tuple[int, float], ...]
"""(time, value), oldest first: one of each four hours."""


def begins_step(points: Points, time_ms: int) -> bool:
    """Whether a reading at `time_ms` is the first of its four hours."""
    return not points or time_ms // STEP_MS > points[-1][0] // STEP_MS


def with_point(points: Points, time_ms: int, value: float, *, window_ms: int) -> Points:
    """The points with one more, without those that left the window."""
    return (*(point for point in points if point[0] >= time_ms - window_ms), (time_ms, value))


def has_turned(points: Points, direction: Direction) -> bool:
    """Whether the two newest points both went back since their day before, by more than two of the worst days explain.

    What lies before them is of another battery.
    """
    if len(points) < 4:
        return False
    down = _downward(points, direction)
    worst = max((-slope for slope in _slopes(down[:-2])), default=0.0)
    rises = [_since_a_day_before(down[:-1]), _since_a_day_before(down)]
    return worst > 0 and all(rise is not None and rise > _UNDONE_DAYS * worst for rise in rises)


def days_left(points: Points, target: float, direction: Direction) -> float | None:
    """In how many days, from the newest point on, `target` is reached; `MOST_DAYS` where it is not; None: not known.

    0 where it is reached already.
    """
    down = _downward(points, direction)
    end = target if direction is Direction.FALLING else -target
    if not down:
        return None
    newest_ms = down[-1][0]
    now = _median(value for time_ms, value in down if time_ms > newest_ms - DAY_MS + _NEAR_MS)
    if now <= end:
        return 0.0
    slopes = list(_slopes(down))
    if len(slopes) < _LEAST_PAIRS or newest_ms - down[0][0] < LEAST_MS - _NEAR_MS:
        return None
    slope = _median(slopes)
    return min(MOST_DAYS, (now - end) / -slope) if slope < 0 else MOST_DAYS


def _downward(points: Points, direction: Direction) -> Points:
    """The points as of something that falls."""
    if direction is Direction.FALLING:
        return points
    return tuple((time_ms, -value) for time_ms, value in points)


def _slopes(points: Points) -> Iterator[float]:
    """The change a day of each pair that lies whole days apart."""
    for number, later in enumerate(points):
        for earlier in points[:number]:
            if _lie_days_apart(earlier, later):
                yield (later[1] - earlier[1]) * DAY_MS / (later[0] - earlier[0])


def _lie_days_apart(earlier: tuple[int, float], later: tuple[int, float]) -> bool:
    apart_ms = later[0] - earlier[0]
    over_ms = (apart_ms + _NEAR_MS) % DAY_MS
    return apart_ms > DAY_MS // 2 and over_ms <= 2 * _NEAR_MS


def _since_a_day_before(points: Points) -> float | None:
    """How far the newest point lies above the last one that lies whole days before it."""
    newest = points[-1]
    before = next((point for point in reversed(points[:-1]) if _lie_days_apart(point, newest)), None)
    return None if before is None else newest[1] - before[1]


def _median(values: Iterable[float]) -> float:
    """The middle one; `statistics` takes more memory than all else here."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
