from typing import Any

import httpx
import pytest

from cloud.access.principal import Role
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai, now_ms

pytestmark = pytest.mark.asyncio(loop_scope="module")
RIVER: dict[str, Any] = {
    "quantity": "water_level",
    "kind": "above",
    "title": "River is high",
    "title_id": "Sungai tinggi",
    "levels": [
        {"name": "Siaga 3", "severity": "moderate", "limit": 150.0},
        {"name": "Siaga 2", "severity": "severe", "limit": 250.0},
    ],
    "hysteresis": 10.0,
}
RULE = "/api/v1/rules/river-level/all"


async def put(client: httpx.AsyncClient, path: str = RULE, fields: dict[str, Any] = RIVER, **more: Any) -> Any:
    answer = await client.put(path, json={"fields": fields, "reason": "a test", **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_rule_is_saved_resolved_in_words_and_shown_with_its_versions(client: httpx.AsyncClient):
    saved = await put(client)
    assert (saved["version"], saved["author"], saved["reason"]) == (1, "token:test-1", "a test")
    await put(client, "/api/v1/rules/river-level/site:daruba", {"for_s": 60})
    (family,) = (await client.get("/api/v1/rules")).json()
    assert [scope["scope"] for scope in family["scopes"]] == ["site:daruba", "all"]
    assert family == (await client.get("/api/v1/rules/river-level")).json()
    (resolved,) = (await client.get("/api/v1/rules/resolved?sensor=river")).json()
    assert resolved["rule"]["for_s"] == 60
    assert (resolved["origin"]["for_s"], resolved["origin"]["levels"]) == ("site:daruba", "all")
    assert resolved["versions"] == "all@1 site:daruba@1"
    assert "150 cm (Siaga 3)" in resolved["sentence"]
    assert "Siaga 3" in resolved["sentence_id"]
    (version,) = (await client.get(f"{RULE}/versions")).json()
    assert version == saved


async def test_a_rule_is_scheduled_undone_and_removed(client: httpx.AsyncClient):
    await put(client)
    await put(client, fields=RIVER | {"for_s": 5}, valid_from="2099-01-01T00:00:00Z")
    family = (await client.get("/api/v1/rules/river-level")).json()
    assert [scope["version"] for scope in family["scopes"]] == [1]
    assert [(scope["version"], scope["valid_from"]) for scope in family["coming"]] == [(2, "2099-01-01T00:00:00.000Z")]
    undone = (await client.post(f"{RULE}/undo", json={"reason": "no"})).json()
    assert (undone["version"], undone["fields"]) == (3, RIVER)
    gone = (await client.delete(RULE, params={"reason": "gone"})).json()
    assert gone["removed"]
    assert (await client.get("/api/v1/rules")).json() == []
    assert [each["version"] for each in (await client.get(f"{RULE}/versions")).json()] == [4, 3, 2, 1]


async def test_what_is_not_sound_is_a_problem_that_names_every_mistake_and_changes_nothing(client: httpx.AsyncClient):
    await put(client)
    wrong = RIVER | {"hysteresis": 100.0}
    answer = await client.put(RULE, json={"fields": wrong, "reason": "a test"})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:siaga:problem:rule-refused")
    assert "hysteresis 100" in problem["detail"]
    assert problem["problems"] == [problem["detail"]]
    assert len((await client.get(f"{RULE}/versions")).json()) == 1
    (resolved,) = (await client.get("/api/v1/rules/resolved?sensor=river")).json()
    assert resolved["rule"]["hysteresis"] == 10


WRONG = [
    # method, path, body, status, kind, words
    ("PUT", "/api/v1/rules/river/sensor:rivr", {"fields": RIVER, "reason": "r"}, 422, "rule-refused", "sensor:rivr"),
    ("PUT", RULE, {"fields": RIVER}, 422, "bad-parameter", "reason: is missing"),
    ("PUT", RULE, {"fields": RIVER, "reason": "r", "valid_from": "soon"}, 422, "bad-parameter", "valid_from"),
    ("PUT", RULE, {"fields": RIVER, "reason": "r", "valid_from": "2020-01-01T00:00:00Z"}, 422, "rule-refused", "past"),
    ("POST", f"{RULE}/undo", {"reason": "r"}, 404, "unknown-rule", "river-level for all"),
    ("DELETE", f"{RULE}?reason=r", None, 422, "rule-refused", "says nothing"),
    ("GET", "/api/v1/rules/nothing", None, 404, "unknown-rule", "nothing"),
    ("GET", f"{RULE}/versions", None, 404, "unknown-rule", "river-level for all"),
    ("GET", "/api/v1/rules/resolved?sensor=rivr", None, 404, "unknown-sensor", "rivr"),
    (
        "POST", "/api/v1/rules/preview", {"family": "r", "fields": RIVER, "sensor": "rivr"},
        404, "unknown-sensor", "rivr",
    ),
    (
        "POST", "/api/v1/rules/preview",
        {"family": "r", "fields": RIVER, "sensor": "river", "start": "4102444800000", "end": "4102444700000"},
        422, "bad-parameter", "before the end",
    ),
    (
        "POST", "/api/v1/rules/preview", {"family": "r", "fields": RIVER | {"for_s": -1}, "sensor": "river"},
        422, "rule-refused", "for_s -1",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "kind", "words"), WRONG)
async def test_a_wrong_request_is_a_problem_with_a_sentence(
    shared_client: httpx.AsyncClient, method, path, body, status, kind, words
):
    answer = await shared_client.request(method, path, json=body)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"urn:siaga:problem:{kind}"), problem
    assert words in problem["detail"]


async def test_a_preview_runs_over_what_is_stored_and_saves_nothing(client: httpx.AsyncClient):
    await put(client)
    low = RIVER | {"levels": [{"name": "Siaga 3", "severity": "moderate", "limit": 132.0}], "hysteresis": 0.5}
    answer = await client.post(
        "/api/v1/rules/preview", json={"family": "river-level", "fields": low, "sensor": "river"}
    )
    found = answer.json()
    assert found["readings"] == 3_600
    assert found["saved"]["alarms"] == []
    (alarm,) = found["edited"]["alarms"]
    assert (alarm["worst"]["name"], alarm["closed"]) == ("Siaga 3", None)
    assert found["difference"]["more"] == [alarm]
    assert len(found["points"]) <= 1_500
    assert "132 cm" in found["edited"]["sentence"]
    assert len((await client.get(f"{RULE}/versions")).json()) == 1


async def test_an_engineer_of_one_site_changes_the_rules_of_that_site_only(client: httpx.AsyncClient, city: Morotai):
    await put(client)
    await put(client, "/api/v1/rules/river-level/site:daruba", {"for_s": 60})
    async with api_of(city, Role.ENGINEER, sites=["sangowo"]) as local:
        for path in (RULE, "/api/v1/rules/river-level/site:daruba", "/api/v1/rules/river-level/sensor:river"):
            answer = await local.put(path, json={"fields": {"for_s": 1}, "reason": "r"})
            assert (answer.status_code, answer.json()["type"]) == (403, "urn:siaga:problem:not-allowed")
        (family,) = (await local.get("/api/v1/rules")).json()
        assert [scope["scope"] for scope in family["scopes"]] == ["all"]
        assert (await local.get("/api/v1/rules/resolved?sensor=river")).status_code == 404
        await put(local, "/api/v1/rules/river-level/site:sangowo", {"for_s": 60})


async def test_the_journal_says_who_changed_a_rule_from_where(client: httpx.AsyncClient):
    began = now_ms()
    await put(client)
    (entry,) = (await client.get("/api/v1/journal?subject=rule:river-level@all")).json()["entries"]
    assert (entry["actor"], entry["action"], entry["word"]) == ("token:test-1", "save-rule", "a test")
    assert entry["before"] is None
    assert entry["after"]["fields"] == RIVER
    assert entry["origin"]
    assert began <= now_ms()
