"""The city in one sentence: while nothing is heard, the one thing to do next."""

from typing import Any

import pytest

from cloud.registry.records import City
from cloud.registry.snapshot import Registry
from cloud.reports.city import city_point
from cloud.reports.platform_snapshot import PlatformSnapshot
from tests.unit.cloud.api.morotai import GATEWAYS, SENSORS, SITES, ZONE
from tests.unit.cloud.console.alarms_made import NOON_MS, a_reading
from tests.unit.cloud.reports.city import checked, snapshot
from wire import Clock, SpoolState, Status


def told(seen: PlatformSnapshot) -> dict[str, Any]:
    (point,) = checked([city_point(seen)])
    return dict(point.fields)


def of(**parts: Any) -> PlatformSnapshot:
    """A city of these parts alone, of which nothing is heard."""
    none: dict[str, Any] = {"sites": (), "gateways": (), "sensors": ()}
    registry = Registry(city=City("Pulau Morotai", ZONE), **none | parts)
    return PlatformSnapshot(now_ms=NOON_MS, registry=registry)


STATUS = Status(
    v=1, online=True, gateway="gw-daruba", version="0.1.0", boot="b", stream="s", time_ms=NOON_MS, clock=Clock.SYNCED,
    spool=SpoolState(depth=0, oldest_ms=None, lost=0, bytes=0, max_bytes=1), sources=(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "does"),
    [
        (of(), "write sites, gateways and sensors into city.toml"),
        (of(sites=SITES, gateways=GATEWAYS, sensors=SENSORS), "siaga-cloud gateway enrol gw-daruba"),
        (snapshot(statuses={"gw-daruba": STATUS}), "siaga-edge check --connect"),
    ],
)
def test_a_fresh_city_says_the_one_thing_to_do_next(seen: PlatformSnapshot, does: str):
    row = told(seen)
    assert does in row["text"]
    assert row["text_id"] != row["text"]
    assert row["sensors_heard"] == 0


def test_a_city_that_is_heard_counts_its_silent_sensors():
    everything = [a_reading(sensor.id, sensor.quantities[0], 1.0, site=sensor.site) for sensor in SENSORS]
    whole = told(snapshot(*everything))
    assert whole["silent"] == 0
    assert whole["text"].endswith("all heard")
    one_old = [a_reading(SENSORS[0].id, SENSORS[0].quantities[0], 1.0, site=SENSORS[0].site, age_s=3_600)]
    part = told(snapshot(*one_old, *everything[1:]))
    assert part["silent"] == 1
    assert part["text"].endswith(", 1 silent")


def test_what_siaga_computes_is_no_sensor_that_was_heard():
    assert told(snapshot(a_reading("air", "pm2_5_hour", 9)))["sensors_heard"] == 0
