"""What the store never takes: it leaves its batch, and becomes a letter of what was sent."""

from cloud.core.reasons import Reason
from cloud.ingest.stages.judge import JudgedBatch
from cloud.ingest.store_rejections import without_points
from cloud.readings.contract import RejectedPoint
from cloud.registry.records import Sensor
from tests.unit.cloud.examples import GATEWAY, T0, city, payload, reading, validated
from wire import decode_batch


def rejected_letter(after: JudgedBatch) -> list[tuple[str, int, float]]:
    """The readings of the one letter, as (quantity, ms after T0, value)."""
    (letter,) = after.validated.rejections
    return [(each.quantity, each.time_ms - T0, each.value) for each in decode_batch(letter.raw).readings()]


def test_points_that_the_store_rejects_become_a_letter_before_calibration_and_leave_their_block():
    level = [reading("river", "water_level", 30 + number, at=number) for number in range(3)]
    found = validated(payload(reading(), *level))
    river = [block.sensor for block in found.blocks].index("river")
    point = sum(len(block.times_ms) for block in found.blocks[:river]) + 1
    after = without_points(JudgedBatch(found, found.blocks), [RejectedPoint(0, point, "field type conflict")])
    assert after.blocks[river].times_ms == [T0, T0 + 2]
    assert after.blocks[river].fields == (("water_level", [50, 54]),)
    (letter,) = after.validated.rejections
    assert letter.reason == Reason.STORE_REJECTED
    assert "field type conflict" in letter.sentence
    assert [each.value for each in decode_batch(letter.raw).readings()] == [31]


def test_a_block_that_the_store_rejects_whole_is_gone():
    found = validated(payload(reading(), reading(quantity="pm10", value=1)))
    after = without_points(JudgedBatch(found, found.blocks), [RejectedPoint(0, 0, "no")])
    assert after.blocks == []
    assert after.validated.rejections[0].readings == 2


def test_of_a_point_the_quantities_that_are_taken_stay_in_a_block_of_their_own():
    names = ("pm2_5", "pm10", "temperature")
    found = validated(payload(*(reading(quantity=name, value=20 + at, at=at) for at in (0, 1, 2) for name in names)))
    after = without_points(JudgedBatch(found, found.blocks), [RejectedPoint(0, 1, "type conflict", ("pm10",))])
    kept = {tuple(sorted(name for name, _ in block.fields)): list(block.times_ms) for block in after.blocks}
    assert kept == {("pm10", "pm2_5", "temperature"): [T0, T0 + 2], ("pm2_5", "temperature"): [T0 + 1]}
    assert rejected_letter(after) == [("pm10", 1, 21)]


def test_of_a_level_that_was_computed_the_distance_that_was_sent_is_the_letter():
    over_water = Sensor("bridge", "Bridge", "daruba", GATEWAY, ("distance",), mounting_height_cm=450.0)
    sent = payload(reading("bridge", "distance", 300), reading("bridge", "distance", 301, at=1))
    found = validated(sent, registry=city(more=[over_water]))
    (block,) = found.blocks
    assert {name for name, _ in block.fields} == {"distance", "water_level"}
    after = without_points(JudgedBatch(found, found.blocks), [RejectedPoint(0, 0, "no", ("water_level",))])
    assert rejected_letter(after) == [("distance", 0, 300)]


def test_a_message_that_is_no_batch_has_no_point_to_lose():
    found = validated(b"garbage")
    judged = JudgedBatch(found, ())
    assert without_points(judged, []) is judged


def test_blocks_of_which_nothing_is_rejected_stay_as_they_are():
    found = validated(payload(reading(), reading("river", "temperature", 28)))
    after = without_points(JudgedBatch(found, found.blocks), [RejectedPoint(0, 0, "no")])
    assert after.blocks == found.blocks[1:]
