"""Readings by people over the API: kept once, checked like live ones, each by itself, no leak between sites."""

from typing import Any

import httpx
import pytest

from cloud.access.principal import Role
from cloud.core.times import rfc_3339
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import Reading
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

pytestmark = pytest.mark.asyncio(loop_scope="module")
MANUAL = "/api/v1/readings/manual"


def entry(key: str = "key-0001", *, ago_ms: int = 0, **others: Any) -> dict[str, Any]:
    gauge = {"key": key, "sensor": "river", "quantity": "water_level", "value": 132.0}
    return gauge | {"time": rfc_3339(now_ms() - ago_ms)} | others


async def send(client: httpx.AsyncClient, *entries: dict[str, Any], fast_ms: int = 0, **others: Any) -> httpx.Response:
    body = {"now": rfc_3339(now_ms() + fast_ms), "readings": list(entries)} | others
    return await client.post(MANUAL, json=body)


async def states(client: httpx.AsyncClient, *entries: dict[str, Any], **others: Any) -> list[str]:
    answer = await send(client, *entries, **others)
    assert answer.status_code == 200, answer.text
    return [one["state"] for one in answer.json()]


async def test_a_reading_is_kept_once_however_often_it_is_sent(tmp_path):
    async with Morotai(tmp_path) as city, api_of(city, Role.TECHNICIAN) as client:
        first, second = entry(ago_ms=MINUTE_MS), entry("key-0002", value=131.5)
        assert await states(client, second, first, second) == ["stored", "stored", "known"]
        assert await states(client, first) == ["known"]
        assert await states(client, first | {"value": 133.0}) == ["refused"]
        found = (await client.get(MANUAL, params={"sensor": "river"})).json()
        assert [(one["value"], one["unit"]) for one in found] == [(131.5, "cm"), (132.0, "cm")]
        readings = await city.platform.manual_readings.of(["river"], start_ms=0, end_ms=now_ms() + DAY_MS)
        assert [one.quantity for one in readings] == ["water_level"] * 2


@pytest.mark.parametrize("fast_ms", [-400 * DAY_MS, -HOUR_MS, 1_000, 3 * HOUR_MS], ids=str)
async def test_the_clock_of_the_phone_does_not_matter(tmp_path, fast_ms: int):
    async with Morotai(tmp_path) as city, api_of(city, Role.TECHNICIAN) as client:
        assert await states(client, entry(ago_ms=10 * MINUTE_MS - fast_ms), fast_ms=fast_ms) == ["stored"]
        (kept,) = await city.platform.manual_readings.of(["river"], start_ms=0, end_ms=now_ms() + DAY_MS)
        assert kept.time_ms == pytest.approx(now_ms() - 10 * MINUTE_MS, abs=5_000)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"sensor": "nobody"}, "there is none of that id"),
        ({"sensor": "air-east", "quantity": "pm2_5"}, "there is none of that id"),
        ({"quantity": "pm2_5"}, "cannot be read beside sensor river; it can be: water_level, distance"),
        ({"sensor": "gw-daruba", "quantity": "uptime"}, "cannot be read beside"),
        ({"value": 10_001}, "is beyond -1000 to 10000 cm"),
        ({"ago_ms": -2 * MINUTE_MS}, "minutes from now; set the clock of the phone"),
        ({"ago_ms": 7 * DAY_MS + 1_000}, "older than 7 days"),
    ],
    ids=["no sensor", "unseen sensor", "other quantity", "of a gateway", "beyond bounds", "to come", "old"],
)
async def test_what_cannot_be_costs_itself_alone(tmp_path, others: dict[str, Any], words: str):
    async with Morotai(tmp_path) as city, api_of(city, Role.TECHNICIAN, sites=["daruba"]) as client:
        answer = (await send(client, entry("bad-entry", **others), entry("good-entry"))).json()
        assert [one["state"] for one in answer] == ["refused", "stored"]
        assert words in answer[0]["sentence"]


async def test_an_unlikely_value_is_kept_only_if_the_person_is_sure(tmp_path):
    async with Morotai(tmp_path) as city, api_of(city, Role.TECHNICIAN) as client:
        await city.send("gw-daruba", [Reading("river", "water_level", now_ms(), 132.4)])
        asked = (await send(client, entry(value=350.0))).json()[0]
        assert (asked["state"], asked["reading"]) == ("unsure", None)
        assert asked["sentence"].startswith("350 cm is far from 132.4 cm, 0 minutes apart")
        assert await states(client, entry(value=350.0, sure=True)) == ["stored"]
        assert await states(client, entry("key-0002", value=351.0, ago_ms=30_000)) == ["stored"]


async def test_heads_are_counted_where_a_sensor_counts_who_passes(tmp_path):
    async with Morotai(tmp_path) as city, api_of(city, Role.OPERATOR) as client:
        heads = entry(sensor="ferry", quantity="occupancy", value=41)
        assert await states(client, heads) == ["stored"]


async def test_nothing_is_sent_under_another_name_and_viewers_enter_nothing(tmp_path):
    async with Morotai(tmp_path) as city:
        async with api_of(city, Role.TECHNICIAN) as client:
            answer = await send(client, entry(), person="budi")
            assert (answer.status_code, answer.json()["type"]) == (409, "urn:siaga:problem:other-person")
        async with api_of(city, Role.VIEWER) as client:
            assert (await send(client, entry())).status_code == 403
            assert (await client.get(MANUAL, params={"sensor": "river"})).json() == []
        async with api_of(city, Role.VIEWER, sites=["sangowo"]) as client:
            assert (await client.get(MANUAL, params={"sensor": "river"})).status_code == 404


async def test_each_is_in_the_journal_and_one_person_enters_only_so_many_a_day(tmp_path, monkeypatch):
    monkeypatch.setattr("cloud.ingest.manual.manual_readings.MOST_A_DAY", 2)
    async with Morotai(tmp_path) as city, api_of(city, Role.OPERATOR) as client:
        answers = (await send(client, *(entry(f"key-000{n}") for n in range(3)))).json()
        assert [one["state"] for one in answers] == ["stored", "stored", "refused"]
        assert "2 readings within a day" in answers[2]["sentence"]
        entries = (await client.get("/api/v1/journal", params={"subject": "sensor:river"})).json()["entries"]
        assert [one["action"] for one in entries] == ["enter-reading"] * 2


async def test_a_reading_is_withdrawn_by_whoever_may_enter_one_there_and_says_so(tmp_path):
    async with Morotai(tmp_path) as city:
        async with api_of(city, Role.TECHNICIAN) as client:
            assert await states(client, entry()) == ["stored"]
            (kept,) = (await client.get(MANUAL, params={"sensor": "river"})).json()
            assert (kept["counts_from"], kept["counts_until"], kept["withdrawn"]) == (None, None, None)
            address = f"{MANUAL}/{kept['id']}/withdraw"
        async with api_of(city, Role.VIEWER) as client:
            assert (await client.post(address)).status_code == 403
        async with api_of(city, Role.TECHNICIAN, sites=["sangowo"]) as client:
            refused, unknown = await client.post(address), await client.post(f"{MANUAL}/999/withdraw")
            assert (refused.status_code, unknown.status_code) == (404, 404)
            assert refused.json()["type"] == unknown.json()["type"] == "urn:siaga:problem:unknown-reading"
        async with api_of(city, Role.OPERATOR) as client:
            first, again = (await client.post(address)).json(), (await client.post(address)).json()
            assert first == again
            assert first["withdrawn_by"] == (await client.get("/api/v1/session")).json()["name"]
            assert (await client.get(MANUAL, params={"sensor": "river"})).json() == [first]
        assert await city.platform.manual_readings.of(["river"], start_ms=0, end_ms=now_ms() + DAY_MS) == []
