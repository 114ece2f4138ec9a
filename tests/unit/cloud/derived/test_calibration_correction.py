"""Stored values converted by another calibration, each once."""

import msgspec
import pytest

from cloud.derived.calibration_correction import CorrectionStep
from cloud.readings.contract import Point
from cloud.registry.fact_rows import record_progress
from cloud.registry.fact_service import FactRejected
from tests.unit.cloud.derived.examples import AIR, ANI, HOUR, Yard, hourly
from tests.unit.cloud.examples import T0
from wire import Reading


async def test_a_corrected_calibration_is_taken_off_and_put_on_once(yard: Yard):
    await yard.send(*hourly("air", "pm2_5", 10, 10, 10))
    await yard.record("sensor:air", "calibration.pm2_5", {"scale": 2.0, "offset": -3.0}, hour=1)
    for _ in range(2):
        await yard.corrections.compute()
        assert await yard.stored("air", "pm2_5") == {0: 12, 1: 17, 2: 17}
    # sent again, and late: made by the new line as it is
    await yard.send(*hourly("air", "pm2_5", 10, 10, 10, 10), backfill=True)
    assert await yard.stored("air", "pm2_5") == {0: 12, 1: 17, 2: 17, 3: 17}


async def test_what_comes_late_while_a_correction_waits_is_not_corrected_twice(yard: Yard):
    await yard.send(*hourly("air", "pm2_5", 10, 10))
    await yard.record("sensor:air", "calibration.pm2_5", {"scale": 1.0, "offset": -3.0}, hour=0)
    await yard.send(Reading("air", "pm2_5", T0 + 2 * HOUR, 10), Reading("air", "pm2_5", T0, 10), backfill=True)
    await yard.corrections.compute()
    assert await yard.stored("air", "pm2_5") == {0: 7, 1: 7, 2: 7}


@pytest.mark.parametrize("is_written", [True, False])
async def test_after_a_crash_in_the_middle_a_value_is_corrected_once_all_the_same(yard: Yard, is_written: bool):
    await yard.send(*hourly("air", "pm2_5", 10, 20))
    await yard.record("sensor:air", "calibration.pm2_5", {"scale": 1.0, "offset": -3.0}, hour=0)
    (due,) = yard.facts.registry.facts.due()
    step = CorrectionStep(T0 + HOUR, T0, 7.0)
    if is_written:
        yard.workshop.registry.replace_with(yard.facts.registry)
        await yard.corrections._series.write(AIR, "pm2_5", [Point(T0, 7.0)])
    text = msgspec.json.encode(step).decode()
    await yard.workshop.database.run(lambda connection: record_progress(connection, due, due_ms=T0, step=text))
    await yard.facts.load()
    await yard.restarted().compute()
    assert await yard.stored("air", "pm2_5") == {0: 7, 1: 17}


async def test_a_calibration_that_is_being_computed_takes_no_other_meanwhile(yard: Yard):
    await yard.send(*hourly("air", "pm2_5", 10))
    number = await yard.record("sensor:air", "calibration.pm2_5", {"scale": 1.0, "offset": 0.0}, hour=0)
    with pytest.raises(FactRejected, match="try again in a minute"):
        await yard.facts.undo(number, actor=ANI, reason="x")
    await yard.corrections.compute()
    await yard.facts.undo(number, actor=ANI, reason="x")
    await yard.corrections.compute()
    assert await yard.stored("air", "pm2_5") == {0: 12}
