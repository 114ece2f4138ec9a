import asyncio

import pytest

from cloud.console.components.history_cache import SPANS, HistoryCache
from cloud.readings.contract import Point, StoreUnavailable
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import Reading, built_in


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

    city.store.history = counted
    history_cache = HistoryCache(city.store, built_in)
    seen = await asyncio.gather(*(history_cache.of("river", "water_level", span) for _ in range(20)))
    assert len(asked) == 3
    assert max(point.value for point in seen[0].high) == 129.0
    assert min(point.value for point in seen[-1].low) == 101.0


async def test_a_store_that_fails_once_is_asked_again(city: Morotai):
    history_cache = HistoryCache(city.store, built_in)
    ask = city.store.history

    async def fail(*_: str, **__: object) -> list[Point]:
        raise StoreUnavailable("gone")

    city.store.history = fail
    with pytest.raises(StoreUnavailable):
        await history_cache.of("river", "water_level", "1h")
    city.store.history = ask
    assert (await history_cache.of("river", "water_level", "1h")).points == ()
