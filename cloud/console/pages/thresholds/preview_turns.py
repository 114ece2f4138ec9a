"""Turns of those who try rules: one preview at a time for each person, that which was asked for last; few in all.

run("ani", first)  running          run("ani", second)  waits, and is passed over as soon as a third is asked for
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

MOST_AT_ONCE = 2
"""A preview takes a thread for up to seconds."""
Found = TypeVar("Found")


class PreviewTurns:
    """Who runs, and who waits."""

    def __init__(self) -> None:
        self._newest: dict[str, object] = {}
        self._own: dict[str, asyncio.Lock] = {}
        self._all = asyncio.Semaphore(MOST_AT_ONCE)

    async def run(self, person: str, work: Callable[[], Awaitable[Found]]) -> Found | None:
        """Do `work` when it is its turn; None where the same person has asked for another meanwhile."""
        turn = self._newest[person] = object()
        own = self._own.setdefault(person, asyncio.Lock())
        async with own:
            if self._newest.get(person) is not turn:
                return None
            try:
                async with self._all:
                    return await work()
            finally:
                if self._newest.get(person) is turn:  # nobody waits behind it
                    del self._newest[person], self._own[person]
