"""Channels on their page: added by their kind, tried, used, changed without a secret being shown, retired, undone."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cloud.access.principal import Role
from cloud.notify.settings import NotifySettings
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.asked import asked
from tests.unit.cloud.notify.scene import hook

PATH = "/console/en/channels"
TOKEN = "8023:AAFxQ7rZmt"
PHONE = {"kind": "telegram", "name": "phone", "token": TOKEN, "chat": "-100", "reason": "new bot"}


@pytest_asyncio.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city whose file has one channel, and a step that names the phone too."""
    notify = {"channels": [hook(tmp_path)], "steps": [{"channels": ["phone", "hook"]}], "key_file": tmp_path / "key"}
    async with Morotai(tmp_path, notify=NotifySettings.model_validate(notify)) as city:
        yield city


async def test_an_administrator_adds_uses_changes_retires_and_undoes_a_channel(city: Morotai):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await browser.open(f"{PATH}?kind=telegram")
        assert [row.partition(" ")[0] for row in page.words("channel")] == ["hook"]
        assert 'type="password"' in page.text
        page = await browser.send(page, "add", **PHONE)
        assert page.words("said") == ["phone is added, on trial: send a test, then take it into use."]
        assert page.url.endswith("/channels/phone")
        page = await browser.send(page, "use")
        assert city.notifier.settings.may_alarm("phone")
        revision = re.findall(r'name="revision" value="(\w+)"', page.text)[0]
        page = await browser.send(page, "change", revision=revision, chat="-200", token="", reason="moved")
        assert page.words("said") == ["phone is changed."]
        assert page.words("difference")[0] == "Chat: -100 → -200"
        refused = await browser.send(page, "retire", reason="sold")
        assert "alarms go over it in these steps" in refused.words("mistake")[0]
        page = await browser.send(page, "retire", along="yes")
        assert page.words("said") == ["phone is retired: what waits goes over the other channels."]
        page = await browser.send(page, "restore")
        assert page.words("said") == ["phone is back, on trial."]
        newest = re.findall(r'data-change="(\d+)"', page.text)[0]
        page = await browser.send(page, "undo", change=newest)
        assert page.words("said") == [f"Change {newest} is taken back."]
        assert TOKEN not in page.text
    (record,) = city.notifier.channels.records
    assert (record.use, record.keys["chat"]) == ("retired", "-200")


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"token": ""}, "channel phone: token: is missing; add it."),
        ({"chat": "the boss"}, "channel phone: chat: 'the boss': write a chat id"),
        ({"name": "Phone"}, "name: 'Phone': use a-z"),
        ({"per_minute": "many"}, "many"),
        ({"reason": "a\r\nb"}, "Write on one line why"),
    ],
    ids=["no token", "no chat", "no name", "no number", "two lines"],
)
async def test_what_no_channel_can_be_is_said_and_no_secret_comes_back(
    city: Morotai, changes: dict[str, str], mistake: str
):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await browser.send(await browser.open(f"{PATH}?kind=telegram"), "add", **PHONE | changes)
    assert page.status == 422
    assert any(mistake in said for said in page.words("mistake")), page.words("mistake")
    assert TOKEN not in page.text


async def test_an_operator_tests_and_changes_nothing_and_who_sees_some_sites_neither(city: Morotai):
    async with asked(city, Role.OPERATOR) as browser:
        page = await browser.open(PATH)
        assert (page.status, "New channel" in page.text) == (200, False)
        assert (await browser.send(page, "test", channel="pigeon")).words("mistake") == [
            "There is no such channel any more."
        ]
        assert (await browser.send(page, "add", **PHONE)).status == 403
    async with asked(city, Role.ADMINISTRATOR, sites=["daruba"]) as browser:
        page = await browser.open(PATH)
        assert "New channel" not in page.text
        assert (await browser.send(page, "add", **PHONE)).status == 404
        assert (await browser.open(f"{PATH}/hook")).status == 404
    assert city.notifier.channels.records == ()


async def test_a_test_that_fails_is_said_and_what_waits_stands_in_the_list_in_the_readers_language(city: Morotai):
    async with asked(city, Role.OPERATOR) as browser:
        failed = await browser.send(await browser.open(PATH), "test", channel="hook")
        assert failed.status == 422
        assert failed.words("mistake")[0].startswith("hook: ")
        listed = (await browser.open("/console/id/channels")).words("channel")[0]
    assert "pesan yang menunggu: 1" in listed
