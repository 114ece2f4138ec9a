from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from cloud.access.principal import Role
from cloud.database.audit_log import Actor
from cloud.derived.service import Derivations
from cloud.registry.records import Sensor
from rules.derived import VERSION
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import SENSORS, Morotai, now_ms
from wire import Reading

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOUR = 3_600_000
MORE = (*SENSORS, Sensor("rain", "Rain", "daruba", "gw-daruba", ("rainfall",), interval_s=600))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_city(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Morotai]:
    """A city whose air and rain of the last 25 hours were computed."""
    async with Morotai(tmp_path_factory.mktemp("city"), sensors=MORE) as city:
        await happen(city)
        yield city


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_client(shared_city: Morotai) -> AsyncIterator[httpx.AsyncClient]:
    """A viewer of all sites."""
    async with api_of(shared_city, Role.VIEWER) as client:
        yield client


async def happen(city: Morotai) -> None:
    end = now_ms() // HOUR * HOUR
    ticks = range(end - 25 * HOUR, end, 10_000)
    await city.send("gw-daruba", [Reading("air", "pm2_5", time_ms, 55.4) for time_ms in ticks])
    await city.send("gw-daruba", [Reading("rain", "rainfall", time_ms, 1.0) for time_ms in ticks[::60]])
    await city.send("gw-daruba", [Reading("river", "water_level", now_ms(), 260.0)])
    derivations = Derivations(city.registry, city.store, city.newest)
    derivations.look_back(now_ms())
    await derivations.compute(now_ms())


def of(answers, index):
    return next(answer for answer in answers if answer["index"] == index)


async def test_ispu_comes_with_its_official_name_colour_and_what_it_stands_on(shared_client: httpx.AsyncClient):
    answer = await shared_client.get("/api/v1/indices", params={"site": "daruba"})
    assert answer.status_code == 200
    found = of(answer.json(), "ispu")
    time = datetime.fromisoformat(found.pop("time"))
    assert time == datetime.fromtimestamp(now_ms() // HOUR * HOUR / 1000, UTC)
    assert 0 <= found.pop("age_s") <= 3_600
    (part,) = found.pop("sub_indices")
    assert found == {
        "index": "ispu", "site": "daruba", "sensor": "daruba", "value": 100.0, "unit": "{ISPU}",
        "critical": "pm2_5",
        "category": {
            "english": "Moderate", "indonesian": "Sedang", "colour": "Blue", "colour_indonesian": "Biru",
            "hex": "#0070c0",
        },
        "completeness": 100.0, "above_scale": False, "doubts": [], "corrections": [], "version": VERSION,
        "source": "PermenLHK P.14/MENLHK/SETJEN/KUM.1/7/2020",
    }  # fmt: skip
    assert (part["parameter"], part["sensor"], part["value"], part["completeness"]) == (
        "pm2_5",
        "air",
        100.0,
        100.0,
    )


async def test_the_other_indices_of_a_site_stand_beside_it(shared_client: httpx.AsyncClient):
    answers = (await shared_client.get("/api/v1/indices?site=daruba")).json()
    assert of(answers, "us_aqi")["value"] == 150
    who = of(answers, "who_2021_pm2_5")
    assert who["value"] == pytest.approx(55.4 / 15)
    assert who["category"]["english"] == "meets interim target 1"
    assert of(answers, "rain_hour")["value"] == pytest.approx(6.0)
    assert of(answers, "rain_hour")["category"]["indonesian"] == "sedang"
    assert of(answers, "rain_day")["completeness"] == 100
    assert {answer["site"] for answer in answers} == {"daruba"}
    assert "siaga" not in {answer["index"] for answer in answers}, "nobody has set limits"


async def test_siaga_is_that_of_the_limits_that_an_engineer_has_set(tmp_path: Path):
    levels = [
        {"name": "Siaga 3", "severity": "moderate", "limit": 150},
        {"name": "Siaga 2", "severity": "severe", "limit": 250},
        {"name": "Siaga 1", "severity": "extreme", "limit": 320},
    ]
    fields = {"quantity": "water_level", "kind": "above", "levels": levels, "title": "River"}
    async with Morotai(tmp_path) as city, api_of(city, Role.VIEWER) as client:
        await city.send("gw-daruba", [Reading("river", "water_level", now_ms(), 260.0)])
        await city.rule_store.save("river-level", "all", fields, actor=Actor("ani", ""), reason="survey")
        found = of((await client.get("/api/v1/indices")).json(), "siaga")
    shown = (found["sensor"], found["value"], found["category"]["indonesian"])
    assert shown == ("river", 2, "Siaga banjir 2 · Rawan")


async def test_only_the_sites_that_one_may_see_are_told_of(shared_city: Morotai):
    async with api_of(shared_city, Role.VIEWER, sites=["sangowo"]) as client:
        assert (await client.get("/api/v1/indices")).json() == []
        answer = await client.get("/api/v1/indices?site=daruba")
        assert answer.status_code == 422
        assert "write one of sangowo" in answer.json()["detail"]


async def test_a_site_that_does_not_exist_is_a_problem_with_advice(shared_client: httpx.AsyncClient):
    answer = await shared_client.get("/api/v1/indices?site=daruva")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "site: 'daruva': did you mean daruba?"


async def test_the_series_of_a_site_has_a_history_like_any_other(shared_client: httpx.AsyncClient):
    answer = await shared_client.get(
        "/api/v1/readings",
        params={"sensor": "daruba", "quantity": "ispu", "start": now_ms() - 3 * HOUR, "end": now_ms()},
    )
    assert answer.status_code == 200
    assert {point["value"] for point in answer.json()["points"]} == {100.0}
    latest = (await shared_client.get("/api/v1/readings/latest?site=daruba&domain=air")).json()
    assert "ispu" in {reading["quantity"] for reading in latest}
