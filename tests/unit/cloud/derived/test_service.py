"""Derived series on a real store: live, late, and after a restart."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cloud.core.health import Condition
from cloud.database.engine import DatabaseUnavailable
from cloud.derived.indices import Indices
from cloud.derived.service import PASS_S, Derivations
from cloud.readings.blocks import Block
from cloud.readings.contract import Point, StoreUnavailable, Verdict
from cloud.readings.newest import Newest
from cloud.readings.sqlite import SqliteStore
from cloud.registry.records import City, Sensor, Site
from cloud.registry.snapshot import Registry
from rules import ispu
from rules.derived import VERSION
from rules.marks import Mark
from rules.siaga import GaugeLimits, Limit
from wire import QUANTITIES

ZONE = "Asia/Jayapura"
MINUTE, HOUR = 60_000, 3_600_000
SITES = (
    Site("daruba", "Daruba", "Daruba", 2.05, 128.29, ZONE),
    Site("dodola", "Dodola", "Dodola", 2.08, 128.18, ZONE, capacity=80, area_m2=200.0, closes="18:00"),
)
SENSORS = (
    Sensor("air", "Air", "daruba", "gw", ("pm2_5", "pm10"), interval_s=600),
    Sensor("air-2", "Air 2", "daruba", "gw", ("pm2_5",), interval_s=600),
    Sensor("gas", "Gas", "daruba", "gw", ("no2",), interval_s=600),
    Sensor("rain", "Rain", "daruba", "gw", ("rainfall",), interval_s=600),
    Sensor("river", "River", "daruba", "gw", ("water_level",), interval_s=600),
    Sensor("gate", "Gate", "dodola", "gw", ("people_in", "people_out"), interval_s=60, twin="gate-b"),
    Sensor("gate-b", "Gate B", "dodola", "gw", ("people_in", "people_out"), interval_s=60, twin="gate"),
    Sensor("pier", "Pier", "dodola", "gw", ("people_in",), interval_s=60),
)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)


MIDNIGHT = ms("2026-11-23T00:00:00+09:00")
NINE = ms("2026-11-24T09:00:00+09:00")


class Island:
    """Registry, store and derivations; `store_readings` is a batch that was stored."""

    def __init__(self, folder: Path) -> None:
        self.registry = Registry(city=City("Morotai", ZONE), sites=SITES, gateways=(), sensors=SENSORS)
        self.store = SqliteStore(folder / "readings.db")
        self.told: list[Block] = []
        self.rules_fail = False
        self.start()

    def start(self) -> None:
        """As after a restart: nothing is remembered but what the store has."""
        self.newest = Newest()
        self.derivations = Derivations(
            self.registry, self.store, self.newest,
            gauges=lambda sensor: GaugeLimits(Limit(150), Limit(250), Limit(320)) if sensor == "river" else None,
            observe=self._observe,
        )  # fmt: skip

    async def _observe(self, blocks: Sequence[Block]) -> None:
        if self.rules_fail:
            raise DatabaseUnavailable("the registry database does not answer")
        self.told += blocks

    async def store_readings(
        self, sensor: str, quantity: str, points: dict[int, float], *, marks: int = 0, note: bool = True
    ) -> None:
        site = next(one.site for one in SENSORS if one.id == sensor)
        block = Block(
            site, sensor, "gw", QUANTITIES[quantity].domain, marks, list(points), ((quantity, list(points.values())),)
        )
        await self.store.write([self.store.encode([block])])
        if note:
            self.derivations.on_series_changed(sensor, quantity, min(points), max(points))

    async def series(self, sensor: str, quantity: str) -> dict[int, float]:
        points = await self.store.history(sensor, quantity, start_ms=0, end_ms=ms("2030-01-01T00:00:00+00:00"))
        return {point.time_ms: point.value for point in points}

    async def judge_anew(self, sensor: str, quantity: str, times_ms: Iterable[int], marks: int) -> None:
        """Later readings have shown something, and the derivations are told where."""
        given = [Verdict(sensor, quantity, time_ms, marks) for time_ms in times_ms]
        await self.store.write_verdicts(given)
        for verdict in given:
            self.derivations.on_series_changed(sensor, quantity, verdict.time_ms, verdict.time_ms)

    async def marks(self, sensor: str, quantity: str) -> dict[int, int]:
        points = await self.store.history(sensor, quantity, start_ms=0, end_ms=ms("2030-01-01T00:00:00+00:00"))
        return {point.time_ms: point.marks for point in points}


def every(step_ms: int, first_ms: int, end_ms: int, value: float) -> dict[int, float]:
    return dict.fromkeys(range(first_ms, end_ms, step_ms), value)


@pytest.fixture
def on_island(tmp_path):
    def run(story):
        async def whole() -> None:
            island = Island(tmp_path)
            await island.store.open()
            try:
                await story(island)
            finally:
                await island.store.close()

        asyncio.run(whole())

    return run


def test_a_day_of_air_becomes_hours_indices_and_the_index_of_the_site(on_island):
    async def story(island: Island) -> None:
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

    on_island(story)


def ispu_code(parameter: str) -> int:
    return list(ispu.BREAKPOINTS).index(parameter)


def test_an_index_needs_18_hours_and_says_how_many_it_had(on_island):
    async def story(island: Island) -> None:
        await island.store_readings("air", "pm2_5", every(600_000, NINE - 18 * HOUR, NINE, 20.0))
        await island.derivations.compute(NINE)
        index = await island.series("air", "ispu_pm2_5")
        completeness = await island.series("air", "ispu_pm2_5_completeness")
        assert list(index) == [NINE]
        assert completeness[NINE] == 75
        assert completeness[NINE - HOUR] == pytest.approx(17 / 24 * 100)

    on_island(story)


def test_an_hour_of_too_few_readings_or_of_spikes_has_no_mean(on_island):
    async def story(island: Island) -> None:
        start = NINE - HOUR
        await island.store_readings("air", "pm2_5", every(600_000, start, start + 4 * 600_000, 20.0))
        await island.store_readings("air", "pm2_5", {NINE - 60_000: 9_000.0}, marks=int(Mark.SPIKE))
        await island.derivations.compute(NINE)
        assert await island.series("air", "pm2_5_hour") == {}
        assert await island.series("air", "pm2_5_hour_completeness") == {NINE: pytest.approx(400 / 6)}
        await island.store_readings("air", "pm2_5", {NINE - 120_000: 26.0})
        await island.derivations.compute(NINE)
        assert await island.series("air", "pm2_5_hour") == {NINE: pytest.approx(21.2)}

    on_island(story)


def test_the_hour_under_way_waits_for_its_end(on_island):
    async def story(island: Island) -> None:
        await island.store_readings("air", "pm2_5", every(600_000, NINE, NINE + 30 * MINUTE, 20.0))
        await island.derivations.compute(NINE + 30 * MINUTE)
        assert await island.series("air", "pm2_5_hour_completeness") == {}
        await island.derivations.compute(NINE + HOUR)
        assert await island.series("air", "pm2_5_hour_completeness") == {NINE + HOUR: 50}

    on_island(story)


def test_backfill_corrects_what_was_computed_without_it(on_island):
    async def story(island: Island) -> None:
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

    on_island(story)


def test_a_site_has_its_worst_sensor(on_island):
    async def story(island: Island) -> None:
        await island.store_readings("air", "pm2_5", every(600_000, NINE - 24 * HOUR, NINE, 15.5))
        await island.store_readings("air-2", "pm2_5", every(600_000, NINE - 24 * HOUR, NINE, 55.4))
        await island.derivations.compute(NINE)
        assert (await island.series("daruba", "ispu"))[NINE] == 100

    on_island(story)


def test_what_is_published_at_nine_holds_until_three(on_island):
    async def story(island: Island) -> None:
        await island.store_readings("gas", "no2", every(600_000, NINE - 24 * HOUR, NINE + 6 * HOUR, 200.0))
        await island.store_readings("air", "pm2_5", every(600_000, NINE - 24 * HOUR, NINE + 6 * HOUR, 15.5))
        await island.derivations.compute(NINE + 6 * HOUR)
        assert set(await island.series("gas", "ispu_no2")) == {NINE, NINE + 6 * HOUR}
        site, critical = await island.series("daruba", "ispu"), await island.series("daruba", "ispu_critical")
        before = NINE - HOUR  # 08:00: of NO2 only what was published at 15:00 the day before, which had no day
        assert (site[before], critical[before]) == (50, ispu_code("pm2_5"))
        for later in range(7):
            assert (site[NINE + later * HOUR], critical[NINE + later * HOUR]) == (100, ispu_code("no2"))

    on_island(story)


def test_a_sensor_that_falls_silent_makes_its_index_less_complete_and_then_none(on_island):
    async def story(island: Island) -> None:
        await island.store_readings("air", "pm2_5", every(600_000, NINE - 24 * HOUR, NINE, 20.0))
        for later in range(10):
            await island.derivations.compute(NINE + later * HOUR)
        completeness = await island.series("air", "ispu_pm2_5_completeness")
        assert completeness[NINE + 6 * HOUR] == 75
        assert max(await island.series("air", "ispu_pm2_5")) == NINE + 6 * HOUR
        assert max(completeness) == NINE + 9 * HOUR

    on_island(story)


def test_rain_is_summed_by_the_hour_and_since_seven(on_island):
    async def story(island: Island) -> None:
        seven = ms("2026-11-24T07:00:00+09:00")
        await island.store_readings("rain", "rainfall", every(600_000, seven - HOUR, seven + 2 * HOUR, 0.5))
        await island.derivations.compute(seven + 2 * HOUR)
        assert await island.series("rain", "rain_hour") == {
            seven: 3.0, seven + HOUR: 3.0, seven + 2 * HOUR: 3.0,
        }  # fmt: skip
        day = await island.series("rain", "rain_day")
        assert day == {seven: 3.0, seven + HOUR: 3.0, seven + 2 * HOUR: 6.0}, "seven o'clock ends the day before"
        shares = await island.series("rain", "rain_day_completeness")
        assert shares[seven] == pytest.approx(100 / 24)
        assert shares[seven + 2 * HOUR] == 100

    on_island(story)


def test_siaga_is_the_worst_of_the_hour_and_spikes_do_not_count(on_island):
    async def story(island: Island) -> None:
        levels = every(600_000, NINE - HOUR, NINE, 120.0) | {NINE - 5 * MINUTE: 251.0}
        await island.store_readings("river", "water_level", levels)
        await island.store_readings("river", "water_level", {NINE - 7 * MINUTE: 900.0}, marks=int(Mark.SPIKE))
        await island.derivations.compute(NINE)
        assert await island.series("river", "siaga") == {NINE: 2}

    on_island(story)


def test_an_hour_that_nobody_can_believe_has_the_siaga_of_its_highest_reading_and_says_that_it_is_doubted(on_island):
    async def story(island: Island) -> None:
        doubted = every(600_000, NINE - HOUR, NINE, 330.0)
        await island.store_readings("river", "water_level", doubted, marks=int(Mark.SPIKE))
        await island.derivations.compute(NINE)
        assert await island.series("river", "siaga") == {NINE: 1}
        assert await island.marks("river", "siaga") == {NINE: int(Mark.SPIKE)}
        assert island.newest.series("river", "siaga").marks == int(Mark.SPIKE)

        await island.judge_anew("river", "water_level", doubted, 0)
        await island.derivations.compute(NINE)
        assert await island.marks("river", "siaga") == {NINE: 0}, "a later verdict takes the doubt away"

    on_island(story)


def test_what_was_computed_of_readings_that_a_twin_contradicts_is_withdrawn(on_island):
    async def story(island: Island) -> None:
        broken = every(600_000, NINE - 24 * HOUR, NINE, 2_960.0)
        await island.store_readings("air", "pm2_5", broken)
        await island.derivations.compute(NINE)
        assert (await island.series("daruba", "us_aqi"))[NINE] > 500

        await island.judge_anew("air", "pm2_5", broken, int(Mark.TWINS_DISAGREE))
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

        await island.judge_anew("air", "pm2_5", broken, 0)
        await island.derivations.compute(NINE)
        assert (await island.marks("daruba", "us_aqi"))[NINE] == 0, "and holds again when the verdict is another"

    on_island(story)


def test_a_doubted_level_is_shown_with_its_doubt_and_not_left_out(on_island):
    async def story(island: Island) -> None:
        await island.store_readings("river", "water_level", {NINE: 330.0}, marks=int(Mark.SPIKE))
        island.newest.load(await island.store.newest())
        limits = GaugeLimits(Limit(150), Limit(250), Limit(320))
        found = Indices(island.registry, island.newest, gauges=lambda _: limits).of_site("daruba")
        (siaga,) = [one for one in found if one.index == "siaga"]
        assert (siaga.value, siaga.doubts) == (1, ("spike",))

    on_island(story)


def test_visitors_are_those_of_all_doors_without_their_twins(on_island):
    async def story(island: Island) -> None:
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

    on_island(story)


def test_visitors_of_the_next_hour_go_on_from_those_of_the_last(on_island):
    async def story(island: Island) -> None:
        await island.store_readings("pier", "people_in", every(MINUTE, NINE, NINE + HOUR, 1))
        await island.derivations.compute(NINE + HOUR)
        for minute in range(5):
            time_ms = NINE + HOUR + minute * MINUTE
            await island.store_readings("pier", "people_in", {time_ms: 1})
            await island.derivations.compute(time_ms + MINUTE)
        present = await island.series("dodola", "visitors_present")
        assert [present[NINE + minute * MINUTE] for minute in (1, 60, 65)] == [1, 60, 65]

    on_island(story)


def test_nobody_is_left_after_closing(on_island):
    async def story(island: Island) -> None:
        closing = ms("2026-11-24T18:00:00+09:00")
        await island.store_readings("pier", "people_in", every(MINUTE, closing - 30 * MINUTE, closing + 30 * MINUTE, 1))
        await island.derivations.compute(closing + HOUR)
        present = await island.series("dodola", "visitors_present")
        assert present[closing] == 30
        assert present[closing + MINUTE] == 1
        assert present[closing + 30 * MINUTE] == 30

    on_island(story)


def test_people_who_were_counted_late_are_in_every_minute_after_them(on_island):
    async def story(island: Island) -> None:
        await island.store_readings("pier", "people_in", every(MINUTE, NINE, NINE + 3 * HOUR, 0))
        await island.derivations.compute(NINE + 3 * HOUR)
        await island.store_readings("gate", "people_in", {NINE + 10 * MINUTE: 7})
        await island.derivations.compute(NINE + 3 * HOUR + 15_000)
        present = await island.series("dodola", "visitors_present")
        assert present[NINE + 10 * MINUTE] == 0
        assert {present[NINE + minute * MINUTE] for minute in range(11, 181)} == {7}

    on_island(story)


def test_a_restart_computes_what_the_last_run_missed_and_writes_nothing_twice(on_island):
    async def story(island: Island) -> None:
        await island.store_readings("air", "pm2_5", every(600_000, NINE - 30 * HOUR, NINE, 20.0), note=False)
        await island.store_readings("pier", "people_in", every(MINUTE, NINE - HOUR, NINE, 1), note=False)
        island.derivations.look_back(NINE)
        await island.derivations.compute(NINE)
        assert (await island.series("daruba", "ispu"))[NINE] == ispu.sub_index("pm2_5", 20.0).index
        assert (await island.series("dodola", "visitors_present"))[NINE] == 60

        island.told.clear()
        island.start()
        island.derivations.look_back(NINE)
        await island.derivations.compute(NINE)
        assert island.told == []

    on_island(story)


@pytest.mark.parametrize("seed", range(4))
def test_in_whatever_order_readings_come_the_series_are_the_same(tmp_path, seed):
    chance = random.Random(seed)
    air = {time_ms: chance.uniform(5, 90) for time_ms in range(NINE - 30 * HOUR, NINE + 6 * HOUR, 600_000)}
    rain = dict.fromkeys(range(NINE - 30 * HOUR, NINE + 6 * HOUR, 600_000), 0.2)
    came = {time_ms: float(chance.randrange(4)) for time_ms in range(NINE - 5 * HOUR, NINE + 6 * HOUR, MINUTE)}
    went = {time_ms: float(chance.randrange(4)) for time_ms in came}
    now = NINE + 6 * HOUR
    pieces = [
        (sensor, quantity, dict(list(points.items())[first : first + 37]))
        for sensor, quantity, points in (
            ("air", "pm2_5", air), ("rain", "rainfall", rain),
            ("gate", "people_in", came), ("gate", "people_out", went),
        )
        for first in range(0, len(points), 37)
    ]  # fmt: skip

    async def told_in(order: list[int], folder: Path, *, each: bool) -> dict[tuple[str, str], dict[int, float]]:
        folder.mkdir()
        island = Island(folder)
        await island.store.open()
        for number in order:
            await island.store_readings(*pieces[number])
            if each and number % 5 == 0:
                await island.derivations.compute(now)
        await island.derivations.compute(now)
        found = {
            (sensor, quantity): await island.series(sensor, quantity)
            for sensor, quantity in (
                ("air", "pm2_5_hour"), ("air", "pm2_5_day"), ("air", "ispu_pm2_5"), ("air", "ispu_pm2_5_completeness"),
                ("daruba", "ispu"), ("daruba", "us_aqi"), ("rain", "rain_hour"), ("rain", "rain_day"),
                ("dodola", "visitors_present"), ("dodola", "visitors_day"), ("dodola", "capacity_used"),
                ("dodola", "visitors_completeness"),
            )
        }  # fmt: skip
        await island.store.close()
        return found

    in_order = asyncio.run(told_in(list(range(len(pieces))), tmp_path / "ordered", each=False))
    shuffled = chance.sample(range(len(pieces)), len(pieces))
    out_of_order = asyncio.run(told_in(shuffled, tmp_path / "shuffled", each=True))
    assert all(in_order.values())
    assert out_of_order == in_order


def test_what_the_store_could_not_give_is_computed_when_it_can(on_island):
    async def story(island: Island) -> None:
        await island.store_readings("air", "pm2_5", every(600_000, NINE - 24 * HOUR, NINE, 20.0))
        whole, island.store.history = island.store.history, unavailable
        await island.derivations.compute(NINE)
        assert "no answer; indices wait" in island.derivations.component().detail
        island.store.history = whole
        await island.derivations.compute(NINE + 15_000)
        assert "wait" not in island.derivations.component().detail
        assert (await island.series("daruba", "ispu"))[NINE] > 0

    on_island(story)


def test_nothing_is_stored_that_the_rules_were_not_told_of(on_island):
    async def story(island: Island) -> None:
        island.rules_fail = True
        await island.store_readings("air", "pm2_5", every(600_000, NINE - 24 * HOUR, NINE, 20.0))
        await island.derivations.compute(NINE)
        assert await island.series("air", "pm2_5_hour") == {}
        assert "does not answer; indices wait" in island.derivations.component().detail
        island.rules_fail = False
        await island.derivations.compute(NINE + 15_000)
        told = {(block.sensor, name) for block in island.told for name, _ in block.fields}
        assert ("daruba", "ispu") in told
        assert (await island.series("daruba", "ispu"))[NINE] > 0

    on_island(story)


def test_a_mistake_of_ours_stops_no_other_site_and_health_tells_of_it(on_island):
    async def story(island: Island) -> None:
        await island.store_readings("air", "pm2_5", every(600_000, NINE - 2 * HOUR, NINE, 20.0))
        await island.store_readings("pier", "people_in", every(MINUTE, NINE - HOUR, NINE, 1))
        whole = island.store.history

        async def broken(sensor: str, *args: Any, **more: Any) -> list[Point]:
            if sensor == "air":
                raise ZeroDivisionError
            return await whole(sensor, *args, **more)

        island.store.history = broken
        await island.derivations.compute(NINE)
        health = island.derivations.component()
        assert health.status is Condition.DEGRADED
        assert "site daruba fail with ZeroDivisionError" in health.detail
        island.store.history = whole
        assert (await island.series("dodola", "visitors_present"))[NINE] == 60

    on_island(story)


async def unavailable(*_args: object, **_more: object) -> Any:
    raise StoreUnavailable("the store gives no answer")


def test_what_nothing_follows_from_is_not_noted(on_island):
    async def story(island: Island) -> None:
        for quantity in ("temperature", "ispu_pm2_5", "spool_depth"):
            island.derivations.on_series_changed("air", quantity, NINE, NINE)
        assert island.derivations.component().detail.endswith(": 0")

    on_island(story)


def test_running_looks_back_and_then_pauses_between_passes(on_island):
    async def story(island: Island) -> None:
        pauses: list[float] = []

        async def pause(seconds: float) -> None:
            pauses.append(seconds)
            if pauses.count(PASS_S) == 2:
                raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await Derivations(island.registry, island.store, island.newest, sleep=pause).run()
        assert pauses[0] == pauses[-1] == PASS_S
        assert len(pauses) > 2  # between one series and the next it leaves the process to others

    on_island(story)
