"""Maintenance and duty: what the pages show of them, and that every action asks who it is that takes it, now."""

import msgspec

from cloud.alarms.records import Maintenance
from cloud.console.view_models.alarms import alarm_view
from cloud.console.view_models.maintenance import covering, window_view
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import SENSORS, SITES
from tests.unit.cloud.console.alarms_made import NOON_MS, WIT, an_alarm, around

EN, ID = catalog_of("en"), catalog_of("id")
HOUR = 3_600_000
BY_ID = {sensor.id: sensor for sensor in SENSORS}


def a_window(**changes: object) -> Maintenance:
    window = Maintenance(3, None, "river", NOON_MS - HOUR, NOON_MS + HOUR, "budi", "the gauge is cleaned")
    return msgspec.structs.replace(window, **changes)


def shown(window: Maintenance, _=EN):
    return window_view(_, window, NOON_MS, WIT, site={site.id: site for site in SITES}.get, sensor=BY_ID.get)


def test_a_window_says_where_when_who_and_whether_it_holds():
    view = shown(a_window())
    assert (view.where, view.times) == ("Daruba river bridge · River gauge", "24 Nov 11:10 – 13:10 WIT")
    assert (view.who, view.reason, view.holds, view.state) == ("budi", "the gauge is cleaned", True, "in force")
    later = shown(a_window(from_ms=NOON_MS + 1, until_ms=NOON_MS + 12 * HOUR, site="dodola", sensor=None), ID)
    assert (later.where, later.times) == ("Dodola island ferry", "24 Nov 12:10 – 25 Nov 00:10 WIT")
    assert (later.holds, later.state) == (False, "akan datang")
    assert shown(a_window(until_ms=NOON_MS)).holds is False, "the end itself is over"
    assert shown(a_window(sensor="gone")).where == "gone"


def test_an_alarm_says_that_somebody_works_there_while_the_window_holds():
    def worked_on(*windows: Maintenance, **changes: object) -> str:
        return alarm_view(EN, an_alarm(**changes), msgspec.structs.replace(around(), windows=windows)).worked_on

    assert worked_on(a_window()) == "maintenance until 24 Nov 13:10: pages nobody"
    assert worked_on(a_window(site="daruba", sensor=None)) != ""
    for other in (a_window(sensor="air"), a_window(from_ms=NOON_MS + 1), a_window(until_ms=NOON_MS)):
        assert worked_on(other) == ""
    assert worked_on(a_window(), closed_ms=NOON_MS, state="closed") == "", "what is over pages nobody anyway"


def test_of_two_windows_the_one_that_ends_last_counts():
    long = a_window(id=4, site="daruba", sensor=None, until_ms=NOON_MS + 2 * HOUR)
    assert covering([a_window(), long, a_window()], "daruba", "river", NOON_MS) == long
