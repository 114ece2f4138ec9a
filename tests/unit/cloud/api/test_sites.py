"""Who may see some sites hears of no other: not in lists, not in answers, not in advice."""

from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
import pytest_asyncio

from cloud.access.principal import Role
from tests.unit.cloud.access.house import BOSS, PASSWORD
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.api.test_problems import check_problem
from wire import Reading

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def city(city: Morotai) -> Morotai:
    """A city in which a reading has come from the site that may be seen."""
    await city.send("gw-east", [Reading("air-east", "pm2_5", now_ms(), 9.0)])
    return city


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_city(shared_city: Morotai) -> Morotai:
    """A city with a user, for tests that do not change them."""
    await shared_city.access.users.add("budi", PASSWORD, Role.VIEWER, actor=BOSS)
    return shared_city


@pytest.fixture
def asker(request: pytest.FixtureRequest) -> tuple[Role, Sequence[str] | None]:
    """Who asks, unless a test is parametrized with another: a role, and the sites that they may see."""
    return getattr(request, "param", (Role.TECHNICIAN, ["sangowo"]))


@pytest_asyncio.fixture(loop_scope="module")
async def client(city: Morotai, asker: tuple[Role, Sequence[str] | None]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of whoever asks."""
    role, sites = asker
    async with api_of(city, role, sites=sites) as client:
        yield client


async def test_lists_have_one_s_own_sites_only(client: httpx.AsyncClient):
    async def ids(path: str, key: str = "id") -> set[str]:
        return {each[key] for each in (await client.get(f"/api/v1/{path}")).json()}

    assert await ids("sites") == {"sangowo"}
    assert await ids("sensors") == {"air-east", "gw-east"}
    assert await ids("gateways") == {"gw-east"}
    assert await ids("readings/latest", "site") == {"sangowo"}


async def test_the_sensors_and_sites_of_others_are_as_if_they_were_not_there(client: httpx.AsyncClient):
    for sensor in ("river", "rivr"):
        answer = await client.get("/api/v1/readings", params={"sensor": sensor, "quantity": "water_level"})
        check_problem(answer, 404, "unknown-sensor", [f"there is no '{sensor}'; /api/v1/sensors lists them"])
    answer = await client.get("/api/v1/readings/latest?site=daruba")
    check_problem(answer, 422, "bad-parameter", ["write one of sangowo"])


async def test_dead_letters_of_gateways_with_other_sites_are_neither_shown_nor_counted_nor_replayed(
    client: httpx.AsyncClient, city: Morotai
):
    await city.deliver("gw-daruba", b"\x00noise of daruba")
    (newest, *_others) = await city.dead_letters.page()
    page = (await client.get("/api/v1/dead-letters")).json()
    assert {letter["gateway"] for letter in page["letters"]} == {"gw-east"}
    assert page["open"] == 2
    answer = await client.post(f"/api/v1/dead-letters/{newest.id}/replay")
    check_problem(answer, 404, "unknown-dead-letter", [str(newest.id)])
    assert (await client.post(f"/api/v1/dead-letters/{page['letters'][0]['id']}/replay")).status_code == 200


@pytest.mark.parametrize("asker", [(Role.TECHNICIAN, ["daruba"])], indirect=True)
async def test_who_sees_one_site_of_a_gateway_does_not_see_its_dead_letters(client: httpx.AsyncClient, city: Morotai):
    await city.deliver("gw-daruba", b"\x00")
    assert (await client.get("/api/v1/dead-letters")).json()["letters"] == []


async def test_the_metrics_count_all_sites_and_are_for_who_may_see_all(client: httpx.AsyncClient):
    check_problem(await client.get("/metrics"), 403, "not-allowed", ["all sites"])


@pytest.mark.parametrize("asker", [(Role.ADMINISTRATOR, ["sangowo"])], indirect=True)
async def test_an_administrator_of_some_sites_gives_nobody_more_than_they_have(
    client: httpx.AsyncClient, city: Morotai
):
    new = {"name": "budi", "password": PASSWORD, "role": "viewer"}
    for sites in (None, ["daruba"], ["sangowo", "daruba"]):
        answer = await client.post("/api/v1/users", json=new | {"sites": sites})
        check_problem(answer, 403, "not-allowed", ["may not give or take"])
        answer = await client.post("/api/v1/tokens", json={"name": "x", "role": "viewer", "sites": sites})
        check_problem(answer, 403, "not-allowed", ["may not give or take"])
    assert (await client.post("/api/v1/users", json=new | {"sites": ["sangowo"]})).status_code == 201
    answer = await client.patch("/api/v1/users/budi", json={"sites": None})
    check_problem(answer, 403, "not-allowed", ["all sites"])
    secret, token = await city.access.tokens.add("theirs", Role.VIEWER, days=1, actor=BOSS)
    answer = await client.delete(f"/api/v1/tokens/{token.id}")
    check_problem(answer, 404, "unknown-token", [str(token.id)])
    assert await city.access.tokens.find(secret) is not None
    assert [user["name"] for user in (await client.get("/api/v1/users")).json()] == ["budi"]
    assert "theirs" not in (await client.get("/api/v1/tokens")).text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"role": "king"}, ["role", "'king'", "viewer"]),
        ({"role": None}, ["role", "leave it out"]),
        ({"sites": ["sangow"]}, ["sites", "did you mean sangowo?"]),
        ({"password": "short"}, ["password", "10 characters"]),
        ({"full_name": "a\nb"}, ["full_name", "printable"]),
        ({"admin": True}, ["admin"]),
    ],
    ids=lambda each: str(each)[:20],
)
async def test_a_change_that_cannot_be_is_refused_by_field_and_value(shared_client: httpx.AsyncClient, body, words):
    before = (await shared_client.get("/api/v1/users")).json()
    check_problem(await shared_client.patch("/api/v1/users/budi", json=body), 422, "bad-parameter", words)
    assert (await shared_client.get("/api/v1/users")).json() == before


@pytest.mark.parametrize("asker", [(Role.ADMINISTRATOR, None)], indirect=True)
async def test_users_and_tokens_over_the_api(client: httpx.AsyncClient):
    new = {"name": "Budi", "password": PASSWORD, "role": "viewer", "full_name": "Budi Santoso"}
    added = (await client.post("/api/v1/users", json=new)).json()
    assert (added["name"], added["sites"], added["disabled"]) == ("budi", None, False)
    assert "password" not in added
    check_problem(await client.post("/api/v1/users", json=new), 409, "user-exists", ["budi"])
    changed = (await client.patch("/api/v1/users/budi", json={"role": "operator", "sites": ["daruba"]})).json()
    assert (changed["role"], changed["sites"], changed["full_name"]) == ("operator", ["daruba"], "Budi Santoso")
    check_problem(await client.patch("/api/v1/users/nobody", json={}), 404, "unknown-user", ["nobody"])
    made = (await client.post("/api/v1/tokens", json={"name": "grafana", "role": "viewer"})).json()
    bearer = {"Authorization": f"Bearer {made['secret']}"}
    assert (await client.get("/api/v1/sites", headers=bearer)).status_code == 200
    again = await client.post("/api/v1/tokens", json={"name": "grafana", "role": "viewer"})
    check_problem(again, 409, "token-exists", ["grafana"])
    revoked = await client.delete(f"/api/v1/tokens/{made['token']['id']}")
    assert revoked.json()["revoked"] is not None
    assert (await client.get("/api/v1/sites", headers=bearer)).status_code == 401
    check_problem(await client.delete("/api/v1/tokens/99"), 404, "unknown-token", ["99"])
