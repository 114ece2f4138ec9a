"""What people read counts where its sensor is doubted or silent: with an alarm, over a restart, until withdrawn."""

from pathlib import Path

import pytest

from cloud.ingest.manual.records import ManualReading
from rules.marks import Mark
from tests.registries import on_each_registry
from tests.unit.cloud.alarms.town import ANI, T0, Town, level

pytestmark = on_each_registry(slow=True)


async def spoken(town: Town) -> None:
    """Three plain minutes, with a rule that takes an alarm back after five."""
    await town.rule(clear_s=300.0, reject=["spike", "clock_unknown"])
    await town.send(level(100, at=0), level(100, at=60), level(100, at=120))


async def kept(town: Town, number: int) -> ManualReading:
    readings = await town.manual_readings.of(["river"], start_ms=0, end_ms=2 * T0, withdrawn=True)
    return next(one for one in readings if one.id == number)


async def test_beside_a_silent_sensor_a_person_raises_an_alarm_that_says_who_read_it(tmp_path: Path):
    async with Town(tmp_path) as town:
        await spoken(town)
        await town.tick(at=600)
        number = await town.enter("k-000001", 260, read=610, now=620)
        (alarm,) = await town.alarms()
        assert (alarm.level, alarm.value, alarm.read_by, alarm.read_ms) == (1, 260, "ani", T0 + 610_000)
        (change,) = await town.alarm_service.changes(alarm.id)
        assert (change.kind, change.time_ms, change.read_by) == ("raised", T0 + 620_000, "ani")
        reading = await kept(town, number)
        assert (reading.counts_from_ms, reading.counts_until_ms) == (T0 + 620_000, T0 + 610_000 + 3_600_000)
        await town.tick(at=4_300)
        assert [kind for kind, _, _ in await town.events()] == ["raised", "silent"]


async def test_a_sensor_that_speaks_plainly_goes_on_by_itself(tmp_path: Path):
    async with Town(tmp_path) as town:
        await spoken(town)
        number = await town.enter("k-000001", 260, read=125, now=130)
        await town.send(level(100, at=180))
        assert await town.alarms() == []
        assert (await kept(town, number)).counts_from_ms is None


async def test_its_next_plain_reading_ends_what_a_person_has_read(tmp_path: Path):
    async with Town(tmp_path) as town:
        await spoken(town)
        await town.tick(at=600)
        number = await town.enter("k-000001", 260, read=610, now=620)
        await town.send(*(level(101, at=at) for at in range(660, 1_080, 60)))
        (alarm,) = await town.alarms()
        assert (alarm.state, alarm.read_by) == ("closed", "ani")
        reading = await kept(town, number)
        assert reading.counts_until_ms is not None
        assert not reading.counts(T0 + 1_080_000)


async def test_what_a_person_read_in_time_counts_once_the_sensor_falls_silent(tmp_path: Path):
    async with Town(tmp_path) as town:
        await spoken(town)
        await town.enter("k-000001", 260, read=150, now=160)
        assert await town.alarms() == []
        await town.tick(at=305)
        assert [alarm.read_by for alarm in await town.alarms()] == ["ani"]


async def test_a_reading_kept_on_the_phone_for_more_than_an_hour_says_nothing_of_now(tmp_path: Path):
    async with Town(tmp_path) as town:
        await spoken(town)
        await town.tick(at=5_000)
        await town.enter("k-000001", 260, read=1_000, now=5_000)
        assert await town.alarms() == []
        await town.enter("k-000002", 260, read=1_500, now=5_010)
        assert len(await town.alarms()) == 1


async def test_a_restart_knows_what_counts_and_tells_nothing_twice(tmp_path: Path):
    async with Town(tmp_path) as town:
        await spoken(town)
        await town.tick(at=600)
        await town.enter("k-000001", 160, read=610, now=620)
        before = await town.events()
    async with Town(tmp_path) as again:
        await again.tick(at=700)
        assert await again.events() == before
        await again.enter("k-000002", 265, read=710, now=720)
        (alarm,) = await again.alarms()
        assert (alarm.level, alarm.read_ms) == (1, T0 + 710_000)


async def test_a_restart_believes_a_plain_sensor_before_a_person(tmp_path: Path):
    async with Town(tmp_path) as town:
        await spoken(town)
        await town.enter("k-000001", 260, read=125, now=130)
    async with Town(tmp_path) as again:
        await again.tick(at=140)
        await again.send(level(100, at=180))
        assert await again.alarms() == []


async def test_a_withdrawn_reading_takes_its_alarm_back(tmp_path: Path):
    async with Town(tmp_path) as town:
        await spoken(town)
        await town.tick(at=600)
        number = await town.enter("k-000001", 260, read=610, now=620)
        taken = await town.manual_readings.withdraw(number, actor=ANI, may_change=lambda _site: True)
        assert taken.withdrawn_by == "ani"
        await town.evaluator.read_manual_values()
        await town.tick(at=630)
        (alarm,) = await town.alarms()
        assert (alarm.withdrawn, alarm.is_open) == (True, False)
        with pytest.raises(LookupError):
            await town.manual_readings.withdraw(number, actor=ANI, may_change=lambda _site: False)
        assert [entry.action for entry in await town.alarm_service.journal(subject="sensor:river")] == [
            "withdraw-reading", "enter-reading",
        ]  # fmt: skip


async def test_a_doubted_sensor_counts_for_nothing_beside_a_person(tmp_path: Path):
    async with Town(tmp_path) as town:
        await spoken(town)
        await town.send(level(400, at=180))
        assert (await town.marks())[-1] & Mark.SPIKE
        number = await town.enter("k-000001", 160, read=190, now=200)
        (alarm,) = await town.alarms()
        assert (alarm.level, alarm.value, alarm.read_by) == (0, 160, "ani")
        assert (await kept(town, number)).counts(town.now_ms)


async def test_what_counts_now_is_known_until_it_is_over(tmp_path: Path):
    async with Town(tmp_path) as town:
        await spoken(town)
        await town.tick(at=600)
        number = await town.enter("k-000001", 120, read=610, now=620)
        (one,) = await town.manual_readings.overrulings()
        assert (one.sensor, one.value, one.person, one.read_ms) == ("river", 120, "ani", T0 + 610_000)
        await town.manual_readings.withdraw(number, actor=ANI, may_change=lambda _site: True)
        assert await town.manual_readings.overrulings() == ()
        await town.enter("k-000002", 125, read=630, now=640)
        await town.tick(at=4_231)
        assert await town.manual_readings.overrulings() == ()
