"""The domains and quantities of a city, as the API lists them; readings of its own are asked for like all others."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from cloud.api.app import make_api
from cloud.registry.records import Sensor
from tests.own_quantities import TABLE
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import Reading

MIC = Sensor("mic", "Microphone", "daruba", "gw-daruba", ("leq",), interval_s=10)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with Morotai(tmp_path, sensors=[MIC], quantities=TABLE) as morotai:
        await morotai.send("gw-daruba", [Reading("mic", "leq", now_ms() - 1_000, 61.5)])
        transport = httpx.ASGITransport(make_api(morotai.platform))
        headers = {"Authorization": f"Bearer {await morotai.token()}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://siaga.test", headers=headers) as client:
            yield client


async def test_domains_are_listed_with_those_that_the_city_added(client: httpx.AsyncClient):
    found = {row["id"]: row for row in (await client.get("/api/v1/domains")).json()}
    assert list(found) == ["flood", "air", "footfall", "gateway", "noise", "volcano"]
    assert found["noise"] == {
        "id": "noise", "name": "Noise", "name_id": "Kebisingan", "category": "Health", "own": True, "retired": False
    }  # fmt: skip
    assert not found["air"]["own"]


async def test_quantities_are_listed_with_those_that_the_city_added(client: httpx.AsyncClient):
    found = {row["id"]: row for row in (await client.get("/api/v1/quantities")).json()}
    assert len(found) == len(TABLE)
    assert found["leq"] == {
        "id": "leq", "domain": "noise", "name": "Noise level", "name_id": "Tingkat kebisingan", "unit": "dB[SPL]",
        "sign": "dB(A)", "sign_id": "", "decimals": 1, "low": 20.0, "high": 140.0, "hour": "mean", "worse": "up",
        "stamped": None, "derived": False, "own": True, "retired": False,
    }  # fmt: skip
    assert (found["leq_hour"]["derived"], found["leq_hour"]["own"]) == (True, True)
    assert (found["rainfall"]["hour"], found["rainfall"]["own"]) == ("sum", False)


async def test_readings_of_its_own_are_asked_for_by_domain_and_by_series(client: httpx.AsyncClient):
    (newest,) = (await client.get("/api/v1/readings/latest?domain=noise")).json()
    assert (newest["sensor"], newest["domain"], newest["value"], newest["unit"]) == ("mic", "noise", 61.5, "dB[SPL]")
    history = (await client.get("/api/v1/readings?sensor=mic&quantity=leq")).json()
    assert [point["value"] for point in history["points"]] == [61.5]
    refused = await client.get("/api/v1/readings/latest?domain=noize")
    assert refused.status_code == 422
    assert "did you mean noise?" in refused.json()["detail"]


async def test_health_tells_how_old_the_newest_of_its_own_domains_is(client: httpx.AsyncClient):
    ages = (await client.get("/api/v1/health")).json()["newest_age_s"]
    assert list(ages) == ["flood", "air", "footfall", "noise", "volcano"]
    assert ages["noise"] is not None
    assert ages["volcano"] is None
