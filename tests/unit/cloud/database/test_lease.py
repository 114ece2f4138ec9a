"""No two processes take in the same shards, on either registry database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import insert, select

from cloud.database.engine import Database
from cloud.database.lease import EXPIRY_S, POLL_S, Lease, LeaseHeld, LeaseLost, is_gone, this_process
from cloud.database.tables import IngestLeaseRow as Row
from cloud.gateways.tables import ClosedStreams
from tests.registries import ENGINES

ALL, LOWER, UPPER, MIDDLE = range(64), range(32), range(32, 64), range(16, 48)
ELSEWHERE = "another-kernel pid:[1] 7 12345"


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, new_registry: Callable[[str], str]) -> str:
    return new_registry(request.param)


class Waiting:
    """A clock that runs only while somebody pauses, and what happens at each pause."""

    def __init__(self, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
        self.now_s = 0.0
        self.pauses = 0
        self._meanwhile = meanwhile

    def clock(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        self.pauses += 1
        if self._meanwhile is not None:
            await self._meanwhile()


@asynccontextmanager
async def registry(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


def lease(database: Database, shards: range, waiting: Waiting | None = None, *, process: str = ELSEWHERE) -> Lease:
    waiting = waiting or Waiting()
    return Lease(database, shards, clock=waiting.clock, sleep=waiting.sleep, process=process)


async def shards_in(database: Database) -> list[int]:
    return list(await database.run(lambda connection: connection.scalars(select(Row.shard).order_by(Row.shard)).all()))


async def test_two_processes_with_half_of_the_shards_each_stand_side_by_side(url: str):
    async with registry(url) as database:
        lower, upper = lease(database, LOWER), lease(database, UPPER)
        await lower.acquire()
        await upper.acquire()
        await database.run(lower.confirm)
        await database.run(upper.confirm)
        assert await shards_in(database) == list(ALL)


async def test_shards_of_a_process_that_lives_are_refused_in_one_sentence(url: str):
    async with registry(url) as database:
        holder = lease(database, MIDDLE)
        await holder.acquire()
        waiting = Waiting(lambda: database.run(holder.confirm))
        with pytest.raises(LeaseHeld, match=r"ingest.shards 0-31: process \d+ on .* takes in shards 16-47; give"):
            await lease(database, LOWER, waiting).acquire()
        assert waiting.now_s == POLL_S
        assert await shards_in(database) == list(MIDDLE)


async def test_shards_of_a_process_whose_beat_stands_are_taken_and_it_can_commit_nothing_more(url: str):
    async with registry(url) as database:
        asleep = lease(database, MIDDLE)
        await asleep.acquire()
        waiting = Waiting()
        await lease(database, LOWER, waiting).acquire()
        assert waiting.now_s == EXPIRY_S
        assert await shards_in(database) == list(LOWER)

        def write(connection: object) -> None:
            row = {"gateway": "gw", "received": 1, "duplicates": 0, "missing": 0, "declared_lost": 0}
            connection.execute(insert(ClosedStreams), [row])  # type: ignore[attr-defined]
            asleep.confirm(connection)  # type: ignore[arg-type]

        with pytest.raises(LeaseLost, match=r"shards 16-47 were taken over"):
            await database.run(write)
        assert await database.run(lambda connection: connection.execute(select(ClosedStreams.gateway)).all()) == []
        with pytest.raises(LeaseLost):
            await asleep.keep_alive()


async def test_shards_that_were_given_back_are_taken_without_waiting(url: str):
    async with registry(url) as database:
        before = lease(database, ALL)
        await before.acquire()
        await before.release()
        waiting = Waiting()
        await lease(database, ALL, waiting).acquire()
        assert waiting.pauses == 0


async def test_of_two_that_come_at_the_same_moment_one_has_the_shards(url: str):
    async with registry(url) as one, registry(url) as other:
        leases: dict[Database, Lease] = {}

        async def everybody_beats() -> None:
            for database, lease in leases.items():
                if await shards_in(database):
                    await asyncio.gather(database.run(lease.confirm), return_exceptions=True)

        for database, shards in ((one, ALL), (other, MIDDLE)):
            leases[database] = lease(database, shards, Waiting(everybody_beats))
        outcomes = await asyncio.gather(*(lease.acquire() for lease in leases.values()), return_exceptions=True)
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LeaseHeld", "NoneType"]


@pytest.mark.parametrize("named", [ELSEWHERE, "", "nonsense", this_process()], ids=["elsewhere", "", "words", "self"])
def test_a_process_of_which_nothing_can_be_known_here_is_not_called_gone(named: str):
    assert not is_gone(named)
