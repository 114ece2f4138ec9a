"""Channels, duty and CAP over HTTP."""

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import insert

from cloud.access.principal import Role
from cloud.alarms.tables import AlarmEventRow, AlarmRow
from cloud.notify.settings import NotifySettings
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.notify.cap_tables import mistakes
from tests.unit.cloud.notify.scene import PEOPLE, RULE, T0

ATOM = "{http://www.w3.org/2005/Atom}"
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city whose people have names, channels none, and which nobody notifies."""
    async with Morotai(tmp_path, notify=NotifySettings.model_validate({"people": PEOPLE})) as city:
        yield city


@pytest.fixture
def asker(request: pytest.FixtureRequest) -> tuple[Role, Sequence[str] | None]:
    """Who asks, unless a test is parametrized with another: a role, and the sites that they may see."""
    return getattr(request, "param", (Role.OPERATOR, None))


@pytest_asyncio.fixture(loop_scope="module")
async def client(city: Morotai, asker: tuple[Role, Sequence[str] | None]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of whoever asks."""
    role, sites = asker
    async with api_of(city, role, sites=sites) as client:
        yield client


async def put_alarm(city: Morotai) -> None:
    row = {
        "family": "river-level", "sensor": "river", "quantity": "water_level", "site": "daruba",
        "gateway": "gw-daruba", "opened_ms": T0, "at_ms": T0, "state": "alarming", "level": 2, "worst": 2,
        "value": 325.0, "value_ms": T0, "changed_ms": T0, "late": False, "versions": "",
        "rule": msgspec.json.encode(RULE).decode(),
    }  # fmt: skip
    event = {"alarm": 1, "kind": "raised", "time_ms": T0, "level": 2, "value": 325.0, "late": False, "at_ms": T0}
    await city.database.run(lambda c: c.execute(insert(AlarmRow).values(row)))
    await city.database.run(lambda c: c.execute(insert(AlarmEventRow).values(event)))


async def test_without_steps_there_is_nothing_to_prove(client: httpx.AsyncClient):
    answer = await client.post("/api/v1/channels/test-alarm")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:siaga:problem:no-steps")


async def test_a_duty_is_added_shown_and_removed(client: httpx.AsyncClient):
    new = {"person": "ani", "rank": 1, "start": "2099-11-24T19:00:00+09:00", "end": "2099-11-25T07:00:00+09:00"}
    added = await client.post("/api/v1/duty", json=new)
    assert added.status_code == 201
    window = {"start": "2099-11-25T00:00:00Z", "end": "2099-11-26T00:00:00Z"}
    assert (await client.get("/api/v1/duty", params=window)).json() == []  # 07:00 there is 22:00Z the day before
    window["start"] = "2099-11-24T21:00:00Z"
    assert (await client.get("/api/v1/duty", params=window)).json() == [added.json()]
    assert added.json()["start"] == "2099-11-24T10:00:00.000Z"
    refused = await client.post("/api/v1/duty", json={**new, "person": "eve"})
    assert (refused.status_code, "'eve' is nobody" in refused.json()["detail"]) == (422, True)
    wrong = await client.post("/api/v1/duty", json={**new, "end": "tomorrow"})
    assert wrong.json()["detail"].startswith("end: 'tomorrow': write RFC 3339")
    path = f"/api/v1/duty/{added.json()['id']}"
    assert (await client.delete(path)).status_code == 204
    assert (await client.delete(path)).status_code == 404


@pytest.mark.parametrize("asker", [(Role.VIEWER, None)], indirect=True)
async def test_a_viewer_sees_the_channels_and_changes_nothing(client: httpx.AsyncClient):
    assert (await client.get("/api/v1/channels")).status_code == 200
    assert (await client.post("/api/v1/channels/test-alarm")).status_code == 403
    assert (await client.post("/api/v1/duty", json={})).status_code == 403


@pytest.mark.parametrize("asker", [(Role.VIEWER, None)], indirect=True)
async def test_warnings_are_an_atom_feed_of_cap_messages(client: httpx.AsyncClient, city: Morotai):
    assert ET.fromstring((await client.get("/api/v1/cap")).content).findall(f"{ATOM}entry") == []
    await put_alarm(city)
    feed = await client.get("/api/v1/cap")
    assert feed.headers["content-type"] == "application/atom+xml"
    (entry,) = ET.fromstring(feed.content).findall(f"{ATOM}entry")
    link = entry.find(f"{ATOM}link")
    assert link is not None
    message = await client.get(link.attrib["href"])
    assert message.headers["content-type"] == "application/cap+xml"
    assert mistakes(message.content) == []
    assert (await client.get("/api/v1/cap/99")).status_code == 404


@pytest.mark.parametrize("asker", [(Role.VIEWER, ["dodola"])], indirect=True)
async def test_warnings_of_sites_that_are_not_theirs_are_not_there(client: httpx.AsyncClient, city: Morotai):
    await put_alarm(city)
    assert ET.fromstring((await client.get("/api/v1/cap")).content).findall(f"{ATOM}entry") == []
    assert (await client.get("/api/v1/cap/1")).status_code == 404
