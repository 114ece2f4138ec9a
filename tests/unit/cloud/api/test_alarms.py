from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import Connection

from cloud.access.principal import Role
from cloud.database.audit_log import Actor, write_entry
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.api.test_rules import RIVER
from wire import Reading

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def raise_alarm(city: Morotai) -> None:
    rule = RIVER | {"reject": ["clock_unknown"]}
    await city.rule_store.save("river-level", "all", rule, actor=Actor("ani"), reason="test")
    await city.send("gw-daruba", [Reading("river", "water_level", now_ms() + 5, 262.0)])


@pytest_asyncio.fixture(loop_scope="module")
async def city(city: Morotai) -> Morotai:
    """A city with an alarm."""
    await raise_alarm(city)
    return city


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_city(shared_city: Morotai) -> Morotai:
    """The same for tests that change nothing."""
    await raise_alarm(shared_city)
    return shared_city


async def post(client: httpx.AsyncClient, path: str, **body: Any) -> Any:
    answer = await client.post(f"/api/v1/alarms/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_alarm_is_listed_and_shown_with_its_rule_and_changes(shared_client: httpx.AsyncClient):
    page = (await shared_client.get("/api/v1/alarms?open=true")).json()
    (alarm,) = page["alarms"]
    assert page["next_before_id"] is None
    assert (alarm["state"], alarm["severity"], alarm["title"]) == ("alarming", "severe", "River is high")
    assert (alarm["level"]["name"], alarm["value"], alarm["unit"]) == ("Siaga 2", 262, "cm")
    detail = (await shared_client.get(f"/api/v1/alarms/{alarm['id']}")).json()
    assert detail["rule"]["hysteresis"] == 10
    assert [change["kind"] for change in detail["changes"]] == ["raised"]
    assert {name: value for name, value in detail.items() if name in alarm} == alarm


async def test_an_operator_acknowledges_with_a_word_and_the_journal_shows_it(city: Morotai):
    async with api_of(city, Role.OPERATOR) as operator, api_of(city, Role.OPERATOR) as second:
        alarm = await post(operator, "1/acknowledge", word="the pump runs")
        assert alarm["acknowledged_word"] == "the pump runs"
        answer = await second.post("/api/v1/alarms/1/acknowledge", json={"word": "mine"})
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:siaga:problem:already-acknowledged")
        assert alarm["acknowledged_by"] in answer.json()["detail"]
        (entry,) = (await second.get("/api/v1/alarms/1/journal")).json()["entries"]
        assert (entry["actor"], entry["word"]) == (alarm["acknowledged_by"], "the pump runs")


async def test_an_alarm_is_assigned_and_shelved_and_taken_back(client: httpx.AsyncClient):
    assert (await post(client, "1/assign", person="budi"))["assigned_to"] == "budi"
    shelved = await post(client, "1/shelve", until=str(now_ms() + 60_000), word="cleaning")
    assert shelved["shelved_until"]
    assert len((await client.get("/api/v1/alarms?shelved=true")).json()["alarms"]) == 1
    assert (await post(client, "1/shelve", until=None, word="clean"))["shelved_until"] is None
    assert len((await client.get("/api/v1/alarms/1/journal")).json()["entries"]) == 3


@pytest.mark.parametrize(
    ("path", "body", "status", "kind"),
    [
        ("17/acknowledge", {"word": "w"}, 404, "unknown-alarm"),
        ("1/acknowledge", {"word": " "}, 409, "alarm-refused"),
        ("1/acknowledge", {}, 422, "bad-parameter"),
        ("1/acknowledge", {"word": "w", "by": "me"}, 422, "bad-parameter"),
        ("1/shelve", {"until": "2020-01-01T00:00:00Z", "word": "w"}, 409, "alarm-refused"),
        ("1/shelve", {"until": "later", "word": "w"}, 422, "bad-parameter"),
    ],
)
async def test_a_wrong_action_is_a_problem_and_changes_nothing(
    shared_client: httpx.AsyncClient, path, body, status, kind
):
    answer = await shared_client.post(f"/api/v1/alarms/{path}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:siaga:problem:{kind}")
    assert (await shared_client.get("/api/v1/alarms/1/journal")).json()["entries"] == []


async def test_alarms_of_a_site_that_somebody_may_not_see_are_not_there_for_them(shared_city: Morotai):
    async with api_of(shared_city, Role.OPERATOR, sites=["sangowo"]) as other:
        assert (await other.get("/api/v1/alarms")).json()["alarms"] == []
        assert (await other.get("/api/v1/alarms/1")).status_code == 404
        assert (await other.post("/api/v1/alarms/1/acknowledge", json={"word": "w"})).status_code == 404
        assert (await other.get("/api/v1/journal")).status_code == 403


async def test_pages_of_alarms_follow_one_another(client: httpx.AsyncClient, city: Morotai):
    await city.send("gw-daruba", [Reading("river", "water_level", now_ms() + 10, 100.0)])
    await city.send("gw-daruba", [Reading("river", "water_level", now_ms() + 15, 200.0)])
    first = (await client.get("/api/v1/alarms?limit=1")).json()
    second = (await client.get(f"/api/v1/alarms?limit=1&before_id={first['next_before_id']}")).json()
    assert [first["alarms"][0]["id"], second["alarms"][0]["id"]] == [2, 1]
    assert second["next_before_id"] is None


async def test_a_maintenance_window_is_made_listed_and_ended(client: httpx.AsyncClient, city: Morotai):
    new = {"site": "daruba", "until": str(now_ms() + 60_000), "reason": "cleaning"}
    made = await client.post("/api/v1/maintenance", json=new)
    assert made.status_code == 201
    assert (await client.get("/api/v1/maintenance")).json() == [made.json()]
    async with api_of(city, Role.TECHNICIAN, sites=["sangowo"]) as other:
        assert (await other.get("/api/v1/maintenance")).json() == []
        assert (await other.delete("/api/v1/maintenance/1")).status_code == 404
        assert (await other.post("/api/v1/maintenance", json=new)).status_code == 403
    assert (await client.delete("/api/v1/maintenance/1")).status_code == 200
    assert (await client.get("/api/v1/maintenance")).json() == []
    assert (await client.delete("/api/v1/maintenance/9")).json()["type"] == "urn:siaga:problem:unknown-maintenance"
    wrong = await client.post("/api/v1/maintenance", json=new | {"site": "nowhere"})
    assert (wrong.status_code, wrong.json()["type"]) == (422, "urn:siaga:problem:maintenance-refused")


async def test_a_page_of_the_journal_weighs_no_more_than_a_browser_can_bear(tmp_path: Path):
    async with Morotai(tmp_path) as city, api_of(city) as client:

        def write(connection: Connection) -> None:
            for _ in range(12):
                write_entry(connection, Actor("ani"), "save-rule", "rule:a@all", now_ms=1, after={"x": "y" * 200_000})

        await city.database.run(write)
        seen, before = [], ""
        while True:
            page = await client.get(f"/api/v1/journal?subject=rule:a@all&limit=500{before}")
            assert len(page.content) < 1_300_000
            seen += [entry["id"] for entry in page.json()["entries"]]
            if page.json()["next_before_id"] is None:
                break
            before = f"&before_id={page.json()['next_before_id']}"
        assert seen == sorted(seen, reverse=True)
        assert len(seen) == 12
