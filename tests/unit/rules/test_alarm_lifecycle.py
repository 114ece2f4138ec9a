import pytest

from rules.engine import START, Phase, decode_state, encode_state
from rules.rule import AtLeast, Level, RuleKind, Severity
from tests.unit.rules.watching import SIAGA, at, each_minute, quiet, run, seen, told, watch


def test_a_level_that_is_reached_raises_an_alarm_and_its_end_closes_it():
    assert told(watch(), each_minute(100, 150, 149)) == ["raised Siaga 3 at 1", "closed Siaga 3 at 2"]


def test_a_limit_that_is_not_inclusive_must_be_passed():
    strict = (Level("Siaga 3", Severity.MODERATE, 150.0, inclusive=False),)
    assert told(watch(levels=strict), each_minute(150, 150.1)) == ["raised Siaga 3 at 1"]


def test_an_alarm_rises_and_falls_through_its_levels():
    assert told(watch(), each_minute(160, 260, 400, 260, 160, 100)) == [
        "raised Siaga 3 at 0",
        "worsened Siaga 2 at 1",
        "worsened Siaga 1 at 2",
        "eased Siaga 2 at 3",
        "eased Siaga 3 at 4",
        "closed Siaga 3 at 5",
    ]


def test_a_jump_over_two_levels_is_one_event():
    assert told(watch(), each_minute(100, 400)) == ["raised Siaga 1 at 1"]


def test_hysteresis_keeps_a_level_until_the_value_is_well_below_it():
    watched = watch(hysteresis=10.0)
    assert told(watched, each_minute(255, 241, 239, 141, 139)) == [
        "raised Siaga 2 at 0",
        "eased Siaga 3 at 2",
        "closed Siaga 3 at 4",
    ]


def test_flapping_around_a_limit_within_the_hysteresis_is_one_alarm():
    assert told(watch(hysteresis=5.0), each_minute(*[151, 148] * 20)) == ["raised Siaga 3 at 0"]


def test_for_counts_event_time_and_the_alarm_begins_with_the_first_reading():
    state, events = run(watch(for_s=120.0), each_minute(160, 160, 160))
    assert events == ["raised Siaga 3 at 2"]
    assert state.opened_ms == at(0)


def test_a_reading_below_the_level_starts_the_duration_again():
    assert told(watch(for_s=120.0), each_minute(160, 160, 140, 160, 160, 160)) == ["raised Siaga 3 at 5"]


def test_the_worse_level_has_a_duration_of_its_own():
    assert told(watch(for_s=120.0), each_minute(160, 260, 260, 260)) == ["raised Siaga 3 at 2", "worsened Siaga 2 at 3"]


def test_what_is_pending_is_forgotten_over_a_silence_as_nobody_knows_what_was_in_it():
    watched = watch(for_s=600.0)
    state, _ = run(watched, each_minute(160, 160))
    assert state.phase is Phase.PENDING
    assert told(watched, [seen(30, 160), seen(31, 160)], state) == []


def test_clear_keeps_an_alarm_recovering_until_the_level_is_left_for_long_enough():
    watched = watch(clear_s=120.0)
    assert told(watched, each_minute(160, 100, 100, 160, 100, 100, 100)) == [
        "raised Siaga 3 at 0",
        "recovering Siaga 3 at 1",
        "resumed Siaga 3 at 3",
        "recovering Siaga 3 at 4",
        "closed Siaga 3 at 6",
    ]


def test_at_least_n_of_m_looks_over_single_readings():
    watched = watch(at_least=AtLeast(2, 3))
    state, events = run(watched, each_minute(160, 100, 100, 160, 100, 160, 100, 100))
    assert events == ["raised Siaga 3 at 5", "closed Siaga 3 at 6"]
    assert state.phase is Phase.NORMAL


def test_at_least_n_of_m_also_keeps_an_alarm_open_over_a_single_reading():
    watched = watch(at_least=AtLeast(2, 3))
    assert told(watched, each_minute(160, 160, 100, 100)) == ["raised Siaga 3 at 1", "closed Siaga 3 at 3"]


def test_at_least_n_of_m_begins_with_the_first_of_the_n():
    state, _ = run(watch(at_least=AtLeast(3, 5)), each_minute(100, 160, 100, 160, 160))
    assert state.opened_ms == at(1)


LOW = (Level("Low", Severity.MINOR, 20.0), Level("Empty", Severity.SEVERE, 5.0))
IN = (Level("In", Severity.MINOR, 20.0, 30.0),)
OUT = (Level("Out", Severity.MINOR, 20.0, 30.0),)


@pytest.mark.parametrize(
    ("kind", "levels", "values", "events"),
    [
        (
            RuleKind.BELOW,
            LOW,
            (30, 20, 4, 19, 31),
            ["raised Low at 1", "worsened Empty at 2", "eased Low at 3", "closed Low at 4"],
        ),
        (RuleKind.INSIDE, IN, (10, 20, 30, 31), ["raised In at 1", "closed In at 3"]),
        (RuleKind.OUTSIDE, OUT, (25, 31, 25, 19), ["raised Out at 1", "closed Out at 2", "raised Out at 3"]),
    ],
)
def test_each_kind_wakes_on_its_side(
    kind: RuleKind, levels: tuple[Level, ...], values: tuple[float, ...], events: list[str]
):
    assert told(watch(kind=kind, levels=levels), each_minute(*values)) == events


@pytest.mark.parametrize(
    ("kind", "level", "values"),
    [
        (RuleKind.BELOW, Level("Low", Severity.MINOR, 20.0), (19, 24.9)),
        (RuleKind.INSIDE, Level("In", Severity.MINOR, 20.0, 30.0), (25, 34.9, 15.1)),
        (RuleKind.OUTSIDE, Level("Out", Severity.MINOR, 20.0, 60.0), (61, 55.1, 24.9)),
    ],
)
def test_hysteresis_works_on_each_side(kind: RuleKind, level: Level, values: tuple[float, ...]):
    assert len(told(watch(kind=kind, levels=(level,), hysteresis=5.0), each_minute(*values))) == 1


def test_silence_keeps_an_alarm_and_says_so_once():
    watched = watch()
    state, _ = run(watched, each_minute(160))
    state, events = quiet(watched, state, 3)
    assert events == []
    state, events = quiet(watched, state, 4)
    assert events == ["silent Siaga 3 at 3"]
    assert (state.phase, state.opened_ms) == (Phase.SILENT, at(0))
    assert quiet(watched, state, 10_000) == (state, [])
    state, events = run(watched, [seen(500, 160)], state)
    assert events == ["heard Siaga 3 at 500"]
    assert state.phase is Phase.ALARMING


def test_a_drowned_sensor_that_speaks_again_below_the_level_closes_its_alarm():
    watched = watch()
    state, _ = run(watched, each_minute(160))
    assert told(watched, [seen(90, 100)], state) == [
        "silent Siaga 3 at 3",
        "heard Siaga 3 at 90",
        "closed Siaga 3 at 90",
    ]


def test_the_time_to_clear_starts_again_after_a_silence():
    watched = watch(clear_s=600.0)
    state, _ = run(watched, each_minute(160, 100))
    assert told(watched, [seen(60, 100), seen(61, 100)], state) == [
        "silent Siaga 3 at 4",
        "heard Siaga 3 at 60",
        "recovering Siaga 3 at 60",
    ]


def test_a_silence_that_a_reading_out_of_order_fills_is_withdrawn():
    watched = watch(lateness_s=600.0)
    state, _ = run(watched, each_minute(160))
    state, _ = quiet(watched, state, 4)
    state, events = run(watched, [seen(2, 160)], state)
    assert events == ["withdrawn silent Siaga 3 at 3"]
    assert state.phase is Phase.ALARMING


MISSED = (Level("Quiet", Severity.MINOR, 3.0), Level("Dead", Severity.SEVERE, 60.0))


def test_a_rule_of_silence_counts_expected_intervals():
    watched = watch(kind=RuleKind.SILENCE, levels=MISSED)
    state, events = run(watched, each_minute(1, 1))
    state, events = quiet(watched, state, 4)
    assert events == []
    state, events = quiet(watched, state, 4.1)
    assert events == ["raised Quiet at 4"]
    state, events = quiet(watched, state, 100)
    assert events == ["worsened Dead at 61"]
    assert told(watched, [seen(101, 1)], state) == ["closed Dead at 101"]


def test_a_rule_of_silence_tells_of_a_gap_that_nobody_asked_about():
    watched = watch(kind=RuleKind.SILENCE, levels=MISSED)
    assert told(watched, [seen(0, 1), seen(10, 1)]) == ["raised Quiet at 3", "closed Quiet at 10"]


def test_a_rule_of_silence_stays_recovering_until_the_sensor_is_steady():
    watched = watch(kind=RuleKind.SILENCE, levels=MISSED, clear_s=120.0)
    readings = [seen(0, 1), seen(10, 1), seen(11, 1), seen(20, 1), seen(21, 1), seen(22, 1)]
    assert told(watched, readings) == [
        "raised Quiet at 3",
        "recovering Quiet at 10",
        "resumed Quiet at 14",
        "recovering Quiet at 20",
        "closed Quiet at 22",
    ]


def test_a_silence_that_comes_back_begins_at_its_mildest_level():
    watched = watch(kind=RuleKind.SILENCE, levels=MISSED, clear_s=600.0)
    assert told(watched, [seen(0, 1), seen(70, 1), seen(80, 1), seen(150, 1)]) == [
        "raised Quiet at 3",
        "worsened Dead at 60",
        "recovering Dead at 70",
        "resumed Quiet at 73",
        "recovering Quiet at 80",
        "resumed Quiet at 83",
        "worsened Dead at 140",
        "recovering Dead at 150",
    ]


def test_nobody_can_tell_the_silence_of_a_sensor_without_an_interval():
    watched = watch(kind=RuleKind.SILENCE, levels=MISSED, interval_s=None)
    state, _ = run(watched, each_minute(1))
    assert quiet(watched, state, 10_000) == (state, [])


def test_a_silence_before_the_first_reading_is_none():
    assert quiet(watch(kind=RuleKind.SILENCE, levels=MISSED), START, 10_000) == (START, [])


def test_an_alarm_outlives_a_change_of_its_rule():
    state, _ = run(watch(), each_minute(100, 400))
    fewer = watch(levels=SIAGA[:1])
    assert told(fewer, each_minute(400, 149, start=2), state) == ["closed Siaga 3 at 3"]
    higher = watch(levels=(Level("Siaga 3", Severity.MODERATE, 500.0),))
    assert told(higher, each_minute(400, start=2), state) == ["closed Siaga 3 at 2"]


def test_a_state_that_was_kept_goes_on_as_if_it_had_never_been_away():
    watched = watch(for_s=120.0, clear_s=120.0, hysteresis=5.0)
    readings = each_minute(160, 160, 160, 260, 260, 260, 100, 100, 100)
    whole = told(watched, readings)
    for cut in range(len(readings)):
        state, before = run(watched, readings[:cut])
        assert before + told(watched, readings[cut:], decode_state(encode_state(state))) == whole
