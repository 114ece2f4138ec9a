from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from cloud.console.view_models import threshold_places
from cloud.console.view_models.threshold_places import SENSORS_SHOWN, SITES_SHOWN, ThresholdPlaces
from cloud.database.audit_log import Actor
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.served import RIVER_RULE

EN, ID = catalog_of("en"), catalog_of("id")
ANI = Actor("ani")
SITES = [Site(f"s{number}", f"Site {number}", "Morotai", 2.0, 128.0, "Asia/Jayapura") for number in range(100)]
SENSORS = [Sensor(f"r{number}", f"Gauge {number}", "s7", "gw", ("water_level",)) for number in range(100)]
SENSORS += [Sensor("other", "Gauge elsewhere", "s8", "gw", ("water_level",), groups=("rivers",))]


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city of a hundred sites, one of which has a hundred sensors."""
    async with Morotai(tmp_path) as city:
        gateways = [Gateway("gw", "Gateway", "s7")]
        wide = Registry(city=City("Pulau Morotai", "Asia/Jayapura"), sites=SITES, gateways=gateways, sensors=SENSORS)
        city.registry.replace_with(wide)
        await city.rule_store.save("river-level", "all", RIVER_RULE, actor=ANI, reason="the beginning")
        yield city


async def test_sites_and_sensors_come_page_by_page_the_page_with_the_chosen_site_first(city: Morotai):
    places = ThresholdPlaces(city.rule_store)
    first = places.sites(EN, None, page=None, holding="")
    assert (first.page, first.pages, first.count, len(first.shown)) == (0, 4, 100, SITES_SHOWN)
    assert "site:s77" in {branch.scope for branch in places.sites(EN, None, page=None, holding="s77").shown}
    assert places.sites(EN, None, page=99, holding="s77").page == 3
    sensors = places.sensors(EN, "s7")
    assert (len(sensors.shown), sensors.pages, sensors.count) == (SENSORS_SHOWN, 3, 100)


async def test_what_is_found_is_bounded_and_counted(city: Morotai):
    places = ThresholdPlaces(city.rule_store)
    found = places.search(EN, "gauge", None)
    assert (len(found.shown), found.count) == (threshold_places.FOUND_SHOWN, 101)
    assert [branch.scope for branch in places.search(EN, "gauge", frozenset({"s8"})).shown] == ["sensor:other"]
    assert places.search(EN, "rivers", frozenset({"s7"})).count == 0
    assert places.search(ID, "tinggi muka", None).shown[0].scope == "all"


async def test_no_sensor_is_looked_at_again_because_a_rule_changes(city: Morotai, monkeypatch: pytest.MonkeyPatch):
    walks, measuring = list[int](), threshold_places._measuring

    def walked(sensors: Iterable[Sensor]) -> list[Sensor]:
        walks.append(1)
        return measuring(sensors)

    monkeypatch.setattr(threshold_places, "_measuring", walked)
    places = ThresholdPlaces(city.rule_store)
    for title in ("River level", "High river"):
        await city.rule_store.save("river-level", "all", RIVER_RULE | {"title": title}, actor=ANI, reason="a name")
        for words in (EN, ID):
            assert places.branch(words, "all").own != ()
            assert [branch.name for branch in places.groups(words, None).shown] == ["rivers"]
            assert places.has(words, "group:rivers")
        assert places.branch(EN, "all").own == (title,)
    assert len(walks) == 1
    for _search in range(3):
        places.search(EN, "gauge", None)
    assert len(walks) == 2


async def test_a_change_of_rules_or_registry_is_seen_and_nothing_else_is_worked_out_again(city: Morotai):
    places = ThresholdPlaces(city.rule_store)
    before = places.moment()
    assert places.branch(EN, "site:s7").own == ()
    assert places.moment() is before
    await city.rule_store.save("river-level", "site:s7", {"for_s": 60.0}, actor=ANI, reason="waves")
    assert places.moment() != before
    assert places.branch(EN, "site:s7").own == ("River level",)
    city.registry.replace_with(
        Registry(city=City("Morotai", "Asia/Jayapura"), sites=SITES[8:], gateways=[], sensors=SENSORS[-1:])
    )
    assert [branch.scope for branch in places.gone(EN, None)] == ["site:s7"]
    assert places.gone(EN, frozenset({"s8"})) == ()
    assert places.has(EN, "site:s7"), "what was set there can be read and removed"
    assert not places.has(EN, "site:s6")


async def test_a_rule_that_comes_into_force_by_itself_is_seen(city: Morotai, monkeypatch: pytest.MonkeyPatch):
    places = ThresholdPlaces(city.rule_store)
    ahead = city.rule_store.versions()[0].at_ms + 60_000
    await city.rule_store.save(
        "river-level", "site:s7", {"for_s": 60.0}, actor=ANI, reason="from then", valid_from_ms=ahead
    )
    before = places.moment()
    assert city.rule_store.next_start() == ahead
    monkeypatch.setattr(threshold_places, "wall_ms", lambda: ahead + 1)
    monkeypatch.setattr(city.rule_store, "_clock", lambda: ahead + 1)
    assert places.moment() != before
    assert places.branch(EN, "site:s7").own == ("River level",)
