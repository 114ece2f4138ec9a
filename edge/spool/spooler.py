"""The thin shell around the spool: one thread for the file, one for forcing it, timers on the event loop.

A slow fsync of an SD card holds up neither the loop nor the commits.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from edge.spool.file import SpoolFile
from edge.spool.limits import SpoolUsage
from edge.spool.opening import open_or_salvage, salvaged
from edge.spool.row_check import RowCheck
from edge.spool.spans import SeqRange, Spans
from edge.spool.spool import GATHER_S, RETRY_S, Spool
from edge.spool.sync_checkpoint import Forced, Names, read_sync_checkpoint, sync_checkpoint_path, write_sync_checkpoint
from edge.spool.work_thread import WorkThread
from edge.spool.write_batch import DiskProblem, FileDamaged, OpenedSpool, WriteBatch
from wire import Reading

Judge = Callable[[Sequence[Reading], bool], dict[str, str]]
"""Is shown readings on their way, and whether they are backlog; what it says is committed with them."""

_log = logging.getLogger(__name__)


class _Adopted(NamedTuple):
    opened: OpenedSpool
    checkpoint: dict[str, Forced]


class _Salvaged(NamedTuple):
    opened: OpenedSpool


_Outcome = SpoolUsage | _Adopted | _Salvaged


class Spooler:
    """Keeps a `Spool` on disk; `on_change` is called when there is more to send, or a commit was tried."""

    def __init__(
        self, spool: Spool, file: SpoolFile, *, on_change: Callable[[], None], thread: WorkThread | None = None
    ) -> None:
        self.spool = spool
        self.judge: Judge | None = None
        """Whoever must see readings within the second, and remember what it made of them: local alarms."""
        self.forces = 0
        """How often anything was forced to disk."""
        self._file = file
        self._checkpoint_path = sync_checkpoint_path(file.path)
        self._adopted = False
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._file_thread = thread or WorkThread("spool")
        self._force_thread = ThreadPoolExecutor(1, "force")
        self._commit_timer: asyncio.Handle | None = None
        self._commit_timer_s = 0.0
        self._force_timer: asyncio.TimerHandle | None = None
        self._committing: asyncio.Future[_Outcome] | None = None
        self._forcing: asyncio.Future[None] | None = None
        self._force_asked_s: float | None = None
        self._row_check: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether what earlier starts have left is known."""
        return self._file.is_open

    @property
    def behind_s(self) -> float:
        """For how long the disk has answered nothing, or a commit is overdue; a disk that refuses has answered."""
        now_s, due_s = self._loop.time(), self.spool.commit_due_s
        overdue_s = 0.0 if due_s is None or self._committing is not None else now_s - due_s
        forcing_s = 0.0 if self._force_asked_s is None else now_s - self._force_asked_s
        return max(0.0, self._file_thread.behind_s, forcing_s, overdue_s)

    async def start(self) -> None:
        """Open the file and take over what it holds; a disk that does not let us is tried again and again."""
        await self._commit()

    def append(
        self,
        readings: Sequence[Reading],
        *,
        keep: dict[str, str] | None = None,
        safe: Callable[[], None] | None = None,
        backlog: bool = False,
    ) -> None:
        """See `Spool.append`."""
        if self.judge is not None and readings:
            keep = {**(keep or {}), **self.judge(readings, backlog)} or None
        first = self.spool.append(readings, now_s=self._loop.time(), keep=keep, safe=safe, backlog=backlog)
        self.nudge()
        if self.spool.sendable >= first:  # what is held until its commit is sent after that
            self._on_change()

    def record(self, keep: dict[str, str]) -> None:
        """See `Spool.record`."""
        self.spool.record(keep, now_s=self._loop.time())
        self.nudge()

    def refuse(self, readings: Sequence[Reading], reason: str) -> None:
        """See `Spool.refuse`."""
        self.spool.refuse(readings, reason, now_s=self._loop.time())
        self.nudge()

    def force_within(self, fsync_s: float) -> None:
        """See `Spool.force_within`; what waits already is meant too."""
        self.spool.force_within(fsync_s)
        if self._force_timer is not None:
            self._force_timer.cancel()
            self._force_timer = None
        self.nudge()
        self._plan_force()

    async def keep(self, keep: dict[str, str]) -> None:
        """Commit `keep`, and wait for it; not for a disk that takes nothing."""
        self.append((), keep=keep)
        wanted = self.spool.commits + (1 if self._committing is None else 2)
        while self.spool.commits < wanted and not self.spool.problem:
            await asyncio.sleep(GATHER_S / 4)

    def ack(self, span: SeqRange) -> int:
        """See `Spool.ack`."""
        count = self.spool.ack(span, now_s=self._loop.time())
        self.nudge()
        return count

    def nudge(self) -> None:
        """Commit when the spool wants it."""
        due_s = self.spool.commit_due_s
        if due_s is None or self._committing is not None:
            return
        if self._commit_timer is not None:
            if self._commit_timer_s <= due_s:
                return
            self._commit_timer.cancel()
        self._commit_timer_s = due_s
        if due_s <= self._loop.time():
            self._commit_timer = self._loop.call_soon(self._begin_commit)  # all that was read at once is in it
        else:
            self._commit_timer = self._loop.call_at(due_s, self._begin_commit)

    async def read(self, span: SeqRange) -> list[Reading] | None:
        """The readings of `span` from memory or the file; None where some are missing, which is declared by then."""
        in_file, in_memory = self.spool.in_memory(span)
        if not in_file.size:
            return in_memory
        try:
            rows = await self._file_thread.do(self._file.read, in_file)
        except FileDamaged as damage:
            await self._salvage(str(damage))
            return None
        if len(rows) < in_file.size:
            await self._miss(in_file, Spans((seq, seq) for seq, _ in rows))
            return None
        return [*(reading for _, reading in rows), *in_memory]

    async def _miss(self, span: SeqRange, found: Spans) -> None:
        """Not all of `span` came: a row that is not as it was written is lost, one that is missing may be elsewhere."""
        try:
            rows = await self._file_thread.do(self._file.seqs, span)
        except FileDamaged as damage:
            await self._salvage(str(damage))
            return
        absent = Spans(self.spool.ledger.outstanding(span.stream).within(span.first, span.last)).without(rows)
        if absent:
            await self._salvage(f"{self._file.path} is damaged: {absent.total} readings are not where they should be")
        else:
            _log.error("readings of %s from %d to %d: some are not as they were written, and are lost", *span)
            self.spool.missing(span, found, now_s=self._loop.time())
            self.nudge()

    async def oldest_ms(self) -> int | None:
        """The time (UTC) of the oldest reading that is outstanding."""
        for stream, outstanding, _ in self.spool.ledger.streams():
            seq = outstanding.next_from(0)
            if seq is not None:
                _, in_memory = self.spool.in_memory(SeqRange(stream, seq, seq))
                if in_memory:
                    return in_memory[0].time_ms
                return await self.time_ms(stream, seq)
        return None

    async def time_ms(self, stream: str, seq: int) -> int | None:
        """The time (UTC) of a reading of an earlier start; None where it cannot be read."""
        try:
            return await self._file_thread.do(self._file.time_ms, stream, seq)
        except (DiskProblem, FileDamaged):
            return None  # the next commit meets the same trouble and says so

    def move(self, stream: str, shift_ms: int) -> None:
        """See `Spool.move`."""
        self.spool.move(stream, shift_ms, now_s=self._loop.time())
        self.nudge()

    async def stop(self) -> None:
        """Commit and force what there is, and close the file."""
        for timer in (self._commit_timer, self._force_timer):
            if timer is not None:
                timer.cancel()
        if self._row_check is not None:
            self._row_check.cancel()
        for under_way in (self._committing, self._forcing):
            if under_way is not None:
                await asyncio.wait({under_way})
        await self._commit()
        if self.spool.problem:
            _log.error("%s; readings that no acknowledgement came for since then are not kept", self.spool.problem)
        else:
            await self._force()
        await self._file_thread.do(self._file.close)
        self._file_thread.stop()
        self._force_thread.shutdown()

    async def _commit(self) -> None:
        self._begin_commit()
        if self._committing is not None:
            await asyncio.wait({self._committing})

    def _begin_commit(self) -> None:
        if self._commit_timer is not None:
            self._commit_timer.cancel()
            self._commit_timer = None
        if self._committing is not None:
            return
        batch = self.spool.write_batch()
        if batch is not None or not self._file.is_open:
            then = partial(self._end_commit, batch, self.spool.problem)
            self._committing = self._file_thread.do(self._write, batch, then=then)

    def _end_commit(self, batch: WriteBatch | None, problem_before: str, done: "asyncio.Future[_Outcome]") -> None:
        self._committing = None
        try:
            self._apply(batch, done.result())
        except DiskProblem as problem:
            self.spool.failed(batch, str(problem), now_s=self._loop.time())
        except Exception as error:  # our bug must not cost the readings of this commit
            _log.exception("the spool could not be written")
            self.spool.failed(batch, f"error of this agent: {error!r}", now_s=self._loop.time())
        self._say_change(problem_before)
        self.nudge()
        self._plan_force()
        self._on_change()

    def _write(self, batch: WriteBatch | None) -> _Outcome:
        if not self._file.is_open:
            opened = open_or_salvage(self._file)
            return _Salvaged(opened) if self._adopted else _Adopted(opened, read_sync_checkpoint(self._checkpoint_path))
        try:
            if batch is not None:
                self._commit_or_make_room(batch)
            return self._file.room()
        except FileDamaged as damage:
            return _Salvaged(salvaged(self._file, str(damage)))

    def _commit_or_make_room(self, batch: WriteBatch) -> None:
        try:
            self._file.commit(batch)
        except DiskProblem:
            self._file.checkpoint()  # gives the WAL's room back, which may be all that was lacking
            self._file.commit(batch)

    def _apply(self, batch: WriteBatch | None, outcome: _Outcome) -> None:
        now_s = self._loop.time()
        if isinstance(outcome, SpoolUsage):
            if batch is not None:
                self.spool.committed(batch, outcome, now_s=now_s)
            return
        self.spool.failed(batch, "", now_s=now_s)
        if isinstance(outcome, _Adopted):
            self._adopted = True
            self.spool.adopt(outcome.opened, outcome.checkpoint, now_s=now_s)
            check = RowCheck(self._file, self._file_thread, on_damage=self._salvage)
            self._row_check = self._loop.create_task(check.run(outcome.opened.previous))
        else:
            self.spool.salvaged(outcome.opened, now_s=now_s)

    async def _salvage(self, damage: str) -> None:
        opened = await self._file_thread.do(salvaged, self._file, damage)
        self.spool.salvaged(opened, now_s=self._loop.time())
        self.nudge()

    def _say_change(self, problem_before: str) -> None:
        if self.spool.problem and not problem_before:
            _log.error("%s; readings stay in memory, trying again", self.spool.problem)
        if problem_before and not self.spool.problem:
            _log.info("the spool can write again")

    def _plan_force(self) -> None:
        due_s = self.spool.force_due_s()
        if due_s is not None and self._forcing is None and self._force_timer is None and not self.spool.problem:
            self._force_timer = self._loop.call_at(due_s, self._begin_force)

    def _begin_force(self) -> None:
        self._force_timer = None
        due_s = self.spool.force_due_s()
        if due_s is not None and due_s > self._loop.time():
            self._plan_force()
        elif due_s is not None and self._forcing is None:
            self._forcing = self._loop.create_task(self._force())

    async def _force(self) -> None:
        highest, forced = self.spool.committed_last, self.spool.sync_checkpoint()
        wal_is_long = self.spool.wal_is_long
        try:
            self._force_asked_s = self._loop.time()
            await self._loop.run_in_executor(self._force_thread, self._force_and_checkpoint, forced)
            self._force_asked_s = None
            if wal_is_long:
                await self._file_thread.do(self._file.checkpoint)
                self.spool.wal_is_long = False
            self.spool.forced(highest)
            self.forces += 1
        except (DiskProblem, OSError) as problem:
            self._force_asked_s = None
            _log.error("the spool cannot be forced to disk: %s", problem)
            await asyncio.sleep(RETRY_S)
        finally:
            self._forcing = None
        self._plan_force()

    def _force_and_checkpoint(self, forced: dict[str, Forced]) -> None:
        self._file.force()
        tables = self._file.names()
        write_sync_checkpoint(
            self._checkpoint_path, forced, Names({row.id: row.name for row in tables.streams}, tables.series)
        )
