"""The spool's shell on a real file: commits, forces, damage while it runs."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.spool import spool as spool_module
from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.spans import SeqRange
from edge.spool.spool import Spool
from edge.spool.spooler import Spooler
from edge.spool.sync_checkpoint import read_sync_checkpoint
from edge.spool.write_batch import DiskProblem, Origin
from wire import Reading

PATIENCE_S = 20.0


def spooler(path: Path, *, stream: str = "now", fsync_s: float = 0.3) -> Spooler:
    spool = Spool(Origin(stream, "boot", 0), Limits(max_bytes=2**30, min_free_bytes=0, fsync_s=fsync_s))
    return Spooler(spool, SpoolFile(path), on_change=lambda: None)


def readings(count: int) -> list[Reading]:
    return [Reading("air-1", "co2", number, float(number)) for number in range(count)]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def _tries_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "RETRY_S", 0.02)


async def test_with_a_good_link_nothing_is_forced(tmp_path: Path):
    kept = spooler(tmp_path / "spool.db")
    await kept.start()
    for _ in range(20):
        kept.append(readings(5))
        await until(lambda: kept.spool.committed_last == kept.spool.ledger.next_seq - 1)
        span = kept.spool.ledger.pop_live(5, kept.spool.sendable)
        assert span is not None
        kept.ack(span)
    assert kept.spool.committed_last == 100
    assert kept.forces == 0
    await kept.stop()


async def test_without_acks_what_is_committed_is_forced_and_marked(tmp_path: Path):
    kept = spooler(tmp_path / "spool.db")
    await kept.start()
    kept.append(readings(5))
    await until(lambda: kept.forces == 1)
    assert read_sync_checkpoint(tmp_path / "spool.db.mark") == {"now": (1, 5)}
    await kept.stop()


async def test_a_long_log_is_moved_into_the_file(tmp_path: Path):
    kept = spooler(tmp_path / "spool.db", fsync_s=3_600)
    kept.spool.limits = Limits(max_bytes=80_000, min_free_bytes=0, fsync_s=3_600)
    await kept.start()
    kept.append(readings(2_000))
    wal = tmp_path / "spool.db-wal"
    await until(lambda: kept.forces > 0 and wal.stat().st_size < 10_000)
    await kept.stop()


async def test_readings_come_back_from_file_and_memory(tmp_path: Path):
    kept = spooler(tmp_path / "spool.db")
    await kept.start()
    kept.append(readings(5))
    kept.spool.ledger.pop_live(5, 5)
    await until(lambda: kept.spool.committed_last == 5)
    kept.append(readings(2))
    got = await kept.read(SeqRange("now", 3, 7))
    assert got is not None
    assert [reading.value for reading in got] == [2.0, 3.0, 4.0, 0.0, 1.0]
    await kept.stop()


async def test_a_file_that_is_damaged_while_in_use_is_salvaged_and_the_rest_declared(tmp_path: Path):
    path = tmp_path / "spool.db"
    before = spooler(path, stream="before")
    await before.start()
    before.append(readings(20_000))  # more than SQLite's cache holds
    await before.stop()
    kept = spooler(path)
    await kept.start()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 1024 * 1024)
        file.write(os.urandom(2_048))
    assert await kept.read(SeqRange("before", 1, 20_000)) is None
    lost = sum(loss.last - loss.first + 1 for loss in kept.spool.losses.pending())
    assert 0 < lost < 300
    assert kept.spool.ledger.depth == 20_000 - lost
    for first, last in list(kept.spool.ledger.outstanding("before")):
        assert len(await kept.read(SeqRange("before", first, last)) or []) == last - first + 1
    await kept.stop()


async def test_a_disk_that_refuses_is_tried_until_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    refusals = [DiskProblem("spool.db: database or disk is full")] * 2
    really_commit = SpoolFile.commit

    def commit(self: SpoolFile, batch: object) -> None:
        if refusals:
            raise refusals.pop()
        really_commit(self, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(SpoolFile, "commit", commit)

    kept = spooler(tmp_path / "spool.db")
    await kept.start()
    safe: list[bool] = []
    kept.append(readings(5), safe=lambda: safe.append(True))
    await until(lambda: "full" in kept.spool.problem)
    assert safe == []
    await until(lambda: safe == [True])
    assert kept.spool.problem == ""
    await kept.stop()


async def test_a_spool_that_cannot_be_opened_yet_is_opened_later(tmp_path: Path):
    folder = tmp_path / "later"
    folder.write_text("a file where the folder should be")
    kept = spooler(folder / "spool.db")
    await kept.start()
    assert kept.spool.problem
    kept.append(readings(5))
    folder.unlink()
    await until(lambda: kept.spool.committed_last == 5)
    await kept.stop()
    after = spooler(folder / "spool.db", stream="after")
    await after.start()
    assert after.spool.ledger.depth == 5
    await after.stop()


async def test_what_must_be_committed_before_it_is_sent_is_no_news_for_the_uplink_until_then(tmp_path: Path):
    news: list[int] = []
    spool = Spool(Origin("now", "boot", 0), Limits(max_bytes=2**30, min_free_bytes=0, fsync_s=0.3))
    here = Spooler(spool, SpoolFile(tmp_path / "spool.db"), on_change=lambda: news.append(spool.sendable))
    await here.start()
    news.clear()
    here.append(readings(2), keep={"taken": "1"}, safe=lambda: None)
    assert news == []
    await until(lambda: news == [2])
    here.append(readings(1))
    assert news == [2, 3]
    await here.stop()
