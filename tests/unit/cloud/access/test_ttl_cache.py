import asyncio

import pytest

from cloud.access.ttl_cache import MOST_LOADS, STALE_S, TTL_S, TTLCache
from cloud.database.engine import DatabaseUnavailable


async def test_requests_need_no_query_and_another_process_change_is_seen_soon():
    now_s, there, looked = 0.0, {"a": "ani"}, []

    async def load(key: str) -> str | None:
        looked.append(key)
        return there.get(key)

    cache = TTLCache(load, clock_s=lambda: now_s)
    for _each in range(1_000):
        assert await cache.get("a") == "ani"
    assert looked == ["a"]
    del there["a"]
    now_s = TTL_S
    assert await cache.get("a") is None


async def test_who_is_logged_in_stays_so_for_a_while_without_a_database_and_nobody_else_gets_in():
    now_s, works = 0.0, True

    async def load(_key: str) -> str:
        if not works:
            raise DatabaseUnavailable("gone")
        return "ani"

    cache = TTLCache(load, clock_s=lambda: now_s)
    await cache.get("a")
    works, now_s = False, STALE_S - 1
    assert await cache.get("a") == "ani"
    with pytest.raises(DatabaseUnavailable):
        await cache.get("b")
    now_s = STALE_S
    with pytest.raises(DatabaseUnavailable):
        await cache.get("a")


async def test_a_load_that_began_before_a_change_does_not_bring_the_old_back():
    unblock = asyncio.Event()
    answers = ["old", "new"]

    async def load(_key: str) -> str:
        answer = answers.pop(0)
        if answer == "old":
            await unblock.wait()
        return answer

    cache = TTLCache(load)
    slow = asyncio.create_task(cache.get("a"))
    await asyncio.sleep(0)
    cache.clear()
    unblock.set()
    assert await slow == "old"
    assert await cache.get("a") == "new"


async def test_thousands_of_invented_cookies_take_a_few_turns_at_the_database_at_a_time():
    under_way, most = 0, 0

    async def load(_key: str) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1

    cache = TTLCache[None](load)
    await asyncio.gather(*(cache.get(f"invented-{number}") for number in range(1_000)))
    assert most == MOST_LOADS
    assert cache._entries == {}
