"""The laws of the engine: order within the lateness, replays, splits and restarts change nothing of the history."""

import itertools
import random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rules.engine import (
    START,
    Event,
    EventKind,
    Observed,
    Phase,
    RuleState,
    Watched,
    decode_state,
    encode_state,
    history,
    reevaluate,
    step,
    step_column,
    tick,
)
from rules.marks import QUALITY, Mark
from rules.rule import AtLeast, Direction, Hours, Level, Rule, RuleKind, Severity

LATENESS_S = 120
T0_MS = 1_760_000_000_000

_UP = (Level("Siaga 3", Severity.MODERATE, 40.0), Level("Siaga 2", Severity.SEVERE, 70.0))
_DOWN = (Level("Low", Severity.MODERATE, 40.0), Level("Empty", Severity.SEVERE, 20.0, inclusive=False))
_BAND = (Level("Inside", Severity.MODERATE, 20.0, 80.0), Level("Deep inside", Severity.SEVERE, 40.0, 60.0))
_OUT = (Level("Out", Severity.MODERATE, 40.0, 60.0), Level("Far out", Severity.SEVERE, 20.0, 80.0))
_MISSED = (Level("Quiet", Severity.MINOR, 2.0), Level("Dead", Severity.SEVERE, 6.0))
_DAYS = (Level("Days left", Severity.MODERATE, 40.0), Level("Hardly any", Severity.SEVERE, 20.0))
_LEVELS = {
    RuleKind.ABOVE: _UP, RuleKind.BELOW: _DOWN, RuleKind.INSIDE: _BAND, RuleKind.OUTSIDE: _OUT,
    RuleKind.RISE: _UP, RuleKind.TREND: _DAYS, RuleKind.SILENCE: _MISSED,
}  # fmt: skip


@st.composite
def rules(draw: st.DrawFn, kinds=tuple(RuleKind)) -> Rule:
    kind = draw(st.sampled_from(kinds))
    return Rule(
        family="law", quantity=draw(st.sampled_from(["water_level", "noise"])), kind=kind, title="Law",
        levels=_LEVELS[kind], hysteresis=draw(st.sampled_from([0.0, 5.0])), for_s=draw(st.sampled_from([0.0, 45.0])),
        clear_s=draw(st.sampled_from([0.0, 60.0])), at_least=draw(st.sampled_from([None, AtLeast(2, 3)])),
        window_s=draw(st.sampled_from([60.0, 300.0])) if kind is not RuleKind.TREND else 4 * 86_400.0,
        target=30.0 if kind is RuleKind.TREND else None, direction=draw(st.sampled_from(list(Direction))),
        lateness_s=float(LATENESS_S),
        hours=draw(st.sampled_from([None, Hours(start="17:00", end="05:00")])),
        reject=draw(st.sampled_from([("spike", "clock_unknown"), (), ("spike", "stuck", "twins_disagree")])),
    )  # fmt: skip


WATCHED = st.builds(Watched, st.just("river-1"), rules(), st.just("Asia/Jakarta"), st.sampled_from([None, 20.0]))
VALUES = st.one_of(st.floats(0, 100), st.sampled_from([0.0, 20.0, 40.0, 60.0, 70.0, 80.0]))
MARKS = st.sampled_from([0, 0, 0, int(Mark.CLOCK_UNKNOWN), int(Mark.SPIKE), int(Mark.TWINS_DISAGREE)])


@st.composite
def readings(draw: st.DrawFn, most: int = 40) -> list[Observed]:
    steps = draw(st.lists(st.integers(1, 60) | st.integers(100, 400), max_size=most))
    time_ms, found = T0_MS, []
    for step_s in steps:
        time_ms += step_s * 1000
        found.append(Observed(time_ms, round(draw(VALUES), 1), draw(MARKS)))
    return found


def _run(watched: Watched, arrivals: list[Observed], state: RuleState = START) -> tuple[RuleState, list[Event]]:
    told: list[Event] = []
    for observed in arrivals:
        state, events = step(watched, state, observed)
        told.extend(events)
    return state, told


def _shuffled(arrivals: list[Observed], seed: int, lateness_s: int) -> list[Observed]:
    """Some order in which no reading comes after one that is newer by more than the lateness."""
    dice = random.Random(seed)
    delays = {observed.time_ms: dice.uniform(0, lateness_s * 1000) for observed in arrivals}
    return sorted(arrivals, key=lambda observed: observed.time_ms + delays[observed.time_ms])


@settings(max_examples=120, deadline=None)
@given(WATCHED, readings(), st.integers(0, 2**32))
def test_any_order_of_arrival_within_the_lateness_gives_the_same_history(
    watched: Watched, given_readings: list[Observed], seed: int
):
    state, told = _run(watched, given_readings)
    other_state, other_told = _run(watched, _shuffled(given_readings, seed, LATENESS_S))
    assert history(other_told) == history(told)
    assert (other_state.phase, other_state.level, other_state.opened_ms) == (state.phase, state.level, state.opened_ms)
    assert not any(event.late for event in other_told)


@settings(max_examples=150, deadline=None)
@given(WATCHED, readings(), st.data())
def test_replaying_any_part_adds_nothing(watched: Watched, given_readings: list[Observed], data: st.DataObject):
    state, told = _run(watched, given_readings)
    again = data.draw(st.lists(st.sampled_from(given_readings), max_size=20)) if given_readings else []
    after, more = _run(watched, again, state)
    assert more == []
    assert encode_state(after) == encode_state(state)
    assert told == _run(watched, given_readings)[1]


@settings(max_examples=150, deadline=None)
@given(WATCHED, readings(), st.lists(st.integers(0, 40), max_size=5), st.integers(0, 2**32))
def test_splits_columns_and_restarts_change_nothing(
    watched: Watched, given_readings: list[Observed], cuts: list[int], seed: int
):
    plain = [Observed(observed.time_ms, observed.value) for observed in given_readings]
    arrivals = _shuffled(plain, seed, LATENESS_S) if seed % 2 else plain
    _, told = _run(watched, arrivals)
    split: list[Event] = []
    state = START
    bounds = sorted({0, len(arrivals), *(cut for cut in cuts if cut < len(arrivals))})
    for start, end in itertools.pairwise(bounds):
        times, values = [o.time_ms for o in arrivals[start:end]], [o.value for o in arrivals[start:end]]
        state, events = step_column(watched, decode_state(encode_state(state)), times, values)
        split.extend(events)
    assert split == told


@settings(max_examples=120, deadline=None)
@given(
    rules(kinds=(RuleKind.ABOVE, RuleKind.BELOW, RuleKind.OUTSIDE)),
    st.lists(st.integers(0, 9), max_size=150),
    st.data(),
)
def test_long_columns_change_nothing_calm_or_not(rule: Rule, tenths: list[int], data: st.DataObject):
    watched = Watched("river-1", rule, "Asia/Jakarta", 10.0)
    base = {RuleKind.ABOVE: 10.0, RuleKind.BELOW: 60.0, RuleKind.OUTSIDE: 50.0}[rule.kind]
    calm = [Observed(T0_MS + 10_000 * n, base + tenth / 10, 0) for n, tenth in enumerate(tenths)]
    upset = data.draw(st.lists(st.sampled_from(calm), max_size=2)) if calm else []
    arrivals = [observed if observed not in upset else Observed(observed.time_ms, 45.0) for observed in calm]
    recent = arrivals[-LATENESS_S // 10 : -1]
    held_back = data.draw(st.lists(st.sampled_from(recent), max_size=3, unique=True)) if recent else []
    _, told = _run(watched, arrivals)
    columns: list[Event] = []
    state = START
    for start in range(0, len(arrivals), 50):
        column = [observed for observed in arrivals[start : start + 50] if observed not in held_back]
        state, events = step_column(watched, state, [o.time_ms for o in column], [o.value for o in column])
        columns.extend(events)
    _, late = _run(watched, held_back, state)
    assert history([*columns, *late]) == history(told)


@settings(max_examples=150, deadline=None)
@given(WATCHED, readings(), st.integers(0, 400), st.integers(0, 2**32))
def test_ticks_only_tell_earlier_what_the_readings_would_tell(
    watched: Watched, given_readings: list[Observed], after_s: int, seed: int
):
    told: list[Event] = []
    ticked: list[Event] = []
    state = quiet_state = START
    for observed in _shuffled(given_readings, seed, LATENESS_S):
        state, events = step(watched, state, observed)
        told.extend(events)
        quiet_state, events = step(watched, quiet_state, observed)
        ticked.extend(events)
        quiet_state, events = tick(watched, quiet_state, _newest(quiet_state) + after_s * 1000)
        ticked.extend(events)
        assert tick(watched, quiet_state, _newest(quiet_state) + after_s * 1000) == (quiet_state, ())
    if given_readings:
        told.extend(tick(watched, state, _newest(state) + after_s * 1000)[1])
    assert history(ticked) == history(told)


@settings(max_examples=150, deadline=None)
@given(WATCHED, readings(most=12), st.integers(0, 2**32))
def test_verdicts_that_come_later_give_the_history_of_readings_that_came_with_their_marks(
    watched: Watched, given_readings: list[Observed], seed: int
):
    within = [observed for observed in given_readings if observed.time_ms > given_readings[-1].time_ms - 100_000]
    _, told = _run(watched, within)
    dice = random.Random(seed)
    other = [replace(one, marks=one.marks & ~QUALITY | dice.choice([0, int(Mark.TWINS_DISAGREE)])) for one in within]
    state, later = _run(watched, other)
    for observed in dice.sample(within, len(within)):
        state, events = reevaluate(watched, state, observed.time_ms, observed.marks & QUALITY)
        later.extend(events)
    assert history(later) == history(told)


def _newest(state: RuleState) -> int:
    assert state.newest_ms is not None
    return state.newest_ms


@settings(max_examples=120, deadline=None)
@given(WATCHED, readings(), st.integers(1, 10**7))
def test_silence_never_closes_an_alarm(watched: Watched, given_readings: list[Observed], later_s: int):
    state, _ = _run(watched, given_readings)
    after, events = tick(watched, state, T0_MS + later_s * 1000)
    assert EventKind.CLOSED not in {event.kind for event in events}
    if state.level >= 0:
        assert after.phase is not Phase.NORMAL
        assert after.opened_ms == state.opened_ms


@settings(max_examples=120, deadline=None)
@given(WATCHED, readings(), readings(), st.integers(600, 5000))
def test_what_comes_too_late_is_marked_late_and_leaves_the_open_alarm_alone(
    watched: Watched, live: list[Observed], backlog: list[Observed], hours: int
):
    after = [Observed(observed.time_ms + hours * 3_600_000, observed.value) for observed in live]
    state, _ = _run(watched, after)
    if not after:
        return
    later, events = _run(watched, backlog, state)
    assert all(event.late for event in events)
    assert (later.phase, later.level, later.opened_ms) == (state.phase, state.level, state.opened_ms)
    assert _run(watched, backlog, later)[1] == []


@settings(max_examples=120, deadline=None)
@given(WATCHED, readings(), st.data())
def test_what_is_no_number_never_counts(watched: Watched, given_readings: list[Observed], data: st.DataObject):
    _, told = _run(watched, given_readings)
    mixed: list[Observed] = []
    for observed in given_readings:
        nothing = data.draw(st.sampled_from([float("nan"), float("inf"), float("-inf")]))
        mixed += [Observed(observed.time_ms - 1, nothing), observed, Observed(observed.time_ms, nothing)]
    assert _run(watched, mixed)[1] == told


def _alternating(events: tuple[Event, ...]) -> bool:
    open_ms: int | None = None
    for event in events:
        if (open_ms is None) != (event.kind is EventKind.RAISED):
            return False
        if event.kind is EventKind.CLOSED:
            open_ms = None
        elif event.kind is EventKind.RAISED:
            open_ms = event.opened_ms
    return True


@settings(max_examples=150, deadline=None)
@given(WATCHED, readings())
def test_each_alarm_is_raised_once_and_closed_at_most_once(watched: Watched, given_readings: list[Observed]):
    _, told = _run(watched, given_readings)
    assert _alternating(tuple(told))
    opened = [event.opened_ms for event in told if event.kind is EventKind.RAISED]
    assert len(set(opened)) == len(opened)
    assert opened == sorted(opened)
