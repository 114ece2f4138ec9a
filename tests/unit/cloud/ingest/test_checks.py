"""Which readings of a batch may be stored, and why the others may not."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from cloud.core.reasons import Reason
from cloud.ingest.checks import CheckedBatch, check_batch
from cloud.registry.facts import Fact, Facts
from cloud.registry.records import Sensor, Site
from cloud.registry.snapshot import Registry
from rules.marks import Mark
from tests.own_quantities import DOMAINS, QUANTITIES, TABLE
from tests.unit.cloud.examples import GATEWAY, LATEST, T0, city, payload, reading
from wire import BUILT_IN, Clock, Domain, QuantityTable, Reading, decode_batch, encode_batch
from wire.reading import EARLIEST_MS


def checked(*readings: Reading, backfill: bool = False) -> CheckedBatch:
    batch = decode_batch(encode_batch("s", 1, readings, backfill=backfill))
    return check_batch(batch, gateway=GATEWAY, registry=city(), latest_ms=LATEST)


def reasons(found: CheckedBatch) -> list[Reason]:
    return [refused.reason for refused in found.rejected]


def test_quantities_of_a_sensor_that_share_their_times_stand_in_one_block():
    (block,) = checked(
        reading(value=1),
        reading(quantity="pm10", value=2),
        reading(value=3, at=9),
        reading(quantity="pm10", value=4, at=9),
    ).blocks
    assert (block.site, block.sensor, block.gateway, block.domain) == ("daruba", "air-market", GATEWAY, Domain.AIR)
    assert block.times_ms == [T0, T0 + 9]
    assert dict(block.fields) == {"pm2_5": [1, 3], "pm10": [2, 4]}


def test_other_times_make_another_block():
    blocks = checked(reading(), reading(quantity="pm10", at=1)).blocks
    assert [(block.times_ms, [name for name, _ in block.fields]) for block in blocks] == [
        ([T0 + 1], ["pm10"]), ([T0], ["pm2_5"])
    ]  # fmt: skip


def test_quantities_of_different_domains_stand_in_different_blocks():
    blocks = checked(reading("river", "water_level", 50), reading("river", "temperature", 20)).blocks
    assert {block.domain: [name for name, _ in block.fields] for block in blocks} == {
        Domain.FLOOD: ["water_level"], Domain.AIR: ["temperature"]
    }  # fmt: skip


def test_backfill_and_the_clock_state_become_marks():
    unsure = Reading("air-market", "pm2_5", T0, 1.0, Clock.ESTIMATED)
    (block,) = checked(unsure, backfill=True).blocks
    assert block.marks == Mark.BACKFILL | Mark.CLOCK_ESTIMATED


def test_calibration_comes_before_the_bounds():
    found = checked(reading("river", "water_level", 5_005), reading("river", "water_level", 5_006, at=1))
    assert found.blocks[0].fields == (("water_level", [10_000.0]),)
    assert reasons(found) == [Reason.OUT_OF_BOUNDS]


def test_what_is_refused_is_kept_as_it_came_before_calibration():
    (refused,) = checked(reading("river", "water_level", 9_000)).rejected
    assert [each.value for each in refused.readings] == [9_000]
    assert "water_level 17990 cm of sensor river" in refused.sentence


@pytest.mark.parametrize(
    ("bad", "reason", "words"),
    [
        (reading("nobody"), Reason.UNKNOWN_SENSOR, f'add it there with gateway = "{GATEWAY}"'),
        (reading("air-old"), Reason.UNKNOWN_SENSOR, "was taken out of the city file"),
        (reading("people-pier", "people_in"), Reason.FOREIGN_SENSOR, "belongs to gw-pier"),
        (reading(quantity="pm25"), Reason.UNKNOWN_QUANTITY, "send pm2_5"),
        (reading(quantity="pm1"), Reason.UNDECLARED_QUANTITY, "add it to the sensor's quantities"),
        (reading(value=-0.1), Reason.OUT_OF_BOUNDS, "beyond 0 to 10000"),
        (reading(at=EARLIEST_MS - T0 - 1), Reason.TIME_TOO_EARLY, "2019-12-31T23:59:59Z, before 2020"),
        (reading(at=LATEST - T0 + 1), Reason.TIME_IN_FUTURE, "ahead of the cloud's clock"),
        (reading(at=2**52), Reason.TIME_IN_FUTURE, "ms since 1970"),
    ],
)  # fmt: skip
def test_one_bad_reading_is_refused_and_the_others_stored(bad: Reading, reason: Reason, words: str):
    good = [reading(at=5), reading(quantity="temperature", value=27)]
    found = checked(bad, *good)
    assert reasons(found) == [reason]
    assert words in found.rejected[0].sentence
    assert found.rejected[0].readings == [bad]
    assert sum(block.size for block in found.blocks) == 2


def test_both_ends_of_the_bounds_and_of_time_are_allowed():
    edges = [reading(value=0), reading(value=10_000, at=1), reading(at=EARLIEST_MS - T0), reading(at=LATEST - T0)]
    assert checked(*edges).rejected == []


def test_a_gateway_speaks_of_its_own_health_as_a_sensor():
    (block,) = checked(reading(GATEWAY, "spool_depth", 3)).blocks
    assert (block.sensor, block.domain, block.site) == (GATEWAY, Domain.GATEWAY, "daruba")


def test_a_column_twice_in_a_batch_gives_no_block_with_a_field_twice():
    text = payload(reading(value=1))
    batch = decode_batch(text)
    twice = type(batch)("s", 1, 2, [batch.columns[0], batch.columns[0]])
    found = check_batch(twice, gateway=GATEWAY, registry=city(), latest_ms=LATEST)
    assert [[name for name, _ in block.fields] for block in found.blocks] == [["pm2_5"], ["pm2_5"]]


MOVED = T0 + 5


def moved(*facts: tuple[str, object, int, int]) -> Registry:
    """The city after `facts` of air-market: (what, value, valid from, recorded)."""
    grounds = [("site", "daruba", 0, 1), ("gateway", GATEWAY, 0, 1)]
    rows = [
        Fact(number, "sensor:air-market", what, value, since, "ani", "", "", recorded)
        for number, (what, value, since, recorded) in enumerate([*grounds, *facts], start=1)
    ]
    before = city()
    pier = Site("pier", "Pier", "", 2.0, 128.0, "Asia/Jayapura")
    sensors = [sensor for sensor in before.sensors() if before.gateway(sensor.id) is None]
    return Registry(
        city=before.city, sites=[*before.sites(), pier], gateways=before.gateways(), sensors=sensors,
        facts=Facts(rows), now_ms=LATEST,
    )  # fmt: skip


def tags(found: CheckedBatch) -> list[tuple[str, str, list[int]]]:
    return [(block.site, block.gateway, [time_ms - T0 for time_ms in block.times_ms]) for block in found.blocks]


def checked_in(registry: Registry, *readings: Reading, gateway: str = GATEWAY) -> CheckedBatch:
    batch = decode_batch(encode_batch("s", 1, readings))
    return check_batch(batch, gateway=gateway, registry=registry, latest_ms=LATEST)


def test_readings_are_tagged_by_where_the_sensor_was_at_their_own_time():
    registry = moved(("site", "pier", MOVED, MOVED))
    readings = [reading(at=at) for at in (3, 4, 5, 6)] + [reading(quantity="pm10", at=at) for at in (3, 4, 5, 6)]
    assert tags(checked_in(registry, *readings)) == [
        ("daruba", GATEWAY, [3, 4]), ("pier", GATEWAY, [5, 6]), ("daruba", GATEWAY, [3, 4]), ("pier", GATEWAY, [5, 6])
    ]  # fmt: skip
    whole = [reading(at=6), reading(at=7), reading(quantity="pm10", at=6), reading(quantity="pm10", at=7)]
    assert tags(checked_in(registry, *whole)) == [("pier", GATEWAY, [6, 7])]


def test_a_move_that_is_recorded_later_leaves_the_tags_of_what_was_sent_before_it():
    registry = moved(("site", "pier", T0 - 1_000, MOVED))
    assert tags(checked_in(registry, reading(at=4), reading(at=5))) == [
        ("daruba", GATEWAY, [4]), ("pier", GATEWAY, [5])
    ]  # fmt: skip


def test_the_gateway_before_may_still_bring_what_it_measured_and_nothing_later():
    registry = moved(("gateway", "gw-pier", MOVED, MOVED))
    found = checked_in(registry, reading(at=4), reading(at=5))
    assert tags(found) == [("daruba", GATEWAY, [4])]
    assert reasons(found) == [Reason.FOREIGN_SENSOR]
    assert "has been behind gateway gw-pier since" in found.rejected[0].sentence


def test_the_gateway_of_today_brings_what_another_left_behind_under_the_tag_of_that_time():
    registry = moved(("gateway", "gw-pier", MOVED, MOVED))
    found = checked_in(registry, reading(at=4), reading(at=5), gateway="gw-pier")
    assert tags(found) == [("daruba", GATEWAY, [4]), ("daruba", "gw-pier", [5])]


def test_calibration_is_that_of_the_readings_own_time():
    grounds = ("calibration.pm2_5", {"scale": 1.0, "offset": 0.0}, 0, 1)
    registry = moved(grounds, ("calibration.pm2_5", {"scale": 2.0, "offset": 1.0}, MOVED, MOVED + 99))
    found = checked_in(registry, reading(value=10, at=4), reading(value=10, at=5))
    assert [block.fields for block in found.blocks] == [(("pm2_5", [10]),), (("pm2_5", [21]),)]


def own_city(table: QuantityTable = TABLE) -> Registry:
    plain, mic = city(), Sensor("mic", "Mic", "daruba", GATEWAY, ("leq", "so2_column", "temperature"))
    return Registry(city=plain.city, sites=plain.sites(), gateways=plain.gateways(), sensors=[mic], quantities=table)


def checked_by(registry: Registry, *readings: Reading) -> CheckedBatch:
    batch = decode_batch(encode_batch("s", 1, readings))
    return check_batch(batch, gateway=GATEWAY, registry=registry, latest_ms=LATEST)


def test_what_a_city_added_is_stored_in_its_own_domains_within_its_bounds():
    found = checked_by(own_city(), *(reading("mic", name, 61.5) for name in ("leq", "so2_column", "temperature")))
    assert {block.domain: dict(block.fields) for block in found.blocks} == {
        "noise": {"leq": [61.5]}, "volcano": {"so2_column": [61.5]}, "air": {"temperature": [61.5]}
    }  # fmt: skip
    (refused,) = checked_by(own_city(), reading("mic", "leq", 141.0)).rejected
    assert refused.reason is Reason.OUT_OF_BOUNDS
    assert refused.sentence.startswith("leq 141 dB(A) of sensor mic at 2025-11-24T16:00:00Z is beyond 20 to 140; look")


def test_what_the_city_does_not_know_is_refused_with_what_to_do():
    (refused,) = checked_by(own_city(), reading("mic", "leqq", 60.0)).rejected
    assert refused.reason is Reason.UNKNOWN_QUANTITY
    assert refused.sentence == (
        "quantity leqq of sensor mic is unknown; send leq, or add it to [[quantities]] of the city file"
    )
    (refused,) = checked_by(own_city(BUILT_IN), reading("mic", "leq", 60.0)).rejected
    assert refused.reason is Reason.UNKNOWN_QUANTITY


def test_what_was_taken_out_of_the_city_file_is_refused_and_says_so():
    retired = QuantityTable(DOMAINS, [replace(row, retired=True) for row in QUANTITIES])
    (refused,) = checked_by(own_city(retired), reading("mic", "leq", 60.0)).rejected
    assert refused.reason is Reason.UNKNOWN_QUANTITY
    assert "leq of sensor mic was taken out of the city file; put it back" in refused.sentence


def retired(*, gateways: Sequence[str] = (), sensors: Sequence[str] = (), since: int | None = MOVED) -> Registry:
    """The city in which some gateways and sensors are retired."""
    before = city()
    return Registry(
        city=before.city, sites=before.sites(), now_ms=LATEST,
        gateways=[replace(each, retired=True, retired_ms=since) if each.id in gateways else each
                  for each in before.gateways()],
        sensors=[replace(each, retired=True, retired_ms=since) if each.id in sensors else each
                 for each in before.sensors() if before.gateway(each.id) is None],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("registry", "reason", "words"),
    [
        (retired(sensors=["air-market"]), Reason.UNKNOWN_SENSOR, "taken out of the city file on 2025-11-24T"),
        (retired(gateways=[GATEWAY]), Reason.UNKNOWN_GATEWAY, "taken out of the city file on 2025-11-24T"),
        (retired(gateways=[GATEWAY], sensors=["air-market"]), Reason.UNKNOWN_SENSOR, "put it back"),
    ],
)
def test_a_late_backlog_of_the_time_before_it_was_retired_is_taken(registry: Registry, reason: Reason, words: str):
    found = checked_in(registry, reading(at=3), reading(at=4), reading(at=5))
    assert tags(found) == [("daruba", GATEWAY, [3, 4])]
    assert reasons(found) == [reason]
    assert words in found.rejected[0].sentence


def test_of_what_was_retired_nobody_knows_when_nothing_is_taken():
    assert checked_in(retired(sensors=["air-market"], since=None), reading(at=3)).blocks == []
    assert retired(gateways=[GATEWAY], since=None).routes(GATEWAY) is None


def test_a_level_is_made_of_the_distances_of_before_its_sensor_was_retired():
    gauge = Sensor("gauge", "Gauge", "daruba", GATEWAY, ("distance", "water_level"), mounting_height_cm=450)
    plain = city()
    registry = Registry(
        city=plain.city, sites=plain.sites(), gateways=plain.gateways(), now_ms=LATEST,
        sensors=[replace(gauge, retired=True, retired_ms=MOVED)],
    )  # fmt: skip
    found = checked_in(registry, *(reading("gauge", "distance", 100.0, at=at) for at in (4, 5)))
    assert [(block.times_ms, block.fields) for block in found.blocks] == [
        ([T0 + 4], (("distance", [100.0]),)), ([T0 + 4], (("water_level", [350.0]),))
    ]  # fmt: skip
    assert reasons(found) == [Reason.UNKNOWN_SENSOR]
