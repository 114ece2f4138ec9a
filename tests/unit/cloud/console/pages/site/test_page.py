"""The page of one place: all that is measured there, the chart of what is chosen, and nothing of places not seen."""

import re

import pytest
from lxml import html as lxml_html

from cloud.access.principal import Role
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.asked import asked
from tests.unit.cloud.console.rising import let_the_river_rise
from wire import Clock, Reading


async def hour_of(city: Morotai) -> None:
    now = now_ms()
    river = [Reading("river", "water_level", now - back * 60_000, 100.0 + back) for back in range(59, 0, -1)]
    await city.send("gw-daruba", [*river, Reading("air", "pm2_5", now, 12.3), Reading("air", "temperature", now, 28.1)])


async def test_every_sensor_is_shown_with_its_newest_values_and_the_chart_of_what_matters_most(city: Morotai):
    await hour_of(city)
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/sites/daruba?span=1h")
    assert page.words("sensor-name") == ["River gauge", "Air station", "Worked out for the whole place"]
    assert page.words("figure-value") == ["101.0", "12.3", "28.1"]
    document = lxml_html.fromstring(page.text)
    (line,) = [path.get("d") for path in document.find_class("plot-line")]
    assert len(re.findall("[ML]", line)) == 59
    assert page.words("pair-value") == ["101.0 cm", "130.0 cm", "159.0 cm"]
    rows = document.xpath("//tbody/tr")
    assert 30 <= len(rows) <= 49


async def test_another_series_and_span_are_chosen_by_links(city: Morotai):
    await hour_of(city)
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/sites/daruba?series=air/temperature&span=7d")
        assert page.words("panel-title") == ["Temperature"]
        assert 'href="/console/en/sites/daruba?series=air%2Ftemperature&amp;span=24h"' in page.text
        odd = await browser.open("/console/en/sites/daruba?series=x/y&span=century&page=-3")
        assert odd.words("panel-title") == ["Water level"]


async def test_limits_are_drawn_and_a_gap_is_no_line(city: Morotai):
    await let_the_river_rise(city)
    now, half_minutes = now_ms(), [*range(80, 100), *range(1, 20)]
    heard = [Reading("river", "water_level", now - back * 30_000, 235.0) for back in half_minutes]
    await city.send("gw-daruba", heard)
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/sites/daruba?span=1h")
    assert "Siaga 3" in page.words("plot-name")
    assert len(lxml_html.fromstring(page.text).find_class("plot-line")) == 2


async def test_marks_are_badges_that_say_what_they_mean(city: Morotai):
    await city.send("gw-daruba", [Reading("ferry", "people_in", now_ms(), 4.0, Clock.ESTIMATED, backfill=True)])
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/id/sites/dodola")
    assert page.words("badge") == ["dikirim susulan", "waktu perkiraan"]
    titles = [badge.get("title", "") for badge in lxml_html.fromstring(page.text).find_class("badge")]
    assert all(len(meaning) > 20 for meaning in titles)


@pytest.mark.parametrize("path", ["daruba", "daruba?series=river/water_level", "nowhere", "..%2Fduty"])
async def test_a_place_that_is_not_there_or_not_seen_is_answered_alike(city: Morotai, path: str):
    await hour_of(city)
    async with asked(city, Role.VIEWER, sites=["sangowo"]) as browser:
        page = await browser.open(f"/console/en/sites/{path}")
    assert page.status in (404, 401)
    assert "River" not in page.text
