"""The page of backups: how they are, one made and verified from it, and nothing for who may not see all of the city."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloud.access.principal import Role
from cloud.backup.backups import Backups
from cloud.backup.settings import BackupSettings
from cloud.database.audit_log import read_entries
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.asked import asked

AT = "/console/en/backups"


class Making:
    """What is asked of the command, which puts a backup into its folder, or fails with `problem`."""

    def __init__(self, city: Morotai, folder: Path) -> None:
        self.folder, self.problem, self.asked = folder, "", list[tuple[str, ...]]()
        self.may_end = asyncio.Event()
        city.platform.backups = self.backups = Backups(
            city.database, BackupSettings(every_h=24, keep=5), folder=folder, config=folder / "cloud.toml",
            oldest_h=36, run=self.run,
        )  # fmt: skip

    async def run(self, *arguments: str) -> str:
        self.asked.append(arguments)
        await self.may_end.wait()
        if not self.problem:
            self.put(now_ms())
        return self.problem

    def put(self, made_ms: int) -> str:
        name = f"{datetime.fromtimestamp(made_ms / 1_000, UTC):%Y%m%dT%H%M%SZ}"
        (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / name / "manifest.json").write_text('{"format": 9}')
        self.backups._held = None
        return name

    async def ended(self) -> None:
        self.may_end.set()
        async with asyncio.timeout(10):
            while self.backups._task is None or not self.backups._task.done():
                await asyncio.sleep(0.01)


async def test_an_administrator_makes_one_sees_that_it_is_made_and_what_came_of_it(city: Morotai, tmp_path: Path):
    making = Making(city, tmp_path / "backups")
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await browser.open(AT)
        assert "There is no backup yet." in page.text
        page = await browser.send(page, "make")
        assert page.words("said") == ["A backup is being made; this page says what comes of it."]
        assert "for administrator: 0 B so far." in page.text
        assert 'action="/console/en/backups/make"' not in page.text
        making.problem = "--to backups: the backup cannot be written: No space left on device; make room there"
        await making.ended()
        page = await browser.open(AT)
        assert "no backup was made: --to backups: the backup cannot be written: No space left on device" in page.text
        making.problem = ""
        page = await browser.send(page, "make")
        await making.ended()
        page = await browser.open(AT)
        assert "a backup was made and verified." in page.text
        assert page.text.count("data-backup=") == 1
    entries = {(entry.actor, entry.action) for entry in await city.database.run(read_entries)}
    assert {("administrator", "start"), ("administrator", "fail"), ("administrator", "make")} <= entries


async def test_one_is_verified_and_one_that_is_none_is_refused(city: Morotai, tmp_path: Path):
    making = Making(city, tmp_path / "backups")
    name = making.put(now_ms() - 3_600_000)
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await browser.open("/console/id/backups")
        refused = await browser.send(page, "verify", name="../../etc")
        assert (refused.status, making.asked) == (422, [])
        assert "tidak ada cadangan ../../etc" in " ".join(refused.words("mistake"))
        page = await browser.send(page, "verify", name=name)
        assert making.asked == [("backup", "verify", str(tmp_path / "backups" / name))]
        busy = await browser.send(page, "make")
        assert busy.status == 422
        await making.ended()


async def test_where_no_folder_is_named_the_page_says_what_to_write(city: Morotai):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await browser.open(AT)
        assert "[monitoring]\nbackups" in page.text
        assert (await browser.send(page, "make")).status == 422


@pytest.mark.parametrize(
    ("role", "sites"),
    [
        pytest.param(Role.ENGINEER, None, id="engineer"),
        pytest.param(Role.ADMINISTRATOR, ["daruba"], id="of-one-site"),
    ],
)
async def test_nobody_else_sees_or_makes_one(city: Morotai, tmp_path: Path, role: Role, sites: list[str] | None):
    making = Making(city, tmp_path / "backups")
    async with asked(city, role, sites=sites) as browser:
        assert (await browser.client.get(AT)).status_code in (403, 404)
        csrf = (await browser.open("/console/en/duty")).csrf
        for action in ("make", "verify"):
            answer = await browser.client.post(f"{AT}/{action}", data={"csrf": csrf, "name": "x"})
            assert answer.status_code in (403, 404)
        assert (await browser.client.get("/api/v1/backups")).status_code == 403
    assert making.asked == []
