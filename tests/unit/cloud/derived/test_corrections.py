"""What is stored, computed again because of dated facts that reach into the past."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cloud.database.audit_log import Actor
from cloud.derived.corrections import Corrections, CorrectionStep
from cloud.readings.contract import Point, StoreUnavailable
from cloud.registry.fact_rows import record_progress
from cloud.registry.fact_service import FactRejected, FactService
from cloud.registry.records import Calibration, City, Gateway, Sensor
from cloud.registry.rows import read_registry, save_registry
from cloud.registry.snapshot import Registry
from rules.marks import Mark
from tests.unit.cloud.examples import GATEWAY, SITE, T0, Workshop
from wire import Reading, encode_batch

ANI = Actor("ani")
HOUR = 3_600_000
LATER = T0 + 10 * HOUR
RIVER = Sensor("river", "River", "daruba", GATEWAY, ("distance", "water_level"), mounting_height_cm=450.0)
AIR = Sensor("air", "Air", "daruba", GATEWAY, ("pm2_5",), calibration={"pm2_5": Calibration(1.0, 2.0)})
PROBE = Sensor("probe", "Probe", "daruba", GATEWAY, ("water_level",))


def city() -> Registry:
    return Registry(
        city=City("Morotai", "Asia/Jayapura"), sites=[SITE], gateways=[Gateway(GATEWAY, "Daruba", "daruba")],
        sensors=[RIVER, AIR, PROBE],
    )  # fmt: skip


class Yard:
    """Ingest, facts and corrections on real databases; `moved` are the series that were noted."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop, self.moved, self._seq = workshop, set[tuple[str, str]](), 0
        self.facts = FactService(workshop.database, workshop.registry, clock=lambda: LATER)
        self.corrections = self.restarted()
        workshop.decoder._observe._on_blocks = lambda blocks: self.corrections.on_writing(blocks)

    def restarted(self) -> Corrections:
        """As after a start of the cloud."""
        return Corrections(
            self.facts, self.workshop.store, self.workshop.newest, settle_s=0, clock=lambda: LATER,
            on_changed=lambda sensor, quantity, _first, _last: self.moved.add((sensor, quantity)),
        )  # fmt: skip

    async def send(self, *readings: Reading, backfill: bool = False) -> None:
        payload = encode_batch("s", self._seq + 1, readings, backfill=backfill)
        self._seq += len(readings)
        await self.workshop.writer.write([self.workshop.decoder.prepare(payload, GATEWAY)])

    async def stored(self, sensor: str, quantity: str) -> dict[int, float]:
        points = await self.workshop.store.history(sensor, quantity, start_ms=0, end_ms=2**53)
        return {(point.time_ms - T0) // HOUR: point.value for point in points}

    async def record(self, subject: str, what: str, value: Any, *, hour: int) -> int:
        fact = await self.facts.record(subject, what, value, who=ANI, word="x", valid_from_ms=T0 + hour * HOUR)
        return fact.id


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    async with Workshop(tmp_path, registry=city()) as workshop:
        await workshop.database.run(lambda connection: save_registry(connection, city(), now_ms=T0 - HOUR))
        workshop.registry.replace_with(await workshop.database.run(read_registry))
        yield Yard(workshop)


def hourly(sensor: str, quantity: str, *values: float) -> list[Reading]:
    return [Reading(sensor, quantity, T0 + hour * HOUR, value) for hour, value in enumerate(values)]


async def test_a_corrected_height_makes_the_levels_again_from_its_validity_on_and_leaves_those_before(yard: Yard):
    await yard.send(*hourly("river", "distance", 100, 110, 120, 130))
    await yard.record("sensor:river", "mounting_height_cm", 420, hour=2)
    assert await yard.stored("river", "water_level") == {0: 350, 1: 340, 2: 330, 3: 320}
    await yard.corrections.compute()
    assert await yard.stored("river", "water_level") == {0: 350, 1: 340, 2: 300, 3: 290}
    assert ("river", "water_level") in yard.moved
    newest = yard.workshop.newest.series("river", "water_level")
    assert newest is not None
    assert newest.value == 290
    assert yard.facts.registry.facts.due() == []


async def test_undoing_gives_the_levels_of_before(yard: Yard):
    await yard.send(*hourly("river", "distance", 100, 110))
    number = await yard.record("sensor:river", "mounting_height_cm", 420, hour=1)
    await yard.corrections.compute()
    await yard.facts.undo(number, who=ANI, word="x")
    await yard.corrections.compute()
    assert await yard.stored("river", "water_level") == {0: 350, 1: 340}


async def test_a_fact_that_begins_now_or_later_changes_nothing_that_is_stored(yard: Yard):
    await yard.send(*hourly("river", "distance", 100))
    await yard.record("sensor:river", "mounting_height_cm", 420, hour=11)
    assert yard.facts.registry.facts.due() == []
    await yard.corrections.compute()
    assert await yard.stored("river", "water_level") == {0: 350}


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
        await yard.corrections._write(AIR, "pm2_5", [Point(T0, 7.0)])
    text = msgspec.json.encode(step).decode()
    await yard.workshop.database.run(lambda connection: record_progress(connection, due, due_ms=T0, step=text))
    await yard.facts.load()
    await yard.restarted().compute()
    assert await yard.stored("air", "pm2_5") == {0: 7, 1: 17}


async def test_a_store_that_is_away_leaves_the_correction_due(yard: Yard):
    await yard.send(*hourly("air", "pm2_5", 10))
    await yard.record("sensor:air", "calibration.pm2_5", {"scale": 1.0, "offset": 0.0}, hour=0)
    yard.workshop.store.script = [StoreUnavailable("away")]
    with pytest.raises(StoreUnavailable):
        await yard.corrections.compute()
    assert len(yard.facts.registry.facts.due()) == 1
    await yard.facts.load()
    await yard.corrections.compute()
    assert await yard.stored("air", "pm2_5") == {0: 10}


async def test_a_calibration_that_is_being_computed_takes_no_other_meanwhile(yard: Yard):
    await yard.send(*hourly("air", "pm2_5", 10))
    number = await yard.record("sensor:air", "calibration.pm2_5", {"scale": 1.0, "offset": 0.0}, hour=0)
    with pytest.raises(FactRejected, match="try again in a minute"):
        await yard.facts.undo(number, who=ANI, word="x")
    await yard.corrections.compute()
    await yard.facts.undo(number, who=ANI, word="x")
    await yard.corrections.compute()
    assert await yard.stored("air", "pm2_5") == {0: 12}


async def test_a_calibrated_distance_moves_its_level_and_a_level_without_distance_is_converted(yard: Yard):
    await yard.send(*hourly("river", "distance", 100, 100))
    await yard.send(*hourly("probe", "water_level", 80, 80))
    await yard.record("sensor:river", "calibration.distance", {"scale": 1.0, "offset": 5.0}, hour=1)
    await yard.record("sensor:river", "calibration.water_level", {"scale": 1.0, "offset": 1.0}, hour=1)
    await yard.record("sensor:probe", "calibration.water_level", {"scale": 1.0, "offset": 7.0}, hour=1)
    await yard.corrections.compute()
    assert await yard.stored("river", "distance") == {0: 100, 1: 105}
    assert await yard.stored("river", "water_level") == {0: 350, 1: 346}
    assert await yard.stored("probe", "water_level") == {0: 80, 1: 87}


async def test_marks_and_tags_stay_as_they_were(yard: Yard):
    await yard.send(*hourly("river", "distance", 100), backfill=True)
    await yard.record("sensor:river", "mounting_height_cm", 420, hour=0)
    await yard.corrections.compute()
    (point,) = await yard.workshop.store.history("river", "water_level", start_ms=0, end_ms=2**53)
    assert (point.value, point.marks) == (320, int(Mark.BACKFILL))
    (newest,) = [each for each in await yard.workshop.store.newest() if each.quantity == "water_level"]
    assert (newest.site, newest.gateway) == ("daruba", GATEWAY)
