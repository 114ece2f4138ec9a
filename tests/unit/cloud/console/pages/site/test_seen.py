"""What people have read, on the page of its place: until when it counts for the sensor, and how it is withdrawn."""

import re
from typing import Any

from cloud.access.principal import Role
from cloud.alarms.overrulings import Overrulings, write_overrulings
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.asked import asked
from wire import Reading
from wire.durations import HOUR_MS

PLACE = "/console/en/sites/daruba"
GAUGE: dict[str, Any] = {"key": "key-0001", "series": "river/water_level", "value": "350", "ago": 0, "sure": "yes"}


async def test_a_reading_says_until_when_it_counts_and_can_be_withdrawn(city: Morotai):
    await city.send("gw-daruba", [Reading("river", "water_level", now_ms(), 132.4)])
    async with asked(city, Role.TECHNICIAN) as browser:
        now = now_ms()
        counts = Overrulings({1: (now, now + HOUR_MS)}, {})
        await city.database.run(lambda connection: write_overrulings(connection, counts))
        await browser.send(await browser.open(f"{PLACE}/reading"), "enter", **GAUGE)
        page = await browser.open(PLACE)
        assert re.fullmatch(r"Counts until \d\d:\d\d in place of the sensor\.", page.words("seen-counts")[0])
        assert page.words("seen-beside") == ["The sensor said 132.4 cm then, 217.6 cm off."]
        after = await browser.send(page, "withdraw-reading", id=1)
        assert after.words("said")[0] == "The reading is withdrawn: it counts no more."
        assert after.words("seen") == []
        read = await browser.open(f"{PLACE}/reading")
        assert "withdrawn by technician at" in read.words("seen")[0]
        assert (await browser.send(page, "withdraw-reading", id=77)).status == 404


async def test_nobody_withdraws_a_reading_of_a_place_that_is_not_theirs(city: Morotai):
    async with asked(city, Role.TECHNICIAN) as browser:
        await browser.send(await browser.open(f"{PLACE}/reading"), "enter", **GAUGE)
    async with asked(city, Role.OPERATOR, sites=["sangowo"]) as browser:
        other = await browser.open("/console/en/sites/sangowo")
        assert (await browser.send(other, "withdraw-reading", id=1)).status == 404
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open(PLACE)
        assert page.words("seen")
        assert "seen-withdraw" not in page.text
        assert (await browser.send(page, "withdraw-reading", id=1)).status == 403
