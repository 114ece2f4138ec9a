"""What is retired over the API: its history is there, and it asks for nothing."""

import httpx
import pytest
from msgspec.structs import replace

from cloud.access.principal import Role
from cloud.database.audit_log import Actor
from cloud.registry.snapshot import Registry
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import GATEWAYS, SENSORS, SITES, Morotai, now_ms
from wire import Reading

pytestmark = pytest.mark.asyncio(loop_scope="module")
ANI = Actor("ani")


def without_sangowo(city: Morotai, *, since_ms: int) -> Registry:
    """The city in which a site, its gateway and its sensor are retired."""
    ended = {"retired": True, "retired_ms": since_ms}
    return Registry(
        city=city.registry.city,
        sites=[replace(site, **ended) if site.id == "sangowo" else site for site in SITES],
        gateways=[replace(each, **ended) if each.site == "sangowo" else each for each in GATEWAYS],
        sensors=[replace(each, **ended) if each.site == "sangowo" else each for each in SENSORS],
    )


async def values(client: httpx.AsyncClient) -> list[float]:
    asked = {"sensor": "air-east", "quantity": "pm2_5", "end": "2099-01-01T00:00:00Z", "start": "2026-01-01T00:00:00Z"}
    answer = await client.get("/api/v1/readings", params=asked)
    assert answer.status_code == 200, answer.text
    return [point["value"] for point in answer.json()["points"]]


async def test_history_is_read_by_who_may_see_the_site_and_no_list_has_it(tmp_path):
    async with Morotai(tmp_path) as city, api_of(city, Role.VIEWER, sites=["sangowo"]) as client:
        rule = {
            "quantity": "pm2_5", "kind": "above", "title": "Dust",
            "levels": [{"name": "Dust", "severity": "minor", "limit": 40.0}],
        }  # fmt: skip
        await city.rule_store.save("dust", "all", rule, actor=ANI, reason="x")
        start_ms = now_ms() + 100
        await city.send("gw-east", [Reading("air-east", "pm2_5", start_ms, 90.0)])
        (alarm,) = (await client.get("/api/v1/alarms")).json()["alarms"]
        city.registry.replace_with(without_sangowo(city, since_ms=start_ms + 10))
        await city.rule_store.refresh()
        await city.watch.tick()
        for path in ("sites", "sensors", "gateways", "readings/latest"):
            assert (await client.get(f"/api/v1/{path}")).json() == [], path
        assert await values(client) == [90.0]
        whole = (await client.get(f"/api/v1/alarms/{alarm['id']}")).json()
        assert (whole["state"], {change["kind"] for change in whole["changes"]}) == ("closed", {"raised", "retired"})
        await city.send("gw-east", [Reading("air-east", "pm2_5", start_ms + at, 91.0) for at in (5, 15)])
        assert await values(client) == [90.0, 91.0], "what was measured before is taken, and nothing later"
        assert len((await client.get("/api/v1/alarms")).json()["alarms"]) == 1
        async with api_of(city, Role.VIEWER, sites=["daruba"]) as stranger:
            assert (await stranger.get("/api/v1/readings?sensor=air-east&quantity=pm2_5")).status_code == 404
