"""Tests of a channel and of the whole chain over the API, to a receiver on a real socket."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from cloud.access.principal import Role
from cloud.notify.settings import NotifySettings
from tests.receivers import HttpReceiver
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.notify.scene import PEOPLE, hook, until


@contextlib.asynccontextmanager
async def notifying(folder: Path, web: HttpReceiver) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a city whose notifier runs, and tells `web` alone."""
    notify = {"people": PEOPLE, "channels": [hook(folder, web.url)], "steps": [{"channels": ["hook"]}]}
    city = Morotai(folder, notify=NotifySettings.model_validate(notify))
    async with city, api_of(city, Role.OPERATOR) as client:
        work = asyncio.create_task(city.notifier.run())
        yield client
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def test_a_test_alarm_goes_through_the_chain_and_the_channel_is_proven(tmp_path: Path):
    with HttpReceiver() as web:
        async with notifying(tmp_path, web) as client:
            before = (await client.get("/api/v1/channels")).json()
            assert (before["last_proven"], before["channels"][0]["last_success"]) == (None, None)
            assert (await client.post("/api/v1/channels/test-alarm")).json() == {"alarm": 1}
            await until(lambda: web.accepted, "the test alarm has arrived")
            found: dict[str, Any] = {}
            while not found.get("last_proven"):
                found = (await client.get("/api/v1/channels")).json()
            (channel,) = found["channels"]
            shown = (channel["name"], channel["kind"], channel["status"], channel["waiting"])
            assert shown == ("hook", "webhook", "ok", 0)


async def test_one_channel_is_tested_and_says_what_came_of_it(tmp_path: Path):
    with HttpReceiver() as web:
        async with notifying(tmp_path, web) as client:
            assert (await client.post("/api/v1/channels/hook/test")).json() == {"sent": True, "sentence": "200"}
            missing = await client.post("/api/v1/channels/hok/test")
            detail = "name: there is no channel 'hok'; did you mean hook?"
            assert (missing.status_code, missing.json()["detail"]) == (404, detail)
