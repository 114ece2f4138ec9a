import pytest

from cloud.access.principal import Principal, Role
from cloud.console.view_models.places import MOST_SHOWN, PlaceIndex
from cloud.console.view_models.typed_number import InvalidInput
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import GATEWAYS, SENSORS, SITES, ZONE

EN = catalog_of("en")
ALL = ("city", "site", "sensor", "gateway")
EVERYBODY = Principal("ani", Role.ENGINEER)
OF_SANGOWO = Principal("budi", Role.ENGINEER, frozenset({"sangowo"}))


@pytest.fixture
def registry() -> Registry:
    return Registry(city=City("Pulau Morotai", ZONE), sites=SITES, gateways=GATEWAYS, sensors=SENSORS)


@pytest.mark.parametrize(
    "text", ["sensor:river", "river", "RIVER", "Daruba river bridge · River gauge (river)", "  river gauge "]
)
def test_a_place_is_named_by_its_value_its_id_its_words_or_the_only_part_of_them(registry: Registry, text: str):
    assert PlaceIndex(registry).named(EN, text, EVERYBODY, ALL).value == "sensor:river"


def test_nobody_finds_or_names_what_they_may_not_see(registry: Registry):
    places = PlaceIndex(registry)
    assert {place.value for place in places.find("", OF_SANGOWO, ALL)} == {
        "site:sangowo", "sensor:air-east", "gateway:gw-east",
    }  # fmt: skip
    for text in ("river", "city", "site:daruba", "gw-daruba"):
        with pytest.raises(InvalidInput):
            places.named(EN, text, OF_SANGOWO, ALL)
    with pytest.raises(InvalidInput):
        places.named(EN, "gw-east", OF_SANGOWO, ("site", "sensor"))


def test_what_is_found_is_bounded_and_follows_the_registry(registry: Registry):
    places = PlaceIndex(registry)
    assert len(places.find("", EVERYBODY, ALL)) < MOST_SHOWN
    sites = [Site(f"s{number}", f"Site {number}", "Daruba", 2.0, 128.0, ZONE) for number in range(100)]
    gateways = [Gateway("gw", "Gateway", "s0")]
    sensors = [Sensor(f"n{number}", "Gauge", f"s{number}", "gw", ("water_level",)) for number in range(100)]
    registry.replace_with(Registry(city=City("Morotai", ZONE), sites=sites, gateways=gateways, sensors=sensors))
    assert len(places.find("gauge", EVERYBODY, ALL)) == MOST_SHOWN
    assert places.named(EN, "n99", EVERYBODY, ALL).site == "s99"
    with pytest.raises(InvalidInput, match="river"):
        places.named(EN, "river", EVERYBODY, ALL)
