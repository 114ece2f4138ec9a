"""Channels over the API: added, tried, used, retired, brought back and undone, by administrators of all sites."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from cloud.access.principal import Role
from cloud.notify.settings import NotifySettings
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.notify.scene import hook

pytestmark = pytest.mark.asyncio(loop_scope="module")
CHANNELS = "/api/v1/channels"
TOKEN = "8023:AAFxQ7rZmt"
PHONE = {"name": "phone", "kind": "telegram", "settings": {"token": TOKEN, "chat": "-100"}, "reason": "new bot"}


@pytest_asyncio.fixture(loop_scope="module")
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city whose file has one channel, which its one step goes over where the phone does not work."""
    notify = {"channels": [hook(tmp_path)], "steps": [{"channels": ["phone", "hook"]}], "key_file": tmp_path / "key"}
    async with Morotai(tmp_path, notify=NotifySettings.model_validate(notify)) as city:
        yield city


@pytest_asyncio.fixture(loop_scope="module")
async def client(city: Morotai) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator's client."""
    async with api_of(city, Role.ADMINISTRATOR) as client:
        yield client


async def ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def test_a_channel_lives_from_trial_to_retirement_and_back(client: httpx.AsyncClient):
    added = await client.post(CHANNELS, json=PHONE)
    record = (await ok(added, 201))["record"]
    assert (record["use"], record["owner"], record["steps"]) == ("on trial", "registry", [1])
    assert record["settings"] == {"chat": "-100", "token": "kept"}
    used = await client.patch(f"{CHANNELS}/phone", json={"use": "in use"}, headers={"If-Match": added.headers["etag"]})
    assert (await ok(used))["record"]["use"] == "in use"
    listed = (await ok(await client.get(CHANNELS)))["channels"]
    assert [(each["name"], each["use"], each["owner"]) for each in listed] == [
        ("hook", "in use", "cloud.toml"), ("phone", "in use", "registry"),
    ]  # fmt: skip
    assert problem(await client.delete(f"{CHANNELS}/phone")) == (409, "record-changed")
    retired = await client.delete(f"{CHANNELS}/phone", params={"along": True, "reason": "sold"})
    assert (await ok(retired))["record"]["use"] == "retired"
    assert [each["name"] for each in (await ok(await client.get(CHANNELS)))["channels"]] == ["hook"]
    assert (await ok(await client.get(f"{CHANNELS}/phone")))["use"] == "retired"
    assert problem(await client.post(f"{CHANNELS}/phone/test")) == (404, "unknown-channel")
    back = await client.post(f"{CHANNELS}/phone/restore", json={"reason": "bought back"})
    assert (await ok(back))["record"]["use"] == "on trial"


async def test_what_people_changed_is_listed_without_a_secret_and_undone(client: httpx.AsyncClient):
    await ok(await client.post(CHANNELS, json=PHONE), 201)
    await ok(await client.patch(f"{CHANNELS}/phone", json={"settings": {"token": "9:other", "chat": "-200"}}))
    page = await client.get(f"{CHANNELS}/changes", params={"channel": "phone"})
    newest, first = (await ok(page))["changes"]
    assert newest["differs"] == {"chat": ["-100", "-200"], "token": ["kept", "replaced"]}
    assert (first["action"], first["reason"]) == ("add", "new bot")
    assert not [word for word in (TOKEN, "9:other") if word in page.text]
    undone = await ok(await client.post(f"{CHANNELS}/changes/{newest['id']}/undo", json={}))
    assert (undone["undoes"], undone["differs"]["chat"]) == (newest["id"], ["-200", "-100"])
    again = await client.post(f"{CHANNELS}/changes/{newest['id']}/undo", json={})
    assert problem(again) == (409, "record-changed")
    assert problem(await client.post(f"{CHANNELS}/changes/99/undo", json={})) == (404, "unknown-change")


async def test_a_change_of_what_is_old_or_the_files_is_refused(client: httpx.AsyncClient):
    first = await client.post(CHANNELS, json=PHONE)
    await ok(await client.patch(f"{CHANNELS}/phone", json={"settings": {"per_minute": 5}}))
    stale = {"If-Match": first.headers["etag"]}
    late = await client.patch(f"{CHANNELS}/phone", json={"settings": {"per_minute": 6}}, headers=stale)
    assert problem(late) == (409, "record-changed")
    shown = await ok(await client.get(f"{CHANNELS}/hook"))
    assert (shown["owner"], shown["revision"], shown["settings"]) == ("cloud.toml", None, {})
    assert problem(await client.patch(f"{CHANNELS}/hook", json={"use": "on trial"})) == (409, "owned-by-file")
    assert problem(await client.post(CHANNELS, json=PHONE | {"name": "hook"})) == (409, "record-exists")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (PHONE | {"kind": "cap_file"}, "kind: 'cap_file' is none that is added here"),
        (PHONE | {"settings": {"token": 5}}, "token: write text"),
        (PHONE | {"settings": {"chat": "-100"}}, "token: is missing; add it"),
        (PHONE | {"settings": {f"k{n}": 1 for n in range(31)}}, "settings: 31 items: "),
        (PHONE | {"use": "in use"}, "use: 'in use': Extra inputs"),
        ({"name": "w", "kind": "webhook", "settings": {"url": "https://127.0.0.1/", "secret": "x" * 16}}, "networks"),
    ],
)
async def test_what_no_channel_can_be_is_a_sentence(client: httpx.AsyncClient, body: Any, sentence: str):
    answer = await client.post(CHANNELS, json=body)
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


@pytest.mark.parametrize(
    ("role", "sites"), [(Role.ENGINEER, None), (Role.ADMINISTRATOR, ["daruba"])], ids=["engineer", "of one site"]
)
async def test_only_administrators_of_all_sites_change_channels(city: Morotai, role: Role, sites: list[str] | None):
    async with api_of(city, role, sites=sites) as client:
        asked = [
            ("POST", CHANNELS, PHONE), ("GET", f"{CHANNELS}/hook", None), ("PATCH", f"{CHANNELS}/hook", {}),
            ("DELETE", f"{CHANNELS}/hook", None), ("POST", f"{CHANNELS}/hook/restore", {}),
            ("GET", f"{CHANNELS}/changes", None), ("POST", f"{CHANNELS}/changes/1/undo", {}),
        ]  # fmt: skip
        answers = [await client.request(method, path, json=body) for method, path, body in asked]
    assert [answer.status_code for answer in answers] == [403] * len(asked)
