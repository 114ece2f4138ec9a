"""The keeper: makes messages safe, and returns only then.

offsets of clocks that are wrong ─► registry database, first: a reading that comes again must get the same time
freight ─► store (again and again until it takes it) ─► newest, metrics
        └► refusals, receipts, alarms ─► registry database, in one transaction

Nothing leaves here half done: what the store rejects for ever joins the refusals, and a message that breaks our own
code is kept whole as a dead letter. A write that fails while the store takes others is `WriteFailsAlone`: whoever asked
sets its messages aside and asks for them `apart`, so that one reading that is never taken keeps nobody waiting.
"""

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeVar

from msgspec.structs import replace
from sqlalchemy import Connection

from cloud.alarms.evaluator import RuleEvaluator
from cloud.core.health import Component, Condition
from cloud.database.backoff import wait_s
from cloud.database.engine import Database, DatabaseUnavailable, DataRejected
from cloud.gateways.accounting import Accounts
from cloud.ingest.dead_letters import DeadLetters, Kept, Rejection
from cloud.ingest.pipeline import BatchDecoder, PreparedWrite
from cloud.ingest.recent_rejections import RecentRejections
from cloud.ingest.review import Review
from cloud.ingest.review_notes import keep_notes, notes_of
from cloud.metrics.exposition import Metrics
from cloud.readings.contract import EncodedWrite, ReadingsStore, Rejected, StoreRejected, StoreUnavailable, WriteResult
from cloud.readings.newest import Newest
from runtime.clock import wall_ms

FAILS_ALONE_AFTER = 2
"""So many failures of a write, each while the store took another, are that write's own."""
SUSPECT_S = 600.0
"""How long a gateway is written apart after the store refused a reading of it for ever."""

_log = logging.getLogger(__name__)
T = TypeVar("T")


class WriteFailsAlone(Exception):
    """The store takes other writes, and not this one."""


class BatchWriter:
    """Writes to the store and the registry database, waiting as long as either cannot be used, `pause` by `pause`.

    `note` is told of which gateway readings were stored, from when to when: (gateway, first ms, last ms), UTC.
    `review` looks again at what was doubted or late. `confirm` looks in each transaction whether this process may still
    write; what it raises undoes the transaction.
    """

    def __init__(
        self,
        *,
        opener: BatchDecoder,
        store: ReadingsStore,
        database: Database,
        dead_letters: DeadLetters,
        accounts: Accounts,
        newest: Newest,
        metrics: Metrics,
        watch: RuleEvaluator | None = None,
        note: Callable[[str, int, int], None] = lambda *_stretch: None,
        review: Review | None = None,
        confirm: Callable[[Connection], None] = lambda _connection: None,
        lately: RecentRejections | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.store_problem = "the readings store was not opened yet"
        self._opener = opener
        self._store = store
        self._database = database
        self._dead_letters = dead_letters
        self._accounts = accounts
        self._newest = newest
        self._metrics = metrics
        self._watch = watch
        self._note_stored = note
        self._review = review
        self._confirm = confirm
        self._lately = lately or RecentRejections()
        self._pause = pause
        self._suspects: dict[str, float] = {}
        self._one_commit = asyncio.Lock() if watch is None else watch.turn

    async def open_store(self) -> None:
        """Open the store, however long that takes."""
        await self._patiently(self._store.open)

    async def learn_newest(self) -> None:
        """Take the newest readings of the store that can be so; those that come meanwhile are not replaced."""
        self._newest.load(await self._patiently(lambda: self._store.newest(until_ms=self._newest.latest_ms())))

    async def keep(self, freights: Sequence[PreparedWrite], *, apart: bool = False) -> list[PreparedWrite]:
        """Make messages safe; gives back those that are, each refusal that found no room among the dead letters noted.

        `apart`: the store is asked for each point by itself where it must be. Without it, WriteFailsAlone where that
        is what is needed; nothing of the messages is safe then.
        """
        await self._opener.offsets.keep(self._pause)
        stored = await self._store_all(freights, apart=apart)
        async with self._one_commit:
            return await self._commit(stored)

    def is_suspect(self, gateway: str) -> bool:
        """Whether the store refused a reading of a gateway for ever not long ago, so that its messages go apart."""
        since_s = self._suspects.get(gateway)
        if since_s is None or time.monotonic() - since_s < SUSPECT_S:
            return since_s is not None
        del self._suspects[gateway]
        return False

    def store_component(self) -> Component:
        """How the store is doing."""
        if self.store_problem:
            return Component(Condition.DOWN, self.store_problem)
        return Component(Condition.OK, "takes and gives readings")

    async def _store_all(self, freights: Sequence[PreparedWrite], *, apart: bool) -> list[PreparedWrite]:
        to_store = [freight for freight in freights if freight.portion is not None]
        portions = [freight.portion for freight in to_store if freight.portion is not None]
        if not portions:
            return list(freights)
        try:
            result = await self._write(portions, apart=apart)
        except WriteFailsAlone:
            raise
        except Exception as error:
            _log.exception(
                "writing %d batches to the readings store failed in a way that nobody foresaw", len(freights)
            )
            if len(freights) == 1:
                return [self._opener.condemn(freights[0], error)]
            return [stored for freight in freights for stored in await self._store_all([freight], apart=True)]
        stored = self._with_rejected(freights, to_store, result) if result.rejected else list(freights)
        durable_ms = wall_ms()
        for freight in stored:
            self._metrics.count_stored(freight.sizes)
            if freight.live and freight.stretch is not None:
                self._metrics.note_delay(freight.stretch, durable_ms, readings=freight.stored)
            self._newest.load(freight.newest)
            if freight.stretch is not None:
                self._note_stored(freight.gateway, *freight.stretch)
        return stored

    async def _write(self, portions: Sequence[EncodedWrite], *, apart: bool) -> WriteResult:
        if apart:
            return await self._patiently(lambda: self._store.write_apart(portions))
        failures = 0

        async def write() -> WriteResult:
            nonlocal failures
            try:
                with self._metrics.time_of_write():
                    return await self._store.write(portions)
            except StoreUnavailable as error:
                if not await self._takes_others():
                    raise
                failures += 1
                if failures < FAILS_ALONE_AFTER:
                    raise StoreUnavailable(str(error), retry_after_s=error.retry_after_s) from None
                self._note(None)
                raise WriteFailsAlone(str(error)) from None

        return await self._patiently(write)

    async def _takes_others(self) -> bool:
        try:
            await self._store.probe()
        except StoreUnavailable:
            return False
        return True

    def _with_rejected(
        self, freights: Sequence[PreparedWrite], to_store: Sequence[PreparedWrite], result: WriteResult
    ) -> list[PreparedWrite]:
        """Hand each rejected point of a common write to the message that it came from, opened again for that."""
        rejected: defaultdict[int, list[Rejected]] = defaultdict(list)
        for each in result.rejected:
            rejected[id(to_store[each.portion])].append(each)
            self._suspects[to_store[each.portion].gateway] = time.monotonic()
        return [
            self._opener.without(freight, rejected[id(freight)]) if id(freight) in rejected else freight
            for freight in freights
        ]

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask the store until it answers; after a refusal open it anew first, since somebody may have mended it."""
        attempt = 0
        while True:
            try:
                answer = await ask()
            except StoreUnavailable as error:
                attempt += 1
                self._note(error)
                await self._pause(wait_s(error, attempt))
                if isinstance(error, StoreRejected):
                    await self._reopen()
            else:
                self._note(None)
                return answer

    async def _reopen(self) -> None:
        try:
            await self._store.open()
        except StoreUnavailable as error:
            self._note(error)

    def _note(self, error: StoreUnavailable | None) -> None:
        problem = str(error) if error is not None else ""
        if error is not None:
            self._metrics.store_errors.labels(type(error).__name__).inc()
        if problem and problem != self.store_problem:
            _log.warning("%s; readings wait, and nothing is acknowledged", problem)
        if not problem and self.store_problem:
            _log.info("the readings store takes readings")
        self.store_problem = problem

    async def _commit(self, freights: Sequence[PreparedWrite]) -> list[PreparedWrite]:
        try:
            return await self._commit_all(freights)
        except DataRejected as error:
            return await self._commit_one_by_one(freights, error)

    async def _commit_one_by_one(self, freights: Sequence[PreparedWrite], error: DataRejected) -> list[PreparedWrite]:
        """Something in one of them can be no part of the registry: that one alone is a dead letter."""
        _log.error("%d batches cannot be committed: %s", len(freights), error)
        if len(freights) > 1:
            return [safe for freight in freights for safe in await self._commit([freight])]
        condemned = [self._opener.condemn(freights[0], error)]
        try:
            return await self._commit_all(condemned)
        except DataRejected:
            return []  # it stays at its gateway

    async def _commit_all(self, freights: Sequence[PreparedWrite]) -> list[PreparedWrite]:
        """Commit, however long it takes; another process may meanwhile write what stands in the way, so look again."""
        attempt = 0
        while True:
            try:
                return await self._commit_once(freights)
            except DatabaseUnavailable as error:
                attempt += 1
                _log.warning("%s; nothing is acknowledged until it works", error)
                await self._pause(wait_s(error, attempt))
            with contextlib.suppress(DatabaseUnavailable):
                await self._database.run(self._accounts.load)

    async def _commit_once(self, freights: Sequence[PreparedWrite]) -> list[PreparedWrite]:
        plan = self._accounts.plan(freight.receipt for freight in freights if freight.receipt is not None)
        refusals = [refusal for freight in freights for refusal in freight.refusals]
        now_ms = wall_ms()
        # a range that was received before reaches no rule twice
        cargos = [each.cargo for each in freights if each.receipt is None or not self._accounts.has(each.receipt)]
        meaning = None if self._watch is None else self._watch.plan(cargos, now_ms=now_ms)

        notes = notes_of(freights) if self._review is not None else ()

        def write(connection: Connection) -> Kept | None:
            self._confirm(connection)
            if notes:
                keep_notes(connection, notes)
            self._accounts.write(connection, plan, now_ms=now_ms)
            if self._watch is not None and meaning is not None:
                self._watch.write(connection, meaning, now_ms=now_ms)
            return self._dead_letters.write(connection, refusals, now_ms=now_ms) if refusals else None

        kept = await self._database.run(write)
        self._accounts.accept(plan)
        if self._watch is not None and meaning is not None:
            self._watch.accept(meaning)
        if kept is not None:
            self._dead_letters.accept(kept)
        if self._review is not None:
            self._review.hear(notes)
        self._metrics.duplicates.inc(plan.duplicates)
        for refusal in refusals:
            self._metrics.dead_letters.labels(refusal.reason).inc(refusal.readings)
        for refusal in kept.discarded if kept is not None else ():
            self._metrics.discarded.labels(refusal.reason).inc(refusal.readings)
        told = self._with_not_judged(freights)
        for freight in told:
            self._lately.note(
                freight.gateway, stored=freight.series, refusals=freight.refusals, not_judged=freight.not_judged
            )
        return told if kept is None or not kept.discarded else _told(told, kept.discarded)

    def _with_not_judged(self, freights: Sequence[PreparedWrite]) -> list[PreparedWrite]:
        """The messages with what of them the rules leave out for their marks."""
        if self._watch is None:
            return list(freights)
        found = [self._watch.not_judged(freight.cargo) for freight in freights]
        return [replace(one, not_judged=series) if series else one for one, series in zip(freights, found, strict=True)]


def _told(freights: Sequence[PreparedWrite], discarded: Collection[Rejection]) -> list[PreparedWrite]:
    """The messages with a note on each refusal that was not kept, for their acks."""
    gone = {id(refusal) for refusal in discarded}

    def noted(freight: PreparedWrite) -> PreparedWrite:
        refusals = [replace(one, discarded=True) if id(one) in gone else one for one in freight.refusals]
        return replace(freight, refusals=refusals)

    return [noted(freight) if freight.refusals else freight for freight in freights]
