"""Finds the bad lines of a write that failed where others succeed, and stores the good ones.

all ─► series by series ─► halves ─► one line, tried again later ─► never taken, with the store's words
 └ after each failure a probe: while the store takes nothing at all, no line counts as bad

A server may answer 500 for one line of ten thousand, a firewall before it 403, or nobody in time.
"""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence

from cloud.readings.contract import StoreUnavailable

CONFIRM_S = (0.5, 1.0, 2.0)
"""A line that fails alone is tried again after these waits, before it counts as one that is never taken."""
ALIKE = 64
"""So many lines that failed alone with the same words: from then on all that fails so is bad."""
BadLines = dict[int, str]
"""The numbers of lines that the server will never take, each with its reason."""


class BadLineFinder:
    """Finds the bad ones of `lines`.

    `store` writes some and gives those that are refused for ever, `probe` raises where nothing is taken, `sleep` waits
    before a line is tried again.
    """

    def __init__(
        self,
        lines: Sequence[bytes],
        *,
        store: Callable[[list[bytes]], Awaitable[BadLines]],
        probe: Callable[[], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._lines = lines
        self._store = store
        self._probe = probe
        self._sleep = sleep
        self._failed_alone: Counter[str] = Counter()

    async def find(self) -> BadLines:
        """Store what can be stored; gives the others with their reasons. StoreUnavailable: nothing is taken."""
        return await self._find(range(len(self._lines)))

    async def _find(self, numbers: Sequence[int]) -> BadLines:
        outcome = await self._try(numbers)
        if isinstance(outcome, dict):
            return outcome
        await self._probe()
        words = str(outcome)
        if self._failed_alone[_kind(words)] >= ALIKE:
            return dict.fromkeys(numbers, words)
        if len(numbers) == 1:
            return await self._confirm(numbers[0], words)
        bad: BadLines = {}
        for part in self._parts(numbers):
            bad |= await self._find(part)
        return bad

    async def _confirm(self, number: int, words: str) -> BadLines:
        kind = _kind(words)
        for wait_s in CONFIRM_S[:1] if self._failed_alone[kind] else CONFIRM_S:
            await self._sleep(wait_s)
            outcome = await self._try([number])
            if isinstance(outcome, dict):
                return outcome
            await self._probe()
        self._failed_alone[kind] += 1
        return {number: words}

    async def _try(self, numbers: Sequence[int]) -> BadLines | StoreUnavailable:
        try:
            bad = await self._store([self._lines[number] for number in numbers])
        except StoreUnavailable as error:
            return error
        return {numbers[place]: reason for place, reason in bad.items()}

    def _parts(self, numbers: Sequence[int]) -> list[Sequence[int]]:
        """The lines by series, since what is wrong is most often wrong with one; halves of a single series."""
        series: defaultdict[bytes, list[int]] = defaultdict(list)
        for number in numbers:
            series[self._lines[number].partition(b" ")[0]].append(number)
        if len(series) > 1:
            return list(series.values())
        middle = len(numbers) // 2
        return [numbers[:middle], numbers[middle:]]


def _kind(words: str) -> str:
    """A store's words without their numbers."""
    return re.sub(r"\d+", "#", words)
