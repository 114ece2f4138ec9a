"""What rules can watch: of a site only what its sensors and its own entry let Siaga compute."""

import pytest

from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from cloud.rulebook.rule_targets import RuleTargets
from rules.derived import AQI_HOURS, derived_of_site, series_of_sensor
from tests.own_quantities import TABLE
from wire import ISPU_OF_VERSIONS, ISPU_VERSIONS, MEASURED, QUANTITIES

ZONE = "Asia/Jayapura"
AIR = Sensor("air", "Air", "pier", "gw", ("pm2_5", "temperature"))
PEOPLE = Sensor("people", "People", "pier", "gw", ("people_in", "people_out"))
FUEL = Sensor("fuel", "Fuel", "pier", "gw", ("hc",))
CLIMATE = Sensor("climate", "Climate", "pier", "gw", ("temperature",))


@pytest.mark.parametrize(
    ("sensors", "site", "derived"),
    [
        ((), {}, set()),
        ((CLIMATE,), {"capacity": 100, "area_m2": 50.0}, set()),
        ((AIR,), {"capacity": 100}, {"ispu", "us_aqi"}),
        ((FUEL,), {}, {"ispu"}),
        ((FUEL, AIR), {}, {"ispu", "us_aqi"}),
        ((PEOPLE,), {}, {"visitors_present", "visitors_day"}),
        ((PEOPLE,), {"capacity": 100}, {"visitors_present", "visitors_day", "capacity_used"}),
        ((PEOPLE,), {"area_m2": 50.0}, {"visitors_present", "visitors_day", "crowd_density"}),
    ],
    ids=[
        "nothing",
        "temperature",
        "air",
        "hydrocarbons alone",
        "hydrocarbons and air",
        "counters",
        "counters and capacity",
        "counters and area",
    ],
)
def test_a_site_has_what_can_be_computed_of_it(sensors, site, derived):
    pier = Site("pier", "Pier", "Pier", 2.0, 128.3, ZONE, **site)
    elsewhere = Site("town", "Town", "Town", 2.1, 128.3, ZONE)
    city = City("Morotai", ZONE)
    gateways = [Gateway("gw", "Gateway", "town")]
    targets = RuleTargets(Registry(city=city, sites=[pier, elsewhere], gateways=gateways, sensors=list(sensors)))
    assert set(targets.get("pier").quantities) == derived
    assert targets.get("town").quantities == ()


@pytest.mark.parametrize("quantity", MEASURED)
@pytest.mark.parametrize("interval_s", [None, 600.0, 86_400.0])
def test_what_rules_can_watch_of_a_sensor_is_what_is_computed_of_it(quantity, interval_s):
    sensor = Sensor("one", "One", "pier", "gw", (quantity,), interval_s=interval_s)
    pier = Site("pier", "Pier", "Pier", 2.0, 128.3, ZONE)
    registry = Registry(city=City("M", ZONE), sites=[pier], gateways=[Gateway("gw", "G", "pier")], sensors=[sensor])
    offered = set(RuleTargets(registry).get("one").quantities) - {quantity}
    assert offered == set(series_of_sensor(quantity, interval_s))
    assert all(QUANTITIES[name].derived for name in offered)
    assert (f"us_aqi_{quantity}" in offered) == (quantity in AQI_HOURS)


def test_a_daily_gauge_offers_no_rain_of_the_hour():
    assert series_of_sensor("rainfall", 86_400) == ("rain_day",)
    assert series_of_sensor("rainfall", 3_600) == ("rain_hour", "rain_day")


def test_every_derived_series_comes_of_a_sensor_or_a_site_by_the_one_table():
    of_sensors = {name for quantity in MEASURED for name in series_of_sensor(quantity, None)}
    of_sites = set(derived_of_site(MEASURED))
    by_version = {f"ispu_{key}_{parameter}" for key in ISPU_VERSIONS for parameter in ISPU_OF_VERSIONS}
    alone = {name for name in QUANTITIES if QUANTITIES[name].derived} - of_sensors - of_sites - by_version
    assert all(name.endswith(("_completeness", "_computation", "_correction")) for name in alone), alone


def test_rules_watch_what_a_city_added_and_its_hours():
    mic = Sensor("mic", "Mic", "pier", "gw", ("leq",), interval_s=60)
    daily = Sensor("jar", "Jar", "pier", "gw", ("horn_count",), interval_s=86_400)
    pier = Site("pier", "Pier", "Pier", 2.0, 128.3, ZONE)
    targets = RuleTargets(
        Registry(
            city=City("M", ZONE), sites=[pier], gateways=[Gateway("gw", "G", "pier")], sensors=[mic, daily],
            quantities=TABLE,
        )
    )  # fmt: skip
    assert targets.get("mic").quantities == ("leq", "leq_hour")
    assert targets.get("jar").quantities == ("horn_count",)
