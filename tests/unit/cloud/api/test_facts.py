"""Dated facts over the API: recorded, corrected, undone, and hidden from who may not see their site."""

from typing import Any

import httpx
import pytest

from cloud.access.principal import Role
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import Reading

pytestmark = pytest.mark.asyncio(loop_scope="module")
FACTS = "/api/v1/facts"
HEIGHT = {"subject": "sensor:river", "what": "mounting_height_cm", "value": 420, "reason": "surveyed"}


async def recorded(client: httpx.AsyncClient, **changed: Any) -> Any:
    answer = await client.post(FACTS, json=HEIGHT | changed)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def height(client: httpx.AsyncClient) -> float:
    return next(one for one in (await client.get("/api/v1/sensors")).json() if one["id"] == "river")[
        "mounting_height_cm"
    ]


async def test_a_recorded_fact_holds_at_once_and_its_undoing_gives_back_what_was(client: httpx.AsyncClient):
    assert await height(client) == 450
    fact = await recorded(client, source="survey 7")
    assert (fact["holds"], fact["author"], fact["source"], fact["reason"]) == (
        True, "token:test-1", "survey 7", "surveyed",
    )  # fmt: skip
    assert await height(client) == 420
    fixed = (await client.post(f"{FACTS}/{fact['id']}/correct", json={"value": 425, "reason": "typo"})).json()
    assert (fixed["valid_from"], await height(client)) == (fact["valid_from"], 425)
    listed = (await client.get(FACTS, params={"subject": "sensor:river", "what": "mounting_height_cm"})).json()
    assert [(one["value"], one["holds"]) for one in listed] == [(425, True), (420, False), (450, False)]
    assert listed[-1]["valid_from"] is None
    undone = (await client.post(f"{FACTS}/{fixed['id']}/undo", json={"reason": "it was right"})).json()
    assert (undone["undone_by"], undone["holds"], await height(client)) == ("token:test-1", False, 420)
    journal = (await client.get("/api/v1/journal", params={"subject": "sensor:river"})).json()["entries"]
    assert [(line["action"], line["after"]["value"], line["word"]) for line in journal] == [
        ("undo-fact", 420, "it was right"), ("record-fact", 425, "typo"), ("record-fact", 420, "surveyed"),
    ]  # fmt: skip


async def test_ingest_and_rules_follow_a_moved_sensor_without_a_restart(client: httpx.AsyncClient, city: Morotai):
    await client.put("/api/v1/rules/heat/site:dodola", json={"fields": {
        "quantity": "temperature", "kind": "above", "title": "Hot", "title_id": "Panas",
        "levels": [{"name": "Hot", "severity": "minor", "limit": 40.0}]}, "reason": "x"})  # fmt: skip
    assert (await client.get("/api/v1/rules/resolved?sensor=air")).json() == []
    await recorded(client, subject="sensor:air", what="site", value="dodola")
    assert len((await client.get("/api/v1/rules/resolved?sensor=air")).json()) == 1
    await city.send("gw-daruba", [Reading("air", "temperature", now_ms() + 5, 30.0)])
    latest = (await client.get("/api/v1/readings/latest?site=dodola")).json()
    assert [one["sensor"] for one in latest if one["quantity"] == "temperature"] == ["air"]


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({"value": 4.2}, 422, "4.2 m are 420"),
        ({"value": {"deep": [1]}}, 422, "write the height in cm"),
        ({"reason": " "}, 422, "say why"),
        ({"reason": "a\u0000b"}, 422, "on one line"),
        ({"valid_from": "yesterday"}, 422, "RFC 3339"),
        ({"valid_from": "1969-12-31T00:00:00Z"}, 422, "before 2000"),
        ({"subject": "sensor:nobody"}, 422, "is nothing that facts are recorded of"),
        ({"subject": "x" * 81}, 422, "80"),
    ],
)
async def test_a_fact_that_cannot_be_is_refused_with_a_sentence(
    shared_client: httpx.AsyncClient, changed, status, words
):
    answer = await shared_client.post(FACTS, json=HEIGHT | changed)
    assert (answer.status_code, await height(shared_client)) == (status, 450)
    assert words in answer.text


async def test_who_sees_some_sites_knows_and_changes_facts_of_these_alone(tmp_path):
    async with Morotai(tmp_path) as city, api_of(city) as chief:
        secret = await recorded(chief, subject="sensor:air-east", what="site", value="sangowo")
        async with api_of(city, Role.ENGINEER, sites=["daruba"]) as client:
            listed = (await client.get(FACTS)).json()
            assert listed
            assert {one["subject"] for one in listed} <= {"sensor:river", "sensor:air", "gateway:gw-daruba"}
            away = {"subject": "sensor:air", "what": "site", "value": "sangowo", "reason": "x"}
            for body in (away, HEIGHT | {"subject": "sensor:air-east"}, HEIGHT | {"subject": "sensor:nobody"}):
                assert (await client.post(FACTS, json=body)).status_code == 403
            for deed in ("undo", "correct"):
                answer = await client.post(f"{FACTS}/{secret['id']}/{deed}", json={"reason": "x", "value": "daruba"}
                                           if deed == "correct" else {"reason": "x"})  # fmt: skip
                assert answer.status_code == 404
            own = await recorded(client)
            answer = await client.post(f"{FACTS}/{own['id']}/correct", json={"value": 430, "reason": "x"})
            assert answer.status_code == 201
        async with api_of(city, Role.OPERATOR) as client:
            assert (await client.post(FACTS, json=HEIGHT)).status_code == 403


async def test_a_fact_of_nobody_is_a_404(shared_client: httpx.AsyncClient):
    assert (await shared_client.post(f"{FACTS}/99999/undo", json={"reason": "x"})).status_code == 404
    assert (await shared_client.post(f"{FACTS}/99999/correct", json={"reason": "x", "value": 1})).status_code == 404


async def test_the_official_version_of_ispu_is_a_fact_of_the_city_that_takes_all_sites(tmp_path):
    async with Morotai(tmp_path) as city, api_of(city, Role.ENGINEER) as client:
        tables = (await client.get("/api/v1/index-tables")).json()
        assert [(one["key"], one["status"], one["official"]) for one in tables] == [
            ("p14_2020", "regulation", True), ("klh_2026", "observed", False),
        ]  # fmt: skip
        choice = {"subject": "city", "what": "ispu_table", "value": "klh_2026", "reason": "the mayor's letter 7"}
        assert (await client.post(FACTS, json=choice | {"value": "p15"})).status_code == 422
        async with api_of(city, Role.ENGINEER, sites=["daruba"]) as scoped:
            assert (await scoped.post(FACTS, json=choice)).status_code == 403
        await recorded(client, **choice)
        tables = (await client.get("/api/v1/index-tables")).json()
        assert [one["key"] for one in tables if one["official"]] == ["klh_2026"]
        (fact, before) = (await client.get(FACTS, params={"subject": "city"})).json()
        assert (fact["value"], before["value"], before["valid_from"]) == ("klh_2026", "p14_2020", None)


@pytest.mark.parametrize("value", [None, True, 7, [], {}, [{}, None], {"scale": [1]}, "", "x" * 300, {"a": {"b": [1]}}])
@pytest.mark.parametrize("what", ["site", "gateway", "mounting_height_cm", "calibration.water_level"])
async def test_a_value_of_any_form_is_refused_in_a_sentence_and_breaks_nothing(
    shared_client: httpx.AsyncClient, what: str, value: Any
):
    answer = await shared_client.post(FACTS, json=HEIGHT | {"what": what, "value": value})
    over_no_water = (what, value) == ("mounting_height_cm", None)
    assert answer.status_code == (201 if over_no_water else 422), answer.text
