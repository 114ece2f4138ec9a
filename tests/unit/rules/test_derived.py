from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import gases, ispu, usaqi
from rules.derived import (
    AQI_HOURS,
    USUAL_VISITORS,
    Hour,
    Index,
    IndexOfSite,
    Rain,
    aqi_of_hours,
    aqi_of_site,
    derived_of_site,
    ispu_of_day,
    ispu_of_site,
    rain_day_start_ms,
    rain_of_day,
)
from rules.local_time import hour_start_ms
from rules.marks import Mark
from rules.rule import Level, Rule, RuleKind, Severity
from rules.siaga import GaugeLimits, Limit, gauge_of
from wire import AIR_PARAMETERS, ISPU_BY_VERSION, ISPU_OF_VERSIONS, ISPU_TABLE, ISPU_VERSIONS, QUANTITIES
from wire.durations import HOUR_MS

WIT, INDIA = ZoneInfo("Asia/Jayapura"), ZoneInfo("Asia/Kolkata")


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)


def test_an_hour_is_one_of_the_place():
    at = ms("2026-11-24T09:40:00+05:30")
    assert hour_start_ms(at, INDIA) == ms("2026-11-24T09:00:00+05:30")
    assert hour_start_ms(at, WIT) == ms("2026-11-24T04:00:00Z")


def test_an_hour_counts_what_can_be_believed_in_any_order():
    hour = Hour(0)
    for time_ms, value, marks in ((900, 30.0, 0), (100, 10.0, 0), (500, 900.0, int(Mark.SPIKE)), (600, 20.0, 1)):
        hour.add(time_ms, value, marks)
    hour.add(700, 5.0, int(Mark.CLOCK_UNKNOWN | Mark.BACKFILL))
    assert (hour.count, hour.mean, hour.total, hour.highest) == (3, 20.0, 60.0, 30.0)
    assert Hour(0).mean is None


@pytest.mark.parametrize("interval_s", [0.1, 1, 10, 60, 240, 300, 600, 900, 1_800, None])
def test_completeness_is_of_what_was_covered_however_many_readings_came(interval_s):
    half, slow = Hour(0, interval_s=interval_s), Hour(0, interval_s=7_200)
    for minute in range(30):
        half.add(minute * 60_000, 1.0)
        slow.add(minute * 60_000, 1.0)
    assert half.completeness == 50
    assert slow.completeness == 100, "a sensor slower than an hour is due once"
    assert Hour(0, interval_s=interval_s).completeness == 0


@pytest.mark.parametrize(
    ("interval_s", "expected"), [(600, 100 / 6), (1, 100 / 12), (900, 25), (None, 25), (3_600, 100)]
)
def test_many_readings_in_one_minute_are_no_hour(interval_s, expected):
    hour = Hour(0, interval_s=interval_s)
    for second in range(0, 60, 10):
        hour.add(second * 1000, 1.0)
    assert hour.completeness == pytest.approx(expected)


@pytest.mark.parametrize("interval_s", [1, 5, 60, 300, 420, 600, 900, 1_800, 2_700, 3_600])
@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5, 0.97])
def test_a_sensor_that_speaks_as_it_says_is_complete_wherever_in_its_interval_it_does(interval_s, phase):
    for jitter_ms in (0, 2_000):
        hour, step_ms = Hour(0, interval_s=interval_s), interval_s * 1000
        for number, due_ms in enumerate(range(round(phase * step_ms), HOUR_MS, step_ms)):
            hour.add(max(0, min(HOUR_MS - 1, due_ms + (-1) ** number * min(jitter_ms, step_ms // 10))), 1.0)
        assert hour.completeness == 100


def test_a_sensor_that_speaks_more_seldom_than_it_says_still_covers_the_hour():
    for every_s in (30, 60, 300):
        hour = Hour(0, interval_s=1)
        for second in range(7, 3_600, every_s):
            hour.add(second * 1000, 1.0)
        assert hour.completeness == 100


@given(
    readings=st.lists(st.tuples(st.integers(0, HOUR_MS - 1), st.floats(0, 900)), min_size=1, max_size=40),
    cut=st.integers(1, 40), interval_s=st.sampled_from([None, 1, 60, 600, 3_600]),
)  # fmt: skip
def test_an_hour_is_the_same_in_any_cut_of_its_readings(readings, cut, interval_s):
    times_ms, values = zip(*sorted(dict(readings).items()), strict=True)
    one_by_one, in_columns = Hour(0, interval_s=interval_s), Hour(0, interval_s=interval_s)
    for time_ms, value in zip(times_ms, values, strict=True):
        one_by_one.add(time_ms, value)
    for first in range(0, len(times_ms), cut):
        in_columns.add_in_order(times_ms[first : first + cut], values[first : first + cut])
    for name in ("count", "total", "highest", "completeness", "mean", "worst", "doubts"):
        assert getattr(in_columns, name) == getattr(one_by_one, name)


def test_ispu_of_a_day_is_that_of_the_mean_and_needs_18_hours():
    assert ispu_of_day("pm2_5", [15.5] * 24) == Index(50, 100.0)
    assert ispu_of_day("pm2_5", [None] * 6 + [15.5] * 18) == Index(50, 75.0)
    assert ispu_of_day("pm2_5", [None] * 7 + [15.5] * 17).index is None


def test_us_aqi_of_pm_is_that_of_nowcast():
    hours = [None] * 12 + [34.9, 43, 50, 64.9, 69.2, 66.2, 53.7, 48.6, 49.2, 35, None, 21]
    found = aqi_of_hours("pm2_5", hours)
    assert found.index == 87
    assert found.completeness == pytest.approx(100 * 11 / 12)
    assert aqi_of_hours("pm10", [54.9] * 12) == Index(50, 100.0)


def test_us_aqi_of_gases_takes_their_hours_in_ppb():
    def hour_of(gas: str, ppb: float) -> float:
        return gases.ug_m3_of_ppb(gas, ppb)

    assert aqi_of_hours("no2", [hour_of("no2", 53.5)]).index == usaqi.sub_index("no2_1h", 53)
    assert aqi_of_hours("co", [hour_of("co", 4_450.0)] * 8).index == 50
    assert aqi_of_hours("co", [None] * 3 + [hour_of("co", 4_450.0)] * 5).index is None, "5 of 8 hours are too few"
    assert aqi_of_hours("o3", [hour_of("o3", 60.5)] * 8).index == usaqi.sub_index("o3_8h", 0.060)
    assert aqi_of_hours("so2", [hour_of("so2", 80.5)]).index == usaqi.sub_index("so2_1h", 80)
    assert aqi_of_hours("so2", [hour_of("so2", 400.5)] * 24).index == usaqi.sub_index("so2_24h", 400)
    assert aqi_of_hours("so2", [hour_of("so2", 400.5)] * 23 + [None]).index is None, "the newest hour is missing"
    assert aqi_of_hours("no2", []) == Index(None, 0.0)


def test_a_site_has_the_largest_index_its_parameter_and_the_least_completeness():
    found = {"pm2_5": Index(75, 100.0), "pm10": Index(75, 80.0), "so2": Index(None, 10.0)}
    assert ispu_of_site(found) == IndexOfSite(75, "pm10", 80.0), "of a tie the first of the annex"
    assert aqi_of_site({"pm2_5": Index(75, 100.0), "co": Index(80, 90.0)}) == IndexOfSite(80, "co", 90.0)
    assert ispu_of_site({"so2": Index(None, 10.0)}) is None
    assert aqi_of_site({}) is None


def test_a_day_of_rain_goes_from_seven_to_seven():
    seven = ms("2026-11-24T07:00:00+09:00")
    assert rain_day_start_ms(seven, WIT) == seven - 24 * HOUR_MS
    assert rain_day_start_ms(seven + HOUR_MS, WIT) == seven
    hours = {seven - 23 * HOUR_MS: Rain(9.0, 100.0), seven: Rain(2.0, 50.0), seven + HOUR_MS: Rain(1.0, 100.0)}
    assert rain_of_day(hours, seven, WIT) == Rain(11.0, 150 / 24)
    assert rain_of_day(hours, seven + HOUR_MS, WIT) == Rain(1.0, 100.0)
    assert rain_of_day(hours, seven + 2 * HOUR_MS, WIT) == Rain(1.0, 50.0), "an hour unknown is one of no rain"
    assert rain_of_day({}, seven, WIT) is None


def test_the_parameters_stand_in_the_order_of_the_annex_everywhere():
    assert tuple(ispu.BREAKPOINTS) == AIR_PARAMETERS
    assert set(AQI_HOURS) < set(AIR_PARAMETERS)


def test_what_is_derived_of_a_site_follows_from_what_its_sensors_measure():
    assert set(derived_of_site(["pm2_5"])) == {
        "ispu", "ispu_critical", "ispu_completeness", "us_aqi", "us_aqi_critical", "us_aqi_completeness",
        ISPU_TABLE, *ISPU_BY_VERSION,
    }  # fmt: skip
    assert "us_aqi" not in derived_of_site(["hc"]), "the US index knows no hydrocarbons"
    assert "capacity_used" in derived_of_site(["people_in"])
    assert derived_of_site(["temperature"]) == ()
    assert all(QUANTITIES[name].derived for name in derived_of_site([*AIR_PARAMETERS, "people_in"]))


def test_every_derived_quantity_has_its_completeness_or_stands_beside_one_that_has():
    derived = {name for name, row in QUANTITIES.items() if row.derived}
    alone = {name for name in derived if not name.endswith("completeness") and f"{name}_completeness" not in derived}
    assert alone == {
        "ispu_critical", "us_aqi_critical", "air_computation", "flood_computation", "footfall_computation",
        "visitors_present", "visitors_day", "visit_length", "capacity_used", "crowd_density",
        "rise_rate", *USUAL_VISITORS, ISPU_TABLE, *ISPU_BY_VERSION,
        *(f"ispu_{key}_{parameter}" for key in ISPU_VERSIONS for parameter in ISPU_OF_VERSIONS),
    }  # fmt: skip


def test_the_limits_of_a_gauge_come_from_a_rule_with_levels_so_named():
    levels = (Level("siaga 3", Severity.MODERATE, 150), Level("Siaga 1", Severity.EXTREME, 320, inclusive=False))
    rule = Rule(family="river", quantity="water_level", kind=RuleKind.ABOVE, levels=levels, title="River")
    assert gauge_of(rule) == GaugeLimits(Limit(150), None, Limit(320, inclusive=False))
    for other in ({"quantity": "pm2_5"}, {"kind": RuleKind.BELOW}, {"enabled": False}, {"levels": (levels[0],)}):
        changed = Rule(**{name: getattr(rule, name) for name in rule.__struct_fields__} | other)
        expected = GaugeLimits(Limit(150)) if "levels" in other else None
        assert gauge_of(changed) == expected
    nameless = (Level("high", Severity.MINOR, 1),)
    assert gauge_of(Rule(family="r", quantity="water_level", kind=RuleKind.ABOVE, levels=nameless, title="")) is None
