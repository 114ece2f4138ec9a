"""ISPU by every version of its table, one of them official: a dated fact that computes again what it reaches."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from cloud.database.audit_log import Actor
from cloud.derived.indices import Indices
from cloud.derived.service import Derivations
from cloud.registry.fact_service import FactService
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.rows import read_registry, save_registry
from cloud.registry.snapshot import Registry
from rules.ispu import KLH_2026, P14_2020
from tests.unit.cloud.examples import GATEWAY, SITE, Workshop
from wire import Reading, encode_batch

HOUR = 3_600_000
START = 1_764_028_800_000  # 2025-11-25 09:00 in Daruba
NOW = START + 48 * HOUR
PIER = Site("pier", "Pier", "", 2.0, 128.0, "Asia/Jayapura")
AIR = Sensor("air", "Air", "daruba", GATEWAY, ("pm2_5", "pm10"), interval_s=600)
ANI = Actor("ani")


def city() -> Registry:
    return Registry(
        city=City("Morotai", "Asia/Jayapura"), sites=[SITE, PIER], gateways=[Gateway(GATEWAY, "Daruba", "daruba")],
        sensors=[AIR],
    )  # fmt: skip


class House:
    """Two days of air at PM2.5 55 and PM10 75: 100 each by the ministry's lines, 100 and 63 by the regulation's."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.facts = FactService(workshop.database, workshop.registry, clock=lambda: NOW)
        self.derivations = Derivations(workshop.registry, workshop.store, workshop.newest, facts=self.facts)
        assert self.derivations.corrections is not None
        self.derivations.corrections._settle_s = 0
        self.derivations.corrections._clock = lambda: NOW

    async def measure(self) -> None:
        readings = [
            Reading("air", quantity, START + minute * 60_000, value)
            for minute in range(0, 48 * 60, 10)
            for quantity, value in (("pm2_5", 55.0), ("pm10", 75.0))
        ]
        write = self.workshop.decoder.prepare(encode_batch("s", 1, readings, backfill=True), GATEWAY)
        await self.workshop.writer.write([write])
        self.derivations.on_series_changed("air", "pm2_5", START, NOW)
        self.derivations.on_series_changed("air", "pm10", START, NOW)
        await self.derivations.compute(NOW)

    async def compute(self) -> None:
        await self.derivations._correct()
        await self.derivations.compute(NOW)

    async def at(self, sensor: str, quantity: str, hour: int) -> float | None:
        time_ms = START + hour * HOUR
        points = await self.workshop.store.history(sensor, quantity, start_ms=time_ms, end_ms=time_ms + 1)
        return points[0].value if points else None


def in_house(folder: Path, scenario: Callable[[House], Awaitable[None]]) -> None:
    async def run() -> None:
        async with Workshop(folder, registry=city()) as workshop:
            await workshop.database.run(lambda connection: save_registry(connection, city(), now_ms=START))
            workshop.registry.replace_with(await workshop.database.run(read_registry))
            house = House(workshop)
            await house.measure()
            await scenario(house)

    asyncio.run(run())


def test_both_versions_are_computed_and_the_regulations_is_official_until_somebody_says_otherwise(tmp_path: Path):
    async def scenario(house: House) -> None:
        assert await house.at("air", "ispu_pm10", 48) == await house.at("air", "ispu_p14_2020_pm10", 48) == 63
        assert await house.at("air", "ispu_klh_2026_pm10", 48) == 100
        assert await house.at("daruba", "ispu", 48) == await house.at("daruba", "ispu_p14_2020", 48) == 99
        assert await house.at("daruba", "ispu_klh_2026", 48) == 100
        assert await house.at("daruba", "ispu_klh_2026_critical", 48) == 0
        assert await house.at("daruba", "ispu_table", 48) == P14_2020.number

    in_house(tmp_path, scenario)


def test_another_version_computes_again_from_its_validity_on_and_the_older_history_keeps_its_own(tmp_path: Path):
    async def scenario(house: House) -> None:
        since = START + 36 * HOUR
        fact = await house.facts.record("city", "ispu_table", "klh_2026", who=ANI, word="x", valid_from_ms=since)
        await house.compute()
        assert [await house.at("daruba", "ispu", hour) for hour in (35, 36, 48)] == [99, 100, 100]
        assert [await house.at("daruba", "ispu_table", hour) for hour in (35, 36, 48)] == [1, 2, 2]
        assert [await house.at("air", "ispu_pm10", hour) for hour in (24, 48)] == [63, 100]
        assert await house.at("daruba", "ispu_p14_2020", 48) == 99, "the other one goes on beside it"
        assert house.facts.registry.facts.due() == []
        await house.facts.undo(fact.id, who=ANI, word="a mistake")
        await house.compute()
        assert [await house.at("daruba", "ispu", hour) for hour in (35, 36, 48)] == [99, 99, 99]

    in_house(tmp_path, scenario)


def test_the_screen_tells_the_official_one_by_its_source_and_the_others_beside_it(tmp_path: Path):
    async def scenario(house: House) -> None:
        indices = Indices(house.workshop.registry, house.workshop.newest, gauges=lambda _sensor: None)
        found = {index.index: index for index in indices.of_site("daruba")}
        assert (found["ispu"].source, found["ispu"].value) == (P14_2020.source, 99)
        assert (found["ispu_klh_2026"].source, found["ispu_klh_2026"].value) == (KLH_2026.source, 100)
        assert found["ispu_klh_2026"].critical == "pm10"
        assert {part.parameter: part.value for part in found["ispu_klh_2026"].parts} == {"pm10": 100, "pm2_5": 100}
        assert found["ispu_klh_2026"].completeness == found["ispu"].completeness == 100
        assert found["ispu_klh_2026"].category.indonesian == "Sedang"
        await house.facts.record("city", "ispu_table", "klh_2026", who=ANI, word="x", valid_from_ms=START)
        await house.compute()
        (official,) = [index for index in indices.of_site("daruba") if index.index == "ispu"]
        assert (official.source, official.value, official.critical) == (KLH_2026.source, 100, "pm10")

    in_house(tmp_path, scenario)


def test_after_a_move_each_site_has_the_hours_that_were_its_own_and_no_point_stands_under_two_tags(tmp_path: Path):
    async def scenario(house: House) -> None:
        before = {hour: await house.at("daruba", "ispu", hour) for hour in (24, 36)}
        await house.facts.record("sensor:air", "site", "pier", who=ANI, word="moved", valid_from_ms=START + 24 * HOUR)
        for quantity in ("pm2_5", "pm10"):
            house.derivations.on_series_changed("air", quantity, START, NOW)
        await house.compute()
        assert await house.at("daruba", "ispu", 24) == before[24] == 99
        assert [await house.at("pier", "ispu", hour) for hour in (24, 36, 48)] == [None, None, 99]
        tags = {reading.site for reading in await house.workshop.store.newest() if reading.sensor == "air"}
        assert tags == {"daruba"}, "what was believed at the time of each point"

    in_house(tmp_path, scenario)
