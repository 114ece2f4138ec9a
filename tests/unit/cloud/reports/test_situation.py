"""The situation as dashboards show it: what the console says, and nothing of what nobody has heard."""

from typing import Any

import msgspec

from cloud.reports.platform_snapshot import PlatformSnapshot
from cloud.reports.situation import situation_points
from tests.unit.cloud.console.alarms_made import NOON_MS, a_reading, an_alarm
from tests.unit.cloud.reports.city import checked, snapshot
from wire import shard_of


def by_place(seen: PlatformSnapshot) -> dict[tuple[str, str], dict[str, Any]]:
    points = checked(list(situation_points(seen)))
    assert all(point.time_ms == NOON_MS for point in points)
    return {(point.tags["site"], point.tags["domain"]): dict(point.fields) for point in points}


def test_every_domain_that_a_site_measures_has_a_state_and_the_worst_stands_for_all():
    found = by_place(
        snapshot(a_reading("river", "water_level", 90), a_reading("daruba", "ispu", 120), a_reading("air", "pm2_5", 9))
    )
    assert {
        key: (row["severity"], row["word"], row["word_id"]) for key, row in found.items() if key[0] == "daruba"
    } == {
        ("daruba", "flood"): (0, "Normal", "Normal"),
        ("daruba", "air"): (2, "Unhealthy", "Tidak Sehat"),
        ("daruba", "all"): (2, "Unhealthy", "Tidak Sehat"),
    }
    assert (found["daruba", "flood"]["age_s"], found["daruba", "flood"]["name"]) == (1.0, "Daruba river bridge")
    assert (found["daruba", "all"]["sensors"], found["daruba", "all"]["silent"]) == (2, 0)


def test_a_domain_is_told_by_its_name_for_the_list_of_a_dashboard():
    found = by_place(snapshot(a_reading("river", "water_level", 90)))
    assert (found["daruba", "flood"]["domain_title"], found["daruba", "flood"]["domain_title_id"]) == (
        "Flood|flood", "Banjir|flood",
    )  # fmt: skip


def test_a_site_of_which_nothing_came_is_not_known_and_a_domain_without_sensors_is_not_told():
    found = by_place(snapshot())
    assert found["sangowo", "air"]["severity"] == -1
    assert found["sangowo", "air"]["word"] == "no current reading"
    assert found["sangowo", "air"]["age_s"] is None
    assert ("sangowo", "flood") not in found


def test_silence_is_no_normal_whatever_the_last_figure_was():
    fresh = snapshot(
        a_reading("ferry", "people_in", 3, site="dodola"), a_reading("dodola", "capacity_used", 62, site="dodola")
    )
    assert by_place(fresh)["dodola", "footfall"]["word"] == "62 % full"
    old = snapshot(
        a_reading("ferry", "people_in", 3, site="dodola", age_s=600),
        a_reading("dodola", "capacity_used", 62, site="dodola", age_s=600),
    )
    silent = by_place(old)["dodola", "footfall"]
    assert (silent["severity"], silent["silent"], silent["age_s"]) == (-1, 1, 600.0)


def test_what_siaga_computes_is_no_sign_of_life_of_a_sensor():
    seen = snapshot(a_reading("air", "pm2_5", 9, age_s=600), a_reading("air", "pm2_5_hour", 9))
    assert by_place(seen)["daruba", "air"]["silent"] == 1


def test_an_open_alarm_of_a_silent_sensor_keeps_its_severity():
    drowned = snapshot(a_reading("river", "water_level", 90, age_s=600), alarms=[an_alarm(state="silent")])
    flood = by_place(drowned)["daruba", "flood"]
    assert (flood["severity"], flood["word"], flood["silent"]) == (3, "Siaga 2", 1)
    assert by_place(drowned)["daruba", "all"]["severity"] == 3


def test_each_ingester_tells_of_its_own_gateways():
    own, other = shard_of("gw-daruba"), shard_of("gw-east")
    assert own != other
    seen = msgspec.structs.replace(snapshot(a_reading("river", "water_level", 90)), shards=range(own, own + 1))
    assert {site for site, _ in by_place(seen)} == {"daruba", "dodola"}
    assert seen.instance == f"{own}-{own}"
    elsewhere = msgspec.structs.replace(seen, shards=range(other, other + 1))
    assert {site for site, _ in by_place(elsewhere)} == {"sangowo"}
