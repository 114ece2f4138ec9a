"""Lines whose write failed where others succeed, looked at apart.

all ─► series by series ─► halves ─► one line, tried again after pauses ─► never taken, with the store's words
 └ after each failure a probe: a store that takes nothing now condemns no line

A server may answer 500 for one line of ten thousand, a firewall before it 403, or nobody in time.
"""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence

from cloud.readings.contract import StoreUnavailable

CONFIRM_S = (0.5, 1.0, 2.0)
"""A line that fails alone is tried again after these pauses, before it counts as one that is never taken."""
ALIKE = 64
"""So many lines that failed alone with the same words: what fails with these words then is not looked at further."""
BadLines = dict[int, str]
"""The numbers of lines that the server will never take, each with its reason."""


class Apart:
    """Sifts `lines`: `store` writes some and gives those refused for ever, `probe` raises where nothing is taken."""

    def __init__(
        self,
        lines: Sequence[bytes],
        *,
        store: Callable[[list[bytes]], Awaitable[BadLines]],
        probe: Callable[[], Awaitable[None]],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._lines = lines
        self._store = store
        self._probe = probe
        self._pause = pause
        self._failed_alone: Counter[str] = Counter()

    async def sift(self) -> BadLines:
        """Store what can be stored; the others with their reasons. StoreUnavailable where nothing is taken now."""
        return await self._sift(range(len(self._lines)))

    async def _sift(self, numbers: Sequence[int]) -> BadLines:
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
            bad |= await self._sift(part)
        return bad

    async def _confirm(self, number: int, words: str) -> BadLines:
        kind = _kind(words)
        for pause_s in CONFIRM_S[:1] if self._failed_alone[kind] else CONFIRM_S:
            await self._pause(pause_s)
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
