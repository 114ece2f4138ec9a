"""The registry over the API: added, changed, retired, brought back and undone, by role, without a restart."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from cloud.access.principal import Role
from cloud.api.schemas.registry import GatewayChange, SensorChange, SiteChange
from cloud.registry.city_tables import GatewayTable, SensorTable, SiteTable
from cloud.registry.ownership import OWNABLE
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import Reading

pytestmark = pytest.mark.asyncio(loop_scope="module")
CHANGES = "/api/v1/registry/changes"
RIVER = "/api/v1/registry/sensors/river"
MUARA = {"id": "muara", "name": "Muara", "latitude": 2.1, "longitude": 128.3, "reason": "new gauge"}
TIDE = {"id": "tide", "name": "Tide", "site": "muara", "gateway": "gw-muara", "quantities": ["water_level"]}


@pytest_asyncio.fixture(loop_scope="module")
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city of which city.toml owns nothing."""
    async with Morotai(tmp_path, file_owns=()) as city:
        await city.platform.facts.load()
        yield city


@pytest_asyncio.fixture(loop_scope="module")
async def client(city: Morotai) -> AsyncIterator[httpx.AsyncClient]:
    """An engineer's client of that city."""
    async with api_of(city, Role.ENGINEER) as client:
        yield client


async def ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_readings_of_a_new_gateway_are_stored_and_watched_without_a_restart(
    client: httpx.AsyncClient, city: Morotai
):
    await ok(await client.post("/api/v1/sites", json=MUARA), 201)
    await ok(await client.post("/api/v1/gateways", json={"id": "gw-muara", "name": "M", "site": "muara"}), 201)
    added = await ok(await client.post("/api/v1/sensors", json=TIDE), 201)
    assert added["record"]["fields"] == TIDE
    assert added["record"]["owner"] == "registry"
    await city.send("gw-muara", [Reading("tide", "water_level", now_ms(), 120.0)])
    (latest,) = (await client.get("/api/v1/readings/latest?site=muara")).json()
    assert (latest["sensor"], latest["value"]) == ("tide", 120.0)
    assert "tide" in {target.id for target in city.rule_store.targets.all()}
    assert "gw-muara" in {gateway["id"] for gateway in (await client.get("/api/v1/gateways")).json()}


async def test_a_change_names_its_revision_and_the_second_of_two_hears_that_it_is_old(client: httpx.AsyncClient):
    seen = await client.get(RIVER)
    revision = seen.headers["etag"]
    assert revision == f'"{seen.json()["revision"]}"'
    first = await client.patch("/api/v1/sensors/river", json={"name": "Bridge"}, headers={"If-Match": revision})
    assert (await ok(first))["record"]["fields"]["name"] == "Bridge"
    second = await client.patch("/api/v1/sensors/river", json={"name": "Pier"}, headers={"If-Match": revision})
    assert (second.status_code, second.json()["type"]) == (409, "urn:siaga:problem:record-changed")
    again = await client.patch(
        "/api/v1/sensors/river", json={"name": "Pier"}, headers={"If-Match": first.headers["etag"]}
    )
    assert (await ok(again))["record"]["fields"]["name"] == "Pier"
    assert (await ok(await client.patch("/api/v1/sensors/river", json={"name": "Pier"})))["change"] is None


async def test_what_was_changed_is_listed_and_undone(client: httpx.AsyncClient):
    body = {"mounting_height_cm": 420, "interval_s": None, "reason": "survey 7"}
    change = (await ok(await client.patch("/api/v1/sensors/river", json=body)))["change"]
    page = await ok(await client.get(CHANGES, params={"kind": "sensors", "record": "river"}))
    (listed,) = page["changes"]
    assert (listed["id"], listed["action"], listed["reason"]) == (change, "edit", "survey 7")
    (edit,) = listed["edits"]
    assert (edit["kind"], edit["id"], edit["what"]) == ("sensors", "river", "edit")
    assert edit["differs"] == {"mounting_height_cm": [450.0, 420.0], "interval_s": [1.0, None]}
    undone = await ok(await client.post(f"{CHANGES}/{change}/undo", json={"reason": "wrong river"}))
    assert (undone["undoes"], undone["edits"][0]["differs"]["mounting_height_cm"]) == (change, [420.0, 450.0])
    fields = (await client.get(RIVER)).json()["fields"]
    assert (fields["mounting_height_cm"], fields["interval_s"]) == (450.0, 1.0)
    again = await client.post(f"{CHANGES}/{change}/undo", json={})
    assert (again.status_code, again.json()["type"]) == (409, "urn:siaga:problem:record-changed")
    assert (await client.post(f"{CHANGES}/999/undo", json={})).status_code == 404


async def pages(client: httpx.AsyncClient, limit: int) -> list[list[Any]]:
    """The names that each page of changes tells, until one is empty."""
    found: list[list[Any]] = []
    before: dict[str, int] = {}
    while True:
        page = await ok(await client.get(CHANGES, params={"limit": limit} | before))
        if page["next_before_id"] is None:
            assert page["changes"] == []
            return found
        found.append([change["edits"][0]["differs"]["name"][1] for change in page["changes"]])
        before = {"before_id": page["next_before_id"]}


async def test_a_page_of_changes_leads_to_the_next(client: httpx.AsyncClient):
    for name in ("A", "B", "C"):
        await ok(await client.patch("/api/v1/sites/daruba", json={"name": name}))
    assert await pages(client, 2) == [["C", "B"], ["A"]]


async def test_a_page_of_large_changes_is_shorter_and_loses_none(client: httpx.AsyncClient):
    polygon = [[2 + number / 10_000_019, 128 + number / 10_000_079] for number in range(1_000)]
    names = [f"N{number}" for number in range(24)]
    for name in names:
        await ok(await client.patch("/api/v1/sites/daruba", json={"name": name, "polygon": polygon}))
    found = await pages(client, 100)
    assert [name for page in found for name in page] == names[::-1]
    assert len(found) > 1


async def test_a_retired_sensor_is_in_no_list_and_the_answer_says_what_is_left_behind(
    client: httpx.AsyncClient, city: Morotai
):
    rule = {"quantity": "water_level", "kind": "above", "title": "High", "title_id": "Tinggi",
            "levels": [{"name": "High", "severity": "minor", "limit": 100.0}]}  # fmt: skip
    await ok(await client.put("/api/v1/rules/high/sensor:river", json={"fields": rule, "reason": "x"}))
    await city.send("gw-daruba", [Reading("river", "water_level", now_ms() + number, 300.0) for number in range(3)])
    retired = await ok(await client.delete("/api/v1/sensors/river?reason=stolen"))
    assert retired["record"]["retired"]
    assert retired["left_behind"][0] == "sensor:river: rules of its own sleep until it is back: high"
    assert "river" not in {one["id"] for one in (await client.get("/api/v1/sensors")).json()}
    assert "river" not in {one["id"] for one in (await client.get("/api/v1/registry/sensors")).json()}
    assert "river" in {one["id"] for one in (await client.get("/api/v1/registry/sensors?retired=true")).json()}
    back = await ok(await client.post("/api/v1/sensors/river/restore", json={"reason": "found"}))
    assert (back["record"]["retired"], back["record"]["fields"]["mounting_height_cm"]) == (False, 450.0)


async def test_a_gateway_with_sensors_is_retired_along_with_them_or_not_at_all(client: httpx.AsyncClient):
    refused = await client.delete("/api/v1/gateways/gw-daruba")
    assert (refused.status_code, "sensor air, sensor ferry, sensor river stand there" in refused.json()["detail"]) == (
        409,
        True,
    )
    retired = await ok(await client.delete("/api/v1/gateways/gw-daruba?along=true"))
    assert {edit["id"] for edit in retired["also"]} == {"river", "air", "ferry"}
    assert "revoke" in retired["left_behind"][0]
    assert (await client.get("/api/v1/gateways/gw-daruba")).status_code == 404
    await ok(await client.post(f"{CHANGES}/{retired['change']}/undo", json={}))
    assert (await client.get("/api/v1/gateways/gw-daruba")).status_code == 200


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"site": "nowhere"}, "site: 'nowhere': there is none of that id"),
        ({"quantities": ["water_levl"]}, "no such quantity; write water_level"),
        ({"mounting_height_cm": 4.2}, "4.2 m are 420"),
        ({"name": None}, "name: is missing; add it"),
        ({"valid_from": "tomorrow"}, "RFC 3339"),
        ({"nam": "x"}, "nam"),
        ({"name": "a\u0000b"}, "on one line"),
        ({"id": "other"}, "id"),
    ],
)
async def test_a_change_that_cannot_be_is_refused_with_a_sentence(client: httpx.AsyncClient, body: Any, words: str):
    before = (await client.get(RIVER)).json()
    answer = await client.patch("/api/v1/sensors/river", json=body)
    assert (answer.status_code, words in answer.text) == (422, True), answer.text
    assert (await client.get(RIVER)).json() == before


async def test_contacts_of_a_site_are_for_technicians_and_not_for_viewers(client: httpx.AsyncClient, city: Morotai):
    contacts = [{"name": "Siti", "role": "keeps the key", "phone": "+62 812 3456 789"}]
    answer = await client.patch("/api/v1/sites/daruba", json={"contacts": contacts})
    assert (await ok(answer))["record"]["fields"]["contacts"] == contacts
    async with api_of(city, Role.TECHNICIAN) as technician, api_of(city, Role.VIEWER) as viewer:
        shown = await ok(await technician.get("/api/v1/registry/sites/daruba"))
        assert shown["fields"]["contacts"] == contacts
        assert (await viewer.get("/api/v1/registry/sites/daruba")).status_code == 403
        assert "812" not in (await viewer.get("/api/v1/sites")).text
        assert (await technician.patch("/api/v1/sites/daruba", json={"name": "X"})).status_code == 403


async def test_the_export_imports_to_the_same_and_an_import_is_one_change_with_one_undo(city: Morotai):
    async with api_of(city) as client:
        text = (await client.get("/api/v1/registry/export")).text
        assert (await ok(await client.post("/api/v1/registry/import?dry_run=false", content=text)))["count"] == 0
        changed = text.replace('"River gauge"', '"Bridge"')
        shown = await ok(await client.post("/api/v1/registry/import", content=changed))
        assert (shown["change"], shown["edits"][0]["differs"]) == (None, {"name": ["River gauge", "Bridge"]})
        assert (await client.get(RIVER)).json()["fields"]["name"] == "River gauge"
        done = await ok(await client.post("/api/v1/registry/import?dry_run=false&reason=x", content=changed))
        assert (await client.get(RIVER)).json()["fields"]["name"] == "Bridge"
        await ok(await client.post(f"{CHANGES}/{done['change']}/undo", json={}))
        assert (await client.get("/api/v1/registry/export")).text == text
        broken = await client.post("/api/v1/registry/import", content="[city")
        assert (broken.status_code, broken.json()["type"]) == (422, "urn:siaga:problem:registry-refused")
        assert (await client.post("/api/v1/registry/import", content=b"\xff")).status_code == 422


async def test_a_table_s_bad_row_is_answered_with_its_line_and_the_others_are_taken(city: Morotai):
    async with api_of(city) as client:
        table = "id,interval_s\nriver,60\nair,often\n"
        answer = await ok(await client.post("/api/v1/registry/import/sensors?dry_run=false", content=table))
        assert (answer["count"], answer["left_out"], answer["problems"][0]["line"]) == (1, 1, 3)
        assert (await client.get(RIVER)).json()["fields"]["interval_s"] == 60
        assert (await client.post("/api/v1/registry/import/rivers", content=table)).status_code == 422


async def test_files_are_for_administrators_who_may_see_all_sites(city: Morotai):
    async with api_of(city, sites=["daruba"]) as some, api_of(city, Role.ENGINEER) as engineer:
        for path in ("/api/v1/registry/import", "/api/v1/registry/import/sites"):
            assert (await some.post(path, content="id\n")).status_code == 403
            assert (await engineer.post(path, content="id\n")).status_code == 403
        assert (await some.get("/api/v1/registry/export")).status_code == 403


async def test_what_city_toml_owns_is_a_409_with_where_to_change_it(tmp_path: Path):
    async with Morotai(tmp_path) as city, api_of(city) as client:
        await city.platform.facts.load()
        answer = await client.patch("/api/v1/sites/daruba", json={"name": "X"})
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:siaga:problem:owned-by-file")
        assert "city.toml owns sites; change it there" in answer.json()["detail"]
        assert (await client.get("/api/v1/registry/sites/daruba")).json()["owner"] == "city.toml"


async def test_every_key_of_a_table_can_be_changed_but_the_id():
    for table, change in ((SiteTable, SiteChange), (GatewayTable, GatewayChange), (SensorTable, SensorChange)):
        assert change.model_fields.keys() - {"reason"} == table.model_fields.keys() - {"id"}
    assert len(OWNABLE) == 3
