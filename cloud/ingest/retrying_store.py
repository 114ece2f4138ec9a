"""The readings store, asked until it answers.

write ─► StoreUnavailable ─► wait 0.5 s, 1 s … 8 s ─► write        StoreRejected ─► wait 30 s ─► open again ─► write
            └► a probe is taken, twice: the store works, and this write alone fails ─► WriteFailsAlone
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from cloud.core.health import Component, Condition
from cloud.database.backoff import wait_s
from cloud.metrics.exposition import Metrics
from cloud.readings.contract import (
    EncodedWrite,
    ReadingsStore,
    StoredReading,
    StoreRejected,
    StoreUnavailable,
    WriteResult,
)
from i18n.message import LocalizedMessage, sentence_of
from runtime.backoff import retry

FAILS_ALONE_AFTER = 2
"""So many failures of a write, each while the store took another, are that write's own."""

_log = logging.getLogger(__name__)
T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]


class WriteFailsAlone(Exception):
    """The store takes other writes, and not this one."""


class RetryingStore:
    """Asks `store` again and again; `sleep` waits between attempts."""

    def __init__(self, store: ReadingsStore, metrics: Metrics, *, sleep: Sleep = asyncio.sleep) -> None:
        self.problem: str = LocalizedMessage("the readings store was not opened yet")
        self._store = store
        self._metrics = metrics
        self._sleep = sleep

    async def open(self) -> None:
        """Open the store, however long that takes."""
        await self._retry(self._store.open)

    async def newest(self) -> list[StoredReading]:
        """Ask for the newest reading of every series, however long that takes."""
        return await self._retry(lambda: self._store.newest())

    async def write(self, writes: Sequence[EncodedWrite], *, isolated: bool) -> WriteResult:
        """Write, however long that takes. `isolated`: point by point where it must be.

        WriteFailsAlone where it is not isolated and needs to be; nobody knows then how much of it is stored.
        """
        if isolated:
            return await self._retry(lambda: self._store.write_isolated(writes))
        failures = 0

        async def write() -> WriteResult:
            nonlocal failures
            try:
                with self._metrics.time_of_write():
                    return await self._store.write(writes)
            except StoreUnavailable as error:
                if not await self._takes_others():
                    raise
                failures += 1
                if failures < FAILS_ALONE_AFTER:
                    # without its class: a refusal of one write is no reason to open the store again
                    raise StoreUnavailable(sentence_of(error), retry_after_s=error.retry_after_s) from None
                self._record(None)
                raise WriteFailsAlone(str(error)) from None

        return await self._retry(write)

    def component(self) -> Component:
        """How the store is doing."""
        if self.problem:
            return Component(Condition.DOWN, self.problem)
        return Component(Condition.OK, LocalizedMessage("takes and gives readings"))

    async def _takes_others(self) -> bool:
        try:
            await self._store.probe()
        except StoreUnavailable:
            return False
        return True

    async def _retry(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until there is an answer; after a refusal open the store again, since somebody may have mended it."""
        was_refused = False

        async def attempt() -> T:
            if was_refused:
                await self._reopen()
            return await ask()

        def on_failure(error: Exception) -> None:
            nonlocal was_refused
            was_refused = isinstance(error, StoreRejected)
            self._record(error)

        passing = (StoreUnavailable,)
        answer = await retry(attempt, passing=passing, wait_s=wait_s, on_failure=on_failure, sleep=self._sleep)
        self._record(None)
        return answer

    async def _reopen(self) -> None:
        try:
            await self._store.open()
        except StoreUnavailable as error:
            self._record(error)

    def _record(self, error: Exception | None) -> None:
        """Remember how the last question went, for health; the log has it once."""
        problem = sentence_of(error) if error is not None else ""
        if error is not None:
            self._metrics.store_errors.labels(type(error).__name__).inc()
        if problem and problem != self.problem:
            _log.warning("%s; readings wait, and nothing is acknowledged", problem)
        if not problem and self.problem:
            _log.info("the readings store takes readings")
        self.problem = problem
