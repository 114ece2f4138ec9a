"""What was looked up in the database a moment ago, so that a request needs no query.

get(key) ─► held for `HELD_S` ─► else look(key)        forget(): a change of ours holds at once, of another process soon
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from cloud.database.engine import DatabaseUnavailable

HELD_S = 3.0
"""How soon a change by another process is seen."""
GRACE_S = 300.0
"""How long who is logged in stays so while the database does not answer: a flood does not wait for a disk."""
MOST_HELD = 10_000
MOST_LOOKS = 8
"""Looks at once: whoever sends thousands of invented cookies waits here, and not before ingest at the database."""
T = TypeVar("T")


class TTLCache(Generic[T]):
    """Answers of `look`, which gives None for what is not (or no longer) there; that is not held."""

    def __init__(
        self, look: Callable[[str], Awaitable[T | None]], *, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._look = look
        self._clock_s = clock_s
        self._looks = asyncio.Semaphore(MOST_LOOKS)
        self._held: dict[str, tuple[T, float]] = {}

    async def get(self, key: str) -> T | None:
        """The record of `key`; DatabaseUnavailable where it is not held and cannot be asked for."""
        held, now_s = self._held.get(key), self._clock_s()
        if held is not None and now_s - held[1] < HELD_S:
            return held[0]
        generation = self._held  # what `forget` throws away must not come back by a look that began before it
        try:
            async with self._looks:
                record = await self._look(key)
        except DatabaseUnavailable:
            if held is not None and now_s - held[1] < GRACE_S and generation is self._held:
                return held[0]
            raise
        if record is None:
            generation.pop(key, None)
        else:
            if len(generation) >= MOST_HELD:
                generation.pop(next(iter(generation)))
            generation[key] = record, now_s
        return record

    def forget(self) -> None:
        """Hold nothing any more: something has changed."""
        self._held = {}
