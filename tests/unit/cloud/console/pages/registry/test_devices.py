"""A sensor's device is replaced, and the sensor moved, on its page: dated facts, and what should be looked at, too."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.access.principal import Role
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.asked import asked

RIVER = "/console/en/registry/sensors/river"
NEW = {"serial": "B-03", "model": "MB7389", "make": "MaxBotix", "device_reason": "it was wet"}


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    async with Morotai(tmp_path) as city:
        await city.platform.facts.load()
        yield city


async def test_another_device_hangs_there_from_a_moment_on(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open(RIVER)
        assert "Device now: unknown" in page.text
        lines = {"device_height": "420", "device_calibration": "water_level 1,02 -3"}
        dated = {"device_since": "2026-11-01T09:00", "device_source": "survey 7"}
        done = await browser.send(page, "replace", **NEW, **lines, **dated)
        assert done.words("said") == ["river has another device."]
        assert "MaxBotix MB7389 (B-03)" in (await browser.open(RIVER)).text
        second = await browser.send(page, "replace", serial="B-04", device_reason="it was struck")
        assert "was put on the device before and still holds" in second.text
    sensor, history = city.registry.sensor("river"), city.registry.history
    assert sensor is not None
    assert history.mounting_height_cm(sensor).at(now_ms()) == 420
    devices = [value and value["serial"] for value in history.device(sensor).values]
    assert devices == [None, "B-03", "B-04"]


async def test_a_sensor_goes_to_another_gateway_and_site(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open(RIVER)
        nowhere = await browser.send(page, "move", move_reason="the bridge is new")
        assert "Write the gateway or the site that is another." in nowhere.words("mistake")
        done = await browser.send(
            page, "move", move_gateway="gw-east", move_site="sangowo", move_reason="the bridge is new"
        )
        assert done.words("said") == ["river is moved."]
    sensor = city.registry.sensor("river")
    assert sensor is not None
    assert (sensor.gateway, sensor.site) == ("gw-east", "sangowo")


@pytest.mark.parametrize(
    ("action", "fields", "told"),
    [
        ("replace", {**NEW, "serial": ""}, "value.serial: is empty"),
        ("replace", {**NEW, "device_reason": ""}, "reason: is empty"),
        ("replace", {**NEW, "device_height": "high"}, "is no number"),
        ("replace", {**NEW, "device_since": "soon"}, "Choose a day and a time."),
        ("move", {"move_gateway": "gw-none", "move_reason": "x"}, "there is no such gateway"),
    ],
    ids=["no-serial", "no-reason", "no-height", "no-moment", "no-gateway"],
)
async def test_what_cannot_be_is_said_beside_its_form(city: Morotai, action: str, fields: dict[str, str], told: str):
    async with asked(city, Role.ENGINEER) as browser:
        refused = await browser.send(await browser.open(RIVER), action, **fields)
        assert refused.status == 422
        assert told in " ".join(refused.words("mistake"))
        assert "details open" in refused.text


async def test_others_move_nothing_and_nobody_to_a_site_that_they_may_not_see(city: Morotai):
    async with asked(city, Role.ENGINEER, sites=["sangowo"]) as browser:
        own = await browser.open("/console/en/registry/sensors/air-east")
        for target in ({"move_site": "daruba"}, {"move_gateway": "gw-daruba"}):
            assert (await browser.send(own, "move", **target, move_reason="x")).status == 403
        data = {"csrf": own.csrf, **NEW}
        assert (await browser.client.post(f"{RIVER}/replace", data=data)).status_code == 404
    async with asked(city, Role.TECHNICIAN) as browser:
        page = await browser.open(RIVER)
        assert "Replace the device" not in page.text
        assert (await browser.send(page, "replace", **NEW)).status == 403
