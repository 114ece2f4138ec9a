import csv
from datetime import UTC, datetime
from math import inf, nan
from zoneinfo import ZoneInfo

import pytest

from rules import capacity, footfall, rain, siaga
from rules.footfall import CountStep, Inside, Total, Visit
from rules.siaga import GaugeLimits, Limit
from tests.recorded import Source, recorded
from tests.synthetic import levels

WIT = ZoneInfo("Asia/Jayapura")
HOUR = 3_600_000


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)


def test_a_limit_says_whether_it_counts_itself():
    ours = GaugeLimits(Limit(80), Limit(150), Limit(200))
    jakarta = siaga.JAKARTA["Katulampa"]
    assert [siaga.siaga_of(ours, cm) for cm in (79.9, 80, 150, 200)] == [4, 3, 2, 1]
    assert [siaga.siaga_of(jakarta, cm) for cm in (80, 80.1, 150, 200, 200.1)] == [4, 3, 3, 2, 1]


def test_a_stage_without_a_limit_is_left_out_and_the_worse_one_still_holds():
    gate = siaga.JAKARTA["Jembatan Merah"]
    assert [siaga.siaga_of(gate, cm) for cm in (100, 101, 221, 222)] == [4, 3, 3, 1]
    with pytest.raises(ValueError, match="no number"):
        siaga.siaga_of(gate, nan)


def test_jakartas_limits_rise_and_those_never_published_say_so():
    for name, gauge in siaga.JAKARTA.items():
        limits = [limit for limit in (gauge.siaga_3, gauge.siaga_2, gauge.siaga_1) if limit is not None]
        assert [limit.cm for limit in limits] == sorted(limit.cm for limit in limits), name
        assert all(limit.inclusive is not limit.published for limit in limits)


@pytest.mark.parametrize(
    ("source", "column", "first"),
    [
        pytest.param(
            levels.first_flood_of_a_gate, "Made-up gate (air)",
            [("2026-10-28 14:00", 4, 3), ("2026-10-28 18:00", 3, 4)], id="synthetic",
        ),
        recorded(
            "flood/jakarta_pintu_air_hourly_2021-10_2022-12.csv", "Katulampa (air)",
            [("2021-10-28 14:00", 4, 3), ("2021-10-28 18:00", 3, 4)],
        ),
    ],
)  # fmt: skip
def test_a_gates_history_crosses_its_levels_as_often_as_was_counted(
    source: Source, column: str, first: list[tuple[str, int, int]]
):
    """The first two changes of stage by Katulampa's limits; recorded: 28 October 2021, 20 ─► 90 cm and back to 80."""
    changes, before = [], 4
    for row in csv.DictReader(source().splitlines()):
        now = siaga.siaga_of(siaga.JAKARTA["Katulampa"], float(row[column]))
        if now != before:
            changes.append((row["Tanggal"][:16], before, now))
            before = now
    assert changes[:2] == first


@pytest.mark.parametrize(
    ("mm", "name"),
    [(0, "berawan"), (0.2, "sangat ringan"), (0.5, "ringan"), (19.999, "ringan"), (20, "sedang"), (50, "lebat"),
     (100, "sangat lebat"), (149.9, "sangat lebat"), (150, "ekstrem"), (900, "ekstrem")],
)  # fmt: skip
def test_a_days_rain_has_the_class_whose_lower_end_it_reaches(mm, name):
    assert rain.class_of_day(mm).indonesian == name


def test_an_hours_rain_has_a_class_of_its_own():
    names = [rain.class_of_hour(mm).indonesian for mm in (0, 0.1, 1, 5, 10, 20)]
    assert names == ["tidak hujan", "sangat ringan", "ringan", "sedang", "lebat", "sangat lebat"]


def test_tips_of_a_gauge_add_up_to_the_class_that_they_make():
    assert rain.class_of_hour(sum([0.2] * 5)).indonesian == "ringan"  # 1.0, and in floating point a little less or more
    assert rain.class_of_hour(0.1 + 0.2 + 0.7 - 1e-12).indonesian == "ringan"
    for bad in (-1, nan, inf):
        with pytest.raises(ValueError, match="no rain"):
            rain.class_of_day(bad)


@pytest.mark.parametrize(
    ("last", "now", "bits", "expected"),
    [
        (120, 125, None, 5),
        (65_530, 4, 16, 10),
        (65_530, 4, None, 4),
        (120, 3, 16, 3),
        (40_000, 10, 16, 10),
        (7, 7, 16, 0),
        (4_294_967_290, 5, 32, 11),
    ],
)
def test_a_counter_adds_what_came_on_top_through_wraps_and_resets(last, now, bits, expected):
    assert footfall.added(Total(1_000, last), Total(2_000, now), bits=bits) == expected


def test_a_first_total_and_an_older_one_add_nothing():
    assert footfall.added(None, Total(1_000, 500)) is None
    assert footfall.added(Total(2_000, 500), Total(1_000, 3), bits=16) is None, "late, and no reset"
    assert footfall.added(Total(2_000, 500), Total(2_000, 500)) is None


def test_people_inside_are_never_fewer_than_none():
    steps = [CountStep(1, 10, 0), CountStep(2, 0, 15), CountStep(3, 4, 0)]
    assert [(one.people, one.visits) for one in footfall.inside(steps)] == [(10, 10), (0, 10), (4, 14)]


def test_closing_ends_the_day_with_nobody_inside():
    closing = 10 * HOUR
    steps = [CountStep(9 * HOUR, 50, 10), CountStep(closing, 5, 20), CountStep(11 * HOUR, 3, 1)]
    whole = footfall.inside(steps, closings_ms=[closing])
    assert [(one.people, one.visits) for one in whole] == [(40, 50), (25, 55), (2, 3)]
    assert footfall.inside(steps[1:], closings_ms=[closing], after=whole[0]) == whole[1:], "it can go on from any step"


def test_a_place_closes_by_its_own_clock():
    at = ms("2026-11-24T10:00:00+09:00")
    assert footfall.last_closing_ms(at, closes="18:00", zone=WIT) == ms("2026-11-23T18:00:00+09:00")
    assert footfall.last_closing_ms(at, closes=None, zone=WIT) == ms("2026-11-24T00:00:00+09:00")
    closing = ms("2026-11-24T18:00:00+09:00")
    assert footfall.last_closing_ms(closing, closes="18:00", zone=WIT) == ms("2026-11-23T18:00:00+09:00")
    assert footfall.last_closing_ms(closing + 1, closes="18:00", zone=WIT) == closing


def test_dwell_is_of_visits_whose_both_ends_are_known():
    found = footfall.dwell([Visit(0, 60_000), Visit(0, 180_000), Visit(5_000, 4_000)])
    assert found is not None
    assert (found.visits, found.mean_s, found.longest_s) == (2, 120, 180)
    assert footfall.dwell([]) is None


def test_the_mean_visit_follows_from_line_counts():
    # ten people for one hour, then nobody: ten hours spent by ten visitors
    whole = footfall.inside([CountStep(0, 10, 0), CountStep(HOUR, 0, 10)])
    assert whole[-1].mean_visit_s == 3_600
    assert Inside(0, 0, 0).mean_visit_s is None


@pytest.mark.parametrize(
    ("density", "english"),
    [(0, "free"), (0.43, "normal walking"), (1.99, "normal walking"), (2, "slowed"), (3, "critical flow"),
     (3.57, "involuntary contact"), (5.55, "dangerous while moving"), (7.1, "critical while standing")],
)  # fmt: skip
def test_a_crowd_has_the_class_whose_density_it_reaches(density, english):
    assert footfall.density_of(density).english == english


def test_capacity_used_is_a_share_of_a_capacity():
    assert footfall.used_percent(60, 80) == 75
    with pytest.raises(ValueError, match="is none"):
        footfall.used_percent(1, 0)
    with pytest.raises(ValueError, match="no crowd"):
        footfall.density_of(-1)


def test_cifuentes_goes_from_the_space_to_what_can_be_looked_after():
    physical = capacity.physical_capacity(30_000, 0.02, capacity.rotation(8, 4))
    real = capacity.real_capacity(physical, [capacity.correction(90, 360), capacity.correction(0, 365)])
    assert (physical, real) == (1_200, 900)
    assert capacity.effective_capacity(real, 0.6) == 540


@pytest.mark.parametrize(
    "ask",
    [
        lambda: capacity.rotation(8, 0),
        lambda: capacity.correction(400, 365),
        lambda: capacity.correction(1, 0),
        lambda: capacity.effective_capacity(100, 1.2),
        lambda: capacity.supporting_capacity(people_per_unit=1, usable=5, unit=0, open_hours=1, visit_hours=1),
    ],
)
def test_a_capacity_of_the_impossible_is_refused(ask):
    with pytest.raises(ValueError, match="give"):
        ask()
