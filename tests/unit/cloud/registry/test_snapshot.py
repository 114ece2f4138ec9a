"""The registry in memory."""

from cloud.registry.records import Calibration
from tests.unit.cloud.examples import GATEWAY, city
from wire import QUANTITIES, REPORTED_BY_GATEWAYS, Domain
from wire.measurements import COMPUTED


def test_each_gateway_is_a_sensor_of_its_own_health():
    own = city().sensor(GATEWAY)
    assert own is not None
    assert own.quantities == REPORTED_BY_GATEWAYS
    assert {QUANTITIES[name].domain for name in REPORTED_BY_GATEWAYS} == {Domain.GATEWAY}


def test_routes_lead_only_where_the_gateway_may_speak():
    routes = city().routes(GATEWAY)
    assert routes is not None
    route = routes["river", "water_level"]
    assert (route.site, route.domain, route.low, route.high) == ("daruba", Domain.FLOOD, -1_000, 10_000)
    assert route.calibration == Calibration(2.0, -10.0)
    assert routes["river", "temperature"].calibration is None
    assert ("people-pier", "people_in") not in routes
    assert ("air-old", "pm2_5") not in routes


def test_an_unknown_gateway_and_a_retired_one_have_no_routes():
    assert city().routes("gw-new") is None
    assert city().routes("gw-old") is None


def test_the_retired_are_found_by_id_and_listed_nowhere():
    registry = city()
    assert registry.sensor("air-old") is not None
    assert "air-old" not in {each.id for each in registry.sensors()}
    assert registry.gateway("gw-old") is not None
    assert "gw-old" not in {each.id for each in registry.gateways()}


def test_the_sensors_of_a_site_stand_in_one_order_whatever_the_file_says():
    ids = [each.id for each in city().sensors_at("daruba")]
    assert len(ids) > 1
    assert ids == sorted(ids)


def test_a_site_is_the_sensor_of_its_own_indices_and_no_gateway_s():
    registry = city()
    own = registry.sensor("daruba")
    assert own is not None
    assert "ispu" in own.quantities
    assert own.gateway == COMPUTED
    assert own not in registry.sensors()
    assert registry.routes(COMPUTED) is None
    assert all(QUANTITIES[quantity].derived for quantity in own.quantities)
