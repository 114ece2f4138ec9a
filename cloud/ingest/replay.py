"""Replay: a dead letter goes through the same checks again, after somebody has mended what made it one."""

from collections.abc import Callable

import msgspec

from cloud.alarms.evaluator import RuleEvaluator
from cloud.database.audit_log import Actor
from cloud.ingest.dead_letters import DeadLetters
from cloud.ingest.pipeline import BatchDecoder, PreparedWrite
from cloud.ingest.review import Review
from cloud.ingest.review_notes import notes_of
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
        opener: BatchDecoder,
        store: ReadingsStore,
        dead_letters: DeadLetters,
        newest: Newest,
        metrics: Metrics,
        watch: RuleEvaluator | None = None,
        note: Callable[[str, int, int], None] = lambda *_stretch: None,
        review: Review | None = None,
    ) -> None:
        self._opener = opener
        self._store = store
        self._dead_letters = dead_letters
        self._newest = newest
        self._metrics = metrics
        self._watch = watch
        self._note_stored = note
        self._review = review

    async def replay(self, letter_id: int, who: Actor) -> Replay:
        """Store what the checks now let pass; the letter is closed when that is all of it, and the journal says who.

        LookupError if there is no such letter; StoreUnavailable, and nothing changed, if the store takes nothing now.
        """
        letter = await self._dead_letters.letter(letter_id)
        if letter.replayed_ms is not None:
            return Replay(0, 0, f"dead letter {letter_id} was replayed before; nothing is left to do")
        freight = self._opener.open(letter.raw, letter.gateway, arrived_ms=letter.time_ms)
        await self._opener.offsets.keep()
        freight = await self._store_what_passes(freight)
        refused = sum(refusal.readings for refusal in freight.refusals)
        if refused:
            said = f"{freight.stored} stored, {refused} still refused: {freight.refusals[0].sentence}"
        else:
            said = f"all {freight.stored} readings of dead letter {letter_id} are stored"
        now_ms = wall_ms()
        await self._dead_letters.note_replay(letter_id, closed=not refused, by=who, said=said, now_ms=now_ms)
        return Replay(freight.stored, refused, said)

    async def _store_what_passes(self, freight: PreparedWrite) -> PreparedWrite:
        if freight.portion is None:
            return freight
        result = await self._store.write([freight.portion])
        stored = self._opener.without(freight, result.rejected) if result.rejected else freight
        self._metrics.count_stored(stored.sizes)
        self._newest.load(stored.newest)
        if stored.stretch is not None:
            self._note_stored(stored.gateway, *stored.stretch)
        if self._review is not None:
            self._review.hear(notes_of([stored]))
        # the alarms of other shards are in the memory of another process
        if self._watch is not None and self._watch.is_own_gateway(stored.gateway):
            await self._watch.observe([stored.cargo])
        return stored
