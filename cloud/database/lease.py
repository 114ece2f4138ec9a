"""The lease of shards: no two processes ingest the same gateways, whose ledgers and alarms each keeps in memory.

acquire ─► nobody else has them ─────────────────────────► ours, row by row
           somebody has: its heartbeat counts up ────────► LeaseHeld: this process does not start
                         its heartbeat stands for EXPIRY_S,
                         or its process is gone ─────────► taken over, all that it had
confirm, in each transaction: the row is still ours, or LeaseLost and nothing is committed

Clocks of two processes are never compared: who waits watches the other's heartbeat, on the clock that stands still in a
suspend (CLOCK_MONOTONIC), since the other is suspended then, too. The promise rests on no clock: a process that was
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
from typing import NamedTuple, cast

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update

from cloud.database.engine import Database, DatabaseUnavailable
from cloud.database.tables import IngestLeaseRow as Row

HEARTBEAT_S = 2.0
EXPIRY_S = 3 * HEARTBEAT_S
POLL_S = 0.5
MOST_RACES = 5
"""Attempts that may lose a race for the rows before the database counts as unavailable."""

_log = logging.getLogger(__name__)


class LeaseHeld(Exception):
    """Another process takes in these shards, and lives; the text is one sentence."""


class LeaseLost(Exception):
    """Another process has taken these shards from this one; the text is one sentence."""


class LeaseHolder(NamedTuple):
    """A process that has shards: `token` is one start of it, `name` is for people, `heartbeat` counts up."""

    token: str
    name: str
    process: str
    first: int
    last: int
    heartbeat: int


class Lease:
    """The right of this process to ingest `shards`."""

    def __init__(
        self,
        database: Database,
        shards: range,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        process: str = "",
    ) -> None:
        self._database = database
        self._shards = shards
        self._clock = clock
        self._sleep = sleep
        self._token = secrets.token_hex(16)
        self._process = process or this_process()
        self._name = f"process {os.getpid()} on {socket.gethostname()}"
        self._confirmed_s = float("-inf")

    async def acquire(self) -> None:
        """Acquire the shards; LeaseHeld if a living process has one of them, DatabaseUnavailable if nobody can say."""
        heartbeats: dict[str, tuple[int, float]] = {}
        gone: set[str] = set()
        races = 0
        while True:
            try:
                others = await self._database.run(lambda connection: self._claim(connection, gone))
            except DatabaseUnavailable:
                races += 1
                if races > MOST_RACES:
                    raise
                continue
            if not others:
                return
            for other in others:
                first_heartbeat, since_s = heartbeats.setdefault(other.token, (other.heartbeat, self._clock()))
                if other.heartbeat != first_heartbeat:
                    raise LeaseHeld(self._held_by(other))
                if is_gone(other.process) or self._clock() - since_s >= EXPIRY_S:
                    _log.warning("shards %d-%d are taken from %s, which is gone", other.first, other.last, other.name)
                    gone.add(other.token)
            if not gone.issuperset(other.token for other in others):
                await self._sleep(POLL_S)

    def confirm(self, connection: Connection) -> None:
        """Check, in the transaction of `connection`, that the shards are still ours; LeaseLost if not."""
        if connection.execute(_BEAT, {"b_shard": self._shards[0], "b_token": self._token}).rowcount != 1:
            raise LeaseLost(
                f"shards {self._range()} were taken over by another process while this one was not heard of; it ends"
            )
        self._confirmed_s = self._clock()

    async def keep_alive(self) -> None:
        """Count the heartbeat up until cancelled; LeaseLost when the shards are another's."""
        while True:
            await self._sleep(HEARTBEAT_S)
            if self._clock() - self._confirmed_s >= HEARTBEAT_S:
                with contextlib.suppress(DatabaseUnavailable):  # then nothing is committed either
                    await self._database.run(self.confirm)

    async def release(self) -> None:
        """Give the shards up, so that the next process has them at once."""
        with contextlib.suppress(DatabaseUnavailable):
            await self._database.run(lambda connection: connection.execute(delete(Row).where(Row.token == self._token)))

    def _claim(self, connection: Connection, gone: set[str]) -> list[LeaseHolder]:
        """Insert our rows if nobody but those `gone` has one; else return who has."""
        if gone:
            connection.execute(delete(Row).where(Row.token.in_(gone)))  # all of theirs: a process is whole or gone
        others = _holders_of(connection, self._shards)
        if not others:
            row = {"token": self._token, "holder": self._name, "process": self._process, "beat": 0}
            connection.execute(insert(Row), [{"shard": shard, **row} for shard in self._shards])
        return others

    def _held_by(self, other: LeaseHolder) -> str:
        return (
            f"ingest.shards {self._range()}: {other.name} takes in shards {other.first}-{other.last}; "
            "give this process other shards, or stop that one"
        )

    def _range(self) -> str:
        return f"{self._shards[0]}-{self._shards[-1]}"


_LEASES = cast(Table, Row.__table__)
# made once: each group of readings confirms, and to make the statement costs five times as much as to run it
_BEAT = (
    update(_LEASES)
    .where(_LEASES.c.shard == bindparam("b_shard"), _LEASES.c.token == bindparam("b_token"))
    .values({"beat": _LEASES.c["beat"] + 1})
)


def _holders_of(connection: Connection, shards: range) -> list[LeaseHolder]:
    concerned = select(Row.token).where(Row.shard.between(shards[0], shards[-1]))
    rows = connection.execute(
        select(Row.token, Row.holder, Row.process, func.min(Row.shard), func.max(Row.shard), func.max(Row.heartbeat))
        .where(Row.token.in_(concerned))
        .group_by(Row.token, Row.holder, Row.process)
    )
    return [LeaseHolder(*row) for row in rows]


def this_process() -> str:
    """Identify this process among all on this machine, ever; empty where the kernel does not say."""
    try:
        return f"{_kernel()} {os.getpid()} {_started(os.getpid())}"
    except OSError:
        return ""


def is_gone(process: str) -> bool:
    """Say whether a process, named by `this_process`, ran on this machine and has ended; False where unknown."""
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
