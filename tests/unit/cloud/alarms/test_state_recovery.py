"""What a start knows of before: states that are kept, and by the newest readings who was heard when."""

from pathlib import Path

import pytest
from sqlalchemy import update

from cloud.alarms.evaluator_memory import EvaluatorMemory
from cloud.alarms.state_recovery import read_states, recall_newest
from cloud.alarms.tables import AlarmStateRow
from cloud.readings.contract import StoredReading
from cloud.readings.newest import Newest
from cloud.rulebook.rule_bindings import HEARD
from rules.engine import SecondReading
from rules.marks import Mark
from tests.registries import each_registry
from tests.unit.cloud.alarms.town import T0, Town, level


def stored(sensor: str, quantity: str, *, at_ms: int, value: float = 5.0, marks: int = 0) -> StoredReading:
    return StoredReading("daruba", sensor, "gw-daruba", quantity, T0 + at_ms, value, marks)


def recalled(*readings: StoredReading, listened_ms: int = 1_000_000) -> EvaluatorMemory:
    memory, newest = EvaluatorMemory(), Newest()
    newest.load(readings)
    recall_newest(memory, newest, listened_ms=listened_ms)
    return memory


@each_registry
async def test_a_state_of_another_version_begins_again_and_the_others_are_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(160, at=0))
        await town.send(level(160, at=0, sensor="creek"))
        kept = await town.database.run(read_states)
        assert set(kept) == {("river", "river-level"), ("creek", "river-level")}
        spoil = update(AlarmStateRow).where(AlarmStateRow.sensor == "river").values(body=b"of another version")
        await town.database.run(lambda connection: connection.execute(spoil))
        assert await town.database.run(read_states) == {key: kept[key] for key in [("creek", "river-level")]}
        assert "the state of river-level on river is of another version of Siaga; it begins again" in caplog.text


def test_a_sensor_is_heard_by_what_it_measures_and_not_by_what_is_computed_of_it():
    memory = recalled(stored("river", "water_level", at_ms=1_000), stored("river", "rise_rate", at_ms=9_000))
    assert memory.heard_ms == {
        ("river", "water_level"): T0 + 1_000, ("river", HEARD): T0 + 1_000, ("river", "rise_rate"): T0 + 9_000,
    }  # fmt: skip


@pytest.mark.parametrize("newer", ["water_level", "temperature"])
def test_of_several_quantities_the_newest_is_when_the_sensor_was_heard(newer: str):
    times = {"water_level": 3_000, "temperature": 3_000, newer: 7_000}
    memory = recalled(*(stored("river", quantity, at_ms=at_ms) for quantity, at_ms in times.items()))
    assert memory.heard_ms["river", HEARD] == T0 + 7_000


def test_a_doubted_reading_is_a_sign_of_life_and_nothing_that_a_second_sensor_says():
    memory = recalled(
        stored("rain", "rainfall", at_ms=0, value=3.0), stored("river", "water_level", at_ms=5, marks=int(Mark.SPIKE))
    )
    assert memory.second_readings == {("rain", "rainfall"): (SecondReading(T0, 3.0),)}
    assert ("river", HEARD) in memory.heard_ms


def test_time_until_the_newest_reading_of_all_was_listened_and_none_after_it():
    memory = recalled(
        stored("river", "water_level", at_ms=60_000), stored("creek", "water_level", at_ms=0), listened_ms=500
    )
    assert memory.heard_after_ms["river", HEARD] == 500
    assert memory.heard_after_ms["creek", HEARD] == 500 - 60_000


def test_where_nothing_is_stored_nobody_was_heard():
    memory = recalled()
    assert (memory.heard_ms, memory.heard_after_ms) == ({}, {})
