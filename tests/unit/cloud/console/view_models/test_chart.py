import asyncio
from zoneinfo import ZoneInfo

import pytest

from cloud.console.components.history_cache import SPANS, HistoryCache
from cloud.console.view_models.chart import PALETTES, SUMMED, ChartHistory, broken_at_gaps, chart_options, summary
from cloud.readings.contract import Point, StoreUnavailable
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import QUANTITIES, Reading

EN = catalog_of("en")
WIT = ZoneInfo("Asia/Jayapura")
LEVELS = ChartHistory(
    0, 600_000, 60_000,
    points=(Point(0, 10.0), Point(60_000, 12.0)), low=(Point(0, 9.0), Point(60_000, 11.0)),
    high=(Point(0, 11.0), Point(60_000, 15.0)),
)  # fmt: skip


def options(quantity: str, history: ChartHistory) -> dict:
    return chart_options(EN, quantity, history, zone=WIT, palette=PALETTES["dark"])


def test_times_are_drawn_as_those_of_the_site():
    drawn = options("water_level", LEVELS)
    assert drawn["useUTC"] is True
    assert drawn["series"][-1]["data"][0] == [9 * 3_600_000, 10.0]
    assert drawn["xAxis"]["min"] == 9 * 3_600_000


def test_a_line_carries_the_range_it_moved_in():
    low, span, line = options("water_level", LEVELS)["series"]
    assert [value for _, value in low["data"]] == [9.0, 11.0]
    assert [value for _, value in span["data"]] == [2.0, 4.0]
    assert (line["name"], line["type"]) == ("value", "line")


def test_amounts_are_bars_in_the_middle_of_their_step():
    bars = options("rainfall", ChartHistory(0, 600_000, 60_000, (Point(0, 0.4),)))["series"]
    assert [one["type"] for one in bars] == ["bar"]
    assert bars[0]["data"] == [[9 * 3_600_000 + 30_000, 0.4]]


def test_silence_is_a_gap_and_no_straight_line():
    points = [Point(0, 1.0), Point(10_000, 1.0), Point(20_000, 1.0), Point(900_000, 5.0)]
    assert broken_at_gaps(points, 10_000)[3] == (20_001, None)
    slow = [Point(0, 1.0), Point(60_000, 1.0), Point(120_000, 1.0)]
    assert None not in [value for _, value in broken_at_gaps(slow, 10_000)], "a slow sensor is not silent"


def test_the_summary_is_of_the_extremes_and_not_of_their_means():
    assert summary(EN, "water_level", LEVELS) == [("Lowest", "9.0 cm"), ("Mean", "11.0 cm"), ("Highest", "15.0 cm")]
    visitors = ChartHistory(0, 1, 3_600_000, (Point(0, 120.0), Point(1, 80.0)))
    assert summary(EN, "people_in", visitors) == [("Sum", "200 people"), ("Most in 1 h", "120 people")]
    assert summary(EN, "people_in", ChartHistory(0, 1, 1, ())) == []


def test_summed_quantities_are_in_the_table():
    assert QUANTITIES.keys() >= SUMMED


@pytest.mark.parametrize("span", SPANS)
async def test_a_history_comes_from_the_store_once_for_all_who_look(city: Morotai, span):
    now = now_ms()
    await city.send(
        "gw-daruba",
        [Reading("river", "water_level", now - back * 1_000, 100.0 + back) for back in range(1, 30)],
    )
    asked = []
    ask = city.store.history

    async def counted(*series: str, **span: object) -> list[Point]:
        asked.append(series)
        return await ask(*series, **span)  # type: ignore[arg-type]

    city.store.history = counted  # type: ignore[method-assign]
    history_cache = HistoryCache(city.store)
    seen = await asyncio.gather(*(history_cache.of("river", "water_level", span) for _ in range(20)))
    assert len(asked) == 3
    assert max(point.value for point in seen[0].high) == 129.0
    assert min(point.value for point in seen[-1].low) == 101.0


async def test_a_store_that_fails_once_is_asked_again(city: Morotai):
    history_cache = HistoryCache(city.store)
    ask = city.store.history

    async def fail(*_: str, **__: object) -> list[Point]:
        raise StoreUnavailable("gone")

    city.store.history = fail  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        await history_cache.of("river", "water_level", "1h")
    city.store.history = ask  # type: ignore[method-assign]
    assert (await history_cache.of("river", "water_level", "1h")).points == ()
