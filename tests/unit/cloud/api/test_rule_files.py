from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.access.principal import Role
from cloud.api.app import make_api
from cloud.database.audit_log import Actor
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.served import RIVER_RULE

ANI = Actor("ani")
CHANGE = '[[rules]]\nfamily = "river-level"\nscope = "sensor:river"\nfor_s = 60\n'
EXPORT, IMPORT = "/api/v1/rules/export", "/api/v1/rules/import"


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city with a rule for all rivers and a wait at one gauge."""
    async with Morotai(tmp_path) as city:
        await city.rule_store.save("river-level", "all", RIVER_RULE, actor=ANI, reason="the beginning")
        await city.rule_store.save("river-level", "sensor:river", {"for_s": 120.0}, actor=ANI, reason="waves")
        yield city


async def ask(
    city: Morotai, method: str, path: str, *, role: Role = Role.ENGINEER, sites: list[str] | None = None, **more: Any
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {await city.token(role, sites=sites)}"}
    transport = httpx.ASGITransport(make_api(city.platform))
    async with httpx.AsyncClient(transport=transport, base_url="http://siaga.test", headers=headers) as client:
        return await client.request(method, path, **more)


async def test_an_export_is_imported_to_the_same_and_a_dry_run_changes_nothing(city: Morotai):
    exported = await ask(city, "GET", EXPORT, role=Role.VIEWER)
    assert exported.headers["content-type"].startswith("application/toml")
    same = await ask(city, "POST", IMPORT, content=exported.content)
    assert same.json() == {"applied": False, "count": 0, "differences": [], "problems": [], "seen": 2}
    dry = (await ask(city, "POST", IMPORT, content=CHANGE)).json()
    assert dry["differences"] == [
        {"family": "river-level", "scope": "sensor:river", "line": 1, "before": {"for_s": 120.0},
         "after": {"for_s": 60.0}}
    ]  # fmt: skip
    assert city.rule_store.known == 2


async def test_an_import_is_applied_with_a_reason_once_and_only_to_what_was_seen(city: Morotai):
    params: dict[str, Any] = {"dry_run": False, "reason": "surveyed", "seen": 2}
    done = (await ask(city, "POST", IMPORT, content=CHANGE, params=params)).json()
    assert (done["applied"], done["count"], done["seen"]) == (True, 1, 3)
    again = (await ask(city, "POST", IMPORT, content=CHANGE, params=params)).json()
    assert (again["applied"], again["count"]) == (False, 0)
    stale = await ask(city, "POST", IMPORT, content=CHANGE.replace("60", "90"), params=params)
    assert stale.status_code == 422
    assert "somebody has changed them" in stale.json()["detail"]
    nameless = await ask(city, "POST", IMPORT, content=CHANGE.replace("60", "90"), params={"dry_run": False})
    assert nameless.json()["problems"] == ["reason: is empty; say in a few words why the rule changes"]


async def test_what_is_wrong_is_told_by_line_and_nothing_is_changed(city: Morotai):
    wrong = CHANGE.replace("60", "-1")
    dry = (await ask(city, "POST", IMPORT, content=wrong)).json()
    assert [problem["line"] for problem in dry["problems"]] == [4]
    refused = await ask(city, "POST", IMPORT, content=wrong, params={"dry_run": False, "reason": "why"})
    assert refused.status_code == 422
    assert refused.json()["problems"][0].startswith("line 4: river-level for sensor:river: for_s -1")
    assert (await ask(city, "POST", IMPORT, content=b"\xff")).status_code == 422
    assert city.rule_store.known == 2


async def test_files_are_for_those_who_may_read_and_change_what_they_name(city: Morotai):
    assert (await ask(city, "POST", IMPORT, role=Role.OPERATOR, content=CHANGE)).status_code == 403
    part = await ask(city, "GET", EXPORT, sites=["dodola"])
    assert "sensor:river" not in part.text
    params: dict[str, Any] = {"dry_run": False, "reason": "why"}
    foreign = await ask(city, "POST", IMPORT, sites=["dodola"], content=CHANGE, params=params)
    assert foreign.status_code == 422
    assert "reaches beyond the sites" in foreign.json()["detail"]
    assert (await ask(city, "GET", EXPORT, params={"family": "none"})).status_code == 404
    assert "river-level" in (await ask(city, "GET", EXPORT, params={"family": "river-level"})).text
    assert (await ask(city, "POST", IMPORT, content="#" * (2**20 + 1))).status_code == 413
