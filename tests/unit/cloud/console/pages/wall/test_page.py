"""The wall: every view is there, no control is, and the first one is the one that is asked for."""

from lxml import html as lxml_html

from cloud.access.principal import Role
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.asked import asked
from tests.unit.cloud.console.rising import let_the_river_rise
from wire import Reading


async def test_the_wall_has_a_view_of_the_city_of_each_domain_of_alarms_and_of_gateways(city: Morotai):
    await city.send("gw-daruba", [Reading("river", "water_level", now_ms(), 132.4)])
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/wall")
    views = lxml_html.fromstring(page.text).find_class("wall-view")
    assert [view.get("data-view") for view in views] == [
        "city", "domain-flood", "domain-air", "domain-footfall", "alarms", "gateways"
    ]  # fmt: skip
    assert [view.get("data-view") for view in views if view.get("data-shown") is not None] == ["city"]
    assert page.words("wall-state") == ["Normal", "no reading yet", "no reading yet"]
    assert page.words("wall-value") == ["132.4 cm"]


async def test_nothing_on_the_wall_can_be_pressed(city: Morotai):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await browser.open("/console/id/wall")
    (wall,) = lxml_html.fromstring(page.text).find_class("wall")
    assert [element.tag for element in wall.iter("a", "button", "input", "select", "form")] == []


async def test_without_a_script_the_wall_turns_by_loading_the_next_view(city: Morotai):
    async with asked(city, Role.VIEWER) as browser:
        last = await browser.open("/console/en/wall?view=gateways")
        odd = await browser.open("/console/en/wall?view=%22%3E")
    assert 'content="15;url=/console/en/wall?view=city"' in last.text
    assert 'data-view="gateways" data-shown' in last.text
    assert 'data-view="city" data-shown' in odd.text


async def test_an_alarm_that_waits_stands_on_every_view(city: Morotai):
    await let_the_river_rise(city)
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/wall")
    (flash,) = page.words("wall-flash")
    assert flash.startswith("Siaga 3 Daruba river bridge")
    assert flash.count("·") == 1, "where and how much: a wall has no room for more"
    assert page.words("wall-words")[0] == "Daruba river bridge"
    assert "Daruba river bridge · River level" in page.words("wall-words")
