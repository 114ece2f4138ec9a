"""Ingest as the list of its steps, from the bytes of a message to the ack that lets its gateway forget it.

IngestQueue      messages wait, in a bounded number of bytes                                        ingest_queue.py

BatchDecoder     one message at a time; nothing waits, and whatever the bytes are, no step fails
  receive        when did it arrive?                        payload         ─► ReceivedMessage    stages/receive.py
  decode         what does it hold?                         ReceivedMessage ─► DecodedBatch       stages/decode.py
  validate       which readings may be stored?              DecodedBatch    ─► ValidatedBatch     stages/validate.py
  observe        what does it tell of clocks and heights?   ValidatedBatch                        stages/observe.py
  judge          which readings are to be doubted?          ValidatedBatch  ─► JudgedBatch        stages/judge.py
  encode         what does the store write?                 JudgedBatch     ─► PreparedWrite      stages/encode.py

BatchWriter      a group of messages; waits as long as a database is away
  save offsets   by how much clocks are wrong, before anything is stored that this has moved      offsets.py
  store          readings become durable in the readings store                                    stages/store.py
  commit         receipts, rejections, alarms and notes: one transaction of the registry          stages/commit.py

acknowledge      only now: the gateway may forget the range                                stages/acknowledge.py

`runner.py` runs this: it forms the groups, several of which are written at once. The promise rests on the order.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import Connection

from cloud.alarms.evaluator import RuleEvaluator
from cloud.alarms.rule_input import RuleInput
from cloud.core.latest import AHEAD_MS
from cloud.core.reasons import Reason
from cloud.database.engine import Database
from cloud.gateways.accounting import Accounts
from cloud.ingest.dead_letters import DeadLetters
from cloud.ingest.fleet_clock import FleetClock
from cloud.ingest.heights import Heights
from cloud.ingest.levels import Distances
from cloud.ingest.offsets import Offsets
from cloud.ingest.quality import QualityJudge, split_by_flags
from cloud.ingest.recent_rejections import RecentRejections
from cloud.ingest.retrying_store import RetryingStore, Sleep
from cloud.ingest.review import Review
from cloud.ingest.stages.commit import CommitStage
from cloud.ingest.stages.decode import DecodeStage, fault_sentence, rejected_whole
from cloud.ingest.stages.encode import EncodeStage, PreparedWrite, no_rule_input
from cloud.ingest.stages.judge import JudgedBatch, JudgeStage
from cloud.ingest.stages.observe import ObserveStage
from cloud.ingest.stages.receive import CorrectedClock, ReceivedMessage, ReceiveStage
from cloud.ingest.stages.store import OnStored, StoreStage
from cloud.ingest.stages.validate import ValidatedBatch, ValidateStage
from cloud.ingest.store_rejections import without_points
from cloud.ingest.suspect_gateways import SuspectGateways
from cloud.metrics.exposition import Metrics
from cloud.readings.blocks import Block
from cloud.readings.contract import ReadingsStore, RejectedPoint
from cloud.readings.newest import Newest
from cloud.registry.snapshot import Registry
from runtime.clock import MACHINE, Clocks


class BatchDecoder:
    """Prepares messages for the store by the rules of `registry`.

    A backlog may be at most `ahead_s` ahead of the cloud's clock. `newest` is what quality is judged by after a
    restart. `rule_input_of` picks what alarm rules look at. `fleet_clock` says how wrong this server's own clock is,
    `is_undelayed` whether what arrives now was held up by nothing. `on_blocks` sees what is about to be stored.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        store: ReadingsStore,
        ahead_s: float,
        newest: Newest | None = None,
        rule_input_of: Callable[[Iterable[Block]], RuleInput] = no_rule_input,
        fleet_clock: FleetClock | None = None,
        is_undelayed: Callable[[], bool] = lambda: True,
        offsets: Offsets | None = None,
        on_blocks: Callable[[Iterable[Block]], None] = lambda _blocks: None,
        recent_rejections: RecentRejections | None = None,
        clock: Clocks = MACHINE,
    ) -> None:
        newest, fleet_clock = newest or Newest(), fleet_clock or FleetClock()
        quality = QualityJudge(registry, newest)
        self.offsets = offsets or Offsets()
        self.heights = Heights(registry, newest)
        self._clock = CorrectedClock(fleet_clock, is_undelayed=is_undelayed, clock=clock)
        self._receive = ReceiveStage(self._clock)
        self._decode = DecodeStage()
        self._validate = ValidateStage(
            registry=registry, offsets=self.offsets, distances=Distances(newest), quality=quality,
            ahead_ms=int(ahead_s * 1_000), is_undelayed=is_undelayed,
        )  # fmt: skip
        self._observe = ObserveStage(fleet_clock=fleet_clock, heights=self.heights, on_blocks=on_blocks)
        self._judge = JudgeStage(quality)
        self._encode = EncodeStage(
            store=store, rule_input_of=rule_input_of, recent_rejections=recent_rejections or RecentRejections()
        )

    def prepare(self, payload: bytes, gateway: str, *, waited_ms: int = 0) -> PreparedWrite:
        """Prepare a message of `gateway` that arrived `waited_ms` ago."""
        return self._prepare(self._receive.run(payload, gateway, waited_ms=waited_ms))

    def prepare_dead_letter(self, raw: bytes, gateway: str, *, arrived_ms: int) -> PreparedWrite:
        """Prepare a dead letter, which arrived at `arrived_ms` (UTC)."""
        return self._prepare(ReceivedMessage(raw, gateway, arrived_ms))

    def _prepare(self, message: ReceivedMessage) -> PreparedWrite:
        decoded = self._decode.run(message)
        validated = self._validate.run(decoded)
        self._observe.run(validated)
        judged = self._judge.run(validated)
        return self._encode.run(judged)

    def without(self, write: PreparedWrite, rejected: Iterable[RejectedPoint]) -> PreparedWrite:
        """Prepare a message again, the same but for the points that the store rejects for ever."""
        decoded = self._decode.run(ReceivedMessage(write.payload, write.gateway, write.arrived_ms))
        validated = self._validate.run(decoded, again=write.checked_against)
        blocks = split_by_flags(validated.blocks, write.flags)
        judged = JudgedBatch(validated, blocks, write.flags, write.review_hours)
        return self._encode.run(without_points(judged, rejected))

    def reject_whole(self, write: PreparedWrite, error: Exception) -> PreparedWrite:
        """Make a message a dead letter whole, because storing it failed in a way that nobody foresaw."""
        message = ReceivedMessage(write.payload, write.gateway, write.arrived_ms)
        decoded = rejected_whole(message, Reason.FAULT, fault_sentence(error))
        return self._encode.run(JudgedBatch(ValidatedBatch(decoded, rejections=decoded.rejections), ()))

    def now_ms(self) -> int:
        """The time (UTC), by the clocks of this server and of the fleet."""
        return self._clock.now_ms()

    def clock_error_ms(self) -> int:
        """What is added to this server's clock to have the time, by what the fleet says of it."""
        return self._clock.error_ms()

    def latest_ms(self) -> int:
        """The latest time (UTC) that a reading can have now, by the clocks of this server and of the fleet."""
        return self.now_ms() + AHEAD_MS

    def set_ahead_s(self, ahead_s: float) -> None:
        """Let a backlog be at most so far ahead of the cloud's clock from now on."""
        self._validate.ahead_ms = int(ahead_s * 1_000)


class BatchWriter:
    """Makes prepared messages safe, waiting as long as a database cannot be used.

    `on_stored` learns of which gateway readings were stored, from when to when, and which. `review` judges again what
    was doubted or late. `confirm` checks in each transaction that this process may still write.
    """

    def __init__(
        self,
        *,
        decoder: BatchDecoder,
        store: ReadingsStore,
        database: Database,
        dead_letters: DeadLetters,
        accounts: Accounts,
        newest: Newest,
        metrics: Metrics,
        evaluator: RuleEvaluator | None = None,
        on_stored: OnStored = lambda _gateway, _first_ms, _last_ms, _blocks: None,
        review: Review | None = None,
        confirm: Callable[[Connection], None] = lambda _connection: None,
        recent_rejections: RecentRejections | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: Clocks = MACHINE,
    ) -> None:
        self.store = RetryingStore(store, metrics, sleep=sleep)
        self.database = database
        self.suspects = SuspectGateways()
        """Gateways whose messages are to be written in isolation."""
        self._newest = newest
        self._offsets = decoder.offsets
        self._sleep = sleep
        self._store = StoreStage(
            store=self.store, without=decoder.without, reject_whole=decoder.reject_whole, suspects=self.suspects,
            newest=newest, metrics=metrics, on_stored=on_stored, clock=clock,
        )  # fmt: skip
        self._commit = CommitStage(
            database=database, accounts=accounts, dead_letters=dead_letters, evaluator=evaluator, review=review,
            recent_rejections=recent_rejections or RecentRejections(), metrics=metrics,
            reject_whole=decoder.reject_whole, confirm=confirm, sleep=sleep, clock=clock,
        )  # fmt: skip

    async def write(self, writes: Sequence[PreparedWrite], *, isolated: bool = False) -> list[PreparedWrite]:
        """Make messages safe; gives those that are, with each rejection that found no room noted.

        `isolated`: the store is asked for each point by itself where it must be. Without it, WriteFailsAlone where that
        is what is needed; nothing of the messages is safe then.
        """
        await self._offsets.save(self._sleep)
        stored = await self._store.run(writes, isolated=isolated)
        return await self._commit.run(stored)

    async def load_newest(self) -> None:
        """Take the newest readings that the store remembers; those that come meanwhile are not replaced."""
        self._newest.load(await self.store.newest())
