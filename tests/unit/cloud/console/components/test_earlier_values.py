"""What series were earlier: read once for all who look, in one question, and never waited for."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from cloud.console.components import earlier_values
from cloud.console.components.earlier_values import AGAIN_S, AWAY_S, EarlierValues
from cloud.console.view_models.trends import Series
from cloud.readings.contract import Point, SeriesRange, StoredReading, StoreUnavailable
from rules.marks import Mark
from tests.unit.cloud.console.alarms_made import NOON_MS, a_reading
from wire.durations import HOUR_MS, MINUTE_MS

HOUR = a_reading("air", "pm2_5_hour", 31.0)
INSIDE = a_reading("ferry", "occupancy", 46.0)


class Kept:
    """A store that keeps these points, and what it was asked."""

    def __init__(self, *points: Point) -> None:
        self.points, self.asked = sorted(points, key=lambda one: one.time_ms), list[Sequence[SeriesRange]]()
        self.is_away = False

    async def histories(self, ranges: Sequence[SeriesRange]) -> list[list[Point]]:
        self.asked.append(ranges)
        if self.is_away:
            raise StoreUnavailable("gone")
        return [[one for one in self.points if each.start_ms <= one.time_ms < each.end_ms] for each in ranges]


class Watching:
    """Somebody who looks, and their clock."""

    def __init__(self, *points: Point) -> None:
        self.store, self.now_s = Kept(*points), 0.0
        self.earlier = EarlierValues(self.store, clock_s=lambda: self.now_s)  # type: ignore[arg-type]

    async def look(self, *readings: StoredReading) -> Mapping[Series, float]:
        """Look, and let what is read in the background be read."""
        found = self.earlier.of(readings)
        for _turn in range(4):
            await asyncio.sleep(0)
        return found


def before(reading: StoredReading, back_ms: int, value: float, marks: int = 0) -> Point:
    return Point(reading.time_ms - back_ms, value, marks)


def later(reading: StoredReading, by_ms: int) -> StoredReading:
    return a_reading(reading.sensor, reading.quantity, reading.value, age_s=(NOON_MS - reading.time_ms - by_ms) / 1_000)


async def test_the_first_who_looks_waits_for_nothing_and_the_next_one_knows():
    watching = Watching(before(HOUR, 3 * HOUR_MS, 12.0), before(INSIDE, 30 * MINUTE_MS, 20.0))
    assert await watching.look(HOUR, INSIDE) == {}
    for _another in range(3):
        found = await watching.look(HOUR, INSIDE)
    assert found == {("air", "pm2_5_hour"): 12.0, ("ferry", "occupancy"): 20.0}
    assert [len(asked) for asked in watching.store.asked] == [2], "one question for all of it, once"


async def test_an_hour_is_compared_with_that_of_three_hours_before_and_no_other():
    watching = Watching(before(HOUR, 2 * HOUR_MS, 12.0), before(HOUR, 4 * HOUR_MS, 13.0))
    await watching.look(HOUR)
    assert await watching.look(HOUR) == {}
    next_hour = later(HOUR, HOUR_MS)
    assert await watching.look(next_hour) == {}, "what was found fits the hour before"
    assert await watching.look(next_hour) == {("air", "pm2_5_hour"): 12.0}


async def test_minutes_share_what_was_read_for_five_of_them():
    watching = Watching(*(before(INSIDE, back * MINUTE_MS, float(back)) for back in range(60)))
    await watching.look(INSIDE)
    shown = [await watching.look(later(INSIDE, minute * MINUTE_MS)) for minute in range(12)]
    assert all(shown)
    assert len(watching.store.asked) == 2


@pytest.mark.parametrize("marks", [Mark.SPIKE, Mark.STUCK, Mark.WITHDRAWN])
async def test_what_is_doubted_is_compared_with_nothing(marks: Mark):
    watching = Watching(before(HOUR, 3 * HOUR_MS, 12.0, int(marks)))
    await watching.look(HOUR)
    assert await watching.look(HOUR) == {}


async def test_what_came_late_is_known_ten_minutes_later():
    watching = Watching()
    await watching.look(HOUR)
    watching.store.points = [before(HOUR, 3 * HOUR_MS, 12.0)]
    assert await watching.look(HOUR) == await watching.look(HOUR) == {}
    watching.now_s = AGAIN_S
    await watching.look(HOUR)
    assert await watching.look(HOUR) == {("air", "pm2_5_hour"): 12.0}


async def test_a_store_that_is_away_is_left_alone_for_a_while():
    watching = Watching(before(HOUR, 3 * HOUR_MS, 12.0))
    watching.store.is_away = True
    for _second in range(5):
        assert await watching.look(HOUR) == {}
    assert len(watching.store.asked) == 1
    watching.store.is_away, watching.now_s = False, AWAY_S
    await watching.look(HOUR)
    assert await watching.look(HOUR) == {("air", "pm2_5_hour"): 12.0}


async def test_a_question_and_what_is_held_are_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(earlier_values, "MOST_ASKED", 10)
    monkeypatch.setattr(earlier_values, "MOST_HELD", 25)
    watching = Watching()
    many = [a_reading(f"air-{number}", "pm2_5_hour", 31.0) for number in range(100)]
    for _second in range(12):
        await watching.look(*many)
    assert max(map(len, watching.store.asked)) == 10
    assert len(watching.earlier._held) == 25
