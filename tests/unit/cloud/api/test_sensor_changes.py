"""A sensor that is replaced or moved, over the API: all of it or nothing, and its series goes on."""

from typing import Any

import httpx
import pytest

from cloud.access.principal import Role
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import Reading

pytestmark = pytest.mark.asyncio(loop_scope="module")
REPLACED, MOVED = "/api/v1/sensors/{}/replacements", "/api/v1/sensors/{}/moves"
NEW: dict[str, Any] = {"device": {"serial": "B-03", "model": "MB7389"}, "reason": "it was wet"}


async def facts_of(client: httpx.AsyncClient, sensor: str) -> dict[str, Any]:
    listed = (await client.get("/api/v1/facts", params={"subject": f"sensor:{sensor}"})).json()
    return {one["what"]: one["value"] for one in reversed(listed) if one["holds"]}


async def test_a_replacement_records_the_device_and_how_it_hangs_in_one_act(client: httpx.AsyncClient):
    line = {"scale": 1.0, "offset": -2.0}
    answer = await client.post(
        REPLACED.format("river"), json=NEW | {"mounting_height_cm": 420, "calibration": {"water_level": line}}
    )
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert {one["what"]: one["value"] for one in found["facts"]} == {
        "device": {"serial": "B-03", "model": "MB7389"}, "mounting_height_cm": 420, "calibration.water_level": line,
    }  # fmt: skip
    assert len({one["valid_from"] for one in found["facts"]}) == 1
    assert found["to_look_at"] == []
    (river,) = [one for one in (await client.get("/api/v1/sensors")).json() if one["id"] == "river"]
    assert river["device"] == {"serial": "B-03", "model": "MB7389", "make": None}
    for one in found["facts"][:2]:
        undone = await client.post(f"/api/v1/facts/{one['id']}/undo", json={"reason": "mistaken"})
        assert undone.status_code == 200, undone.text
    held = await facts_of(client, "river")
    assert (held["device"], held["mounting_height_cm"], held["calibration.water_level"]) == (None, 450, line)


async def test_what_still_holds_of_the_device_before_is_told(client: httpx.AsyncClient):
    line = {"subject": "sensor:air", "what": "calibration.pm2_5", "value": {"scale": 1.1, "offset": 2}, "reason": "x"}
    assert (await client.post("/api/v1/facts", json=line)).status_code == 201
    fitted = {
        "correction": "co_location", "slope": 0.5, "offset": 3.0, "n": 240, "r2": 0.9, "rmse": 2.0,
        "reference": "bam", "since": "2026-10-01", "until": "2026-10-11",
    }  # fmt: skip
    fit = {"subject": "sensor:air", "what": "correction.pm2_5", "value": fitted, "reason": "x"}
    assert (await client.post("/api/v1/facts", json=fit)).status_code == 201
    found = (await client.post(REPLACED.format("air"), json=NEW)).json()
    assert "calibration.pm2_5: × 1.1 +2 was put on the device before" in found["to_look_at"][0]
    assert "correction.pm2_5: was fitted to the device before, and has ended" in found["to_look_at"][1]
    assert (await facts_of(client, "air"))["correction.pm2_5"] is None
    assert "mounting_height_cm: 450" in (await client.post(REPLACED.format("river"), json=NEW)).json()["to_look_at"][0]


async def test_one_mistake_in_it_and_nothing_is_recorded(client: httpx.AsyncClient):
    before = await facts_of(client, "river")
    answer = await client.post(REPLACED.format("river"), json=NEW | {"mounting_height_cm": 4.2})
    assert (answer.status_code, await facts_of(client, "river")) == (422, before)
    assert "4.2 m are 420" in answer.text
    answer = await client.post(REPLACED.format("river"), json=NEW | {"calibration": {"no2": {"scale": 1, "offset": 0}}})
    assert (answer.status_code, await facts_of(client, "river")) == (422, before)
    assert (await client.post(MOVED.format("river"), json={"reason": "x"})).status_code == 422


async def test_a_moved_sensor_is_heard_from_its_new_gateway_at_once_and_from_the_old_one_for_what_was_before(
    client: httpx.AsyncClient, city: Morotai
):
    before_ms = now_ms()
    moved = {"gateway": "gw-east", "site": "sangowo", "reason": "the bridge is rebuilt"}
    answer = await client.post(MOVED.format("air"), json=moved)
    assert [one["what"] for one in answer.json()["facts"]] == ["site", "gateway"]
    after_ms = now_ms() + 5
    await city.send("gw-east", [Reading("air", "pm2_5", after_ms, 31.0)])
    await city.send("gw-daruba", [Reading("air", "pm2_5", before_ms, 30.0)])
    await city.send("gw-daruba", [Reading("air", "pm2_5", after_ms + 1, 99.0)])
    span: dict[str, str | int] = {"sensor": "air", "quantity": "pm2_5", "start": before_ms - 1, "end": after_ms + 10}
    points = (await client.get("/api/v1/readings", params=span)).json()["points"]
    assert [one["value"] for one in points] == [30.0, 31.0]
    letter = (await client.get("/api/v1/dead-letters")).json()["letters"][0]
    assert letter["reason"] == "foreign_sensor"
    assert "has been behind gateway gw-east since" in letter["sentence"]


async def test_who_sees_some_sites_changes_sensors_of_these_alone_and_moves_them_nowhere_else(tmp_path):
    async with Morotai(tmp_path) as city, api_of(city, Role.ENGINEER, sites=["daruba"]) as client:
        for body in ({"site": "sangowo"}, {"gateway": "gw-east"}):
            assert (await client.post(MOVED.format("air"), json=body | {"reason": "x"})).status_code == 403
        for name in ("air-east", "nobody", "gw-daruba"):
            assert (await client.post(REPLACED.format(name), json=NEW)).status_code == 403
        assert (await client.post(REPLACED.format("air"), json=NEW)).status_code == 201
        async with api_of(city, Role.OPERATOR) as operator:
            assert (await operator.post(REPLACED.format("air"), json=NEW)).status_code == 403
