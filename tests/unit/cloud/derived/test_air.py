"""Indices of the air on a real store: hour by hour, day by day, and by every version of ISPU's table."""

import pytest

from cloud.derived.indices import Indices
from cloud.registry.records import Sensor
from rules import ispu
from rules.derived import VERSION
from rules.ispu import P14_2020
from rules.marks import Mark
from tests.unit.cloud.derived.examples import (
    ANI,
    BACK,
    DAY,
    HOUR,
    LORD_HOWE,
    MINUTE,
    NINE,
    ON,
    START,
    House,
    Island,
    Place,
    every,
)


async def test_a_day_of_air_becomes_hours_indices_and_the_index_of_the_site(island: Island):
    await island.store_readings("air", "pm2_5", every(600_000, NINE - 24 * HOUR, NINE, 35.45))
    await island.store_readings("air", "pm10", every(600_000, NINE - 24 * HOUR, NINE, 32.0))
    await island.derivations.compute(NINE)

    hours = await island.series("air", "pm2_5_hour")
    assert len(hours) == 24
    assert (min(hours), max(hours)) == (NINE - 23 * HOUR, NINE), "an hour stands at its end"
    assert hours[NINE] == pytest.approx(35.45)
    assert (await island.series("air", "ispu_pm2_5"))[NINE] == 75
    assert (await island.series("air", "ispu_pm2_5_completeness"))[NINE] == 100
    assert (await island.series("air", "us_aqi_pm2_5"))[NINE] == 100  # NowCast truncates 35.45 to 35.4
    assert await island.series("air", "ispu_pm10") == {NINE: 32}, "at 09:00 and 15:00 only, and 15:00 lacked hours"
    site = {name: (await island.series("daruba", name))[NINE] for name in ("ispu", "ispu_critical", "us_aqi")}
    assert site == {"ispu": 75, "ispu_critical": ispu_code("pm2_5"), "us_aqi": 100}
    assert (await island.series("daruba", "air_computation"))[NINE] == VERSION
    newest = {(one.sensor, one.quantity): one for one in island.newest.latest()}
    assert newest["daruba", "ispu"].value == 75
    assert {block.gateway for block in island.told} == {"computed"}


def ispu_code(parameter: str) -> int:
    return list(ispu.BREAKPOINTS).index(parameter)


async def test_an_index_needs_18_hours_and_says_how_many_it_had(island: Island):
    await island.store_readings("air", "pm2_5", every(600_000, NINE - 18 * HOUR, NINE, 20.0))
    await island.derivations.compute(NINE)
    index = await island.series("air", "ispu_pm2_5")
    completeness = await island.series("air", "ispu_pm2_5_completeness")
    assert list(index) == [NINE]
    assert completeness[NINE] == 75
    assert completeness[NINE - HOUR] == pytest.approx(17 / 24 * 100)


async def test_an_hour_of_too_few_readings_or_of_spikes_has_no_mean(island: Island):
    start = NINE - HOUR
    await island.store_readings("air", "pm2_5", every(600_000, start, start + 4 * 600_000, 20.0))
    await island.store_readings("air", "pm2_5", {NINE - 60_000: 9_000.0}, marks=int(Mark.SPIKE))
    await island.derivations.compute(NINE)
    assert await island.series("air", "pm2_5_hour") == {}
    assert await island.series("air", "pm2_5_hour_completeness") == {NINE: pytest.approx(400 / 6)}
    await island.store_readings("air", "pm2_5", {NINE - 120_000: 26.0})
    await island.derivations.compute(NINE)
    assert await island.series("air", "pm2_5_hour") == {NINE: pytest.approx(21.2)}


async def test_the_hour_under_way_waits_for_its_end(island: Island):
    await island.store_readings("air", "pm2_5", every(600_000, NINE, NINE + 30 * MINUTE, 20.0))
    await island.derivations.compute(NINE + 30 * MINUTE)
    assert await island.series("air", "pm2_5_hour_completeness") == {}
    await island.derivations.compute(NINE + HOUR)
    assert await island.series("air", "pm2_5_hour_completeness") == {NINE + HOUR: 50}


async def test_backfill_corrects_what_was_computed_without_it(island: Island):
    first, gap = NINE - 24 * HOUR, (NINE - 16 * HOUR, NINE - 8 * HOUR)
    await island.store_readings("air", "pm2_5", every(600_000, first, gap[0], 20.0))
    await island.store_readings("air", "pm2_5", every(600_000, gap[1], NINE, 20.0))
    await island.derivations.compute(NINE)
    assert await island.series("air", "ispu_pm2_5") == {}
    assert (await island.series("air", "ispu_pm2_5_completeness"))[NINE] == pytest.approx(16 / 24 * 100)

    late = every(600_000, *gap, 110.0)
    await island.store_readings("air", "pm2_5", late, marks=int(Mark.BACKFILL))
    await island.derivations.compute(NINE + 20_000)
    mean = (16 * 20.0 + 8 * 110.0) / 24
    assert (await island.series("air", "ispu_pm2_5"))[NINE] == ispu.sub_index("pm2_5", mean).index
    assert (await island.series("daruba", "ispu"))[NINE] == ispu.sub_index("pm2_5", mean).index
    marks = await island.marks("air", "pm2_5_hour")
    assert marks[NINE - 10 * HOUR] == Mark.BACKFILL, "of hours ago, and computed now"
    assert marks[NINE] == 0


async def test_a_site_has_its_worst_sensor(island: Island):
    await island.store_readings("air", "pm2_5", every(600_000, NINE - 24 * HOUR, NINE, 15.5))
    await island.store_readings("air-2", "pm2_5", every(600_000, NINE - 24 * HOUR, NINE, 55.4))
    await island.derivations.compute(NINE)
    assert (await island.series("daruba", "ispu"))[NINE] == 100


async def test_what_is_published_at_nine_holds_until_three(island: Island):
    await island.store_readings("gas", "no2", every(600_000, NINE - 24 * HOUR, NINE + 6 * HOUR, 200.0))
    await island.store_readings("air", "pm2_5", every(600_000, NINE - 24 * HOUR, NINE + 6 * HOUR, 15.5))
    await island.derivations.compute(NINE + 6 * HOUR)
    assert set(await island.series("gas", "ispu_no2")) == {NINE, NINE + 6 * HOUR}
    site, critical = await island.series("daruba", "ispu"), await island.series("daruba", "ispu_critical")
    before = NINE - HOUR  # 08:00: of NO2 only what was published at 15:00 the day before, which had no day
    assert (site[before], critical[before]) == (50, ispu_code("pm2_5"))
    for later in range(7):
        assert (site[NINE + later * HOUR], critical[NINE + later * HOUR]) == (100, ispu_code("no2"))


async def test_a_sensor_that_falls_silent_makes_its_index_less_complete_and_then_none(island: Island):
    await island.store_readings("air", "pm2_5", every(600_000, NINE - 24 * HOUR, NINE, 20.0))
    for later in range(10):
        await island.derivations.compute(NINE + later * HOUR)
    completeness = await island.series("air", "ispu_pm2_5_completeness")
    assert completeness[NINE + 6 * HOUR] == 75
    assert max(await island.series("air", "ispu_pm2_5")) == NINE + 6 * HOUR
    assert max(completeness) == NINE + 9 * HOUR


async def test_what_was_computed_of_readings_that_a_twin_contradicts_is_withdrawn(island: Island):
    broken = every(600_000, NINE - 24 * HOUR, NINE, 2_960.0)
    await island.store_readings("air", "pm2_5", broken)
    await island.derivations.compute(NINE)
    assert (await island.series("daruba", "us_aqi"))[NINE] > 500

    await island.give_verdicts("air", "pm2_5", broken, int(Mark.TWINS_DISAGREE))
    await island.derivations.compute(NINE)
    withdrawn = int(Mark.WITHDRAWN)
    for sensor, quantity in (
        ("air", "pm2_5_hour"),
        ("air", "us_aqi_pm2_5"),
        ("daruba", "us_aqi"),
        ("daruba", "ispu"),
    ):
        assert (await island.marks(sensor, quantity))[NINE] & withdrawn, quantity
    assert (await island.series("air", "pm2_5_hour_completeness"))[NINE] == 0, "doubted is not absent"
    found = Indices(island.registry, island.newest, gauges=lambda _: None).of_site("daruba")
    assert not {one.index for one in found} & {"us_aqi", "ispu"}

    await island.give_verdicts("air", "pm2_5", broken, 0)
    await island.derivations.compute(NINE)
    assert (await island.marks("daruba", "us_aqi"))[NINE] == 0, "and holds again when the verdict is another"


@pytest.mark.parametrize("shift", [BACK, ON])
async def test_a_shift_of_half_an_hour_interrupts_no_index(tmp_path, shift):
    sensor = Sensor("air", "Air", "daruba", "gw", ("pm2_5", "pm10"), interval_s=600)

    async with Place(tmp_path, sensor, zone=LORD_HOWE) as place:
        await place.send(dict.fromkeys(range(shift - 2 * DAY, shift + 2 * DAY, 10 * MINUTE), 15.5))
        await place.derivations.compute(shift + 2 * DAY)
        found = await place.series("ispu_pm2_5")
        after = [time_ms for time_ms in found if shift - DAY < time_ms <= shift + 2 * DAY]
        assert len(after) == 72, "71.5 hours of 60 minutes and one of 30"
        assert {found[time_ms] for time_ms in after} == {50}
        assert {(await place.series("ispu_pm2_5_completeness"))[time_ms] for time_ms in after} == {100}


async def test_both_versions_are_computed_and_the_regulations_is_official_until_somebody_says_otherwise(house: House):
    assert await house.at("air", "ispu_pm10", 48) == await house.at("air", "ispu_p14_2020_pm10", 48) == 63
    assert await house.at("air", "ispu_klh_2026_pm10", 48) == 100
    assert await house.at("daruba", "ispu", 48) == await house.at("daruba", "ispu_p14_2020", 48) == 99
    assert await house.at("daruba", "ispu_klh_2026", 48) == 100
    assert await house.at("daruba", "ispu_klh_2026_critical", 48) == 0
    assert await house.at("daruba", "ispu_table", 48) == P14_2020.number


async def test_another_version_computes_again_from_its_validity_on_and_the_older_history_keeps_its_own(house: House):
    since = START + 36 * HOUR
    fact = await house.facts.record("city", "ispu_table", "klh_2026", actor=ANI, reason="x", valid_from_ms=since)
    await house.compute()
    assert [await house.at("daruba", "ispu", hour) for hour in (35, 36, 48)] == [99, 100, 100]
    assert [await house.at("daruba", "ispu_table", hour) for hour in (35, 36, 48)] == [1, 2, 2]
    assert [await house.at("air", "ispu_pm10", hour) for hour in (24, 48)] == [63, 100]
    assert await house.at("daruba", "ispu_p14_2020", 48) == 99, "the other one goes on beside it"
    assert house.facts.registry.facts.due() == []
    await house.facts.undo(fact.id, actor=ANI, reason="a mistake")
    await house.compute()
    assert [await house.at("daruba", "ispu", hour) for hour in (35, 36, 48)] == [99, 99, 99]
