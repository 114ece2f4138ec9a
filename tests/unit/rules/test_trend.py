"""When a battery will be empty: days told ahead, and what must not be taken for a fall, or for its end."""

import math

import pytest

from rules.engine import START, EventKind, Observed, RuleState, Watched, restart, step
from rules.rule import Direction, Level, Rule, RuleKind, Severity
from rules.trend import MOST_DAYS, STEP_MS, begins_step, days_left, has_turned, with_point
from wire.durations import DAY_MS, HOUR_MS

T0_MS = 1_760_000_000_000 // DAY_MS * DAY_MS
DAYS = (Level("Days left", Severity.MINOR, 4.0), Level("Hardly two", Severity.MODERATE, 2.0))
FALLING, RISING = Direction.FALLING, Direction.RISING


def watched(**changes: object) -> Watched:
    fields = {"hysteresis": 1.0, "window_s": 4 * 86_400.0, "target": 20.0, "direction": FALLING, **changes}
    rule = Rule(family="battery", quantity="battery", kind=RuleKind.TREND, levels=DAYS, title="x", **fields)  # type: ignore[arg-type]
    return Watched("box-1", rule, "Asia/Jayapura", 3_600.0)


def battery(day: float, *, per_day: float = 10.0, from_: float = 90.0, swing: float = 6.0) -> float:
    """So much on a day, with the sun's swing: fullest in the afternoon."""
    return from_ - per_day * day + swing * math.sin(2 * math.pi * (day - 0.35))


def hourly(values: object, *, days: float, first: float = 0.0) -> list[Observed]:
    hours = range(round(first * 24), round((first + days) * 24))
    return [Observed(T0_MS + hour * HOUR_MS, values(hour / 24)) for hour in hours]  # type: ignore[operator]


def told(watch: Watched, readings: list[Observed], state: RuleState = START) -> list[tuple[str, int, float]]:
    """What happens, with the level and the day."""
    found = []
    for observed in readings:
        state, events = step(watch, state, observed)
        found += [(event.kind.value, event.level, round((event.time_ms - T0_MS) / DAY_MS, 1)) for event in events]
    return found


def after(watch: Watched, readings: list[Observed], state: RuleState = START) -> RuleState:
    for observed in readings:
        state, _ = step(watch, state, observed)
    return state


def points_of(values: object, *, days: float) -> tuple[tuple[int, float], ...]:
    return tuple((each.time_ms, each.value) for each in hourly(values, days=days) if each.time_ms % STEP_MS == 0)


def test_a_straight_fall_is_told_to_the_day():
    points = points_of(lambda day: 90 - 10 * day, days=4)
    newest_day = 4 - 4 / 24
    median_day = newest_day - 10 / 24  # that of the last day's points
    assert days_left(points, 20.0, FALLING) == pytest.approx(7 - median_day)


def test_the_suns_swing_changes_no_slope():
    plain, swung = (points_of(lambda day, s=s: battery(day, swing=s), days=4) for s in (0.0, 20.0))
    one, other = days_left(plain, 20.0, FALLING), days_left(swung, 20.0, FALLING)
    assert one is not None
    assert other == pytest.approx(one, abs=20 / 10 * 0.6)  # only the median of the last day moves


def test_a_rise_towards_a_limit_is_the_mirror_of_a_fall():
    falling = points_of(battery, days=4)
    rising = tuple((time_ms, -value) for time_ms, value in falling)
    assert days_left(rising, -20.0, RISING) == days_left(falling, 20.0, FALLING)


def test_days_before_it_is_empty_somebody_is_told_and_again_when_it_is_worse():
    assert told(watched(), hourly(battery, days=7)) == [("raised", 0, 3.3), ("worsened", 1, 5.3)]


def test_nothing_is_said_of_less_than_two_days():
    points = points_of(lambda day: 90 - 40 * day, days=1.5)
    assert days_left(points, 20.0, FALLING) is None
    assert days_left((), 20.0, FALLING) is None


def test_what_swings_and_does_not_fall_is_no_trend():
    assert told(watched(), hourly(lambda day: battery(day, per_day=0.0, from_=60.0, swing=25.0), days=10)) == []
    assert days_left(points_of(lambda day: 60 + day, days=4), 20.0, FALLING) == MOST_DAYS


def test_a_wrong_reading_moves_nothing():
    readings = hourly(battery, days=3)
    wrong = [Observed(each.time_ms, 0.0) if n == 48 else each for n, each in enumerate(readings)]
    assert told(watched(), wrong) == told(watched(), readings) == []


def test_a_gap_of_two_days_is_bridged():
    readings = [each for each in hourly(battery, days=7) if not 2.5 < (each.time_ms - T0_MS) / DAY_MS < 4.5]
    first = told(watched(), readings)[0]
    assert first[0] == "raised"
    assert 4.4 < first[2] < 5.2


def test_after_a_gap_longer_than_the_window_nothing_is_said_for_two_days():
    before, later = hourly(battery, days=2), hourly(lambda day: battery(day - 10), days=1.8, first=10)
    assert told(watched(), [*before, *later]) == []


def test_a_battery_that_was_changed_ends_the_alarm_within_hours_and_begins_anew():
    low, full = hourly(battery, days=5), hourly(lambda day: battery(day - 5), days=4.5, first=5)
    events = told(watched(), [*low, *full])
    assert [(kind, level) for kind, level, _ in events] == [("raised", 0), ("closed", 0), ("raised", 0)]
    assert events[1][2] - 5 < 0.5
    assert events[2][2] - 5 == pytest.approx(3.3, abs=0.2)  # as of any battery that falls so


def test_one_reading_of_a_full_battery_changes_nothing():
    readings = hourly(battery, days=5)
    once = [Observed(each.time_ms, 100.0) if n == 4 * 24 + 4 else each for n, each in enumerate(readings)]
    assert told(watched(), once) == told(watched(), readings)


def test_an_alarm_whose_clock_was_wrong_stays_open_until_days_are_known():
    watch = watched()
    state = after(watch, hourly(battery, days=5))
    assert state.level == 0
    again = restart(state, T0_MS + 5 * DAY_MS)
    state = after(watch, hourly(lambda day: battery(day), days=1, first=5), again)
    assert state.level == 0


def test_what_is_reached_already_is_told_at_once_with_no_day_left():
    state = after(watched(), hourly(lambda day: 15.0, days=0.5))
    assert (state.level, state.head.value) == (1, 0.0)


def test_a_reading_within_the_same_hours_is_no_point():
    points = with_point((), T0_MS, 50.0, window_ms=4 * DAY_MS)
    assert not begins_step(points, T0_MS + STEP_MS - 1)
    assert begins_step(points, T0_MS + STEP_MS)
    assert not has_turned(points, FALLING)


def test_a_state_stays_small():
    state = after(watched(), hourly(battery, days=6))
    assert len(state.head.points) == 4 * 24 * HOUR_MS // STEP_MS + 1


def test_an_event_says_how_many_days_are_left():
    watch, state, values = watched(), START, []
    for observed in hourly(battery, days=5):
        state, events = step(watch, state, observed)
        values += [event.value for event in events if event.kind is EventKind.RAISED]
    assert values == [pytest.approx(3.9, abs=0.1)]
