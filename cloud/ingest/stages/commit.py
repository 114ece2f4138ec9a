"""Commit: what is known of stored messages becomes durable in the registry database, in one transaction.

receipts ─► accounts      rejections ─► dead letters      rule input ─► alarms      hours to judge again ─► review
  plan (changes nothing) ─► write (in the transaction) ─► apply (to memory, after the commit)

However long the database is away, this waits. A message that the database cannot hold is rejected whole.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence, Set
from itertools import islice

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from cloud.alarms.evaluation_plan import EvaluationPlan
from cloud.alarms.evaluator import RuleEvaluator
from cloud.database.backoff import wait_s
from cloud.database.engine import Database, DatabaseUnavailable, DataRejected
from cloud.gateways.accounting import AccountingPlan, Accounts
from cloud.ingest.dead_letters import DeadLetters, KeptRejections
from cloud.ingest.recent_rejections import RecentRejections
from cloud.ingest.rejection import Rejection
from cloud.ingest.retrying_store import Sleep
from cloud.ingest.review import Review
from cloud.ingest.review_notes import Note, keep_notes, notes_of
from cloud.ingest.stages.encode import PreparedWrite
from cloud.ingest.stages.store import RejectWhole
from cloud.metrics.exposition import Metrics
from runtime.backoff import retry
from runtime.clock import MACHINE, Clocks

_log = logging.getLogger(__name__)


class CommitPlan(msgspec.Struct, frozen=True):
    """What a transaction changes; `evaluation` is None where no rules are at work."""

    now_ms: int
    accounting: AccountingPlan
    evaluation: EvaluationPlan | None
    rejections: Sequence[Rejection]
    review_notes: Set[Note]


class CommitStage:
    """Commits to `database`, one transaction at a time; `sleep` waits between attempts.

    `confirm` checks in each transaction that this process may still write; what it raises undoes the transaction.
    """

    def __init__(
        self,
        *,
        database: Database,
        accounts: Accounts,
        dead_letters: DeadLetters,
        evaluator: RuleEvaluator | None,
        review: Review | None,
        recent_rejections: RecentRejections,
        metrics: Metrics,
        reject_whole: RejectWhole,
        confirm: Callable[[Connection], None],
        sleep: Sleep,
        clock: Clocks = MACHINE,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._dead_letters = dead_letters
        self._evaluator = evaluator
        self._review = review
        self._recent_rejections = recent_rejections
        self._metrics = metrics
        self._reject_whole = reject_whole
        self._confirm = confirm
        self._sleep = sleep
        self._clock = clock
        # a plan is made from what memory holds, so no other may be applied before it is committed
        self._turn = asyncio.Lock() if evaluator is None else evaluator.turn

    async def run(self, writes: Sequence[PreparedWrite]) -> list[PreparedWrite]:
        """Commit messages; gives those that are safe, with what of their rejections found no room noted."""
        async with self._turn:
            return await self._commit(writes)

    async def _commit(self, writes: Sequence[PreparedWrite]) -> list[PreparedWrite]:
        try:
            return await self._commit_with_retries(writes)
        except DataRejected as error:
            _log.error("%d batches cannot be committed: %s", len(writes), error)
            if len(writes) > 1:
                return [safe for write in writes for safe in await self._commit([write])]
            return await self._commit_rejected(self._reject_whole(writes[0], error))

    async def _commit_rejected(self, write: PreparedWrite) -> list[PreparedWrite]:
        """Commit a message of which something can be no part of the database, as a dead letter."""
        try:
            return await self._commit_with_retries([write])
        except DataRejected:
            return []  # it stays at its gateway

    async def _commit_with_retries(self, writes: Sequence[PreparedWrite]) -> list[PreparedWrite]:
        return await retry(
            lambda: self._commit_once(writes),
            passing=(DatabaseUnavailable,),
            wait_s=wait_s,
            on_failure=lambda error: _log.warning("%s; nothing is acknowledged until it works", error),
            sleep=self._sleep_and_reload,
        )

    async def _sleep_and_reload(self, seconds: float) -> None:
        """Wait, and load the accounts: another process may have written what stands in the way."""
        await self._sleep(seconds)
        with contextlib.suppress(DatabaseUnavailable):
            await self._database.run(self._accounts.load)

    async def _commit_once(self, writes: Sequence[PreparedWrite]) -> list[PreparedWrite]:
        plan = self._plan(writes)
        kept = await self._database.run(lambda connection: self._write(connection, plan))
        self._apply(plan, kept)
        self._count(plan, kept)
        safe = self._with_not_judged(writes)
        self._record(safe)
        return safe if kept is None or not kept.discarded else _with_outcomes(safe, kept.rejections)

    def _plan(self, writes: Sequence[PreparedWrite]) -> CommitPlan:
        """Work out what changes, from what is in memory."""
        now_ms = self._clock.wall_ms()
        return CommitPlan(
            now_ms=now_ms,
            accounting=self._accounts.plan(write.receipt for write in writes if write.receipt is not None),
            evaluation=self._evaluation(writes, now_ms),
            rejections=[rejection for write in writes for rejection in write.rejections],
            review_notes=notes_of(writes) if self._review is not None else frozenset(),
        )

    def _evaluation(self, writes: Iterable[PreparedWrite], now_ms: int) -> EvaluationPlan | None:
        """What the rules make of it: a range that was received before reaches no rule twice."""
        if self._evaluator is None:
            return None
        new = (write for write in writes if write.receipt is None or not self._accounts.has(write.receipt))
        return self._evaluator.plan([write.rule_input for write in new], now_ms=now_ms)

    def _write(self, connection: Connection, plan: CommitPlan) -> KeptRejections | None:
        """Write a plan in the transaction of `connection`."""
        self._confirm(connection)
        if plan.review_notes:
            keep_notes(connection, plan.review_notes)
        self._accounts.write(connection, plan.accounting, now_ms=plan.now_ms)
        if self._evaluator is not None and plan.evaluation is not None:
            self._evaluator.write(connection, plan.evaluation, now_ms=plan.now_ms)
        if not plan.rejections:
            return None
        return self._dead_letters.write(connection, plan.rejections, now_ms=plan.now_ms)

    def _apply(self, plan: CommitPlan, kept: KeptRejections | None) -> None:
        """Take into memory what is now in the database."""
        self._accounts.apply(plan.accounting)
        if self._evaluator is not None and plan.evaluation is not None:
            self._evaluator.accept(plan.evaluation)
        if kept is not None:
            self._dead_letters.apply(kept)
        if self._review is not None:
            self._review.add(plan.review_notes)

    def _count(self, plan: CommitPlan, kept: KeptRejections | None) -> None:
        self._metrics.duplicates.inc(plan.accounting.duplicates)
        for rejection in plan.rejections:
            self._metrics.dead_letters.labels(rejection.reason).inc(rejection.readings)
        for rejection in kept.discarded if kept is not None else ():
            self._metrics.discarded.labels(rejection.reason).inc(rejection.readings)

    def _with_not_judged(self, writes: Sequence[PreparedWrite]) -> list[PreparedWrite]:
        """The messages with what of them the rules leave out for its quality marks."""
        if self._evaluator is None:
            return list(writes)
        found = [self._evaluator.not_judged(write.rule_input) for write in writes]
        return [
            replace(write, not_judged=series) if series else write for write, series in zip(writes, found, strict=True)
        ]

    def _record(self, safe: Iterable[PreparedWrite]) -> None:
        for write in safe:
            self._recent_rejections.record(
                write.gateway, stored=write.series, rejections=write.rejections, not_judged=write.not_judged
            )


def _with_outcomes(safe: Sequence[PreparedWrite], outcomes: Iterable[Rejection]) -> list[PreparedWrite]:
    """The messages with what became of their rejections, which are `outcomes` in the same order."""
    left = iter(outcomes)
    return [
        replace(write, rejections=list(islice(left, len(write.rejections)))) if write.rejections else write
        for write in safe
    ]
