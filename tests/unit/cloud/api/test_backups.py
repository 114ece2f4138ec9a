"""Backups over the API: listed, made and verified by administrators of all of the city, one at a time."""

import asyncio
from pathlib import Path

from cloud.access.principal import Role
from cloud.backup.backups import Backups
from cloud.backup.settings import BackupSettings
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai

AT = "/api/v1/backups"


async def test_one_is_made_verified_and_listed(tmp_path: Path):
    may_end = asyncio.Event()

    async def run(*_arguments: str) -> str:
        await may_end.wait()
        return "the disk is full"

    async with Morotai(tmp_path) as city, api_of(city) as client:
        assert (await client.get(AT)).json()["type"] == "urn:siaga:problem:no-backups"
        folder = tmp_path / "backups"
        (folder / "20261125T010000Z").mkdir(parents=True)
        (folder / "20261125T010000Z" / "manifest.json").write_text("{}")
        city.platform.backups = Backups(
            city.database, BackupSettings(), folder=folder, config=tmp_path / "cloud.toml", oldest_h=36, run=run
        )
        begun = await client.post(AT)
        assert (begun.status_code, begun.json()["verifies"]) == (202, "")
        for path in (AT, f"{AT}/20261125T010000Z/verify"):
            again = await client.post(path)
            assert (again.status_code, again.json()["type"]) == (409, "urn:siaga:problem:backup-runs")
        unknown = await client.post(f"{AT}/20261125T010001Z/verify")
        assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:siaga:problem:unknown-backup")
        may_end.set()
        async with asyncio.timeout(10):
            while (found := (await client.get(AT)).json())["work"] is not None:
                await asyncio.sleep(0.01)
        assert found["result"]["problem"] == "the disk is full"
        assert (found["count"], found["due"], found["being_made"]) == (1, None, False)
        assert found["backups"][0]["made"] == "2026-11-25T01:00:00.000Z"
        assert "damaged" in found["backups"][0]["problem"]
        for role, sites in ((Role.ENGINEER, None), (Role.ADMINISTRATOR, ["daruba"])):
            client.headers["Authorization"] = f"Bearer {await city.token(role, sites=sites)}"
            assert (await client.get(AT)).status_code == 403
            assert (await client.post(AT)).status_code == 403
