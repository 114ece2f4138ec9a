"""The page of the situation: what is seen at a glance, by whom; search, map and stories by links and forms alone."""

from pathlib import Path

import pytest
from lxml import html as lxml_html

from cloud.access.principal import Role
from cloud.console.pages.situation.page import MOST_CARDS
from cloud.console.settings import ConsoleSettings
from cloud.console.stories.exchange import StoryExchange
from cloud.registry.records import Sensor, Site
from tests.unit.cloud.api.morotai import SITES, ZONE, Morotai, now_ms
from tests.unit.cloud.console.asked import asked
from wire import Reading


async def spoken(city: Morotai) -> None:
    await city.send(
        "gw-daruba", [Reading("river", "water_level", now_ms(), 132.4), Reading("air", "pm2_5", now_ms(), 12.3)]
    )


async def test_a_place_shows_what_matters_there_with_its_value_and_the_whole_how_it_is(city: Morotai):
    await spoken(city)
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en")
    assert page.words("tile-name") == ["Flooding", "Air quality", "Visitors"]
    assert page.words("card-title")[0] == "Daruba river bridge"
    assert page.words("figure-value") == ["132.4", "12.3"]
    assert page.words("state-text") == ["All data is arriving"]
    assert 'href="/console/en/sites/daruba?series=river%2Fwater_level"' in page.text


async def test_silent_sensors_and_gateways_that_are_away_stand_above_every_page(city: Morotai):
    await city.send("gw-daruba", [Reading("river", "water_level", now_ms() - 600_000, 132.4)])
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/duty")
        assert page.words("state-text") == ["1 sensor silent"]
        here = await browser.open("/console/en")
    assert here.words("card-behind") == ["1 of 2 silent"]
    assert here.words("places-head") == ["1 place needs somebody Search"]


async def test_whoever_may_see_one_site_finds_nothing_of_another(city: Morotai):
    await spoken(city)
    async with asked(city, Role.VIEWER, sites=["sangowo"]) as browser:
        for path in ("/console/en", "/console/en?q=daruba", "/console/en?z=14&at=2.05,128.29", "/console/en/wall"):
            page = await browser.open(path)
            assert page.status == 200
            assert "aruba" not in page.text.replace("?q=daruba", "").replace('value="daruba"', "")
            assert "132.4" not in page.text


async def test_a_place_is_found_by_a_part_of_its_name_and_what_is_odd_finds_nothing(city: Morotai):
    async with asked(city, Role.VIEWER) as browser:
        found = await browser.open("/console/en?q=ferry+DODOLA")
        assert found.words("card-title") == ["Dodola island ferry"]
        for query in ("q=%3Cscript%3E", "z=nan&at=x,y", "z=1e309&at=999,999", "page=99999999", "page=-1", "at=inf,1"):
            odd = await browser.open(f"/console/en?{query}")
            assert odd.status == 200
            assert "<script>" not in odd.text


async def test_the_map_moves_by_links_that_keep_what_is_looked_for(city: Morotai):
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en?q=ferry&z=11&at=2.1,128.3")
        document = lxml_html.fromstring(page.text)
        closer, farther, everything = (link.get("href") for link in document.find_class("map-link"))
        assert closer == "/console/en?q=ferry&z=12.0&at=2.10000%2C128.30000"
        assert farther == "/console/en?q=ferry&z=10.0&at=2.10000%2C128.30000"
        assert everything == "/console/en?q=ferry"
        marks = document.find_class("mark")
        assert {mark.get("data-site") for mark in marks} == {"daruba", "dodola"}
        assert all(mark.get("aria-label") and mark.get("href") for mark in marks)


def gauge(number: int) -> Sensor:
    return Sensor(f"gauge-{number}", "Gauge", f"site-{number}", "gw-daruba", ("water_level",), interval_s=1)


def place(number: int) -> Site:
    return Site(f"site-{number}", f"Place {number}", "", 2.0 + number % 31 / 60, 128.0 + number // 31 / 60, ZONE)


async def test_a_large_city_is_one_page_of_bounded_size(tmp_path: Path):
    sites, sensors = [*SITES, *map(place, range(1_000))], list(map(gauge, range(1_000)))
    async with Morotai(tmp_path, sites=sites, sensors=sensors) as city:
        now, old = now_ms(), now_ms() - 3_600_000
        spoken = [Reading(f"gauge-{n}", "water_level", old if n < 30 else now, 90.0) for n in range(1_000)]
        await city.send("gw-daruba", spoken)
        async with asked(city, Role.VIEWER) as browser:
            page = await browser.open("/console/en")
            document = lxml_html.fromstring(page.text)
            assert len(document.find_class("card")) == MOST_CARDS
            assert page.words("places-head") == ["30 places need somebody Search"]
            assert page.words("quiet") == ["973 places are quiet."]
            assert sum(1 for _ in document.iter()) < 1_500
            (area,) = document.find_class("map")
            assert sum(1 for _ in area.iter()) <= 300
            after = await browser.open("/console/en?page=2")
            assert len(after.words("card-title")) == 10


async def test_a_story_is_asked_for_by_whoever_may_and_another_one_waits(city: Morotai, tmp_path: Path):
    settings = ConsoleSettings(stories=str(tmp_path / "stories"))
    exchange = StoryExchange(tmp_path / "stories")
    async with asked(city, Role.OPERATOR, settings=settings) as browser:
        page = await browser.open("/console/en")
        assert page.words("story")[0] == "Flood"
        done = await browser.send(page, "story", story="flood")
        assert done.words("said") == ["“Flood” begins."]
        again = await browser.send(page, "story", story="smoke")
        assert (again.status, again.words("mistake")) == (
            422, ["Another story plays or is about to: wait for its end, then press again."]
        )  # fmt: skip
        odd = await browser.send(page, "story", story="../x")
        assert odd.words("mistake") == ["There is no such story here."]
    asked_for = exchange.pop_asked()
    assert asked_for is not None
    assert (asked_for.name, asked_for.who) == ("flood", "operator")


async def test_where_there_is_no_demo_there_are_no_stories(city: Morotai):
    async with asked(city, Role.OPERATOR) as browser:
        page = await browser.open("/console/en")
        assert page.words("story") == []
        assert (await browser.send(page, "story", story="flood")).status == 422


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN])
async def test_a_story_is_begun_by_no_lesser_role(city: Morotai, tmp_path: Path, role: Role):
    async with asked(city, role, settings=ConsoleSettings(stories=str(tmp_path / "stories"))) as browser:
        page = await browser.open("/console/en")
        assert page.words("story") == []
        assert (await browser.send(page, "story", story="flood")).status == 403
    assert StoryExchange(tmp_path / "stories").pop_asked() is None
