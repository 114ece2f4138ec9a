"""The route of stories behind the real guard: an operator's, with the token of the session; nobody's elsewhere."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from cloud.access.permissions import PERMISSIONS
from cloud.access.principal import Role
from cloud.api.app import make_api
from cloud.console.stories.exchange import AskedStory, StoryExchange
from cloud.console.stories.routes import permissions_with, serve_stories
from tests.unit.cloud.access.house import BOSS, PASSWORD
from tests.unit.cloud.api.morotai import Morotai

FLOOD = "/demo/stories/flood"


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    async with Morotai(tmp_path) as city:
        yield city


def _client(city: Morotai, stories: Path | None) -> httpx.AsyncClient:
    app = make_api(city.platform, table=permissions_with(PERMISSIONS, str(stories or "")))
    if stories is not None:
        serve_stories(app, stories)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://siaga.test")


async def _bearer(city: Morotai, role: Role) -> dict[str, str]:
    return {"Authorization": f"Bearer {await city.token(role)}"}


async def test_an_operator_asks_for_a_story_and_nobody_for_a_second(city: Morotai, tmp_path: Path):
    async with _client(city, tmp_path / "stories") as client:
        bearer = await _bearer(city, Role.OPERATOR)
        assert (await client.post(FLOOD, headers=bearer)).status_code == 202
        answer = await client.post("/demo/stories/smoke", headers=bearer)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:siaga:problem:story-plays")
        asked = StoryExchange(tmp_path / "stories").pop_asked()
        assert isinstance(asked, AskedStory)
        assert asked.name == "flood"
        assert asked.who != ""


async def test_a_story_that_is_none_is_named(city: Morotai, tmp_path: Path):
    async with _client(city, tmp_path / "stories") as client:
        answer = await client.post("/demo/stories/fire", headers=await _bearer(city, Role.ENGINEER))
        assert answer.status_code == 404
        assert answer.json()["detail"] == ("name: there is no story 'fire'; ask for flood, smoke, crowd, powercut")
        assert StoryExchange(tmp_path / "stories").pop_asked() is None


async def test_whoever_is_less_than_operator_and_whoever_is_nobody_asks_in_vain(city: Morotai, tmp_path: Path):
    async with _client(city, tmp_path / "stories") as client:
        for role in (Role.VIEWER, Role.TECHNICIAN):
            assert (await client.post(FLOOD, headers=await _bearer(city, role))).status_code == 403
        assert (await client.post(FLOOD)).status_code == 401
        assert (await client.get(FLOOD, headers=await _bearer(city, Role.ADMINISTRATOR))).status_code == 405
        assert StoryExchange(tmp_path / "stories").pop_asked() is None


async def test_a_session_needs_its_token_and_our_own_page(city: Morotai, tmp_path: Path):
    async with _client(city, tmp_path / "stories") as client:
        await city.access.users.add("ani", PASSWORD, Role.OPERATOR, actor=BOSS)
        session = await client.post("/api/v1/session", json={"name": "ani", "password": PASSWORD})
        csrf = {"X-CSRF-Token": session.json()["csrf"]}
        for headers in ({}, {"X-CSRF-Token": "wrong"}, csrf | {"Origin": "http://evil.example"}):
            answer = await client.post(FLOOD, headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (403, "urn:siaga:problem:forged-request")
        assert (await client.post(FLOOD, headers=csrf)).status_code == 202


async def test_elsewhere_there_is_no_such_route_for_anybody(city: Morotai):
    assert permissions_with(PERMISSIONS, "") == PERMISSIONS
    async with _client(city, None) as client:
        answer = await client.post(FLOOD, headers=await _bearer(city, Role.ADMINISTRATOR))
        assert answer.status_code == 404
        assert "there is nothing here" in answer.json()["detail"]
