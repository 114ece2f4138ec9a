"""Visitors of a site: over its counters, over days that close, and by counters that are heard now and then."""

import pytest

from cloud.derived.visitors import counters_of
from cloud.registry.records import Sensor
from tests.unit.cloud.derived.examples import HOUR, MINUTE, NINE, Island, Place, every, ms
from wire import Stamped


def counter(interval_s: float | None, stamped: Stamped | None = None) -> Sensor:
    return Sensor("gate", "Gate", "daruba", "gw", ("people_in",), interval_s=interval_s, stamped=stamped)


def test_of_twins_one_counts():
    def gate(name: str, twin: str | None = None) -> Sensor:
        return Sensor(name, name, "daruba", "gw", ("people_in", "people_out"), twin=twin)

    both = [gate("a", "b"), gate("b", "a"), gate("c")]
    assert [one.id for one in counters_of(both)] == ["a", "c"]
    assert [one.id for one in counters_of([gate("a"), gate("b", "a")])] == ["a"]
    assert [one.id for one in counters_of([gate("a", "b"), gate("b")])] == ["a"]


async def test_visitors_are_those_of_all_doors_without_their_twins(island: Island):
    for gate in ("gate", "gate-b"):
        await island.store_readings(gate, "people_in", every(MINUTE, NINE, NINE + 10 * MINUTE, 3))
        await island.store_readings(gate, "people_out", every(MINUTE, NINE, NINE + 10 * MINUTE, 1))
    await island.store_readings("pier", "people_in", every(MINUTE, NINE, NINE + 10 * MINUTE, 2))
    await island.derivations.compute(NINE + 10 * MINUTE + 20_000)
    at = NINE + 10 * MINUTE
    found = {
        name: (await island.series("dodola", name))[at]
        for name in ("visitors_present", "visitors_day", "capacity_used", "crowd_density")
    }
    assert found == {"visitors_present": 40, "visitors_day": 50, "capacity_used": 50, "crowd_density": 0.2}
    assert (await island.series("dodola", "visitors_completeness"))[at] == pytest.approx(100 * 10 / (15 * 60 + 10))


async def test_visitors_of_the_next_hour_go_on_from_those_of_the_last(island: Island):
    await island.store_readings("pier", "people_in", every(MINUTE, NINE, NINE + HOUR, 1))
    await island.derivations.compute(NINE + HOUR)
    for minute in range(5):
        time_ms = NINE + HOUR + minute * MINUTE
        await island.store_readings("pier", "people_in", {time_ms: 1})
        await island.derivations.compute(time_ms + MINUTE)
    present = await island.series("dodola", "visitors_present")
    assert [present[NINE + minute * MINUTE] for minute in (1, 60, 65)] == [1, 60, 65]


async def test_visitors_go_on_from_the_last_that_were_counted_however_long_ago_in_the_day(island: Island):
    await island.store_readings("pier", "people_in", every(MINUTE, NINE, NINE + 10 * MINUTE, 1))
    await island.derivations.compute(NINE + 10 * MINUTE)
    island.start()
    await island.store_readings("pier", "people_in", {NINE + 5 * HOUR: 1})
    await island.derivations.compute(NINE + 5 * HOUR + MINUTE)
    at = NINE + 5 * HOUR + MINUTE
    found = {name: (await island.series("dodola", name))[at] for name in ("visitors_present", "visitors_day")}
    assert found == {"visitors_present": 11, "visitors_day": 11}


async def test_nobody_is_left_after_closing(island: Island):
    closing = ms("2026-11-24T18:00:00+09:00")
    await island.store_readings("pier", "people_in", every(MINUTE, closing - 30 * MINUTE, closing + 30 * MINUTE, 1))
    await island.derivations.compute(closing + HOUR)
    present = await island.series("dodola", "visitors_present")
    assert present[closing] == 30
    assert present[closing + MINUTE] == 1
    assert present[closing + 30 * MINUTE] == 30


async def test_people_who_were_counted_late_are_in_every_minute_after_them(island: Island):
    await island.store_readings("pier", "people_in", every(MINUTE, NINE, NINE + 3 * HOUR, 0))
    await island.derivations.compute(NINE + 3 * HOUR)
    await island.store_readings("gate", "people_in", {NINE + 10 * MINUTE: 7})
    await island.derivations.compute(NINE + 3 * HOUR + 15_000)
    present = await island.series("dodola", "visitors_present")
    assert present[NINE + 10 * MINUTE] == 0
    assert {present[NINE + minute * MINUTE] for minute in range(11, 181)} == {7}


async def test_a_counter_that_stamps_the_end_of_its_interval_counts_its_last_for_the_day_that_closes(tmp_path):
    closing = ms("2026-11-24T18:00:00+09:00")

    async with Place(tmp_path, counter(600, Stamped.END), closes="18:00") as place:
        await place.send({closing - 10 * MINUTE: 3.0, closing: 4.0, closing + 10 * MINUTE: 5.0})
        await place.derivations.compute(closing + HOUR)
        found = await place.series("visitors_day", of="daruba")
        assert [found[time_ms] for time_ms in sorted(found)] == [3, 7, 5]
        assert [time_ms <= closing for time_ms in sorted(found)] == [True, True, False]
