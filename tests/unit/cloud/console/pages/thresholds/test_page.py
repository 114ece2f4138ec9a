from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from lxml import html as lxml_html

from cloud.access.principal import Role
from cloud.database.audit_log import Actor
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from tests.unit.cloud.api.morotai import SENSORS, ZONE, Morotai
from tests.unit.cloud.console.asked import asked
from tests.unit.cloud.console.served import RIVER_RULE

ANI = Actor("ani")
THRESHOLDS = "/console/en/thresholds"
GROUPED = tuple(
    msgspec.structs.replace(sensor, groups=("rivers",)) if sensor.id == "river" else sensor for sensor in SENSORS
)


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city with a rule for all rivers, and a wait for one gauge."""
    async with Morotai(tmp_path, sensors=GROUPED) as city:
        await city.rule_store.save("river-level", "all", RIVER_RULE, actor=ANI, reason="the beginning")
        await city.rule_store.save("river-level", "sensor:river", {"for_s": 120.0}, actor=ANI, reason="waves")
        yield city


async def test_the_tree_opens_at_the_place_that_is_chosen(city: Morotai):
    async with asked(city, Role.VIEWER) as browser:
        whole = await browser.open(THRESHOLDS)
        assert whole.words("branch-name") == [
            "Pulau Morotai", "rivers", "Daruba river bridge", "Dodola island ferry", "Sangowo",
        ]  # fmt: skip
        opened = await browser.open(f"{THRESHOLDS}?at=sensor:river")
        assert opened.words("branch-name")[2:5] == ["Daruba river bridge", "Air station", "River gauge"]
        assert opened.words("rules-title") == ["River gauge"]
        assert opened.words("origin") == ["set here, the rest from Pulau Morotai"]
        assert opened.words("rule-own") == ["set here: Must last"]
        assert opened.words("chip")[0] == "Siaga 3 · 250 cm"
        sensors = await browser.open(f"{THRESHOLDS}/sensors?site=daruba")
        assert sensors.words("branch-name") == ["Air station", "River gauge"]


async def test_places_and_rules_are_found_by_name_and_id(city: Morotai):
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open(f"{THRESHOLDS}?q=RIVER")
        assert page.words("branch-name") == ["River level", "rivers", "Daruba river bridge", "River gauge"]
        assert "4 of 4 found for “RIVER”" in page.text
        assert (await browser.open(f"{THRESHOLDS}?q=air-east")).words("branch-name") == ["Air station"]
        assert "Nothing is called" in (await browser.open(f"{THRESHOLDS}?q=nowhere")).text


async def test_whoever_sees_one_site_finds_and_opens_no_other(city: Morotai):
    async with asked(city, Role.ENGINEER, sites=["dodola"]) as browser:
        whole = await browser.open(THRESHOLDS)
        assert whole.words("branch-name") == ["Pulau Morotai", "Dodola island ferry"]
        assert whole.words("main") == [], "what holds in the whole city is changed by whoever sees all of it"
        for words in ("daruba", "gauge", "rivers"):
            assert (await browser.open(f"{THRESHOLDS}?q={words}")).words("branch") == []
        for place in ("site:daruba", "sensor:river", "sensor:none", "nonsense"):
            assert (await browser.open(f"{THRESHOLDS}?at={place}")).status == 404
        for site in ("daruba", "none"):
            assert (await browser.open(f"{THRESHOLDS}/sensors?site={site}")).status == 404


async def test_only_who_may_change_a_place_is_offered_to(city: Morotai):
    async with asked(city, Role.OPERATOR) as browser:
        assert "Change here" not in (await browser.open(THRESHOLDS)).text
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open(THRESHOLDS)
        assert "Change here" in page.text
        assert "New rule" in page.text


async def test_the_page_of_a_large_city_is_as_small_as_that_of_a_small_one(city: Morotai):
    sites = [Site(f"s{number}", f"Site {number}", "Morotai", 2.0, 128.0, ZONE) for number in range(300)]
    sensors = [
        Sensor(f"r{number}", f"Gauge {number}", f"s{number % 3}", "gw", ("water_level",)) for number in range(3_000)
    ]
    gateways = [Gateway("gw", "Gateway", "s0")]
    city.registry.replace_with(Registry(city=City("M", ZONE), sites=sites, gateways=gateways, sensors=sensors))
    async with asked(city, Role.ENGINEER) as browser:
        for place in ("", "?at=site:s1", "?at=sensor:r100", "?q=gauge", "/river-level/all", "/new"):
            page = await browser.open(THRESHOLDS + place)
            assert page.status == 200
            assert len(list(lxml_html.fromstring(page.text).iter())) < 1_000, place
