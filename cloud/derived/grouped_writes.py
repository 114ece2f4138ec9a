"""Derived series on their way to the alarm rules and the store: what is ready in one turn of the event loop, at once.

blocks of twenty sensors ─► rules, in one transaction ─► store, in one write ─► the newest of each series
verdicts on them         ─► store, in one write       ─► the newest          ─► rules judge again
"""

import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence, Set
from itertools import chain

from cloud.database.engine import DatabaseUnavailable
from cloud.derived.grouping import Grouping
from cloud.derived.series_writer import SeriesChanges
from cloud.derived.stored_tails import StoredTails
from cloud.readings.blocks import Block
from cloud.readings.contract import ReadingsStore, StoreUnavailable, Verdict
from cloud.readings.newest import Newest, newest_of

CHANGES_AT_ONCE = 40
"""Changes of one write: rules wait for each other's transactions, and ingest for them."""
_AWAY = (StoreUnavailable, DatabaseUnavailable)

_log = logging.getLogger(__name__)


class GroupedWrites:
    """Writes what was computed.

    `observe` gets every block before it is written, for the alarm rules: once it is stored nobody would compute it
    again, and a rule that sees it twice adds nothing. `reevaluate` gets what of them is doubted or withdrawn, after it
    is written. `tails` hold what is stored: where a write fails nobody knows.
    """

    def __init__(
        self,
        store: ReadingsStore,
        newest: Newest,
        tails: StoredTails,
        *,
        observe: Callable[[Sequence[Block]], Awaitable[None]],
        reevaluate: Callable[[Sequence[Verdict]], Awaitable[None]],
    ) -> None:
        self._store, self._newest, self._tails = store, newest, tails
        self._observe, self._reevaluate = observe, reevaluate
        self._blocks = Grouping(self._write_blocks, most=CHANGES_AT_ONCE, away=_AWAY)
        self._verdicts = Grouping(self._write_verdicts, most=CHANGES_AT_ONCE, away=_AWAY)

    async def write(self, changes: SeriesChanges) -> None:
        """Write blocks, and then the verdicts on them, together with what others write now."""
        if changes.blocks:
            await self._blocks.add(changes.blocks)
        if changes.verdicts:
            await self._verdicts.add(changes.verdicts)

    async def _write_blocks(self, found: Sequence[list[Block]]) -> list[None]:
        blocks = list(chain.from_iterable(found))
        await self._observe(blocks)
        with self._unless_it_fails({block.sensor for block in blocks}):
            result = await self._store.write([self._store.encode(blocks)])
        self._tails.record(blocks)
        if result.rejected:
            first, count = result.rejected[0].reason, len(result.rejected)
            _log.error("the readings store refuses %d derived points for ever, the first for %s", count, first)
            self._tails.forget({block.sensor for block in blocks})
        self._newest.load(newest_of(blocks))
        return [None] * len(found)

    async def _write_verdicts(self, found: Sequence[list[Verdict]]) -> list[None]:
        verdicts = list(chain.from_iterable(found))
        with self._unless_it_fails({verdict.sensor for verdict in verdicts}):
            await self._store.write_verdicts(verdicts)
        self._tails.record_verdicts(verdicts)
        self._newest.apply_verdicts(verdicts)
        await self._reevaluate(verdicts)
        return [None] * len(found)

    @contextlib.contextmanager
    def _unless_it_fails(self, sensors: Set[str]) -> Iterator[None]:
        """Write, and forget what is held of `sensors` where nobody knows how much of it was written."""
        try:
            yield
        except BaseException:
            self._tails.forget(sensors)
            raise
