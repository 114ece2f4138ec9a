"""Backups for whoever looks after them: made and verified one at a time, by themselves, with their results said."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from cloud.backup.backups import STALLED_MS, Backups, BackupsRejected
from cloud.backup.contents import AHEAD_MS, ContentsReader
from cloud.backup.settings import BackupSettings
from cloud.backup.verification import VERIFIED
from cloud.core.health import Condition
from cloud.database.audit_log import SYSTEM, Actor, read_entries
from cloud.database.engine import Database
from runtime.clock import Clocks
from tests.unit.cloud.backup.house import READINGS, Machine

pytestmark = pytest.mark.asyncio(loop_scope="module")
ANI = Actor("ani", "10.0.0.7")
NOW_MS = int(datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp() * 1_000)
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(tmp_path_factory.mktemp("backups") / "cloud").fill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(machine: Machine) -> AsyncIterator[Database]:
    database = Database(machine.url)
    await database.open()
    yield database
    await database.close()


class Setting:
    """Backups with clocks of the test's own, and a command that does what `answers` say."""

    def __init__(self, database: Database, folder: Path, **settings: float) -> None:
        self.folder = folder / "backups"
        self.now_ms = self.boot_ms = NOW_MS
        self.asked: list[tuple[str, ...]] = []
        self.problem = ""
        self.may_end = asyncio.Event()
        self.may_end.set()
        clock = Clocks(lambda: self.now_ms, lambda: self.boot_ms)
        self.backups = Backups(
            database, BackupSettings.model_validate(settings), folder=self.folder, config=folder / "cloud.toml",
            oldest_h=36, clock=clock, run=self.run,
        )  # fmt: skip

    async def run(self, *arguments: str) -> str:
        self.asked.append(arguments)
        await self.may_end.wait()
        if "--to" in arguments and not self.problem:
            self.put(self.now_ms)
        return self.problem

    def put(self, made_ms: int) -> Path:
        """A backup as the list knows it, though not what is in it."""
        path = self.folder / f"{datetime.fromtimestamp(made_ms / 1_000, UTC):%Y%m%dT%H%M%SZ}"
        path.mkdir(parents=True, exist_ok=True)
        (path / "manifest.json").write_text("{}")
        return path

    def later(self, hours: float) -> None:
        self.now_ms += int(hours * HOUR_MS)
        self.boot_ms += int(hours * HOUR_MS)

    async def ended(self) -> None:
        async with asyncio.timeout(30):
            while self.backups.work is not None:
                await asyncio.sleep(0.01)


async def test_one_is_made_and_verified_by_the_command_itself(machine: Machine, database: Database, tmp_path: Path):
    backups = Backups(database, BackupSettings(keep=3), folder=tmp_path / "new", config=machine.config, oldest_h=36)
    assert (await backups.contents()).count == 0
    work = await backups.make(ANI)
    assert (work.actor, backups.is_growing(await backups.contents())) == ("ani", True)
    with pytest.raises(BackupsRejected) as rejected:
        await backups.make(ANI)
    assert rejected.value.kind == "backup-runs"
    await finished(backups)
    (kept,) = (await backups.contents()).kept
    assert (kept.readings, kept.problem) == (READINGS, "")
    assert kept.rows > 0
    assert kept.bytes == sum(
        file.stat().st_size for file in (tmp_path / "new" / kept.name).iterdir() if file.name != VERIFIED
    )
    assert kept.verification is not None
    assert kept.verification.problem == ""
    (tmp_path / "new" / kept.name / "readings.lp.gz").write_bytes(b"damaged")
    await backups.verify(kept.name, ANI)
    await finished(backups)
    assert backups.result is not None
    assert "was written with" in backups.result.problem
    backups._held = None
    (kept,) = (await backups.contents()).kept
    assert kept.verification is not None
    assert kept.verification.problem == backups.result.problem
    entries = [(entry.actor, entry.action, entry.subject) for entry in await database.run(read_entries)][:3]
    subject = f"backup:{kept.name}"
    assert entries == [("ani", "verify", subject), ("ani", "make", subject), ("ani", "start", "backup")]


async def finished(backups: Backups) -> None:
    async with asyncio.timeout(60):
        while backups._task is None or not backups._task.done():
            await asyncio.sleep(0.01)
    backups._task.result()


async def test_they_are_made_by_themselves_when_they_are_due_and_not_again_after_a_restart(
    database: Database, tmp_path: Path
):
    house = Setting(database, tmp_path, every_h=24, keep=7)
    await house.backups.poll()
    await house.backups.poll()
    (command,) = house.asked
    assert command[-5:] == ("--to", str(house.folder), "--keep", "7", "--verify")
    after = Setting(database, tmp_path, every_h=24)
    after.later(23.9)
    await after.backups.poll()
    assert after.asked == []
    assert after.backups.due_ms(await after.backups.contents()) == NOW_MS + 24 * HOUR_MS
    after.later(0.2)
    await after.backups.poll()
    assert len(after.asked) == 1
    assert (await database.run(read_entries))[0].actor == SYSTEM


async def test_one_that_failed_is_said_in_health_until_one_succeeds(database: Database, tmp_path: Path):
    house = Setting(database, tmp_path, every_h=24)
    house.problem = "--to backups: the backup cannot be written: No space left on device; make room there"
    await house.backups.poll()
    assert house.backups.component().status is Condition.DEGRADED
    assert "No space left on device" in house.backups.component().detail
    house.later(0.5)
    await house.backups.poll()
    assert len(house.asked) == 1
    house.problem = ""
    house.later(0.5)
    await house.backups.poll()
    assert house.backups.component().status is Condition.OK
    assert [(entry.action, entry.reason) for entry in await database.run(read_entries)][:2] == [
        ("make", ""), ("fail", "--to backups: the backup cannot be written: No space left on device; make room there"),
    ]  # fmt: skip


async def test_where_nobody_says_how_often_none_is_made(database: Database, tmp_path: Path):
    house = Setting(database, tmp_path)
    await house.backups.poll()
    assert house.asked == []
    assert house.backups.due_ms(await house.backups.contents()) is None


async def test_one_that_another_process_makes_is_waited_for_until_it_breaks_off(database: Database, tmp_path: Path):
    house = Setting(database, tmp_path, every_h=24)
    left = house.folder / "20261125T115900Z.unfinished"
    left.mkdir(parents=True)
    (left / "registry.jsonl.gz").write_bytes(b"half")
    for path in (left, left / "registry.jsonl.gz"):
        os.utime(path, (NOW_MS / 1_000, NOW_MS / 1_000))
    contents = await house.backups.contents()
    assert contents.growing is not None
    assert (contents.growing.bytes, contents.growing.grown_ms) == (4, NOW_MS)
    await house.backups.poll()
    with pytest.raises(BackupsRejected):
        await house.backups.make(ANI)
    assert house.asked == []
    house.now_ms += STALLED_MS
    house.boot_ms += STALLED_MS
    await house.backups.poll()
    assert len(house.asked) == 1


async def test_only_a_backup_that_is_listed_is_verified(database: Database, tmp_path: Path):
    house = Setting(database, tmp_path)
    house.put(NOW_MS)
    for name in ("../20261125T120000Z", "20261125T120001Z", ""):
        with pytest.raises(BackupsRejected) as rejected:
            await house.backups.verify(name, ANI)
        assert rejected.value.kind == "unknown-backup"
    await house.backups.verify("20261125T120000Z", ANI)
    await finished(house.backups)
    assert house.asked == [("backup", "verify", str(house.folder / "20261125T120000Z"))]


async def test_one_of_the_future_is_not_the_newest(tmp_path: Path, database: Database):
    house = Setting(database, tmp_path)
    house.put(NOW_MS - HOUR_MS)
    house.put(NOW_MS + AHEAD_MS + HOUR_MS)
    contents = ContentsReader(house.folder).read()
    assert [one.made_ms - NOW_MS for one in contents.kept] == [AHEAD_MS + HOUR_MS, -HOUR_MS]
    newest = contents.newest(NOW_MS)
    assert newest is not None
    assert newest.made_ms == NOW_MS - HOUR_MS
    assert "damaged" in newest.problem
