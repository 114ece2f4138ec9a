"""Replay: a dead letter goes through the same steps again, after somebody has mended what made it one.

dead letter ─► BatchDecoder ─► store ─► alarms, review, derived series        closed once nothing of it is rejected
"""

import msgspec

from cloud.alarms.evaluator import RuleEvaluator
from cloud.database.audit_log import Actor
from cloud.ingest.dead_letters import DeadLetters
from cloud.ingest.pipeline import BatchDecoder
from cloud.ingest.review import Review
from cloud.ingest.review_notes import notes_of
from cloud.ingest.stages.encode import PreparedWrite
from cloud.ingest.stages.store import OnStored
from cloud.metrics.exposition import Metrics
from cloud.readings.contract import ReadingsStore
from cloud.readings.newest import Newest
from runtime.clock import wall_ms


class Replay(msgspec.Struct, frozen=True):
    """What became of a dead letter's readings when it was replayed."""

    stored: int
    refused: int
    sentence: str


class Replays(msgspec.Struct, frozen=True):
    """What became of several dead letters; `next_after_id` is None where those asked for were all of them."""

    letters: int
    stored: int
    refused: int
    next_after_id: int | None


class Replayer:
    """Replays dead letters into the store."""

    def __init__(
        self,
        *,
        decoder: BatchDecoder,
        store: ReadingsStore,
        dead_letters: DeadLetters,
        newest: Newest,
        metrics: Metrics,
        evaluator: RuleEvaluator | None = None,
        on_stored: OnStored = lambda _gateway, _first_ms, _last_ms, _blocks: None,
        review: Review | None = None,
    ) -> None:
        self._decoder = decoder
        self._store = store
        self._dead_letters = dead_letters
        self._newest = newest
        self._metrics = metrics
        self._evaluator = evaluator
        self._on_stored = on_stored
        self._review = review

    async def replay(self, dead_letter_id: int, actor: Actor) -> Replay:
        """Store what the checks now let pass; the dead letter is closed when that is all. The journal says who.

        LookupError if there is no such dead letter; StoreUnavailable, and nothing changed, while the store is away.
        """
        dead_letter = await self._dead_letters.get(dead_letter_id)
        if dead_letter.replayed_ms is not None:
            return Replay(0, 0, f"dead letter {dead_letter_id} was replayed before; nothing is left to do")
        write = self._decoder.prepare_dead_letter(dead_letter.raw, dead_letter.gateway, arrived_ms=dead_letter.time_ms)
        await self._decoder.offsets.save()
        write = await self._store_what_passes(write)
        rejected = sum(rejection.readings for rejection in write.rejections)
        if rejected:
            outcome = f"{write.stored} stored, {rejected} still refused: {write.rejections[0].sentence}"
        else:
            outcome = f"all {write.stored} readings of dead letter {dead_letter_id} are stored"
        now_ms = wall_ms()
        await self._dead_letters.record_replay(
            dead_letter_id, closed=not rejected, actor=actor, outcome=outcome, now_ms=now_ms
        )
        return Replay(write.stored, rejected, outcome)

    async def _store_what_passes(self, write: PreparedWrite) -> PreparedWrite:
        if write.encoded is None:
            return write
        result = await self._store.write([write.encoded])
        stored = self._decoder.without(write, result.rejected) if result.rejected else write
        self._metrics.count_stored(stored.sizes, live=False)
        self._newest.load(stored.newest)
        if stored.time_range is not None:
            self._on_stored(stored.gateway, *stored.time_range, stored.blocks)
        if self._review is not None:
            self._review.add(notes_of([stored]))
        # the alarms of other shards are in the memory of another process
        if self._evaluator is not None and self._evaluator.own.has_gateway(stored.gateway):
            await self._evaluator.observe([stored.rule_input])
        return stored
