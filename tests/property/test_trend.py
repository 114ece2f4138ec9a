"""The laws of a trend over days: order, replays, cuts and restarts change nothing, and any values give sound days."""

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine import START, Event, Observed, RuleState, Watched, decode_state, encode_state, history, step
from rules.engine import step_column as column
from rules.rule import Direction, Level, Rule, RuleKind, Severity
from rules.trend import MOST_DAYS, STEP_MS, days_left
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

LATENESS_S = 1_800.0
T0_MS = 1_760_000_000_000
LEVELS = (Level("Days left", Severity.MINOR, 6.0), Level("Hardly any", Severity.MODERATE, 3.0))
WATCHED = st.builds(
    lambda direction, clear_s, hysteresis: Watched(
        "box-1",
        Rule(
            family="law", quantity="battery", kind=RuleKind.TREND, title="x", levels=LEVELS, target=30.0,
            direction=direction, window_s=4 * 86_400.0, lateness_s=LATENESS_S, clear_s=clear_s, hysteresis=hysteresis,
        ),
        "Asia/Jayapura", 1_200.0,
    ),
    st.sampled_from(list(Direction)), st.sampled_from([0.0, 7_200.0]), st.sampled_from([0.0, 1.0]),
)  # fmt: skip


@st.composite
def readings(draw: st.DrawFn) -> list[Observed]:
    """Days of a value that falls or rises, with noise, gaps, and a battery that is changed now and then."""
    seed, count = draw(st.integers(0, 2**32)), draw(st.integers(0, 150))
    dice = random.Random(seed)
    value, slope, time_ms, found = 60.0, dice.uniform(-15, 15), T0_MS, []
    for _ in range(count):
        step_ms = dice.choice([20 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 5 * HOUR_MS, DAY_MS])
        time_ms += step_ms
        value = 95.0 if dice.random() < 0.01 else value + slope * step_ms / DAY_MS
        value = min(100.0, max(0.0, value))
        found.append(Observed(time_ms, round(value + dice.uniform(-2, 2), 1)))
    return found


def _run(watched: Watched, arrivals: list[Observed], state: RuleState = START) -> tuple[RuleState, list[Event]]:
    told: list[Event] = []
    for observed in arrivals:
        state, events = step(watched, state, observed)
        told.extend(events)
    return state, told


def _shuffled(arrivals: list[Observed], seed: int) -> list[Observed]:
    dice = random.Random(seed)
    delays = {observed.time_ms: dice.uniform(0, LATENESS_S * 1_000) for observed in arrivals}
    return sorted(arrivals, key=lambda observed: observed.time_ms + delays[observed.time_ms])


@settings(max_examples=60, deadline=None)
@given(WATCHED, readings(), st.integers(0, 2**32))
def test_order_within_the_lateness_and_replays_change_nothing(
    watched: Watched, given_readings: list[Observed], seed: int
):
    state, told = _run(watched, given_readings)
    other, other_told = _run(watched, _shuffled(given_readings, seed))
    assert history(other_told) == history(told)
    assert (other.level, other.opened_ms) == (state.level, state.opened_ms)
    again, more = _run(watched, given_readings[-30:], state)
    assert (more, encode_state(again)) == ([], encode_state(state))


@settings(max_examples=60, deadline=None)
@given(WATCHED, readings(), st.lists(st.integers(0, 150), max_size=5))
def test_cuts_and_restarts_change_nothing(watched: Watched, arrivals: list[Observed], cuts: list[int]):
    _, told = _run(watched, arrivals)
    state, split = START, list[Event]()
    for start, end in pairwise(sorted({0, len(arrivals), *(cut for cut in cuts if cut < len(arrivals))})):
        times, values = [o.time_ms for o in arrivals[start:end]], [o.value for o in arrivals[start:end]]
        state, events = column(watched, decode_state(encode_state(state)), times, values)
        split.extend(events)
    assert split == told


POINTS = st.lists(st.tuples(st.integers(0, 40), st.floats(-1e9, 1e9)), max_size=40).map(
    lambda found: tuple((T0_MS + at * STEP_MS, value) for at, value in sorted(dict(found).items()))
)


@given(POINTS, st.floats(-1e9, 1e9), st.sampled_from(list(Direction)))
def test_any_points_give_no_days_or_some_that_can_be(
    points: tuple[tuple[int, float], ...], target: float, direction: Direction
):
    days = days_left(points, target, direction)
    assert days is None or 0.0 <= days <= MOST_DAYS
