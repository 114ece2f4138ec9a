import csv
import math
from datetime import datetime

import pytest
from msgspec.structs import replace

from rules.marks import Mark
from rules.quality import UNJUDGED, Judged, Revised, judge, judge_column, revised, verdicts
from rules.quality_policies import POLICIES, policy_of
from tests.own_quantities import TABLE
from tests.recorded import Source, recorded
from tests.synthetic import levels
from tests.unit.rules.watching import at
from wire import QUANTITIES

WATER = POLICIES["water_level"]


def _marks(*values: float, minutes: float = 10.0, policy=WATER) -> str:
    """Each reading as one letter: . plain, ^ spike, = stuck."""
    judged, letters = UNJUDGED, ""
    for number, value in enumerate(values):
        judged, mark = judge(policy, judged, at(number * minutes), value)
        letters += {0: ".", Mark.SPIKE: "^", Mark.STUCK: "="}.get(mark, "?")
    return letters


def test_policies_are_of_known_quantities():
    assert set(POLICIES) <= set(QUANTITIES)


@pytest.mark.parametrize(
    ("values", "letters"),
    [
        ((100, 101, 99), "..."),
        ((100, 130, 160), "..."),                     # 3 cm/min: as fast as Jakarta's steepest hours
        ((100, 145, 100), ".^."),                     # a step followed by its opposite
        ((100, -300, 100), ".^."),
        ((100, 210, 215, 220), ".^.."),               # a metre in ten minutes, confirmed
        ((100, 210, 320, 330), ".^.."),               # confirmed by one still higher
        ((100, 100, 210, 215, 100), "..^.."),          # believed, and taken back within the hour
        ((100, 210, -300, 100), ".^^."),              # two different errors in a row
        ((100, 60, 60, 60, 60), ".^..."),             # 40 cm down, confirmed
        ((100, 145, 100, 145, 100), ".^.^."),
        ((12, 12, 47, 48, 12, 12, 47, 12), "..^...^."), # taken back; the next such step is doubted again
    ],
)  # fmt: skip
def test_spikes_are_told_from_rises(values: tuple[float, ...], letters: str):
    assert _marks(*values) == letters


def test_what_is_slow_over_a_gap_is_plain():
    judged, _ = judge(WATER, judge(WATER, UNJUDGED, at(-1), 100.0)[0], at(0), 100.0)
    assert judge(WATER, judged, at(60), 280.0)[1] is Mark.NONE
    assert judge(WATER, judged, at(59), 280.0)[1] is Mark.SPIKE


def test_the_doubted_readings_of_a_true_rise_are_given_back():
    first, _ = judge(WATER, UNJUDGED, at(0), 100.0)
    firm, _ = judge(WATER, first, at(1), 100.0)
    doubted, _ = judge(WATER, firm, at(2), 200.0)
    assert revised(firm, doubted) is None
    confirmed, _ = judge(WATER, doubted, at(3), 205.0)
    assert revised(doubted, confirmed) == Revised((at(2), at(2)))
    after, _ = judge(WATER, confirmed, at(4), 205.0)
    assert revised(confirmed, after) is None


def _settled(*readings: tuple[float, float]) -> str:
    """(seconds, value) as letters, with what later readings have shown of earlier ones put right."""
    times_ms, values = [at(second / 60) for second, _ in readings], [value for _, value in readings]
    _, marks, _ = verdicts(WATER, UNJUDGED, times_ms, values)
    return "".join("^" if mark & Mark.SPIKE else "." for mark in marks)


def test_a_hand_before_the_first_true_reading_is_the_spike_and_the_river_is_not():
    hand = [(second, 415.0) for second in range(2)]
    river = [(second, 80.0) for second in range(2, 60)]
    assert _settled(*hand, *river) == "^^" + "." * 58


def test_a_hand_after_a_gap_is_the_spike_and_the_river_is_not():
    before = [(60 * minute, 80.0) for minute in range(10)]
    hand = [(4 * 3600 + second, 415.0) for second in range(3)]
    river = [(4 * 3600 + second, 82.0) for second in range(3, 60)]
    assert _settled(*before, *hand, *river) == "." * 10 + "^^^" + "." * 57


def test_one_high_reading_after_hours_of_doubted_ones_is_not_believed_alone():
    river = [(0, 100.0), (600, 100.0)]
    garbage = [(1200 + 600 * n, (30.0, -300.0, 900.0)[n % 3]) for n in range(24)]
    assert _settled(*river, *garbage, (16_000, 350.0), (16_600, 101.0))[-2:] == "^."


@pytest.mark.parametrize("minutes", [1, 5, 10, 15, 30, 60])
@pytest.mark.parametrize("per_min", [3.0, -3.0])
def test_water_that_moves_three_centimetres_a_minute_for_hours_is_settled_plain_however_often_it_is_read(
    minutes: int, per_min: float
):
    calm = [(60.0 * minute, 600.0) for minute in range(0, 180, minutes)]
    moving = [(60.0 * minute, 600.0 + per_min * (minute - 180)) for minute in range(180, 480, minutes)]
    assert "^" not in _settled(*calm, *moving)


def test_a_value_that_never_changes_is_stuck_after_what_its_quantity_allows():
    dust = POLICIES["pm2_5"]
    hours = 24 + 2
    assert _marks(*[12.3] * hours, minutes=60, policy=dust) == "." * 25 + "="
    assert _marks(*[12.3] * 25, 12.4, 12.4, minutes=60, policy=dust) == "." * 27


def test_a_dry_season_river_may_lie_flat_for_1013_hours():
    assert _marks(*[10.0] * 1014, minutes=60) == "." * 1014


def test_a_column_is_judged_as_its_readings_one_by_one():
    columns = [
        [100.0, 101.0, 102.0, 102.0],
        [102.0, 103.0, 160.0, 103.0],
        [103.0, 103.0, 103.0],
        [220.0, 221.0, 221.0, 221.0],
        [math.nan, 221.0],
    ]
    whole, piecewise, minute = UNJUDGED, UNJUDGED, 0
    for values in columns:
        times = [at(minute + number) for number in range(len(values))]
        minute += len(values)
        whole, marks = judge_column(WATER, whole, times, values)
        expected = []
        for time_ms, value in zip(times, values, strict=True):
            if math.isnan(value):
                expected.append(Mark.NONE)
                continue
            piecewise, mark = judge(WATER, piecewise, time_ms, value)
            expected.append(mark)
        assert marks == (expected if any(expected) else None)
        assert whole == piecewise


def test_an_empty_column_judges_nothing():
    assert judge_column(WATER, Judged(), [], []) == (Judged(), None)


FLOODS = [
    pytest.param(levels.flash_flood, "2026-09-19T12", "2026-09-22", id="synthetic_flash_flood"),
    pytest.param(levels.slow_flood, "2026-01-20", "2026-01-28", id="synthetic_slow_flood"),
    recorded("flood/hubeau_V7184015_2020-09.csv", "2020-09-19T12", "2020-09-22"),
    recorded("flood/hubeau_Y1612040_2020-01-07_30d_10min.csv", "2020-01-21", "2020-01-30"),
    recorded("flood/hubeau_Y1612030_2020-01-07_30d_10min.csv", "2020-01-21", "2020-01-27"),
    recorded("flood/hubeau_Y0674060_2020-01-07_30d_10min.csv", "2020-01-21", "2020-01-30"),
    recorded("flood/hubeau_O1532920_2020-01-07_30d_10min.csv", "2020-01-21", "2020-01-30"),
]
"""Floods of rivers, made up and recorded, from when to when."""
FLASH_FLOODS = [FLOODS[0], FLOODS[2]]


def _flood(source: Source, start: str, end: str) -> list[tuple[int, float]]:
    rows = csv.DictReader(source().splitlines(), delimiter=";")
    found = {row["date_obs"]: float(row["resultat_obs"]) / 10 for row in rows if start <= row["date_obs"] < end}
    return sorted((round(datetime.fromisoformat(text).timestamp() * 1000), value) for text, value in found.items())


def _read_each(minutes: int, flood: list[tuple[int, float]]) -> tuple[list[int], list[float]]:
    """The flood as a gauge that speaks every so many minutes tells it; between readings on a straight line."""
    times_ms = list(range(flood[0][0], flood[-1][0] + 1, minutes * 60_000))
    values, place = [], 0
    for time_ms in times_ms:
        while flood[place + 1][0] < time_ms:
            place += 1
        (before_ms, before), (after_ms, after) = flood[place], flood[place + 1]
        values.append(before + (after - before) * (time_ms - before_ms) / (after_ms - before_ms))
    return times_ms, values


@pytest.mark.parametrize("minutes", [1, 5, 10, 15, 30, 60])
@pytest.mark.parametrize(("source", "start", "end"), FLOODS)
def test_no_reading_of_a_flood_is_a_spike_however_often_the_gauge_speaks(
    source: Source, start: str, end: str, minutes: int
):
    times_ms, values = _read_each(minutes, _flood(source, start, end))
    _, marks, _ = verdicts(WATER, UNJUDGED, times_ms, values)
    assert not any(marks)
    at_first = judge_column(WATER, UNJUDGED, times_ms, values)[1] or []
    assert sum(map(bool, at_first)) <= 2  # the wave's front, until the next reading


@pytest.mark.parametrize("minutes", [5, 10, 15, 30, 60])
@pytest.mark.parametrize(("source", "start", "end"), FLASH_FLOODS)
def test_a_falling_flood_is_believed_at_once_at_any_sampling_and_not_only_once_all_is_known(
    source: Source, start: str, end: str, minutes: int
):
    flood = _flood(source, start, end)
    top = max(range(len(flood)), key=lambda place: flood[place][1])
    assert judge_column(WATER, UNJUDGED, *_read_each(minutes, flood[top:]))[1] is None


def test_what_a_city_added_is_judged_by_what_it_says_of_itself():
    leq = policy_of(TABLE["leq"])
    assert leq is not None
    judged, marks, _ = verdicts(leq, UNJUDGED, [0, 10_000, 20_000, 30_000], [60.0, 61.0, 135.0, 60.0])
    assert marks == [Mark.NONE, Mark.NONE, Mark.SPIKE, Mark.NONE]
    _, flat, _ = verdicts(leq, judged, [minute * 60_000 for minute in range(1, 63)], [60.0] * 62)
    assert flat[-1] is Mark.STUCK
    assert flat[-3] is Mark.NONE


def test_of_what_says_nothing_of_itself_nothing_is_judged():
    assert policy_of(TABLE["horn_count"]) is None
    assert policy_of(TABLE["leq_hour"]) is None
    assert policy_of(None) is None
    assert policy_of(QUANTITIES["water_level"]) is POLICIES["water_level"]
    only_stuck = policy_of(replace(TABLE["leq"], step=None))
    assert only_stuck is not None
    assert verdicts(only_stuck, UNJUDGED, [0, 10_000], [20.0, 140.0])[1] == [Mark.NONE, Mark.NONE]
