"""The columnar check says what a naive check says of each reading by itself, and no bytes at all make ingest fail."""

from hypothesis import given
from hypothesis import strategies as st

from cloud.core.reasons import Reason
from cloud.ingest.checks import check_batch
from cloud.readings.blocks import Block
from cloud.readings.lines import lines_of
from rules.marks import MARK_OF_CLOCK, Mark
from tests.unit.cloud.examples import GATEWAY, LATEST, T0, city, validated
from wire import QUANTITIES, Clock, Reading, decode_batch, encode_batch
from wire.reading import EARLIEST_MS

CITY = city()
SENSORS = ["air-market", "river", "people-pier", "air-old", "nobody", GATEWAY]
NAMES = ["pm2_5", "pm10", "temperature", "water_level", "people_in", "spool_depth", "pm25"]
TIMES = st.sampled_from([T0, T0 + 1, T0 + 1_000, EARLIEST_MS - 1, EARLIEST_MS, LATEST, LATEST + 1])
VALUES = st.one_of(
    st.sampled_from([0.0, -0.1, 10_000.0, 10_000.1, 5_005.0, 5_006.0, 85.0, 1e300, -495.0, -496.0]),
    st.floats(allow_nan=False, allow_infinity=False),
)
READINGS = st.builds(Reading, st.sampled_from(SENSORS), st.sampled_from(NAMES), TIMES, VALUES, st.sampled_from(Clock))


def naive(reading: Reading) -> tuple[Reason | None, float]:
    """What the rules say of one reading, and its calibrated value."""
    sensor = CITY.sensor(reading.sensor)
    if sensor is None or sensor.retired:
        return Reason.UNKNOWN_SENSOR, 0
    if sensor.gateway != GATEWAY:
        return Reason.FOREIGN_SENSOR, 0
    if reading.quantity not in QUANTITIES:
        return Reason.UNKNOWN_QUANTITY, 0
    if reading.quantity not in sensor.quantities:
        return Reason.UNDECLARED_QUANTITY, 0
    calibration = sensor.calibration.get(reading.quantity)
    value = reading.value if calibration is None else reading.value * calibration.scale + calibration.offset
    if reading.time_ms < EARLIEST_MS:
        return Reason.TIME_TOO_EARLY, value
    if reading.time_ms > LATEST:
        return Reason.TIME_IN_FUTURE, value
    row = QUANTITIES[reading.quantity]
    return (None if row.low <= value <= row.high else Reason.OUT_OF_BOUNDS), value


def unrolled(blocks: list[Block]) -> list[tuple[str, str, int, float, int]]:
    return [
        (block.sensor, quantity, time_ms, value, block.marks)
        for block in blocks
        for quantity, values in block.fields
        for time_ms, value in zip(block.times_ms, values, strict=True)
    ]


@given(st.lists(READINGS, min_size=1, max_size=40), st.booleans())
def test_the_columnar_check_is_the_naive_one(readings: list[Reading], backfill: bool):
    batch = decode_batch(encode_batch("s", 1, readings, backfill=backfill))
    found = check_batch(batch, gateway=GATEWAY, registry=CITY, latest_ms=LATEST)
    mark = Mark.BACKFILL if backfill else Mark.NONE
    verdicts = [(reading, *naive(reading)) for reading in batch.readings()]
    assert sorted(unrolled(found.blocks)) == sorted(
        (each.sensor, each.quantity, each.time_ms, value, int(MARK_OF_CLOCK[each.clock] | mark))
        for each, reason, value in verdicts
        if reason is None
    )
    refused = [(refused.reason, each) for refused in found.rejected for each in refused.readings]
    assert sorted(map(repr, refused)) == sorted(repr((reason, each)) for each, reason, _ in verdicts if reason)
    assert all(len({name for name, _ in block.fields}) == len(block.fields) for block in found.blocks)


@given(st.lists(READINGS, min_size=1, max_size=30))
def test_every_reading_of_a_batch_is_in_its_lines_or_in_its_dead_letters(readings: list[Reading]):
    found = validated(encode_batch("s", 1, readings), registry=CITY)
    in_letters = sum(
        len(decode_batch(refusal.raw).columns and list(decode_batch(refusal.raw).readings()))
        for refusal in found.rejections
    )
    in_lines = (
        sum(line.split(b" ")[1].count(b"=") for line in lines_of(found.blocks).splitlines()) if found.blocks else 0
    )
    marked = sum(len(block.times_ms) for block in found.blocks if block.marks)
    assert in_lines - marked + in_letters == len(readings)
    assert in_letters == sum(refusal.readings for refusal in found.rejections)


@given(st.binary(max_size=200))
def test_any_bytes_give_blocks_or_rejections(content: bytes):
    found = validated(content, registry=CITY)
    assert found.blocks or found.rejections
