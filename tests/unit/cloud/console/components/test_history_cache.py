import asyncio
import time
from typing import Any

import pytest

from cloud.console.components import history_cache
from cloud.console.components.history_cache import HistoryCache, SeriesSpan
from cloud.console.view_models.chart_span import SPANS, ChartSpan
from cloud.console.view_models.site_chart import ChartTrouble
from cloud.readings.bucket_history import TooManyReadings, buckets_of
from cloud.readings.contract import StoreUnavailable
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.alarms_made import WIT
from wire import Reading, built_in
from wire.durations import DAY_MS, HOUR_MS


def river(span: str | ChartSpan) -> SeriesSpan:
    return SeriesSpan("river", "water_level", SPANS[span] if isinstance(span, str) else span, WIT)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine answers later than people wait."""
    monkeypatch.setattr(history_cache, "PATIENCE_S", 30.0)


@pytest.fixture
def cache(city: Morotai) -> HistoryCache:
    return HistoryCache(city.store, built_in)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is asked of the store, as it is asked."""
    seen: list[dict[str, Any]] = []

    async def counted(*series: Any, **span: Any) -> Any:
        seen.append(span)
        return await buckets_of(*series, **span)

    monkeypatch.setattr(history_cache, "buckets_of", counted)
    return seen


def answers(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None, *, after: asyncio.Event | None = None):
    """Let the store answer nothing, or fail; `after` something."""

    async def answer(*_: Any, **__: Any) -> list[Any]:
        if after is not None:
            await after.wait()
        if error is not None:
            raise error
        return []

    monkeypatch.setattr(history_cache, "buckets_of", answer)


@pytest.mark.parametrize("span", SPANS)
async def test_a_history_comes_from_the_store_once_for_all_who_look(
    city: Morotai, cache: HistoryCache, asked: list[dict[str, Any]], span: str
):
    now = now_ms()
    await city.send(
        "gw-daruba", [Reading("river", "water_level", now - back * 1_000, 100.0 + back) for back in range(1, 30)]
    )
    seen = await asyncio.gather(*(cache.of(river(span)) for _ in range(20)))
    assert len(asked) == 1
    assert all(one is seen[0] for one in seen)
    history = seen[0].history
    assert history is not None
    assert max(bucket.max or 0.0 for bucket in history.buckets) == 129.0
    assert sum(bucket.count for bucket in history.buckets) == 29
    assert (history.end_ms - history.start_ms) // history.step_ms <= 1_000


async def test_steps_of_a_day_and_more_begin_at_midnight_of_the_place(cache: HistoryCache, asked: list[dict[str, Any]]):
    end_ms = now_ms() // DAY_MS * DAY_MS
    year = await cache.of(river(ChartSpan(start_ms=end_ms - 2_000 * DAY_MS, end_ms=end_ms)))
    assert year.history is not None
    assert year.history.step_ms % DAY_MS == 0
    assert (year.history.start_ms + 9 * HOUR_MS) % year.history.step_ms == 0
    assert asked[0]["offset_ms"] == 9 * HOUR_MS


async def test_amounts_are_summed_up_over_longer_steps(cache: HistoryCache):
    heads = await cache.of(SeriesSpan("ferry", "people_in", SPANS["24h"], WIT))
    assert heads.history is not None
    assert (heads.history.of_sums, heads.history.step_ms) == (True, HOUR_MS)


@pytest.mark.parametrize(("error", "trouble"), [
    (StoreUnavailable("gone"), ChartTrouble.UNAVAILABLE), (TooManyReadings("many"), ChartTrouble.TOO_MANY)
], ids=["unavailable", "too-many"])  # fmt: skip
async def test_what_goes_wrong_is_said_and_what_was_known_stays(
    cache: HistoryCache, monkeypatch: pytest.MonkeyPatch, error: Exception, trouble: ChartTrouble
):
    known = await cache.of(river("1h"))
    assert known.trouble is None
    answers(monkeypatch, error)
    unknown = await cache.of(river("7d"))
    assert (unknown.history, unknown.trouble) == (None, trouble)
    let_time_pass(monkeypatch)
    late = await cache.of(river("1h"))
    assert late.history is known.history
    assert late.trouble is trouble


async def test_a_store_that_fails_once_is_asked_again(cache: HistoryCache, monkeypatch: pytest.MonkeyPatch):
    answers(monkeypatch, StoreUnavailable("gone"))
    assert (await cache.of(river("1h"))).history is None
    monkeypatch.setattr(history_cache, "buckets_of", buckets_of)
    let_time_pass(monkeypatch)
    again = await cache.of(river("1h"))
    assert again.trouble is None
    assert again.history is not None


async def test_a_year_that_takes_long_holds_up_nothing_else(cache: HistoryCache, monkeypatch: pytest.MonkeyPatch):
    go = asyncio.Event()
    monkeypatch.setattr(history_cache, "PATIENCE_S", 0.0)
    answers(monkeypatch, after=go)
    year = await cache.of(river("1y"))
    assert (year.history, year.trouble) == (None, ChartTrouble.WAITING)
    many = [river(ChartSpan(start_ms=0, end_ms=(100 + days) * DAY_MS)) for days in range(2 * history_cache.MOST_ASKED)]
    assert {(await cache.of(one)).trouble for one in many} == {ChartTrouble.WAITING}
    monkeypatch.setattr(history_cache, "buckets_of", buckets_of)
    monkeypatch.setattr(history_cache, "PATIENCE_S", 5.0)
    assert (await cache.of(river("1h"))).trouble is None
    go.set()
    assert (await cache.of(river("1y"))).trouble is None


async def test_what_is_late_is_shown_and_said_to_be(cache: HistoryCache, monkeypatch: pytest.MonkeyPatch):
    known = await cache.of(river("1h"))
    never = asyncio.Event()
    answers(monkeypatch, after=never)
    monkeypatch.setattr(history_cache, "PATIENCE_S", 0.0)
    let_time_pass(monkeypatch)
    late = await cache.of(river("1h"))
    assert (late.history, late.trouble) == (known.history, ChartTrouble.WAITING)
    never.set()


def let_time_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour goes by at once: whatever was held is old."""

    class Later:
        @staticmethod
        def monotonic() -> float:
            return time.monotonic() + 3_600.0

    monkeypatch.setattr(history_cache, "time", Later)
