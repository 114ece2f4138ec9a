import math

from rules.engine import Observed, Phase, step_column
from rules.late_lane import HOLES_KEPT
from rules.rule import AtLeast
from tests.unit.rules.watching import at, each_minute, run, seen, told, watch


def test_a_reading_out_of_order_counts_in_its_place():
    watched = watch(for_s=120.0, lateness_s=300.0)
    state, events = run(watched, [seen(0, 160), seen(2, 160), seen(1, 100)])
    assert events == ["raised Siaga 3 at 2", "withdrawn raised Siaga 3 at 2"]
    assert state.phase is Phase.PENDING


def test_a_reading_out_of_order_can_move_the_beginning_of_an_alarm():
    watched = watch(lateness_s=300.0)
    state, events = run(watched, [seen(0, 100), seen(2, 160), seen(1, 155)])
    assert events == ["raised Siaga 3 at 2", "withdrawn raised Siaga 3 at 2", "raised Siaga 3 at 1"]
    assert state.opened_ms == at(1)


def test_one_that_changes_nothing_tells_nothing():
    assert told(watch(lateness_s=300.0), [seen(0, 160), seen(2, 160), seen(1, 170)]) == ["raised Siaga 3 at 0"]


def test_of_two_readings_with_one_time_the_first_counts():
    state, events = run(watch(lateness_s=300.0), [seen(0, 100), seen(1, 100), seen(0, 400), seen(1, 400)])
    assert events == []
    assert state.newest_ms == at(1)


def test_what_is_no_number_is_not_even_a_sign_of_life():
    watched = watch()
    state, _ = run(watched, each_minute(160))
    assert run(watched, [seen(1, math.nan), seen(2, math.inf), seen(3, -math.inf)], state) == (state, [])


def test_backfill_of_an_outage_raises_alarms_that_are_marked_late():
    watched = watch()
    state, _ = run(watched, [seen(0, 100), seen(60, 100)])
    backlog = [seen(20, 260), seen(21, 100), *each_minute(*[100.0] * 37, start=22)]
    state, events = run(watched, backlog, state)
    assert events == ["late raised Siaga 2 at 20", "late closed Siaga 2 at 21"]
    assert state.phase is Phase.NORMAL
    assert run(watched, backlog, state) == (state, [])


def test_a_late_alarm_is_closed_too_when_a_reading_in_time_fills_the_hole():
    watched = watch()
    state, _ = run(watched, [seen(0, 100), seen(5, 100)])
    state, events = run(watched, [seen(1, 160), seen(2, 160), seen(3, 160)], state)
    assert events == ["late raised Siaga 3 at 1"]
    assert told(watched, [seen(4, 100)], state) == ["late closed Siaga 3 at 5"]


def test_a_late_alarm_is_closed_when_its_hole_is_filled():
    watched = watch()
    state, _ = run(watched, [seen(0, 100), seen(5, 160), seen(6, 160), seen(7, 160)])
    assert told(watched, each_minute(160, 160, 160, 160, start=1), state) == [
        "late raised Siaga 3 at 1",
        "late closed Siaga 3 at 5",
    ]


def test_history_from_before_the_first_reading_is_late_too():
    watched = watch()
    state, _ = run(watched, [seen(600, 100)])
    assert told(watched, [seen(0, 160), seen(1, 100)], state) == [
        "late raised Siaga 3 at 0",
        "late closed Siaga 3 at 1",
    ]


def test_a_late_reading_between_two_that_came_in_time_is_taken_for_a_replay():
    watched = watch()
    state, _ = run(watched, each_minute(*[100.0] * 30))
    assert run(watched, [seen(10.5, 400)], state) == (state, [])


def test_the_state_stays_small_when_no_reading_ever_comes_in_order():
    watched = watch(lateness_s=120.0)
    swapped = [seen(minute + step, 100 + minute % 90) for minute in range(0, 1000, 2) for step in (1, 0)]
    state, _ = run(watched, swapped)
    assert len(state.recent) <= 8
    assert len(state.holes) <= 1  # only the time before the first


def test_only_the_newest_holes_are_remembered():
    watched = watch()
    state, _ = run(watched, [seen(hour * 60, 100) for hour in range(100)])
    assert len(state.holes) == HOLES_KEPT
    assert told(watched, [seen(60 * 10 + 30, 400)], state) == []
    state, events = run(watched, [seen(60 * 98 + 30, 400)], state)
    assert events == ["late raised Siaga 1 at 5910"]
    state, _ = run(watched, [seen(60 * 97 + minute, 100) for minute in range(50, 2, -3)], state)
    assert len(state.holes) == HOLES_KEPT


def test_late_readings_that_come_newest_first_are_each_looked_at_once():
    watched = watch()
    state, _ = run(watched, [seen(0, 100), seen(60, 100)])
    backlog = [seen(minute, 160 if minute == 30 else 100) for minute in range(50, 10, -1)]
    state, events = run(watched, backlog, state)
    assert events == ["late raised Siaga 3 at 30", "late closed Siaga 3 at 31"]
    assert run(watched, backlog, state) == (state, [])


def test_a_calm_column_leaves_what_its_readings_one_by_one_leave():
    watched = watch(quantity="water_level", lateness_s=120.0, hysteresis=5.0)
    start, _ = run(watched, each_minute(100))
    readings = each_minute(*[100 + number % 3 for number in range(60)], start=1)
    state, events = step_column(watched, start, [o.time_ms for o in readings], [o.value for o in readings])
    assert events == ()
    assert len(state.recent) == 3  # those within the lateness, not all sixty
    assert state.base.heard_ms == state.middle.core.heard_ms == at(57)
    slow, _ = run(watched, readings, start)
    assert state.head == slow.head
    after = [seen(59.5, 101), seen(61, 160), seen(62, 160), seen(61.5, 100), seen(63, 101), seen(64, 102)]
    assert told(watched, after, state) == told(watched, after, slow)


def test_a_column_that_is_not_calm_goes_reading_by_reading():
    watched = watch(lateness_s=60.0)
    times, values = [at(minute) for minute in range(6)], [100.0, 100.0, 160.0, 100.0, 100.0, 100.0]
    _, events = step_column(watched, run(watched, [seen(-1, 100)])[0], times, values)
    assert [event.kind for event in events] == ["raised", "closed"]


def test_columns_with_a_memory_or_marks_or_nothing_that_is_a_number_are_not_skipped():
    start = [seen(-1, 100)]
    times, values = [at(minute) for minute in range(10)], [100.0] * 10
    counted = watch(at_least=AtLeast(2, 3))
    state, _ = step_column(counted, run(counted, start)[0], times, values)
    assert len(state.head.hits) == 3
    plain = watch()
    state, _ = step_column(plain, run(plain, start)[0], times, [*values[:5], math.nan, *values[6:]])
    assert at(5) not in [observed.time_ms for observed in state.recent]
    state, _ = step_column(plain, run(plain, start)[0], times, values, marks=4)
    assert state.recent[-1] == Observed(at(9), 100.0, 4)
