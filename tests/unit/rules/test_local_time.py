"""Hours and days of places whose clocks are set, by whole hours and by half ones."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from rules import footfall, ispu
from rules.derived import Rain, rain_day_end_ms, rain_day_start_ms, rain_of_day
from rules.local_time import (
    hour_end_ms,
    hour_ends_from,
    hour_ends_to,
    hour_start_ms,
    hour_starts,
    last_shown_ms,
    next_shown_ms,
)
from wire.durations import HOUR_MS

WIT, INDIA, NEPAL = ZoneInfo("Asia/Jayapura"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Asia/Kathmandu")
BERLIN, LORD_HOWE, HALIFAX = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/Halifax")
HALF_MS = HOUR_MS // 2


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)


SET = {
    "Berlin, on": (BERLIN, ms("2026-03-29T02:00:00+01:00"), 23.0),
    "Berlin, back": (BERLIN, ms("2026-10-25T03:00:00+02:00"), 25.0),
    "Halifax, back": (HALIFAX, ms("2026-11-01T02:00:00-03:00"), 25.0),
    "Lord Howe, on": (LORD_HOWE, ms("2026-10-04T02:00:00+10:30"), 23.5),
    "Lord Howe, back": (LORD_HOWE, ms("2026-04-05T02:00:00+11:00"), 24.5),
    "never": (WIT, ms("2026-04-05T02:00:00+09:00"), 24.0),
    "India": (INDIA, ms("2026-04-05T02:00:00+05:30"), 24.0),
}
SHIFTS = pytest.mark.parametrize(("zone", "shift_ms", "day_h"), SET.values(), ids=SET)


@SHIFTS
def test_hours_follow_one_another_without_a_hole_and_none_is_counted_twice(zone, shift_ms, day_h):
    first_ms, last_ms = shift_ms - 30 * HOUR_MS, shift_ms + 30 * HOUR_MS
    starts = hour_starts(first_ms, last_ms, zone)
    assert starts[0] <= first_ms < starts[1]
    assert all(hour_end_ms(start, zone) == later for start, later in pairwise(starts))
    lengths = [later - start for start, later in pairwise(starts)]
    assert set(lengths) <= {HOUR_MS, HALF_MS}
    assert lengths.count(HALF_MS) == (1 if zone is LORD_HOWE else 0)
    for start, end in pairwise(starts):
        for moment in (start, start + 1, (start + end) // 2, end - 1):
            assert (hour_start_ms(moment, zone), hour_end_ms(moment, zone)) == (start, end)
    local = [datetime.fromtimestamp(start / 1000, zone) for start in starts]
    assert all(moment.minute == 0 for moment in local if start_is_no_shift(moment, shift_ms))


def start_is_no_shift(moment: datetime, shift_ms: int) -> bool:
    return round(moment.timestamp() * 1000) != shift_ms


@SHIFTS
def test_the_hours_that_look_back_are_those_that_lie_behind(zone, shift_ms, day_h):
    for hours in range(-26, 27):
        end = hour_end_ms(shift_ms + hours * HOUR_MS, zone)
        back = hour_ends_to(end, 24, zone)
        assert len(back) == 24
        assert back == hour_ends_from(back[0], 24, zone)
        assert back[-1] == end


@SHIFTS
def test_a_day_of_rain_goes_from_seven_to_seven_however_long_it_is(zone, shift_ms, day_h):
    start_ms = rain_day_start_ms(shift_ms, zone)
    end_ms = rain_day_end_ms(shift_ms, zone)
    assert (end_ms - start_ms) / HOUR_MS == day_h
    assert {datetime.fromtimestamp(edge / 1000, zone).strftime("%H:%M") for edge in (start_ms, end_ms)} == {"07:00"}
    assert rain_day_start_ms(end_ms, zone) == start_ms, "07:00 itself ends the day before"
    assert rain_day_end_ms(end_ms, zone) == end_ms
    hours = {hour_end_ms(start, zone): Rain(1.0, 100.0) for start in hour_starts(start_ms, end_ms - 1, zone)}
    assert len(hours) == {23.0: 23, 23.5: 24, 24.0: 24, 24.5: 25, 25.0: 25}[day_h]
    assert rain_of_day(hours, end_ms, zone) == Rain(len(hours), 100.0)


@SHIFTS
def test_a_place_closes_once_a_day_when_its_clock_says_so(zone, shift_ms, day_h):
    for closes in (None, "01:45", "02:15", "18:00"):
        moment, closings = shift_ms - 60 * HOUR_MS, []
        while moment < shift_ms + 60 * HOUR_MS:
            closings.append(footfall.next_closing_ms(moment, closes=closes, zone=zone))
            moment = closings[-1] + 1
        assert all(20 <= (later - earlier) / HOUR_MS <= 26 for earlier, later in pairwise(closings))
        for earlier, later in pairwise(closings):
            assert footfall.last_closing_ms(later, closes=closes, zone=zone) == earlier
            assert footfall.last_closing_ms(later - 1, closes=closes, zone=zone) == earlier


def test_a_time_that_is_shown_twice_is_the_first_and_one_that_is_skipped_comes_as_much_later():
    twice = ms("2026-10-25T02:30:00+02:00")
    for later in ("2026-10-25T02:10:00+01:00", "2026-10-25T02:40:00+01:00", "2026-10-26T02:00:00+01:00"):
        assert last_shown_ms(ms(later), 2, 30, BERLIN) == twice
    assert next_shown_ms(ms("2026-10-25T02:10:00+01:00"), 2, 30, BERLIN) == ms("2026-10-26T02:30:00+01:00")
    assert next_shown_ms(ms("2026-03-28T12:00:00+01:00"), 2, 30, BERLIN) == ms("2026-03-29T03:30:00+02:00")


@SHIFTS
def test_an_index_is_published_at_nine_and_three_of_the_clock_and_pm2_5_at_the_end_of_each_hour(zone, shift_ms, day_h):
    ends = [hour_end_ms(start, zone) for start in hour_starts(shift_ms - 24 * HOUR_MS, shift_ms + 24 * HOUR_MS, zone)]
    shown = {end: datetime.fromtimestamp(end / 1000, zone).strftime("%H:%M") for end in ends}
    assert {shown[end] for end in ends if ispu.is_published("pm10", end, zone)} == {"09:00", "15:00"}
    assert all(ispu.is_published("pm2_5", end, zone) for end in ends)
    assert not any(ispu.is_published(name, end + 1, zone) for end in ends for name in ("pm10", "pm2_5"))
    for end in ends:
        last_ms = ispu.last_publication_ms("so2", end, zone)
        assert last_ms <= end
        assert datetime.fromtimestamp(last_ms / 1000, zone).strftime("%H:%M") in ("09:00", "15:00")


def test_a_place_with_a_quarter_of_an_hour_has_its_own_hours():
    assert hour_start_ms(ms("2026-04-05T02:50:00+05:45"), NEPAL) == ms("2026-04-05T02:00:00+05:45")
