"""What Siaga computes nobody can declare as measured: not a city file, not a gateway's file, not a message."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cloud.core.reasons import Reason
from cloud.derived.hours import and_after, spans
from cloud.derived.recompute_queue import RecomputeQueue, local_hours, time_range_of
from cloud.derived.visitors import counters_of
from cloud.ingest.pipeline import BatchDecoder
from cloud.readings.blocks import Block
from cloud.readings.contract import StoredReading
from cloud.readings.newest import Newest
from cloud.readings.sqlite import SqliteStore
from cloud.registry.city_file import read_city_file
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from firmware_bridge.family import OptionError, check_quantity
from runtime.settings import SettingsError
from tests.unit.cloud.registry.test_city_file import GOOD
from wire import QUANTITIES, Domain, Reading, encode_batch
from wire.measurements import COMPUTED

HOUR = 3_600_000
DERIVED = sorted(name for name, row in QUANTITIES.items() if row.derived)


def test_the_city_file_refuses_a_derived_quantity(tmp_path: Path):
    (tmp_path / "city.toml").write_text(GOOD.replace('"distance"', '"rain_day"'))
    with pytest.raises(SettingsError) as refused:
        read_city_file(tmp_path / "city.toml")
    assert any("rain_day" in problem and "no such quantity" in problem for problem in refused.value.problems)


@pytest.mark.parametrize("quantity", DERIVED)
def test_a_source_of_a_gateway_refuses_every_derived_quantity(quantity):
    with pytest.raises(OptionError, match="is no quantity"):
        check_quantity("values", quantity)


REGISTRY = Registry(
    city=City("Morotai", "Asia/Jayapura"),
    sites=[Site("daruba", "Daruba", "", 2.0, 128.0, "Asia/Jayapura")],
    gateways=[Gateway("gw", "Gateway", "daruba")],
    sensors=[Sensor("air", "Air", "daruba", "gw", ("pm2_5",))],
)


@pytest.mark.parametrize(
    ("sensor", "quantity", "reason"),
    [("air", "ispu_pm2_5", Reason.UNDECLARED_QUANTITY), ("daruba", "ispu", Reason.FOREIGN_SENSOR)],
)
def test_a_message_with_a_derived_quantity_goes_to_the_dead_letters(tmp_path, sensor, quantity, reason):
    decoder = BatchDecoder(registry=REGISTRY, store=SqliteStore(tmp_path / "readings.db"), ahead_s=600)
    payload = encode_batch("9f3c21d07ab4e815", 1, [Reading(sensor, quantity, 1_790_000_000_000, 12.0)])
    write = decoder.prepare(payload, "gw")
    assert write.encoded is None
    assert [rejection.reason for rejection in write.rejections] == [reason]


def test_a_site_is_the_sensor_of_its_own_indices_and_no_gateway_s():
    own = REGISTRY.sensor("daruba")
    assert own is not None
    assert "ispu" in own.quantities
    assert own.gateway == COMPUTED
    assert own not in REGISTRY.sensors()
    assert REGISTRY.routes(COMPUTED) is None
    assert all(QUANTITIES[quantity].derived for quantity in own.quantities)


def test_computing_is_no_sign_of_life():
    newest = Newest()
    newest.load([StoredReading("daruba", "daruba", COMPUTED, "ispu", 9_000, 50.0, 0)])
    assert newest.age_s(10_000)[Domain.AIR] is None


def test_hours_are_noted_until_they_are_taken():
    queue = RecomputeQueue()
    queue.add("air", "pm2_5", HOUR - 1, HOUR)
    queue.add("air", "pm2_5", 5 * HOUR, 5 * HOUR)
    assert len(queue) == 3
    assert queue.pop([("air", "pm2_5"), ("air", "pm10")]) == {("air", "pm2_5"): {0, 1, 5}}
    assert len(queue) == 0
    queue.put_back({("air", "pm2_5"): {5}, ("air", "pm10"): set()})
    assert queue.pop([("air", "pm2_5"), ("air", "pm10")]) == {("air", "pm2_5"): {5}}


def test_an_hour_of_utc_touches_two_where_the_offset_is_no_whole_hour():
    assert local_hours([10], ZoneInfo("Asia/Jayapura")) == {10 * HOUR}
    assert local_hours([10], ZoneInfo("Asia/Kolkata")) == {10 * HOUR - HOUR // 2, 10 * HOUR + HOUR // 2}


def test_times_are_read_in_stretches_and_never_into_the_future():
    assert and_after([0, HOUR], 2, zone=ZoneInfo("Asia/Jayapura"), now_ms=2 * HOUR) == [0, HOUR, 2 * HOUR]
    assert spans([9, 0, 1, 10], gap_ms=5) == [[0, 1], [9, 10]]
    assert spans([], gap_ms=5) == []


def test_a_batch_is_noted_by_its_first_and_last_time():
    block = Block("daruba", "air", "gw", Domain.AIR, 0, [5, 3], (("pm2_5", [1.0, 2.0]), ("humidity", [50.0, 51.0])))
    assert time_range_of([block]) == (3, 5)
    assert time_range_of([]) is None


def test_of_twins_one_counts():
    def gate(name: str, twin: str | None = None) -> Sensor:
        return Sensor(name, name, "daruba", "gw", ("people_in", "people_out"), twin=twin)

    both = [gate("a", "b"), gate("b", "a"), gate("c")]
    assert [one.id for one in counters_of(both)] == ["a", "c"]
    assert [one.id for one in counters_of([gate("a"), gate("b", "a")])] == ["a"]
    assert [one.id for one in counters_of([gate("a", "b"), gate("b")])] == ["a"]
