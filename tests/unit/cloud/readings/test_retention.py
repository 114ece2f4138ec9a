import pytest

from cloud.readings.retention import (
    LOOKBACK_MS,
    NEVER_MS,
    Keep,
    KeptFrom,
    admitted,
    aim_of,
    clock_of,
    refused_points,
    removed_in,
)
from wire.durations import DAY_MS, HOUR_MS

NOW = 1_764_028_800_000
"""2025-11-25 00:00 UTC."""
IN_2036 = NOW + 10 * 366 * DAY_MS
KEEP = Keep(400 * DAY_MS, 800 * DAY_MS, 2_000 * DAY_MS)
NOTED = KeptFrom(admits_ms=NOW - 400 * DAY_MS, clock_ms=NOW)


@pytest.mark.parametrize(
    ("wall_ms", "newest_ms", "clock_ms"),
    [
        pytest.param(NOW, [], None, id="without readings nothing is old"),
        pytest.param(NOW, [NOW - HOUR_MS] * 20, NOW - HOUR_MS, id="the readings are older than the server's clock"),
        pytest.param(IN_2036, [NOW] * 20, NOW, id="a server in 2036"),
        pytest.param(NOW, [*[NOW] * 20, IN_2036], NOW, id="a gateway in 2036"),
        pytest.param(IN_2036, [*[NOW] * 20, IN_2036, IN_2036], NOW, id="a server and its gateway in 2036"),
        pytest.param(NOW, [NOW - 700 * DAY_MS] * 8 + [NOW] * 2, NOW, id="most sensors are retired"),
    ],
)
def test_the_first_clock_is_the_older_of_server_and_fleet(wall_ms: int, newest_ms: list[int], clock_ms: int | None):
    assert clock_of(KeptFrom(), wall_ms=wall_ms, newest_ms=newest_ms, passed_ms=0) == clock_ms


@pytest.mark.parametrize(
    ("now_ms", "passed_ms", "clock_ms"),
    [
        pytest.param(IN_2036, HOUR_MS, NOW + 2 * HOUR_MS, id="ahead: twice as fast as time"),
        pytest.param(IN_2036, 0, NOW, id="at a start not at all"),
        pytest.param(NOW + HOUR_MS, HOUR_MS, NOW + HOUR_MS, id="with time"),
        pytest.param(NOW - DAY_MS, HOUR_MS, NOW - DAY_MS, id="back at once"),
    ],
)
def test_the_clock_goes_at_most_twice_as_fast_as_time(now_ms: int, passed_ms: int, clock_ms: int):
    assert clock_of(NOTED, wall_ms=now_ms, newest_ms=[now_ms], passed_ms=passed_ms) == clock_ms


def test_the_limit_never_moves_back():
    kept = admitted(NOTED, KEEP, NOW - 30 * DAY_MS)
    assert (kept.admits_ms, kept.clock_ms) == (NOTED.admits_ms, NOW - 30 * DAY_MS)
    assert admitted(NOTED, Keep(900 * DAY_MS), NOW).admits_ms == NOTED.admits_ms
    assert admitted(NOTED, Keep(), NOW) == NOTED


def test_nothing_is_removed_before_the_limit_was_noted():
    assert aim_of(KeptFrom(), KEEP, standing_ms=NOW) == KeptFrom()
    assert aim_of(NOTED, Keep(), standing_ms=NOW) == NOTED


@pytest.mark.parametrize(
    ("keep", "standing_ms", "days"),
    [
        pytest.param(KEEP, NOW, (400, 800, 2_000), id="each of its own"),
        pytest.param(Keep(400 * DAY_MS), NOW, (400, None, None), id="readings alone"),
        pytest.param(Keep(400 * DAY_MS, 400 * DAY_MS), NOW, (400, 400, None), id="minutes with them"),
        pytest.param(KEEP, NOW - LOOKBACK_MS - 500 * DAY_MS, (500, 800, 2_000), id="rollups stand until then"),
        pytest.param(KEEP, NOW - LOOKBACK_MS - 900 * DAY_MS, (900, 900, 2_000), id="minutes wait for readings"),
        pytest.param(KEEP, NEVER_MS, (None, None, None), id="no rollups"),
    ],
)
def test_each_resolution_has_an_aim(keep: Keep, standing_ms: int, days: tuple[int | None, ...]):
    aim = aim_of(NOTED, keep, standing_ms=standing_ms)
    expected = tuple(NEVER_MS if day is None else NOW - day * DAY_MS - LOOKBACK_MS for day in days)
    assert (aim.readings_ms, aim.minutes_ms, aim.hours_ms) == expected


def test_what_was_removed_stays_so_when_more_is_to_be_kept():
    had = KeptFrom(NOW, NOW - 90 * DAY_MS, NOW - 90 * DAY_MS, NOW - 90 * DAY_MS, NOW)
    aim = aim_of(had, Keep(1_000 * DAY_MS, 1_000 * DAY_MS, 1_000 * DAY_MS), standing_ms=NOW)
    assert (aim.minutes_ms, aim.hours_ms) == (had.minutes_ms, had.hours_ms)


def test_a_point_is_refused_by_its_own_time():
    (refused,) = refused_points(NOTED, 3, [NOTED.admits_ms, NOTED.admits_ms - 1])
    assert (refused.write, refused.point) == (3, 1)
    assert "a time before 2024-10-21T00:00:00.000Z" in refused.reason


def test_an_answer_says_what_is_gone_of_its_own_time_alone():
    kept = KeptFrom(NOW, NOW - 3, NOW - 5, NEVER_MS, NOW)
    assert removed_in(kept, NOW - 4) == {"readings": NOW - 3}
    assert removed_in(kept, NOW - 3) == {}
    assert removed_in(KeptFrom(), NEVER_MS) == {}
