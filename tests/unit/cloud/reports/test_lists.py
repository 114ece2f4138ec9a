"""What lists of dashboards offer: names with their ids."""

from cloud.registry.records import Gateway, Sensor
from cloud.registry.snapshot import Registry
from cloud.reports.lists import list_points
from cloud.reports.platform_snapshot import PlatformSnapshot
from tests.unit.cloud.reports.city import REGISTRY, checked, snapshot
from wire import shard_of
from wire.measurements import LIST_S, listed
from wire.topics import SHARDS


def test_a_site_is_offered_for_each_domain_that_it_measures_and_for_all():
    points = [point for point in checked(list(list_points(snapshot()))) if point.measurement == "about_site"]
    daruba = {point.tags["domain"] for point in points if point.tags["title"] == "Daruba river bridge|daruba"}
    assert {"all", "flood"} <= daruba


def test_a_sensor_is_offered_for_each_quantity_at_its_site():
    points = [point for point in list_points(snapshot()) if point.measurement == "about_sensor"]
    (river,) = [point for point in points if point.tags["quantity"] == "water_level"]
    assert (river.tags["title"], river.tags["site"]) == ("River gauge|river", "daruba")


def gauges_of(shards: range, now_ms: int) -> dict[str, int]:
    """Gauges and the times of their points, by an ingester of some shards: the water runs from Z past B to A."""
    sensors = [
        Sensor("z", "Z", "daruba", "gw-daruba", ("water_level",), next_downstream="b"),
        Sensor("b", "B", "daruba", "gw-upper", ("water_level",), next_downstream="a"),
        Sensor("a", "A", "daruba", "gw-daruba", ("water_level",)),
    ]
    gateways = [Gateway(name, name, "daruba") for name in ("gw-daruba", "gw-upper")]
    city = Registry(city=REGISTRY.city, sites=REGISTRY.sites(), gateways=gateways, sensors=sensors)
    taken = PlatformSnapshot(now_ms=now_ms, registry=city, shards=shards)
    points = [point for point in checked(list(list_points(taken))) if point.measurement == "about_gauge"]
    return {str(point.fields["title"]): point.time_ms for point in points}


def test_gauges_are_offered_from_the_source_to_the_mouth_by_the_times_of_their_points():
    times = gauges_of(range(SHARDS), now_ms=1_764_000_000_000)
    assert sorted(times, key=lambda title: -times[title]) == ["Z|z", "B|b", "A|a"]
    assert len(set(times.values())) == 3


def test_two_ingesters_agree_on_the_order_of_a_river_that_they_share():
    first = shard_of("gw-daruba")
    assert first != shard_of("gw-upper")
    now_ms = 1_764_000_000_000 - 1_764_000_000_000 % (LIST_S * 1_000)
    own = gauges_of(range(first, first + 1), now_ms + 5_000)
    others = gauges_of(range(shard_of("gw-upper"), shard_of("gw-upper") + 1), now_ms + 50_000)
    together = own | others
    assert sorted(together, key=lambda title: -together[title]) == ["Z|z", "B|b", "A|a"]


def test_a_name_with_a_bar_does_not_hide_the_id():
    assert listed("Gate A|B", "gate-a") == "Gate A/B|gate-a"
