"""What the spool decides: what to write, what to drop, when to force, what is safe; pure, the clock is handed in.

append -> tail (memory) -> write_batch() -> file -> committed() -> safe(): the sensor's broker may forget
                 `-> taken by the uplink -> land(): forgotten, on disk too with the next work

A reading that the cloud acknowledges before it is committed never touches the disk.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import msgspec

from edge.spool.arrival_times import ArrivalTimes
from edge.spool.ledger import Ledger
from edge.spool.limits import Limits, SpoolUsage, readings_to_drop
from edge.spool.losses import FILE_DAMAGED, MEMORY_FULL, SPOOL_FULL, TAIL_CUT, Losses
from edge.spool.spans import SeqRange, Spans
from edge.spool.sync_checkpoint import Forced
from edge.spool.write_batch import OpenedSpool, Origin, PreviousStream, TimeCorrection, WriteBatch, unaccounted
from wire import Clock, Lost, Reading

GATHER_S = 0.08
"""A commit waits so long for company: with the commit itself it stays within 100 ms."""
HURRY_S = 0.005
HURRY_MESSAGES = 10
"""So many messages waiting for their PUBACK hurry the commit: brokers hand out 20 at a time and then wait for us."""
SPACE_S = 0.015
"""Messages that wait for their PUBACK are committed at once, yet not more often: their connection has gathered them."""
LAZY_S = 2.0
"""Acks alone are no hurry: a reading that is not deleted in time is sent once more, which harms nobody."""
RETRY_S = 1.0
MOST_IN_MEMORY = 20_000
"""Readings kept in memory while the disk takes none: about 3 MB. MQTT sources stop long before it, at their messages
without a PUBACK; serial lines cannot be stopped."""
MOST_LIVE = 3_000
"""Readings that may be live at once; of more, the older become backlog, and need not be in memory."""


class Spool:
    """All readings that are neither acknowledged nor declared lost, and what must be done to keep them."""

    def __init__(self, origin: Origin, limits: Limits) -> None:
        self.origin = origin
        self.limits = limits
        self.ledger = Ledger(origin.stream)
        self.losses = Losses()
        self.kept: dict[str, str] = {}
        self.problem = ""
        self._damage = ""
        self._damaged_rows = 0
        self.used_bytes = 0
        self.wal_is_long = False
        self.commits = 0
        self.commit_due_s: float | None = None
        self._tail: list[Reading] = []
        self._tail_first = 1
        self._waiting_for_safety: deque[tuple[int, Callable[[], None]]] = deque()
        self._waiting_for_keep: list[Callable[[], None]] = []
        self._safe_with_batch: list[Callable[[], None]] = []
        self._committed = 0
        self._committed_s = float("-inf")
        self._handed = 0
        self._forced = 0
        self._unforced: deque[tuple[float, int]] = deque()
        self._appended_s: float | None = None
        self._arrival_times = ArrivalTimes()
        self._previous: dict[str, PreviousStream] = {}
        self._previous_unforced = False
        self._finished: list[str] = []
        self._forget: dict[str, Spans] = {}
        self._losses_changed = False
        self._unkept: dict[str, str] = {}
        self._corrections: list[TimeCorrection] = []
        self._own_unreported = False
        self._held = self._held_by_file = _NOTHING

    # --- from the sources

    def append(
        self,
        readings: Sequence[Reading],
        *,
        now_s: float,
        keep: dict[str, str] | None = None,
        safe: Callable[[], None] | None = None,
        backlog: bool = False,
    ) -> int:
        """Take readings in, and give the seq of the first; `keep` is committed with them, `safe` is called then.

        Readings that come with `keep` (counts since the last total) are not sent before both are committed: a crash
        between the two would count them twice. With `backlog` they are old news, and sent as such. A `keep` without
        readings is `safe` when it is committed, or when the disk takes nothing, which holds nothing up.
        """
        first = self.ledger.grow(len(readings))
        if backlog:
            self.ledger.set_aside(first, first + len(readings) - 1)
        self._tail += readings
        self._arrival_times.record(first, now_s)
        if readings and self._appended_s is None:
            self._appended_s = now_s
        due_s = now_s + GATHER_S
        if keep:
            self.kept.update(keep)
            self._unkept.update(keep)
            self._held = min(self._held, first)
            due_s = now_s if safe is None else due_s
        if safe is not None:
            if keep and not readings and not self.problem:
                self._waiting_for_keep.append(safe)
            else:
                self._waiting_for_safety.append((first + len(readings) - 1, safe))
            due_s = max(now_s, self._committed_s + SPACE_S)
            if len(self._waiting_for_safety) >= HURRY_MESSAGES:
                due_s = min(due_s, now_s + HURRY_S)
        self._commit_by(due_s)
        if not readings:
            self._notify_safe()  # there may be nothing to commit
        if len(self._tail) > MOST_IN_MEMORY:
            self._bound_memory(now_s=now_s)
        return first

    def record(self, keep: dict[str, str], *, now_s: float) -> None:
        """Keep what nothing depends on: it is committed with what comes next."""
        self.kept.update(keep)
        self._unkept.update(keep)
        self._commit_by(now_s + LAZY_S)

    def refuse(self, readings: Sequence[Reading], reason: str, *, now_s: float) -> None:
        """Declare readings lost that cannot be taken in."""
        first = self.append(readings, now_s=now_s)
        self._lose([SeqRange(self.origin.stream, first, first + len(readings) - 1)], reason, now_s=now_s)

    @property
    def trouble(self) -> str:
        """What is wrong with the file now, or else what befell it in this run of the agent; empty: nothing."""
        rows = self._damaged_rows
        damaged = f"damaged readings in the spool file, which are declared lost: {rows}" if rows else ""
        return self.problem or "; ".join(sentence for sentence in (self._damage, damaged) if sentence)

    # --- for the uplink

    def gather_longer(self, more_s: float) -> None:
        """Live readings are gathered so much longer before they are sent: so much longer are they young."""
        self.limits = msgspec.structs.replace(self.limits, live_s=self.limits.live_s + more_s)

    def force_within(self, fsync_s: float) -> None:
        """Force what is not acknowledged within so long from now on."""
        self.limits = msgspec.structs.replace(self.limits, fsync_s=fsync_s)

    @property
    def sendable(self) -> int:
        """The highest seq of the present stream that may be sent; a disk that takes nothing holds nothing up."""
        held = _NOTHING if self.problem else min(self._held, self._held_by_file)
        return min(self.ledger.next_seq, held) - 1

    def age(self, *, now_s: float) -> float:
        """Let live readings that are no longer young become backlog; since when (monotonic) the oldest left is here."""
        young = self._arrival_times.first_since(now_s - self.limits.live_s)
        self.ledger.age(max(self.ledger.next_seq - MOST_LIVE, self.ledger.next_seq if young is None else young))
        return self._arrival_times.since_s(self.ledger.live_first) or now_s

    def in_memory(self, span: SeqRange) -> tuple[SeqRange, list[Reading]]:
        """The first part of `span`, often empty, that only the file has, and the readings after it, from memory."""
        if span.stream != self.origin.stream:
            return span, []
        first = max(span.first, self._tail_first)
        in_file = SeqRange(span.stream, span.first, min(span.last, first - 1))
        return in_file, self._tail[first - self._tail_first : max(0, span.last + 1 - self._tail_first)]

    def ack(self, span: SeqRange, *, now_s: float) -> int:
        """The cloud holds `span`: forget it; how many readings that were."""
        acked = self.ledger.ack(span)
        self._forget_on_disk(acked)
        if acked:
            self._commit_by(now_s + LAZY_S)
            self._trim()
            self._notify_safe()
        return sum(each.size for each in acked)

    def missing(self, span: SeqRange, found: Spans, *, now_s: float) -> None:
        """The file should hold all of `span`, and of it gives only `found` as it was written: the rest is lost."""
        lost_before = self.losses.ever
        gone = Spans([(span.first, span.last)]).without(found)
        self._lose((SeqRange(span.stream, first, last) for first, last in gone), FILE_DAMAGED, now_s=now_s)
        self._damaged_rows += self.losses.ever - lost_before

    def confirm_losses(self, said: Iterable[Lost], *, now_s: float) -> None:
        """The cloud knows of these losses now."""
        self.losses.confirm(said)
        self._losses_changed = True
        self._commit_by(now_s + LAZY_S)

    # --- for the file

    def write_batch(self) -> WriteBatch | None:
        """All that the file lacks, or None; to be followed by `committed` or `failed` before it is asked again."""
        runs = [
            (first, self._tail[first - self._tail_first : last + 1 - self._tail_first])
            for first, last in self.ledger.outstanding(self.origin.stream).within(
                self._committed + 1, self.ledger.next_seq
            )
        ]
        self.commit_due_s = None
        lacking = (runs, self._forget, self._losses_changed, self._unkept, self._corrections, self._finished)
        if not any(lacking):
            return None
        changed = None if self._own_unreported else {self.origin.stream, *self._forget}
        batch = WriteBatch(
            self.origin.stream,
            self.origin.boot,
            self.origin.offset_ms,
            self.ledger.next_seq - 1,
            runs,
            [SeqRange(stream, first, last) for stream, spans in self._forget.items() for first, last in spans],
            self.losses.pending() if self._losses_changed else None,
            self.losses.ever,
            self._unkept,
            self._corrections,
            self._finished,
            {
                name: Spans(outstanding)
                for name, outstanding, _ in self.ledger.streams()
                if changed is None or name in changed
            },
        )
        self._handed = batch.last
        self._forget, self._losses_changed, self._unkept, self._corrections, self._finished = {}, False, {}, [], []
        self._own_unreported = False
        self._safe_with_batch, self._waiting_for_keep = [*self._safe_with_batch, *self._waiting_for_keep], []
        self._held, self._held_by_file = _NOTHING, min(self._held, self._held_by_file)
        return batch

    def committed(self, batch: WriteBatch, room: SpoolUsage, *, now_s: float) -> None:
        """`batch` is in the file, which now uses `room`."""
        self.problem = ""
        self.commits += 1
        self._committed, self._committed_s = batch.last, now_s
        self.age(now_s=now_s)
        self._held_by_file = _NOTHING
        if batch.runs:
            self._unforced.append((self._appended_s if self._appended_s is not None else now_s, batch.last))
            self._appended_s = None if self.ledger.next_seq - 1 == batch.last else now_s
        if self.ledger.next_seq - 1 > batch.last or self._unkept or self._losses_changed or self._corrections:
            self._commit_by(now_s + GATHER_S)  # what came while there was a problem was not to hurry
        elif self._forget:
            self._commit_by(now_s + LAZY_S)
        self._trim()
        self._notify_safe()
        self._notify_kept()
        self._keep_to(room, now_s=now_s)

    def failed(self, batch: WriteBatch | None, sentence: str, *, now_s: float) -> None:
        """The file did not take `batch`: keep all of it and try again."""
        self.problem = sentence
        self._handed = self._committed
        if batch is not None:
            for span in batch.forget:
                self._forget.setdefault(span.stream, Spans()).add(span.first, span.last)
            self._losses_changed = self._losses_changed or batch.losses is not None
            self._unkept = {**batch.kept, **self._unkept}
            self._corrections = [*batch.corrections, *self._corrections]
            self._finished = [*batch.finished, *self._finished]
            self._own_unreported = True
        self.commit_due_s = now_s + RETRY_S
        self._safe_with_batch += self._waiting_for_keep
        self._waiting_for_keep = []
        self._notify_kept()

    def force_due_s(self) -> float | None:
        """When the file must be forced: `fsync_s` after the oldest unforced reading came, if it is still here."""
        if self._previous_unforced or self.wal_is_long:
            return 0.0
        outstanding = self.ledger.outstanding(self.origin.stream)
        while self._unforced:
            since_s, last = self._unforced[0]
            first_here = outstanding.next_from(self._forced + 1)
            if first_here is not None and first_here <= last:
                return since_s + self.limits.fsync_s
            self._unforced.popleft()
        return None

    def sync_checkpoint(self) -> dict[str, Forced]:
        """What a force that begins now will have made sure of; for the file beside the spool, and for `forced`."""
        last_of = {earlier.stream: earlier.last for earlier in self._previous.values()}
        last_of[self.origin.stream] = self._committed
        forced = {}
        for stream, outstanding, _ in self.ledger.streams():
            lowest = outstanding.next_from(0)
            if lowest is not None and lowest <= last_of.get(stream, 0):
                forced[stream] = Forced(lowest, last_of[stream])
        return forced

    def forced(self, highest: int) -> None:
        """The file is forced up to `highest` of the present stream."""
        self._previous_unforced = False
        self._forced = max(self._forced, highest)

    @property
    def committed_last(self) -> int:
        """The highest seq of the present stream that is in the file."""
        return self._committed

    # --- when the file was opened, salvaged, or the clock found

    def adopt(self, opened: OpenedSpool, checkpoint: dict[str, Forced], *, now_s: float) -> None:
        """Take over what the file holds of earlier starts, and declare lost what it should hold and does not."""
        self.problem = ""
        self.kept = {**opened.kept, **self.kept}
        self.losses = Losses([*opened.losses, *self.losses.pending()], ever=opened.ever_lost + self.losses.ever)
        self._previous = {earlier.stream: earlier for earlier in opened.previous}
        for earlier in opened.previous:
            self.ledger.adopt(earlier.stream, earlier.last, earlier.spans)
        lost_before = self.losses.ever
        for span in unaccounted(opened, checkpoint):
            self.losses.declare(span, FILE_DAMAGED if opened.damage else TAIL_CUT)
        self._losses_changed = bool(self.losses) or bool(opened.damage)
        self._own_unreported = True
        self._say_damage(opened, self.losses.ever - lost_before)
        self._finished = [
            earlier.stream for earlier in opened.previous if not earlier.spans and earlier.stream not in checkpoint
        ]
        self._previous_unforced = self.ledger.depth > 0 or bool(checkpoint)
        self._commit_by(now_s)

    def salvaged(self, opened: OpenedSpool, *, now_s: float) -> None:
        """The file was damaged while in use, and holds no more than `opened` now."""
        found = {earlier.stream: earlier.spans for earlier in opened.previous}
        lost_before = self.losses.ever
        self._committed = self._handed = min(self._committed, self._tail_first - 1)
        for stream, outstanding, last in list(self.ledger.streams()):
            here = found.get(stream, Spans())
            high = self._committed if stream == self.origin.stream else last
            gone = Spans(outstanding.within(0, high)).without(here)
            self._lose((SeqRange(stream, *run) for run in gone), FILE_DAMAGED, now_s=now_s)
            self._forget_on_disk(SeqRange(stream, *run) for run in here.without(self.ledger.outstanding(stream)))
        known = {stream for stream, _, _ in self.ledger.streams()}
        for stream in found.keys() - known:  # all of it was acknowledged: only a page that was free still had it
            self._forget_on_disk(SeqRange(stream, *run) for run in found[stream])
            self._finished.append(stream)
        self._unkept, self._losses_changed, self._previous_unforced = dict(self.kept), True, True
        self._own_unreported = True
        self._say_damage(opened, self.losses.ever - lost_before)
        self._commit_by(now_s)

    def clock_found(self, offset_ms: int, *, now_s: float, sent: Collection[str] = ()) -> None:
        """UTC minus uptime is known now: move what this boot stamped without knowing it, unless it was sent already.

        Of the streams of earlier starts in `sent`, anything may have been sent.
        """
        origins = {
            earlier.stream: earlier.origin_ms
            for earlier in self._previous.values()
            if earlier.boot == self.origin.boot and earlier.stream not in sent
        }
        origins[self.origin.stream] = self.origin.offset_ms
        for stream, origin_ms in origins.items():
            self.move(stream, offset_ms - origin_ms, now_s=now_s)
        spare = self.ledger.sent(self.origin.stream)
        for at, reading in enumerate(self._tail):
            if reading.clock is Clock.UNKNOWN and self._tail_first + at not in spare:
                moved_ms = reading.time_ms + offset_ms - self.origin.offset_ms
                self._tail[at] = Reading(reading.sensor, reading.quantity, moved_ms, reading.value, Clock.ESTIMATED)
        self._commit_by(now_s)

    def left_by_other_boots(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """Each stream of another start of the machine that has readings left, oldest first, with their ends."""
        for earlier in self._previous.values():
            left = list(self.ledger.outstanding(earlier.stream))
            if left and earlier.boot != self.origin.boot:
                yield earlier.stream, (left[0][0], left[-1][1])

    def move(self, stream: str, shift_ms: int, *, now_s: float) -> None:
        """Move what `stream` stamped without knowing the time, unless it was sent in this run."""
        unsent = self.ledger.outstanding(stream).without(self.ledger.sent(stream))
        self._corrections.append(TimeCorrection(stream, shift_ms, tuple(unsent)))
        self._commit_by(now_s)

    # --- inside

    def _commit_by(self, due_s: float) -> None:
        if self.commit_due_s is None:  # also while there is a problem: what was to be tried again may be acknowledged
            self.commit_due_s = due_s
        elif not self.problem:
            self.commit_due_s = min(self.commit_due_s, due_s)

    def _say_damage(self, opened: OpenedSpool, lost: int) -> None:
        saved = sum(earlier.spans.total for earlier in opened.previous)
        if opened.damage:
            self._damage = f"{opened.damage}; {saved} readings were saved, {lost} are declared lost"
        elif lost:
            self._damage = f"{lost} readings that were in the spool file are not there any more, and are declared lost"

    def _notify_safe(self) -> None:
        outstanding = self.ledger.outstanding(self.origin.stream).next_from(self._committed + 1)
        safe_to = self.ledger.next_seq - 1 if outstanding is None else outstanding - 1
        while self._waiting_for_safety and self._waiting_for_safety[0][0] <= safe_to:
            self._waiting_for_safety.popleft()[1]()

    def _notify_kept(self) -> None:
        kept, self._safe_with_batch = self._safe_with_batch, []
        for safe in kept:
            safe()

    def _trim(self) -> None:
        """Keep in memory what is not in the file, or not sent yet and young."""
        needed = self.ledger.outstanding(self.origin.stream).next_from(self._committed + 1)
        keep_from = min(needed or self.ledger.next_seq, max(self.ledger.live_first, self._tail_first))
        if keep_from > self._tail_first:
            del self._tail[: keep_from - self._tail_first]
            self._tail_first = keep_from

    def _bound_memory(self, *, now_s: float) -> None:
        """While the disk takes nothing: the oldest in memory go."""
        self.ledger.age(min(self._committed + 1, self.ledger.next_seq))
        self._trim()
        excess = len(self._tail) - MOST_IN_MEMORY
        if excess <= 0:
            return
        last = self._tail_first + excess - 1
        self.ledger.age(last + 1)
        self._lose([SeqRange(self.origin.stream, self._tail_first, last)], MEMORY_FULL, now_s=now_s)
        self._trim()

    def _keep_to(self, room: SpoolUsage, *, now_s: float) -> None:
        self.used_bytes = room.used + room.wal
        self.wal_is_long = room.wal > self.limits.wal_bytes
        count = readings_to_drop(room, self.limits)
        if count:
            self._lose(self.ledger.oldest(count), SPOOL_FULL, now_s=now_s)

    def _lose(self, spans: Iterable[SeqRange], reason: str, *, now_s: float) -> None:
        for span in spans:
            for gone in self.ledger.drop(span):
                self.losses.declare(gone, reason)
                self._losses_changed = True
                self._forget_on_disk([gone])
        self._commit_by(now_s)

    def _forget_on_disk(self, spans: Iterable[SeqRange]) -> None:
        for span in spans:
            if span.stream != self.origin.stream or span.first <= self._handed:
                self._forget.setdefault(span.stream, Spans()).add(span.first, span.last)


_NOTHING = 2**62
