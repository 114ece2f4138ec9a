"""Hours of what a city added, computed beside those of air and water."""

from pathlib import Path

import pytest

from cloud.registry.records import Sensor
from rules.marks import Mark
from tests.unit.cloud.derived.examples import HOUR, MIDNIGHT, MINUTE, Place, every
from wire import Stamped


def sensor_of(quantity: str, *, interval_s: float = 600, stamped: Stamped | None = None) -> Sensor:
    return Sensor("mic", "Mic", "daruba", "gw", (quantity,), interval_s=interval_s, stamped=stamped)


@pytest.mark.parametrize(("quantity", "value"), [("leq", 61.0), ("horn_count", 6 * 61.0), ("so2_column", 61.0)])
async def test_an_hour_stands_at_its_end_with_its_completeness(tmp_path: Path, quantity: str, value: float):
    async with Place(tmp_path, sensor_of(quantity)) as place:
        await place.send(every(10 * MINUTE, MIDNIGHT, MIDNIGHT + HOUR, 61.0))
        await place.derivations.compute(MIDNIGHT + HOUR + MINUTE)
        end = MIDNIGHT + HOUR
        assert await place.series(f"{quantity}_hour") == {end: pytest.approx(value)}
        assert await place.series(f"{quantity}_hour_completeness") == {end: 100.0}


async def test_the_hour_under_way_waits_and_late_readings_correct_one_that_was_computed(tmp_path: Path):
    async with Place(tmp_path, sensor_of("leq")) as place:
        await place.send(every(10 * MINUTE, MIDNIGHT, MIDNIGHT + HOUR // 2, 60.0))
        await place.derivations.compute(MIDNIGHT + HOUR // 2)
        assert await place.series("leq_hour_completeness") == {}
        await place.derivations.compute(MIDNIGHT + HOUR + MINUTE)
        assert await place.series("leq_hour") == {}
        assert await place.series("leq_hour_completeness") == {MIDNIGHT + HOUR: 50.0}
        await place.send(every(10 * MINUTE, MIDNIGHT + HOUR // 2, MIDNIGHT + HOUR, 64.0))
        await place.derivations.compute(MIDNIGHT + 2 * HOUR)
        assert await place.series("leq_hour") == {MIDNIGHT + HOUR: 62.0}
        assert await place.series("leq_hour_completeness") == {MIDNIGHT + HOUR: 100.0}


async def test_a_reading_stamped_at_the_end_of_its_interval_belongs_to_the_hour_before(tmp_path: Path):
    async with Place(tmp_path, sensor_of("horn_count", stamped=Stamped.END)) as place:
        await place.send({MIDNIGHT + HOUR: 7.0, MIDNIGHT + HOUR + 10 * MINUTE: 1.0})
        await place.derivations.compute(MIDNIGHT + 3 * HOUR)
        assert await place.series("horn_count_hour") == {MIDNIGHT + HOUR: 7.0, MIDNIGHT + 2 * HOUR: 1.0}


async def test_a_sensor_that_is_read_daily_says_nothing_of_hours(tmp_path: Path):
    async with Place(tmp_path, sensor_of("leq", interval_s=86_400)) as place:
        await place.send({MIDNIGHT: 60.0})
        await place.derivations.compute(MIDNIGHT + 2 * HOUR)
        assert await place.series("leq_hour_completeness") == {}


async def test_an_hour_of_doubts_is_told_with_its_marks(tmp_path: Path):
    async with Place(tmp_path, sensor_of("so2_column")) as place:
        await place.write("mic", "daruba", "so2_column", {MIDNIGHT: 90.0}, marks=int(Mark.SPIKE))
        place.derivations.on_series_changed("mic", "so2_column", MIDNIGHT, MIDNIGHT)
        await place.derivations.compute(MIDNIGHT + 2 * HOUR)
        (found,) = await place.store.history("mic", "so2_column_hour", start_ms=0, end_ms=MIDNIGHT + 9 * HOUR)
        assert (found.value, found.marks & int(Mark.SPIKE)) == (90.0, int(Mark.SPIKE))
