"""A cache of what was loaded from the database a moment ago, so that a request needs no query.

get(key) ─► cached for `TTL_S` ─► else load(key)       clear(): a change of ours holds at once, of another process soon
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from cloud.database.engine import DatabaseUnavailable

TTL_S = 3.0
"""How soon a change by another process is seen."""
STALE_S = 300.0
"""How long who is logged in stays so while the database does not answer: a flood does not wait for a disk."""
MOST_ENTRIES = 10_000
MOST_LOADS = 8
"""Loads at once: whoever sends thousands of invented cookies waits here, and not before ingest at the database."""
T = TypeVar("T")


class TTLCache(Generic[T]):
    """What `load` gave for a key; its None, for what is not (or no longer) there, is not cached."""

    def __init__(
        self, load: Callable[[str], Awaitable[T | None]], *, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._load = load
        self._clock_s = clock_s
        self._loads = asyncio.Semaphore(MOST_LOADS)
        self._entries: dict[str, tuple[T, float]] = {}

    async def get(self, key: str) -> T | None:
        """Return the record of `key`; DatabaseUnavailable where it is not cached and cannot be loaded."""
        cached, now_s = self._entries.get(key), self._clock_s()
        if cached is not None and now_s - cached[1] < TTL_S:
            return cached[0]
        # what `clear` throws away must not come back by a load that began before it: it writes into the old dict
        entries = self._entries
        try:
            async with self._loads:
                record = await self._load(key)
        except DatabaseUnavailable:
            if cached is not None and now_s - cached[1] < STALE_S and entries is self._entries:
                return cached[0]
            raise
        _keep(entries, key, record, now_s)
        return record

    def clear(self) -> None:
        """Forget every entry: something has changed."""
        self._entries = {}


def _keep(entries: dict[str, tuple[T, float]], key: str, record: T | None, now_s: float) -> None:
    if record is None:
        entries.pop(key, None)
        return
    if len(entries) >= MOST_ENTRIES:
        entries.pop(next(iter(entries)))
    entries[key] = record, now_s
