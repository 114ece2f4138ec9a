"""The law of the spool: every reading is acknowledged, still spooled, or declared lost; whatever happens in between."""

import itertools
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.spool.file import SpoolFile
from edge.spool.limits import Limits, SpoolUsage
from edge.spool.spans import SeqRange, Spans
from edge.spool.spool import Spool
from edge.spool.sync_checkpoint import read_sync_checkpoint, write_sync_checkpoint
from edge.spool.write_batch import Origin, WriteBatch
from wire import Reading

LIMITS = Limits(max_bytes=2**40, min_free_bytes=0, fsync_s=1.0, live_s=5.0)
PLENTY = SpoolUsage(used=0, reusable=0, wal=0, disk_free=2**40)
A_LITTLE_TOO_MUCH = SpoolUsage(used=2**40 - LIMITS.wal_bytes + 1, reusable=0, wal=0, disk_free=2**40)


class World:
    """The deciding spool with its real file, driven by hand; a crash leaves the files as a killed process leaves them.

    Each action takes a number, from which it makes its choices.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.numbers = itertools.count(1)
        self.now_s = 100.0
        self.committed: dict[str, Spans] = {}
        self.appended: dict[str, Spans] = {}
        self.acknowledged: dict[str, Spans] = {}
        self.lost: dict[str, Spans] = {}
        self.safe: dict[str, Spans] = {}
        self.folder = root / "0"
        self.folder.mkdir()
        self._start()

    def _start(self) -> None:
        self.stream = f"stream{next(self.numbers)}"
        for spans in (self.committed, self.appended, self.acknowledged, self.lost, self.safe):
            spans[self.stream] = Spans()
        self.file = SpoolFile(self.folder / "spool.db")
        self.spool = Spool(Origin(self.stream, "boot", 0), LIMITS)
        self.spool.adopt(self.file.open(), read_sync_checkpoint(self.folder / "checkpoint"), now_s=self.now_s)
        self.in_flight: list[SeqRange] = []
        self.batch: WriteBatch | None = None

    def append(self, number: int) -> None:
        count, keep, safe = 1 + number % 5, number % 7 == 0, self.safe[self.stream]
        first = self.spool.ledger.next_seq
        last = first + count - 1
        readings = [Reading("river-1", "water_level", seq * 1000, float(seq)) for seq in range(first, last + 1)]
        self.spool.append(
            readings,
            now_s=self.now_s,
            keep={"total": str(last)} if keep else None,
            safe=(lambda: safe.add(first, last)) if number % 2 else None,
            backlog=number % 3 == 0,
        )
        self.appended[self.stream].add(first, last)

    def time_passes(self, number: int) -> None:
        self.now_s += (0.1, 3.0, 30.0)[number % 3]
        self.spool.age(now_s=self.now_s)

    def hand_work_over(self, _number: int) -> None:
        if self.batch is None:
            self.batch = self.spool.write_batch()

    def commit(self, number: int) -> None:
        self.hand_work_over(number)
        if self.batch is None:
            return
        if number % 5 == 0:
            self.spool.failed(self.batch, "disk full", now_s=self.now_s)
        else:
            self.file.commit(self.batch)
            for first, readings in self.batch.runs:
                self.committed[self.stream].add(first, first + len(readings) - 1)
            full = number % 11 == 0
            self.spool.committed(self.batch, A_LITTLE_TOO_MUCH if full else PLENTY, now_s=self.now_s)
        self.batch = None

    def take(self, number: int) -> None:
        ledger, limit = self.spool.ledger, 1 + number % 4
        requeued = ledger.pop_due(self.now_s) if number % 3 == 0 else None
        if requeued is not None:
            span: SeqRange | None = requeued.span
        elif number % 2:
            span = ledger.pop_backlog(limit, self.spool.sendable)
        else:
            span = ledger.pop_live(limit, self.spool.sendable)
        if span is not None:
            self._check_it_can_be_read(span)
            self.in_flight.append(span)

    def _check_it_can_be_read(self, span: SeqRange) -> None:
        in_file, readings = self.spool.in_memory(span)
        if in_file.size:
            rows = self.file.read(in_file)
            assert [seq for seq, _ in rows] == list(range(in_file.first, in_file.last + 1))
            readings = [*(reading for _, reading in rows), *readings]
        assert [reading.value for reading in readings] == list(range(span.first, span.last + 1))

    def ack(self, number: int) -> None:
        if not self.in_flight:
            return
        span, wider = self.in_flight.pop(number % len(self.in_flight)), number % 4
        heard = SeqRange(span.stream, max(0, span.first - wider), span.last + wider)
        before = Spans(self.spool.ledger.outstanding(span.stream))
        unsent = self._never_sent() if span.stream == self.stream else Spans()
        self.spool.ack(heard, now_s=self.now_s)
        gone = before.without(self.spool.ledger.outstanding(span.stream))
        assert gone == Spans(before.within(heard.first, heard.last)).without(unsent)
        for first, last in gone:
            self.acknowledged[span.stream].add(first, last)

    def _never_sent(self) -> Spans:
        ledger = self.spool.ledger
        return Spans(ledger.outstanding(self.stream)).without(ledger.sent(self.stream))

    def no_ack(self, number: int) -> None:
        if self.in_flight:
            span = self.in_flight.pop(number % len(self.in_flight))
            self.spool.ledger.requeue(span, tries=1, due_s=self.now_s)

    def losses_are_acknowledged(self, _number: int) -> None:
        self._note_losses()
        self.spool.confirm_losses(self.spool.losses.pending(), now_s=self.now_s)

    def force(self, _number: int) -> None:
        checkpoint, highest = self.spool.sync_checkpoint(), self.spool.committed_last
        self.file.force()
        write_sync_checkpoint(self.folder / "checkpoint", checkpoint)
        self.spool.forced(highest)

    def checkpoint(self, _number: int) -> None:
        self.file.checkpoint()

    def crash(self, _number: int) -> None:
        after = self.root / str(next(self.numbers))
        shutil.copytree(self.folder, after)
        self.file.close()
        self.folder, earlier, former_safe = after, self.stream, self.safe[self.stream]
        kept = Spans([*self.committed[earlier], *self.acknowledged[earlier], *self.lost[earlier]])
        assert not former_safe.without(kept), "a message was called safe that a crash has taken"
        gone = self.appended[earlier].without(kept)
        for first, last in gone:
            self.appended[earlier].remove(first, last)
        self._start()
        for stream, committed in self.committed.items():
            # an ack or a loss whose delete was not committed: the reading is here again, which harms nobody
            here = self.spool.ledger.outstanding(stream)
            assert not here.without(committed)
            for first, last in here:
                self.acknowledged[stream].remove(first, last)

    def _note_losses(self) -> None:
        for loss in self.spool.losses.pending():
            self.lost[loss.stream].add(loss.first, loss.last)

    def check(self) -> None:
        self._note_losses()
        for stream, appended in self.appended.items():
            here = self.spool.ledger.outstanding(stream)
            accounted = Spans([*self.acknowledged[stream], *here, *self.lost[stream]])
            assert not appended.without(accounted), "a reading is neither acknowledged nor here nor declared lost"
            assert here.without(self.acknowledged[stream]) == here, "an acknowledged reading is still here"
        assert self.spool.ledger.depth == sum(outstanding.total for _, outstanding, _ in self.spool.ledger.streams())

    def settle(self) -> None:
        """With all work done, the file holds what the ledger says, to the reading."""
        while self.batch is not None or self.spool.commit_due_s is not None:
            self.commit(1)
        self.file.close()
        found = {earlier.stream: earlier.spans for earlier in self.file.open().previous}
        for stream, outstanding, _ in self.spool.ledger.streams():
            assert found.get(stream, Spans()) == outstanding


ACTIONS: tuple[Callable[[World, int], None], ...] = (
    World.append, World.append, World.append, World.hand_work_over, World.commit, World.commit, World.take, World.take,
    World.take, World.ack, World.ack, World.no_ack, World.time_passes, World.losses_are_acknowledged, World.force,
    World.checkpoint, World.crash,
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 10_000)), min_size=40, max_size=120))
def test_every_reading_is_acknowledged_or_spooled_or_declared_lost(actions):
    with tempfile.TemporaryDirectory(prefix="spool-law-") as folder:
        world = World(Path(folder))
        for action, number in actions:
            action(world, number)
            world.check()
        world.settle()
        world.file.close()
