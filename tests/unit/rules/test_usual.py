from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rules.usual import LEAST_WEEKS, WEEKS, Usual, usual_of, weeks_after, weeks_before


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)


def test_a_festival_moves_nothing():
    assert usual_of([38, 41, 207, 44, 40]) == Usual(41, 40, 44, 5)


def test_of_two_weeks_nobody_says_what_is_usual():
    assert usual_of([38.0] * (LEAST_WEEKS - 1)) is None
    assert usual_of([]) is None
    assert usual_of([0.0] * LEAST_WEEKS) == Usual(0, 0, 0, LEAST_WEEKS)


def test_weeks_go_by_the_clock_on_the_wall():
    berlin = ZoneInfo("Europe/Berlin")
    before = weeks_before(ms("2026-11-02T10:00:00+01:00"), berlin)
    assert before[0] == ms("2026-10-26T10:00:00+01:00")
    assert before[1] == ms("2026-10-19T10:00:00+02:00"), "still summer time"
    assert len(before) == WEEKS


def test_an_hour_looks_back_on_exactly_those_that_look_forward_to_it():
    zone, start_ms = ZoneInfo("Asia/Jayapura"), ms("2026-11-28T10:00:00+09:00")
    assert all(start_ms in weeks_after(week_ms, zone) for week_ms in weeks_before(start_ms, zone))
