"""What earlier starts have left is counted while readings come and go, 5,000 rows in a quarter of a second:

1..5,000 ─► as committed · 5,001..10,000 ─► as committed · 10,001..15,000 ─► other rows: `on_damage`, which salvages

What is sent meanwhile is checked as it is read; this finds what nobody would read, and what is damaged far behind.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from edge.spool.file import SpoolFile
from edge.spool.spans import SeqRange
from edge.spool.spool import RETRY_S
from edge.spool.work_thread import WorkThread
from edge.spool.write_batch import DiskProblem, FileDamaged, PreviousStream

_log = logging.getLogger(__name__)

ROWS_AT_ONCE = 5_000
EVERY_S = 0.25
"""5,000 rows are a millisecond here, and 20 from a card: so long a commit waits for the thread."""


class RowCheck:
    """Looks through `file` once, in its `thread`."""

    def __init__(self, file: SpoolFile, thread: WorkThread, *, on_damage: Callable[[str], Awaitable[None]]) -> None:
        self._file = file
        self._thread = thread
        self._on_damage = on_damage

    async def run(self, left: Sequence[PreviousStream]) -> None:
        """Count what earlier starts have `left`, where the file says how much that is."""
        try:
            await self._look_through(left)
        except DiskProblem as problem:  # the salvage waits for room, and goes on with a commit
            _log.warning("%s", problem)
        except Exception:
            _log.exception("the spool could not be looked through")

    async def _look_through(self, left: Sequence[PreviousStream]) -> None:
        try:
            for earlier in left:
                if earlier.expected is not None:
                    await self._count(earlier.stream, earlier.last)
        except FileDamaged as damage:
            await self._on_damage(str(damage))

    async def _count(self, stream: str, last: int) -> None:
        for first in range(1, last + 1, ROWS_AT_ONCE):
            await asyncio.sleep(EVERY_S)
            await self._compare(SeqRange(stream, first, min(last, first + ROWS_AT_ONCE - 1)))

    async def _compare(self, span: SeqRange) -> None:
        while True:
            try:
                return await self._thread.do(self._file.compare, span)
            except DiskProblem:  # the commits say so
                await asyncio.sleep(RETRY_S)
