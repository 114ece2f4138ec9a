"""Channels, duty and CAP over HTTP."""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import msgspec
from sqlalchemy import insert

from cloud.access.principal import Role
from cloud.alarms.tables import AlarmEventRow, AlarmRow
from cloud.notify.settings import NotifySettings
from tests.receivers import HttpReceiver
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.notify.cap_tables import mistakes
from tests.unit.cloud.notify.scene import PEOPLE, RULE, T0, hook, until

ATOM = "{http://www.w3.org/2005/Atom}"
Story = Callable[[httpx.AsyncClient, Morotai], Coroutine[Any, Any, None]]


def run(tmp_path: Path, story: Story, *, role: Role = Role.OPERATOR, sites: Any = None, **notify: Any) -> None:
    async def play() -> None:
        city = Morotai(tmp_path, notify=NotifySettings.model_validate({"people": PEOPLE, **notify}))
        async with city, api_of(city, role, sites=sites) as client:
            work = asyncio.create_task(city.notifier.run())
            await story(client, city)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    asyncio.run(play())


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


def test_a_test_alarm_goes_through_the_chain_and_the_channel_is_proven(tmp_path: Path):
    with HttpReceiver() as web:

        async def story(client: httpx.AsyncClient, _: Morotai) -> None:
            before = (await client.get("/api/v1/channels")).json()
            assert (before["last_proven"], before["channels"][0]["last_success"]) == (None, None)
            assert (await client.post("/api/v1/channels/test-alarm")).json() == {"alarm": 1}
            await until(lambda: web.accepted, "the test alarm has arrived")
            found: dict[str, Any] = {}
            while not found.get("last_proven"):
                found = (await client.get("/api/v1/channels")).json()
            (channel,) = found["channels"]
            assert (channel["name"], channel["kind"], channel["status"], channel["waiting"]) == (
                "hook",
                "webhook",
                "ok",
                0,
            )

        run(tmp_path, story, channels=[hook(tmp_path, web.url)], steps=[{"channels": ["hook"]}])


def test_one_channel_is_tested_and_says_what_came_of_it(tmp_path: Path):
    with HttpReceiver() as web:

        async def story(client: httpx.AsyncClient, _: Morotai) -> None:
            assert (await client.post("/api/v1/channels/hook/test")).json() == {"sent": True, "sentence": "200"}
            missing = await client.post("/api/v1/channels/hok/test")
            assert (missing.status_code, missing.json()["detail"]) == (
                404, "name: there is no channel 'hok'; did you mean hook?"
            )  # fmt: skip

        run(tmp_path, story, channels=[hook(tmp_path, web.url)], steps=[{"channels": ["hook"]}])


def test_without_steps_there_is_nothing_to_prove(tmp_path: Path):
    async def story(client: httpx.AsyncClient, _: Morotai) -> None:
        answer = await client.post("/api/v1/channels/test-alarm")
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:siaga:problem:no-steps")

    run(tmp_path, story)


def test_a_duty_is_added_shown_and_removed(tmp_path: Path):
    async def story(client: httpx.AsyncClient, _: Morotai) -> None:
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

    run(tmp_path, story)


def test_a_viewer_sees_the_channels_and_changes_nothing(tmp_path: Path):
    async def story(client: httpx.AsyncClient, _: Morotai) -> None:
        assert (await client.get("/api/v1/channels")).status_code == 200
        assert (await client.post("/api/v1/channels/test-alarm")).status_code == 403
        assert (await client.post("/api/v1/duty", json={})).status_code == 403

    run(tmp_path, story, role=Role.VIEWER)


def test_warnings_are_an_atom_feed_of_cap_messages(tmp_path: Path):
    async def story(client: httpx.AsyncClient, city: Morotai) -> None:
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

    run(tmp_path, story, role=Role.VIEWER)


def test_warnings_of_sites_that_are_not_theirs_are_not_there(tmp_path: Path):
    async def story(client: httpx.AsyncClient, city: Morotai) -> None:
        await put_alarm(city)
        assert ET.fromstring((await client.get("/api/v1/cap")).content).findall(f"{ATOM}entry") == []
        assert (await client.get("/api/v1/cap/1")).status_code == 404

    run(tmp_path, story, role=Role.VIEWER, sites=["dodola"])
