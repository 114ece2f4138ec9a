"""The history of a series in pages: of whatever size, all of it once, and both of one time together."""

from collections.abc import Sequence
from typing import Any

import pytest

from cloud.readings.contract import Point
from cloud.readings.history_pages import history_pages
from wire.durations import DAY_MS, HOUR_MS

START = 1_764_000_000_000
POINTS = [
    *(Point(START + minute * 60_000, float(minute)) for minute in range(40)),
    Point(START + 39 * 60_000, 390.0),  # as InfluxDB keeps both of a sensor that moved
    Point(START + 90 * DAY_MS, 1.0),
    Point(START + 90 * DAY_MS + 1, 2.0),
]


class Held:
    """A store that holds POINTS, and remembers how much was asked for at once."""

    def __init__(self) -> None:
        self.longest_ms = 0

    async def history(self, _sensor: str, _quantity: str, *, start_ms: int, end_ms: int, limit: int) -> list[Point]:
        found = [point for point in POINTS if start_ms <= point.time_ms < end_ms][:limit]
        if found:
            self.longest_ms = max(self.longest_ms, end_ms - start_ms)
        return found


async def pages(most: int, *, end_ms: int = START + 365 * DAY_MS) -> tuple[list[Sequence[Point]], Held]:
    held: Any = Held()
    found = [page async for page in history_pages(held, "s", "q", start_ms=START, end_ms=end_ms, most=most)]
    return found, held


@pytest.mark.parametrize("most", [2, 3, 7, 40, 41, 1_000])
async def test_pages_of_any_size_have_the_same_readings_one_of_each_time(most: int):
    found, _ = await pages(most)
    flat = [point for page in found for point in page]
    assert max(map(len, found)) <= most
    assert [point.time_ms for point in flat] == sorted({point.time_ms for point in POINTS})
    assert next(point.value for point in flat if point.time_ms == START + 39 * 60_000) == 390.0


async def test_the_end_is_not_included():
    found, _ = await pages(7, end_ms=START + HOUR_MS // 2)
    assert sum(map(len, found)) == 30


async def test_after_a_long_silence_no_more_is_asked_for_than_a_page_may_have():
    _, sparse = await pages(1_000)
    _, dense = await pages(2)
    assert dense.longest_ms <= sparse.longest_ms < 365 * DAY_MS
