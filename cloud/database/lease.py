"""The lease of shards: no two processes take in the same gateways, whose ledgers and alarms each keeps in memory.

take ─► nobody else has them ──────────────────────────► ours, row by row
        somebody has: its beat moves ──────────────────► LeaseHeld: this process does not start
                      its beat stands for PATIENCE_S,
                      or its process is gone from here ─► taken from it, all that it had
confirm, in each transaction: the row is still ours, or LeaseLost and nothing is committed

Two clocks are never compared: who waits watches the other's beat, and on the clock that stands still in a suspend
(CLOCK_MONOTONIC), since the other sleeps then, too. And no clock has to be right for the promise: a process that was
only asleep finds at its next commit that its rows are gone.
"""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from cloud.database.engine import Database, DatabaseUnavailable
from cloud.database.tables import IngestLeaseRow as Row

BEAT_S = 2.0
PATIENCE_S = 3 * BEAT_S
LOOK_S = 0.5
RACES = 5
"""Others that may take the rows first, at the same moment, before we believe that the database is at fault."""

_log = logging.getLogger(__name__)


class LeaseHeld(Exception):
    """Another process takes in these shards, and lives; the text is one sentence."""


class LeaseLost(Exception):
    """Another process has taken these shards from this one; the text is one sentence."""


class Holder(NamedTuple):
    """A process that has shards: the start that it is, what people call it, and how far its beat has come."""

    token: str
    name: str
    process: str
    first: int
    last: int
    beat: int


class Lease:
    """The right of this process to take in `shards`."""

    def __init__(
        self,
        database: Database,
        shards: range,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        process: str = "",
    ) -> None:
        self._database = database
        self._shards = shards
        self._clock = clock
        self._pause = pause
        self._token = secrets.token_hex(16)
        self._process = process or this_process()
        self._name = f"process {os.getpid()} on {socket.gethostname()}"
        self._confirmed_s = float("-inf")

    async def take(self) -> None:
        """Have the shards; LeaseHeld if a living process has one of them, DatabaseUnavailable if nobody can say."""
        beats: dict[str, tuple[int, float]] = {}
        gone: set[str] = set()
        races = 0
        while True:
            try:
                others = await self._database.run(lambda connection: self._claim(connection, gone))
            except DatabaseUnavailable:
                races += 1
                if races > RACES:
                    raise
                continue
            if not others:
                return
            for other in others:
                first_beat, since_s = beats.setdefault(other.token, (other.beat, self._clock()))
                if other.beat != first_beat:
                    raise LeaseHeld(self._held_by(other))
                if is_gone(other.process) or self._clock() - since_s >= PATIENCE_S:
                    _log.warning("shards %d-%d are taken from %s, which is gone", other.first, other.last, other.name)
                    gone.add(other.token)
            if not gone.issuperset(other.token for other in others):
                await self._pause(LOOK_S)

    def confirm(self, connection: Connection) -> None:
        """Make sure, in the transaction of `connection`, that the shards are still ours; LeaseLost if not."""
        ours = (Row.shard == self._shards[0], Row.token == self._token)
        if connection.execute(update(Row).where(*ours).values(beat=Row.beat + 1)).rowcount != 1:
            raise LeaseLost(
                f"shards {self._range()} were taken over by another process while this one was not heard of; it ends"
            )
        self._confirmed_s = self._clock()

    async def keep(self) -> None:
        """Beat until cancelled; LeaseLost when the shards are another's."""
        while True:
            await self._pause(BEAT_S)
            if self._clock() - self._confirmed_s >= BEAT_S:
                with contextlib.suppress(DatabaseUnavailable):  # then nothing is committed either
                    await self._database.run(self.confirm)

    async def give_back(self) -> None:
        """Let the next one have the shards at once."""
        with contextlib.suppress(DatabaseUnavailable):
            await self._database.run(lambda connection: connection.execute(delete(Row).where(Row.token == self._token)))

    def _claim(self, connection: Connection, gone: set[str]) -> list[Holder]:
        """Insert our rows if nobody but those `gone` has one; else who has."""
        if gone:
            connection.execute(delete(Row).where(Row.token.in_(gone)))  # all of theirs: a process is whole or gone
        others = _holders(connection, self._shards)
        if not others:
            row = {"token": self._token, "holder": self._name, "process": self._process, "beat": 0}
            connection.execute(insert(Row), [{"shard": shard, **row} for shard in self._shards])
        return others

    def _held_by(self, other: Holder) -> str:
        return (
            f"ingest.shards {self._range()}: {other.name} takes in shards {other.first}-{other.last}; "
            "give this process other shards, or stop that one"
        )

    def _range(self) -> str:
        return f"{self._shards[0]}-{self._shards[-1]}"


def _holders(connection: Connection, shards: range) -> list[Holder]:
    concerned = select(Row.token).where(Row.shard.between(shards[0], shards[-1]))
    rows = connection.execute(
        select(Row.token, Row.holder, Row.process, func.min(Row.shard), func.max(Row.shard), func.max(Row.beat))
        .where(Row.token.in_(concerned))
        .group_by(Row.token, Row.holder, Row.process)
    )
    return [Holder(*row) for row in rows]


def this_process() -> str:
    """What tells this process from every other on this machine, ever; empty where the kernel does not say."""
    try:
        return f"{_kernel()} {os.getpid()} {_started(os.getpid())}"
    except OSError:
        return ""


def is_gone(process: str) -> bool:
    """Whether a process, named by `this_process`, ran on this machine and runs no more; False where nobody can tell."""
    try:
        kernel, pid, started = process.rsplit(" ", 2)
        if kernel != _kernel():
            return False
    except (ValueError, OSError):
        return False
    try:
        return _started(int(pid)) != started
    except OSError:
        return True


def _kernel() -> str:
    """This start of this machine, as seen from this container if it is one."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot} {Path('/proc/self/ns/pid').readlink()}"


def _started(pid: int) -> str:
    """When a process started, in the kernel's ticks; "" once it is dead and only its parent has not looked."""
    # fields 3 and 22, counted after the name, which may hold anything
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]
