import math

import pytest

from rules.engine import Observed, Phase, SecondReading
from rules.marks import Mark
from rules.rule import Also, Hours, Level, RuleKind, Severity
from tests.unit.rules.watching import each_minute, run, seen, told, watch

FAST = (Level("Fast rise", Severity.SEVERE, 30.0),)


def test_a_rise_within_the_window_raises_an_alarm():
    watched = watch(kind=RuleKind.RISE, levels=FAST, window_s=600.0)
    assert told(watched, each_minute(100, 100, 110, 120, 129, 130, 130)) == ["raised Fast rise at 5"]


def test_the_same_rise_over_more_than_the_window_raises_none():
    watched = watch(kind=RuleKind.RISE, levels=FAST, window_s=600.0)
    assert told(watched, [seen(minute * 5, 100 + minute * 14) for minute in range(12)]) == []


def test_the_alarm_of_a_rise_closes_when_the_water_no_longer_rises():
    watched = watch(kind=RuleKind.RISE, levels=FAST, window_s=180.0)
    assert told(watched, each_minute(100, 100, 140, 140, 140, 140, 140)) == [
        "raised Fast rise at 2",
        "closed Fast rise at 5",
    ]


def test_one_reading_is_no_rise():
    assert told(watch(kind=RuleKind.RISE, levels=FAST), each_minute(500)) == []


@pytest.mark.parametrize("every_min", [1, 10, 60])
def test_a_wrong_first_reading_is_the_foot_of_no_rise(every_min: int):
    watched = watch(kind=RuleKind.RISE, levels=FAST, window_s=600.0, interval_s=every_min * 60.0)
    assert told(watched, [seen(0, 0), seen(every_min, 300), seen(2 * every_min, 300)]) == []
    rising = [seen(0, 0), seen(every_min, 300), seen(2 * every_min, 300), seen(3 * every_min, 500)]
    assert told(watched, rising) == [f"raised Fast rise at {3 * every_min}"]


def test_a_wrong_first_reading_after_a_gap_is_the_foot_of_no_rise():
    watched = watch(kind=RuleKind.RISE, levels=FAST, window_s=600.0)
    before = each_minute(100, 100, 100)
    assert told(watched, [*before, seen(300, 0), seen(301, 300), seen(302, 300), seen(303, 300)]) == []


def test_without_a_reading_in_the_window_the_average_rate_decides():
    watched = watch(kind=RuleKind.RISE, levels=FAST, window_s=600.0, interval_s=3600.0)
    assert told(watched, [seen(0, 0), seen(60, 0), seen(120, 179)]) == []
    assert told(watched, [seen(0, 0), seen(60, 0), seen(120, 180)]) == ["raised Fast rise at 120"]


def test_a_rise_counts_only_from_the_minimum_on():
    watched = watch(kind=RuleKind.RISE, levels=FAST, minimum=200.0)
    assert told(watched, each_minute(100, 100, 140, 180, 199, 200)) == ["raised Fast rise at 5"]


def test_the_way_back_from_a_single_low_reading_is_no_rise():
    watched = watch(kind=RuleKind.RISE, levels=FAST)
    assert told(watched, each_minute(100, 100, 20, 101, 100)) == []


def test_the_way_up_from_a_low_that_lasted_is_a_rise():
    watched = watch(kind=RuleKind.RISE, levels=FAST)
    assert told(watched, each_minute(100, 100, 20, 20, 101)) == ["raised Fast rise at 4"]


RAIN = Also("rain-1", "rainfall", RuleKind.ABOVE, 10.0, within_s=600.0)


@pytest.mark.parametrize(
    ("rain", "events"),
    [
        (None, 0),
        (SecondReading(seen(0, 0).time_ms, 9.9), 0),
        (SecondReading(seen(0, 0).time_ms, 10.0), 1),
        (SecondReading(seen(-11, 0).time_ms, 20.0), 0),
        (SecondReading(seen(1, 0).time_ms, 20.0), 0),
        (SecondReading(seen(-10, 0).time_ms, 20.0), 1),
        (SecondReading(seen(0, 0).time_ms, math.nan), 0),
    ],
)
def test_a_second_sensor_must_agree_and_be_fresh(rain: SecondReading | None, events: int):
    assert len(told(watch(also=RAIN), [seen(0, 160, second=rain)])) == events


def test_a_second_sensor_below_its_limit_can_be_asked_for():
    low = Also("river-2", "water_level", RuleKind.BELOW, 50.0, inclusive=False)
    assert told(watch(also=low), [seen(0, 160, second=SecondReading(seen(0, 0).time_ms, 50.0))]) == []
    assert len(told(watch(also=low), [seen(0, 160, second=SecondReading(seen(0, 0).time_ms, 49.0))])) == 1


def test_the_rain_may_stop_and_the_alarm_stays_until_the_level_falls():
    dry = SecondReading(seen(1, 0).time_ms, 0.0)
    wet = SecondReading(seen(0, 0).time_ms, 20.0)
    readings = [seen(0, 160, second=wet), seen(1, 160, second=dry), seen(2, 100, second=dry)]
    assert told(watch(also=RAIN), readings) == ["raised Siaga 3 at 0", "closed Siaga 3 at 2"]


# T0 is Thursday 00:00 UTC, which is 09:00 in Jayapura.
@pytest.mark.parametrize(
    ("hours", "hour", "events"),
    [
        (Hours(start="09:00", end="10:00"), 0, 1),
        (Hours(start="09:01", end="10:00"), 0, 0),
        (Hours(start="08:00", end="09:00"), 0, 0),
        (Hours(days=(5,)), 0, 0),
        (Hours(days=(4,)), 14.99, 1),
        (Hours(days=(4,)), 15, 0),
        (Hours(days=(4,), start="22:00", end="05:00"), 13, 1),
        (Hours(days=(4,), start="22:00", end="05:00"), 19.99, 1),
        (Hours(days=(4,), start="22:00", end="05:00"), 20, 0),
        (Hours(days=(5,), start="22:00", end="05:00"), 19, 0),
        (Hours(days=(7,), start="22:00", end="05:00"), 24 * 3 + 16, 1),
    ],
)
def test_a_rule_holds_in_its_hours_of_the_sites_time(hours: Hours, hour: float, events: int):
    assert len(told(watch(hours=hours, interval_s=None), [seen(hour * 60, 160)])) == events


def test_an_alarm_outlives_the_hours_in_which_it_may_open():
    watched = watch(hours=Hours(start="09:00", end="09:02"))
    assert told(watched, each_minute(160, 160, 160, 260, 100)) == ["raised Siaga 3 at 0", "closed Siaga 3 at 4"]


def test_a_zone_that_does_not_exist_is_refused_with_its_name():
    with pytest.raises(KeyError, match="Asia/Daruba"):
        watch(hours=Hours(), zone="Asia/Daruba")


def test_a_reading_with_a_mark_that_the_rule_rejects_counts_only_as_a_sign_of_life():
    watched = watch()
    state, events = run(watched, [seen(0, 160, marks=Mark.CLOCK_UNKNOWN), seen(1, 160, marks=Mark.SPIKE)])
    assert events == []
    assert state.newest_ms == seen(1, 0).time_ms
    assert len(told(watch(reject=()), [seen(0, 160, marks=Mark.CLOCK_UNKNOWN)])) == 1


def test_rejected_readings_keep_an_alarm_from_falling_silent_and_from_closing():
    watched = watch()
    readings = [seen(0, 160), *(seen(minute, 10, marks=Mark.SPIKE) for minute in range(1, 20))]
    state, events = run(watched, readings)
    assert events == ["raised Siaga 3 at 0"]
    assert state.phase is Phase.ALARMING


def test_the_engine_judges_spikes_itself_so_that_the_order_of_arrival_does_not_matter():
    watched = watch(quantity="water_level")
    assert told(watched, each_minute(100, 400, 100)) == []
    marked = [Observed(seen(minute, 0).time_ms, 160.0, int(Mark.SPIKE)) for minute in range(2)]
    assert told(watched, marked) == ["raised Siaga 3 at 0"]


def test_a_reading_without_history_waits_for_the_next_to_agree_where_that_is_due_soon():
    watched = watch(quantity="water_level")
    hand = [seen(second / 60, 415) for second in range(2)]
    river = [seen(second / 60, 80) for second in range(2, 60)]
    assert told(watched, [*hand, *river]) == []
    flood = [seen(second / 60, 415) for second in range(60)]
    assert told(watched, flood) == ["raised Siaga 1 at 0"]
    assert told(watch(quantity="water_level", interval_s=3600.0), [seen(0, 415)]) == ["raised Siaga 1 at 0"]


def test_all_doubted_readings_of_a_true_rise_count_once_it_is_confirmed():
    watched = watch(quantity="water_level")
    rise = [seen(2 + second / 60, value) for second, value in ((0, 200), (10, 260), (20, 230), (30, 205), (40, 205))]
    assert told(watched, [*each_minute(100, 100), *rise]) == [
        "raised Siaga 3 at 2", f"worsened Siaga 2 at {2 + 10 / 60:g}", f"eased Siaga 3 at {2 + 20 / 60:g}",
    ]  # fmt: skip


def test_a_true_fall_that_was_doubted_ends_the_alarm_when_it_began():
    watched = watch(quantity="water_level")
    fall = [seen(3 + minute, 80) for minute in range(8)]
    assert told(watched, [*each_minute(300, 300, 300), *fall]) == ["raised Siaga 2 at 0", "closed Siaga 2 at 3"]


def test_a_doubted_rise_that_is_confirmed_raises_its_alarm_at_its_first_reading():
    state, events = run(watch(quantity="water_level"), each_minute(100, 260, 262))
    assert events == ["raised Siaga 2 at 1"]
    assert state.opened_ms == seen(1, 0).time_ms


def test_a_rule_that_takes_spikes_does_not_wait_for_the_second_reading():
    assert told(watch(quantity="water_level", reject=()), each_minute(100, 260)) == ["raised Siaga 2 at 1"]


def test_a_confirming_reading_that_is_calm_itself_does_not_hide_the_first():
    assert told(watch(quantity="water_level"), each_minute(40, 160, 140)) == [
        "raised Siaga 3 at 1",
        "closed Siaga 3 at 2",
    ]
