"""What lists of dashboards offer: names with their ids."""

from cloud.reports.lists import list_points
from tests.unit.cloud.reports.city import checked, snapshot
from wire.measurements import listed


def test_a_site_is_offered_for_each_domain_that_it_measures_and_for_all():
    points = [point for point in checked(list(list_points(snapshot()))) if point.measurement == "about_site"]
    daruba = {point.tags["domain"] for point in points if point.tags["title"] == "Daruba river bridge|daruba"}
    assert {"all", "flood"} <= daruba


def test_a_sensor_is_offered_for_each_quantity_at_its_site():
    points = [point for point in list_points(snapshot()) if point.measurement == "about_sensor"]
    (river,) = [point for point in points if point.tags["quantity"] == "water_level"]
    assert (river.tags["title"], river.tags["site"]) == ("River gauge|river", "daruba")


def test_a_name_with_a_bar_does_not_hide_the_id():
    assert listed("Gate A|B", "gate-a") == "Gate A/B|gate-a"
