"""Versions of gateways and rollouts over the API."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from cloud.access.principal import Role
from cloud.updates.rollouts import Rollouts
from tests.gateways_updating import GatewaySimulated
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai
from tests.update_repository import Published
from wire.gateway_update import UpdateState, UpdateStatus
from wire.status import decode_status

pytestmark = pytest.mark.asyncio(loop_scope="module")
WHERE = "/api/v1/fleet/rollouts"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Morotai]:
    folder = tmp_path_factory.mktemp("fleet")
    published = Published(folder)
    published.publish("1.2.0")
    async with Morotai(folder) as city:
        gateways = [gateway.id for gateway in city.registry.gateways()]
        city.platform.rollouts = Rollouts(
            city.database, published=published.repository.state, gateways=lambda: gateways, limit_s=600
        )
        daruba = GatewaySimulated("gw-daruba")
        daruba.update = UpdateStatus("1.2.0", UpdateState.FETCHING, "", 1_764_000_000_000)
        city.say(decode_status(daruba.status()))
        yield city


@pytest_asyncio.fixture(loop_scope="module")
async def client(city: Morotai) -> AsyncIterator[httpx.AsyncClient]:
    async with api_of(city) as client:
        yield client


async def test_a_rollout_is_begun_followed_and_stopped(client: httpx.AsyncClient, city: Morotai):
    versions = (await client.get("/api/v1/fleet/versions")).json()
    assert [(each["version"], each["architectures"], each["gateways"]) for each in versions] == [
        ("1.2.0", ["aarch64"], 0), ("1.0.0", [], 1),
    ]  # fmt: skip
    begun = await client.post(WHERE, json={"version": "1.2.0", "batch": 1, "within_min": 30, "word": "new spool"})
    assert (begun.status_code, begun.json()["state"], begun.json()["within_min"]) == (201, "running", 30)
    number = begun.json()["id"]
    again = await client.post(WHERE, json={"version": "1.2.0"})
    assert (again.status_code, again.json()["type"]) == (409, "urn:siaga:problem:rollout-refused")
    members = (await client.get(f"{WHERE}/{number}/gateways", params={"limit": 1})).json()
    assert [(each["gateway"], each["state"], each["update_state"], each["update_since"]) for each in members] == [
        ("gw-daruba", "waiting", "fetching", "2025-11-24T16:00:00.000Z")
    ]
    rest = (await client.get(f"{WHERE}/{number}/gateways", params={"after_id": "gw-daruba"})).json()
    assert all(each["gateway"] > "gw-daruba" for each in rest)
    stopped = (await client.post(f"{WHERE}/stop", json={"word": "wait"})).json()
    assert stopped["state"] == "stopped"
    assert stopped["reason"].endswith("; wait")
    assert (await client.get(f"{WHERE}/{number}")).json() == stopped
    assert (await client.get(WHERE)).json()[0] == stopped
    journal = (await client.get("/api/v1/journal", params={"subject": f"rollout:{number}"})).json()["entries"]
    assert [each["action"] for each in journal] == ["stop", "start"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"version": "9.9.9"}, 409),
        ({"version": "1.2.0", "batch": 0}, 422),
        ({"version": "1.2.0", "gateways": ["gw-nowhere"]}, 409),
        ({"version": "1.2.0", "gateways": ["x"] * 1_001}, 422),
        ({"version": "1.2.0", "within_min": 0}, 422),
        ({"version": "x" * 65}, 422),
        ({}, 422),
    ],
)
async def test_what_cannot_begin_is_a_problem(client: httpx.AsyncClient, body: dict, status: int):
    assert (await client.post(WHERE, json=body)).status_code == status


async def test_what_is_not_there_is_a_problem(client: httpx.AsyncClient, city: Morotai):
    assert (await client.get(f"{WHERE}/999999")).json()["type"] == "urn:siaga:problem:unknown-rollout"
    rollouts, city.platform.rollouts = city.platform.rollouts, None
    assert (await client.get(WHERE)).json()["type"] == "urn:siaga:problem:no-updates"
    assert [each["version"] for each in (await client.get("/api/v1/fleet/versions")).json()] == ["1.0.0"]
    city.platform.rollouts = rollouts


async def test_only_administrators_of_all_sites_begin_one(city: Morotai):
    async with api_of(city, Role.ENGINEER) as client:
        assert (await client.get(WHERE)).status_code == 200
        assert (await client.post(WHERE, json={"version": "1.2.0"})).status_code == 403
        assert (await client.post(f"{WHERE}/stop", json={})).status_code == 403
    async with api_of(city, Role.ADMINISTRATOR, sites=["daruba"]) as client:
        for answer in (
            await client.get(WHERE), await client.get("/api/v1/fleet/versions"),
            await client.post(WHERE, json={"version": "1.2.0"}), await client.post(f"{WHERE}/stop", json={}),
        ):  # fmt: skip
            assert answer.status_code == 403
