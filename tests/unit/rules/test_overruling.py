"""A person's reading counts in place of a sensor that is doubted or silent, for an hour at most."""

from itertools import permutations

import pytest

from rules.engine import START, Observed, Phase, ReadBy, RuleState, Watched, overrule, step, withdraw
from rules.marks import Mark
from rules.rule import RuleKind
from tests.unit.rules.watching import at, each_minute, quiet, run, seen, watch, words

TWINS = int(Mark.TWINS_DISAGREE)
STUCK = int(Mark.STUCK)


def manual(minute: float, value: float, *, read: float | None = None, reading: int = 1) -> Observed:
    by = ReadBy(reading, "ani", at(minute if read is None else read))
    return Observed(at(minute), value, read_by=by)


def doubted(*values: float, start: int, marks: int = TWINS) -> list[Observed]:
    return [seen(start + number, value, marks=marks) for number, value in enumerate(values)]


def offered(watched: Watched, state: RuleState, observed: Observed) -> tuple[RuleState, list[str]]:
    state, events = overrule(watched, state, observed)
    return state, words(watched, events)


def unsure(watched: Watched) -> RuleState:
    """100 cm for three minutes, then a minute that its twin contradicts."""
    return run(watched, [*each_minute(100, 100, 100), *doubted(100, start=3)])[0]


def test_beside_a_doubted_sensor_a_person_raises_an_alarm_at_once():
    watched = watch(for_s=600.0)
    state, told = offered(watched, unsure(watched), manual(3.5, 260))
    assert told == ["raised Siaga 2 at 3.5"]
    (event,) = overrule(watched, unsure(watched), manual(3.5, 260))[1]
    assert event.read_by == ReadBy(1, "ani", at(3.5))
    assert offered(watched, state, manual(3.5, 260)) == (state, [])


def test_a_sensor_that_nobody_doubts_is_not_overruled():
    watched = watch()
    state, _ = run(watched, each_minute(100, 100, 100))
    assert offered(watched, state, manual(2.5, 260)) == (state, [])


def test_a_silent_sensor_is_overruled_and_is_silent_again_once_the_hour_is_over():
    watched = watch()
    state, _ = run(watched, each_minute(100, 100, 100))
    assert offered(watched, state, manual(5, 160))[1] == []
    state, told = offered(watched, state, manual(6, 160))
    assert told == ["raised Siaga 3 at 6"]
    assert quiet(watched, state, 66)[1] == []
    state, told = quiet(watched, state, 66.1)
    assert (told, state.phase) == (["silent Siaga 3 at 66"], Phase.SILENT)


def test_an_alarm_of_a_silent_sensor_is_heard_of_through_a_person():
    watched = watch()
    state, _ = run(watched, each_minute(100, 160))
    state, _ = quiet(watched, state, 10)
    state, told = offered(watched, state, manual(11, 265))
    assert told == ["heard Siaga 3 at 11", "worsened Siaga 2 at 11"]


def test_a_reading_from_before_the_sensors_last_plain_one_says_nothing_of_now():
    watched = watch()
    assert offered(watched, unsure(watched), manual(3.5, 260, read=1.5))[1] == []


def test_a_reading_that_comes_after_its_hour_changes_nothing():
    watched = watch()
    state, _ = run(watched, [*each_minute(100, 100), *doubted(*[100.0] * 80, start=2)])
    assert offered(watched, state, manual(81.5, 260, read=20))[1] == []
    assert offered(watched, state, manual(81.5, 260, read=22))[1] == ["raised Siaga 2 at 81.5"]


@pytest.mark.parametrize("marks", [TWINS, STUCK, int(Mark.CLOCK_UNKNOWN)], ids=["twins", "stuck", "clock"])
def test_doubted_readings_count_for_nothing_while_a_person_s_stands(marks: int):
    watched = watch(clear_s=120.0)
    state, _ = run(watched, [*each_minute(100, 100), *doubted(100, start=2, marks=marks)])
    state, _ = offered(watched, state, manual(2.5, 260))
    state, told = run(watched, doubted(*[100.0] * 200, start=3, marks=marks), state)
    assert (told, state.phase) == ([], Phase.ALARMING)


def test_after_the_hour_a_doubted_reading_is_no_all_clear_and_a_plain_one_ends_the_alarm():
    watched = watch(reject=("clock_unknown",))
    state, _ = run(watched, [*each_minute(100, 100), *doubted(100, start=2, marks=STUCK)])
    state, _ = offered(watched, state, manual(2.5, 260))
    state, told = run(watched, doubted(*[100.0] * 90, start=3, marks=STUCK), state)
    assert told == []
    state, told = run(watched, [seen(93, 120)], state)
    assert told == ["closed Siaga 2 at 93"]
    assert state.head.unsure is None


def test_without_an_alarm_the_sensor_speaks_again_after_the_hour():
    watched = watch(reject=())
    state, _ = run(watched, [*each_minute(100, 100), *doubted(100, start=2, marks=STUCK)])
    state, _ = offered(watched, state, manual(2.5, 90))
    state, told = run(watched, doubted(*[160.0] * 70, start=3, marks=STUCK), state)
    assert told == ["raised Siaga 3 at 63"]


def test_a_person_ends_an_alarm_only_as_a_plain_reading_would():
    watched = watch(clear_s=600.0, hysteresis=10.0)
    state, _ = run(watched, [*each_minute(100, 160), *doubted(400, start=2)])
    assert offered(watched, state, manual(2.5, 145))[1] == []
    state, told = offered(watched, state, manual(3, 130, reading=2))
    assert told == ["recovering Siaga 3 at 3"]
    state, told = run(watched, doubted(400, 400, start=4), state)
    assert told == []
    assert offered(watched, state, manual(12.5, 130, reading=3))[1] == []
    assert offered(watched, state, manual(13.5, 130, reading=3))[1] == ["closed Siaga 3 at 13.5"]


def test_of_two_people_the_later_reading_counts():
    watched = watch()
    state, _ = offered(watched, unsure(watched), manual(4, 160, reading=1))
    assert offered(watched, state, manual(5, 300, read=3.5, reading=2))[1] == []
    assert offered(watched, state, manual(5, 260, read=5, reading=2))[1] == ["worsened Siaga 2 at 5"]


def test_a_plain_reading_that_comes_out_of_order_takes_the_overruling_back():
    watched = watch()
    state, told = offered(watched, unsure(watched), manual(3.5, 260, read=3.2))
    assert told == ["raised Siaga 2 at 3.5"]
    state, told = run(watched, [seen(3.3, 101)], state)
    assert told == ["withdrawn raised Siaga 2 at 3.5"]
    assert run(watched, [seen(4, 101)], state)[1] == []


def test_any_order_of_what_comes_within_the_lateness_gives_the_same_state():
    watched = watch()
    before, _ = run(watched, [*each_minute(100, 100, 100), *doubted(100, start=3)])
    last = [manual(3.2, 260), seen(3.4, 110, marks=TWINS), seen(3.6, 120)]
    states = set()
    for order in permutations(last):
        state = before
        for observed in order:
            state = step(watched, state, observed)[0]
        states.add(state.head)
    assert len(states) == 1


def test_a_withdrawn_reading_is_as_if_it_had_never_come():
    watched = watch()
    state, _ = offered(watched, unsure(watched), manual(3.5, 260))
    state, events = withdraw(watched, state, 1)
    assert words(watched, events) == ["withdrawn raised Siaga 2 at 3.5"]
    assert (state.level, state.head.unsure and state.head.unsure.read_by) == (-1, None)


def test_where_readings_have_settled_it_an_alarm_stays_when_its_reading_is_withdrawn():
    watched = watch()
    state, _ = offered(watched, unsure(watched), manual(3.5, 260))
    state, _ = run(watched, doubted(100, 100, 100, 100, 100, start=4), state)
    state, events = withdraw(watched, state, 1)
    assert (events, state.level) == ((), 1)
    assert state.head.unsure is not None
    assert state.head.unsure.read_by is None


@pytest.mark.parametrize("kind", [RuleKind.RISE, RuleKind.SILENCE])
def test_what_is_no_value_of_the_quantity_is_judged_by_the_sensor_alone(kind: RuleKind):
    watched = watch(kind=kind)
    state = step(watched, START, seen(0, 100))[0]
    assert step(watched, state, manual(30, 400))[0].head == state.head


def test_a_sensor_that_has_just_begun_to_speak_again_does_not_end_it_before_its_second_reading():
    watched = watch(quantity="water_level")
    state, _ = run(watched, each_minute(100, 100, 100))
    state, _ = offered(watched, state, manual(500, 260))
    state, told = run(watched, [seen(501, 100)], state)
    assert (told, state.head.unsure is None) == ([], False)
    state, told = run(watched, [seen(502, 100)], state)
    assert (told[-1], state.head.unsure) == ("closed Siaga 2 at 501", None)
