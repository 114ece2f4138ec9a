"""Replays a rule over a history, as the engine would have judged it had each reading come in time.

readings ─► runs with equal marks and without a gap ─► step_column ─► events        between runs: tick, for silence
"""

from collections.abc import Iterator, Sequence

from cloud.alarms.state_recovery import columns_of
from cloud.readings.contract import Point
from rules.engine import START, Event, Observed, RuleState, SecondReading, Watched, step, step_column, tick
from rules.rule import RuleKind

RUN_LENGTH = 512
"""Readings given to the engine at once, so that calm hours cost next to nothing."""


def replay(
    watched: Watched, points: Sequence[Point], second: Sequence[Point] | None, *, end_ms: int
) -> Iterator[Event]:
    """Every event of a rule over a history, as it would have come had each reading come in time."""
    state = START
    last_ms: int | None = None
    for times_ms, values, marks in _runs(points, watched.interval_s):
        if last_ms is not None and times_ms[0] - last_ms > 1_000:
            state, events = tick(watched, state, times_ms[0])
            yield from events
        if second is None and watched.rule.kind is not RuleKind.SILENCE:
            state, events = step_column(watched, state, times_ms, values, marks=marks)
            yield from events
        else:
            for event in _one_by_one(watched, state, times_ms, values, marks, second or ()):
                if isinstance(event, RuleState):
                    state = event
                else:
                    yield event
        last_ms = times_ms[-1]
    if last_ms is not None and last_ms < end_ms:
        yield from tick(watched, state, end_ms)[1]


def _one_by_one(
    watched: Watched,
    state: RuleState,
    times_ms: Sequence[int],
    values: Sequence[float],
    marks: int,
    second: Sequence[Point],
) -> Iterator[Event | RuleState]:
    """The events, then the state after them."""
    place, newest = _place_before(second, times_ms[0]), None
    for time_ms, value in zip(times_ms, values, strict=True):
        while place < len(second) and second[place].time_ms <= time_ms:
            newest = SecondReading(second[place].time_ms, second[place].value)
            place += 1
        state, events = step(watched, state, Observed(time_ms, value, marks, newest))
        yield from events
    yield state


def _place_before(second: Sequence[Point], time_ms: int) -> int:
    low, high = 0, len(second)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if second[middle].time_ms <= time_ms else (low, middle)
    return max(0, low - 1)


def _runs(points: Sequence[Point], interval_s: float | None) -> Iterator[tuple[list[int], list[float], int]]:
    """Runs of readings with the same marks and no gap in which a silence could fall, `RUN_LENGTH` long at most."""
    gap_ms = int(1_000 * (interval_s or 60.0) * 1.5)
    for column in columns_of("", "", points):
        start = 0
        times_ms = column.times_ms
        for place in range(1, len(times_ms) + 1):
            if place == len(times_ms) or place - start == RUN_LENGTH or times_ms[place] - times_ms[place - 1] > gap_ms:
                yield times_ms[start:place], column.values[start:place], column.marks
                start = place
