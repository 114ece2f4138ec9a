"""The page of a reading by a person, without a script: refusals keep what was typed, the unlikely is asked about."""

import re
from typing import Any

from cloud.access.principal import Role
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.asked import Opened, asked
from wire import Reading
from wire.durations import HOUR_MS, MINUTE_MS

READING = "/console/en/sites/daruba/reading"
GAUGE: dict[str, Any] = {"key": "key-0001", "series": "river/water_level", "value": "132,5", "ago": 5}


async def test_a_technician_enters_a_reading_once(city: Morotai):
    async with asked(city, Role.TECHNICIAN) as browser:
        await city.send("gw-daruba", [Reading("river", "water_level", now_ms(), 132.4)])
        page = await browser.open(READING)
        after = await browser.send(page, "enter", **GAUGE)
        assert after.words("said")[0] == "The reading is kept: 132.5 cm."
        again = await browser.send(page, "enter", **GAUGE)
        assert again.words("said")[0] == "The reading is kept: 132.5 cm."
        (kept,) = await city.platform.manual_readings.of(["river"], start_ms=0, end_ms=now_ms() + HOUR_MS)
        assert (kept.person, kept.value) == ("technician", 132.5)
        assert abs(now_ms() - 5 * MINUTE_MS - kept.time_ms) < MINUTE_MS
        (seen,) = again.words("seen")
        assert seen.startswith("River gauge · Water level 132.5 cm read by technician at ")
        assert seen.endswith("The sensor said 132.4 cm then: they agree.")


async def test_the_staff_gauge_stands_first_whatever_the_order_of_the_registry(city: Morotai):
    async with asked(city, Role.TECHNICIAN) as browser:
        page = await browser.open(READING)
        offered = re.findall(r'<option value="([a-z]+/[a-z0-9_]+)"', page.text)
        assert offered == ["river/water_level", "air/pm2_5", "air/temperature", "river/distance"]


async def test_an_unlikely_value_is_asked_about_and_the_page_says_by_how_much_it_is_off(city: Morotai):
    async with asked(city, Role.OPERATOR) as browser:
        await city.send("gw-daruba", [Reading("river", "water_level", now_ms(), 132.4)])
        page = await browser.open(READING)
        fields = GAUGE | {"value": "350", "ago": 0}
        asks = await browser.send(page, "enter", **fields)
        assert (asks.status, asks.words("mistake")[0]) == (
            422, "350 cm is far from 132.4 cm, 0 minutes apart; look again, and say so if you are sure.",
        )  # fmt: skip
        assert 'value="350"' in asks.text
        after = await browser.send(page, "enter", sure="yes", **fields)
        (seen,) = after.words("seen")
        assert seen.endswith("The sensor said 132.4 cm then, 217.6 cm off; alarms go by the sensor.")


async def test_what_cannot_be_is_said_at_its_field_in_the_language_of_the_page(city: Morotai):
    async with asked(city, Role.TECHNICIAN, sites=["daruba"]) as browser:
        page = await browser.open(READING.replace("/en/", "/id/"))

        async def refused(**fields: Any) -> str:
            answer: Opened = await browser.send(page, "enter", **(GAUGE | fields))
            assert answer.status in (409, 422)
            return answer.words("mistake")[0]

        assert (await refused(value="banyak")).startswith("“banyak” bukan angka")
        assert (await refused(value="20000")).startswith("Water_level 20000 cm di luar")
        assert await refused(series="air-east/pm2_5") == await refused(series="nobody/pm2_5")
        assert (await refused(person="budi")) != ""
        assert (await refused(key="")) != ""
        assert (await browser.open("/console/en/sites/sangowo/reading")).status == 404


async def test_viewers_enter_nothing_and_see_what_was_read(city: Morotai):
    async with asked(city, Role.TECHNICIAN) as browser:
        await browser.send(await browser.open(READING), "enter", **GAUGE)
    async with asked(city, Role.VIEWER) as browser:
        assert (await browser.open(READING)).status == 403
        site = await browser.open("/console/en/sites/daruba")
        assert "Enter a reading" not in site.text
        assert site.words("seen-value") == ["132.5 cm"]


async def test_the_worker_that_opens_the_page_without_a_link_is_never_an_old_one(city: Morotai):
    async with asked(city, Role.TECHNICIAN) as browser:
        worker = await browser.open("/console/keep-readings.js")
        assert worker.answer.headers["content-type"].startswith("text/javascript")
        assert worker.answer.headers["cache-control"] == "no-cache"
