"""What rules can watch: of a site only what its sensors and its own entry let Siaga compute."""

import pytest

from cloud.alarms.things import Things
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry

ZONE = "Asia/Jayapura"
AIR = Sensor("air", "Air", "pier", "gw", ("pm2_5", "temperature"))
PEOPLE = Sensor("people", "People", "pier", "gw", ("people_in", "people_out"))
CLIMATE = Sensor("climate", "Climate", "pier", "gw", ("temperature",))


@pytest.mark.parametrize(
    ("sensors", "site", "derived"),
    [
        ((), {}, set()),
        ((CLIMATE,), {"capacity": 100, "area_m2": 50.0}, set()),
        ((AIR,), {"capacity": 100}, {"ispu", "us_aqi"}),
        ((PEOPLE,), {}, {"visitors_present", "visitors_day"}),
        ((PEOPLE,), {"capacity": 100}, {"visitors_present", "visitors_day", "capacity_used"}),
        ((PEOPLE,), {"area_m2": 50.0}, {"visitors_present", "visitors_day", "crowd_density"}),
    ],
    ids=["nothing", "temperature", "air", "counters", "counters and capacity", "counters and area"],
)
def test_a_site_has_what_can_be_computed_of_it(sensors, site, derived):
    pier = Site("pier", "Pier", "Pier", 2.0, 128.3, ZONE, **site)
    elsewhere = Site("town", "Town", "Town", 2.1, 128.3, ZONE)
    city = City("Morotai", ZONE)
    gateways = [Gateway("gw", "Gateway", "town")]
    things = Things(Registry(city=city, sites=[pier, elsewhere], gateways=gateways, sensors=list(sensors)))
    assert set(things.get("pier").quantities) == derived
    assert things.get("town").quantities == ()
