"""Backups for whoever looks after them: what lies in the folder, one that is made or verified now, the last result.

make(actor) ─► siaga-cloud backup --verify, in a process of its own ─► result, journal        one at a time
run()       ─► the same by itself, where [backup] every_h says how often
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from cloud.backup.command import run_command
from cloud.backup.contents import BackupContents, ContentsReader
from cloud.backup.schedule import is_due
from cloud.backup.settings import BackupSettings
from cloud.core.health import Component, Condition
from cloud.database.audit_log import SYSTEM, Actor, write_entry
from cloud.database.engine import Database, DatabaseUnavailable
from i18n.message import LocalizedMessage
from runtime.clock import MACHINE, Clocks
from wire.durations import HOUR_MS

CHECK_S = 60.0
"""How often is asked whether a backup is due."""
HELD_MS = 2_000
"""For how long what was read of the folder is shown again, however many look at it."""
STALLED_MS = 600_000
"""One that has not grown for so long has broken off; the next one clears it away."""
_log = logging.getLogger(__name__)


class BackupsRejected(Exception):
    """Nothing was begun; `kind` is a row of the API's problems, `sentence` why, for people of both languages."""

    def __init__(self, kind: str, sentence: LocalizedMessage) -> None:
        super().__init__(sentence)
        self.kind, self.sentence = kind, sentence


class BackupWork(msgspec.Struct, frozen=True):
    """What is under way since `since_ms` (UTC): `verifies` is the backup that is verified, empty where one is made."""

    since_ms: int
    actor: str
    verifies: str = ""


class BackupResult(msgspec.Struct, frozen=True):
    """What came of it, and when (UTC): `problem` is a sentence, empty where it succeeded."""

    work: BackupWork
    ended_ms: int
    problem: str = ""


class Backups:
    """The backups in `folder`, made by the settings in the file `config`; `oldest_h` is how old the newest may be."""

    def __init__(
        self, database: Database, settings: BackupSettings, *, folder: Path, config: Path, oldest_h: float,
        clock: Clocks = MACHINE, run: Callable[..., Awaitable[str]] = run_command,
    ) -> None:  # fmt: skip
        self.settings, self.folder, self.config, self.oldest_h = settings, folder, config, oldest_h
        self.work: BackupWork | None = None
        """What this process does now."""
        self.result: BackupResult | None = None
        """What came of the last that this process did."""
        self._database, self._clock, self._run_command = database, clock, run
        self._reader = ContentsReader(folder)
        self._held: tuple[int, BackupContents] | None = None
        self._attempt: tuple[int, str] | None = None  # of those by itself: when by the machine's time, and its problem
        self._task: asyncio.Task[object] | None = None

    async def contents(self) -> BackupContents:
        """Return what lies in the folder, as of two seconds ago at most."""
        now_ms = self._clock.boot_ms()
        if self._held is None or now_ms - self._held[0] >= HELD_MS:
            self._held = now_ms, await asyncio.to_thread(self._reader.read)
        return self._held[1]

    async def make(self, actor: Actor) -> BackupWork:
        """Begin to make a backup; BackupsRejected where one is under way."""
        contents = await self.contents()
        if self.work is None and self._is_growing(contents):
            sentence = LocalizedMessage(
                "another backup is being made in {folder}; wait for it", folder=str(self.folder)
            )
            raise BackupsRejected("backup-runs", sentence)
        work = self._begin(BackupWork(self._clock.wall_ms(), actor.name))
        try:
            await self._write(actor, "start", "backup")
        except BaseException:
            self.work = None
            raise
        self._task = asyncio.create_task(self._make(work, actor))
        return work

    async def verify(self, name: str, actor: Actor) -> BackupWork:
        """Begin to verify a backup; BackupsRejected where there is none of that name, or something is under way."""
        if name not in {one.name for one in (await self.contents()).kept}:
            said = LocalizedMessage("there is no backup {name}; load the page again", name=name[:40])
            raise BackupsRejected("unknown-backup", said)
        work = self._begin(BackupWork(self._clock.wall_ms(), actor.name, name))
        self._task = asyncio.create_task(self._verify(work, actor))
        return work

    async def run(self) -> None:
        """Make backups as the settings say, until cancelled."""
        while True:
            try:
                await self.poll()
            except Exception:
                _log.exception("a look at the backups failed in a way that nobody foresaw; the next one tries again")
            await asyncio.sleep(CHECK_S)

    async def poll(self) -> None:
        """Make a backup if one is due, and wait for its end."""
        contents = await self.contents()
        if self.work is not None or self._is_growing(contents) or not self._is_due(contents):
            return
        actor, began_ms = Actor(SYSTEM), self._clock.boot_ms()
        work = self._begin(BackupWork(self._clock.wall_ms(), actor.name))
        self._attempt = began_ms, "it broke off"
        self._attempt = began_ms, await self._make(work, actor)

    def due_ms(self, contents: BackupContents) -> int | None:
        """Return when the cloud makes the next by itself (UTC); None where it makes none."""
        if self.settings.every_h is None:
            return None
        now_ms = self._clock.wall_ms()
        newest = contents.newest(now_ms)
        return now_ms if newest is None else max(now_ms, newest.made_ms + round(self.settings.every_h * HOUR_MS))

    def is_growing(self, contents: BackupContents) -> bool:
        """Tell whether a backup is being made, by this process or another."""
        making = self.work is not None and not self.work.verifies
        return making or self._is_growing(contents)

    def component(self) -> Component:
        """Say whether the last backup that the cloud made by itself succeeded."""
        if self._attempt is None or not self._attempt[1]:
            return Component(Condition.OK, LocalizedMessage("none that the cloud made by itself has failed"))
        said = LocalizedMessage("the last backup failed: {problem}", problem=self._attempt[1])
        return Component(Condition.DEGRADED, said)

    def _begin(self, work: BackupWork) -> BackupWork:
        if self.work is not None:
            said = LocalizedMessage("a backup is being made or verified already; wait for its end")
            raise BackupsRejected("backup-runs", said)
        self.work = work
        return work

    async def _make(self, work: BackupWork, actor: Actor) -> str:
        settings = self.settings
        without = () if settings.readings else ("--without-readings",)
        problem = await self._done(
            work, "backup", "--config", str(self.config), "--to", str(self.folder), "--keep", str(settings.keep),
            "--verify", *without,
        )  # fmt: skip
        newest = next(iter((await self.contents()).kept), None)
        subject = f"backup:{newest.name}" if newest is not None and not problem else "backup"
        await self._record(actor, "fail" if problem else "make", subject, problem)
        return problem

    async def _verify(self, work: BackupWork, actor: Actor) -> None:
        problem = await self._done(work, "backup", "verify", str(self.folder / work.verifies))
        await self._record(actor, "verify", f"backup:{work.verifies}", problem)

    async def _done(self, work: BackupWork, *arguments: str) -> str:
        problem = "it broke off"
        try:
            problem = await self._run_command(*arguments)
        except OSError as error:
            problem = f"no process can be begun: {error.strerror}"
        finally:
            self.work, self._held = None, None
            self.result = BackupResult(work, self._clock.wall_ms(), problem)
        if problem:
            _log.error("siaga-cloud %s: %s", " ".join(arguments[:2]), problem)
        return problem

    async def _record(self, actor: Actor, action: str, subject: str, problem: str) -> None:
        try:
            await self._write(actor, action, subject, reason=problem)
        except DatabaseUnavailable as error:
            _log.warning("the journal does not have that %s did %s %s: %s", actor.name, action, subject, error)

    async def _write(self, actor: Actor, action: str, subject: str, *, reason: str = "") -> None:
        now_ms = self._clock.wall_ms()
        await self._database.run(
            lambda connection: write_entry(connection, actor, action, subject, now_ms=now_ms, reason=reason)
        )

    def _is_growing(self, contents: BackupContents) -> bool:
        growing = contents.growing
        return growing is not None and abs(self._clock.wall_ms() - growing.grown_ms) < STALLED_MS

    def _is_due(self, contents: BackupContents) -> bool:
        if self.settings.every_h is None or contents.problem:
            return False
        now_ms = self._clock.wall_ms()
        newest, attempt = contents.newest(now_ms), self._attempt
        return is_due(
            every_s=self.settings.every_h * 3_600,
            age_s=None if newest is None else (now_ms - newest.made_ms) / 1_000,
            attempted_s=None if attempt is None else (self._clock.boot_ms() - attempt[0]) / 1_000,
            failed=attempt is not None and bool(attempt[1]),
        )
