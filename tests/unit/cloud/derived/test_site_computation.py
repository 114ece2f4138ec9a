"""How often the store is asked for what is computed: counted, for no clock can hold that in a test."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cloud.derived.service import PASS_S, Derivations
from cloud.derived.site_computation import Starts
from cloud.readings.blocks import Block
from cloud.readings.contract import Point, SeriesRange
from cloud.readings.newest import Newest
from cloud.registry.records import City, Sensor, Site
from cloud.registry.snapshot import Registry
from tests.unit.cloud.derived.examples import DAY, HOUR, MINUTE, NINE, ZONE, Stored
from wire import Domain

MEASURED = {"air": ("pm2_5", "pm10"), "river": ("water_level",)}


class Shore(Stored):
    """Sensors at one site, and how often the store was asked, and rules and store were given something."""

    def __init__(self, folder: Path, kind: str, *, sensors: int = 20) -> None:
        super().__init__(folder)
        self.sensors = [
            Sensor(f"{kind}-{number:02d}", "", "daruba", "gw", MEASURED[kind], interval_s=600)
            for number in range(sensors)
        ]
        site = Site("daruba", "Daruba", "", 2.0, 128.0, ZONE)
        registry = Registry(city=City("Morotai", ZONE), sites=[site], gateways=(), sensors=self.sensors)
        self._asked = Counter[str]()
        self._whole = self.store.histories
        self.store.histories = self._histories
        self.derivations = Derivations(registry, self.store, Newest(), observe=self._observe)

    async def _histories(self, ranges: Sequence[SeriesRange]) -> list[list[Point]]:
        self._asked["questions"] += 1
        self._asked["ranges"] += len(ranges)
        return await self._whole(ranges)

    async def _observe(self, _blocks: Sequence[Block]) -> None:
        self._asked["writes"] += 1

    def pop_counts(self) -> dict[str, int]:
        taken, self._asked = dict(self._asked), Counter()
        return taken

    async def receive(self, number: int, times_ms: Sequence[int]) -> None:
        """A message of a sensor is stored, and the derivations are told as ingest tells them."""
        sensor = self.sensors[number % len(self.sensors)]
        domain = Domain.FLOOD if "water_level" in sensor.quantities else Domain.AIR
        fields = tuple((quantity, [20.0] * len(times_ms)) for quantity in sensor.quantities)
        block = Block("daruba", sensor.id, "gw", domain, 0, list(times_ms), fields)
        await self.store.write([self.store.encode([block])])
        self.derivations.on_stored("gw", times_ms[0], times_ms[-1], [block])

    async def trickle(self, a_second: float) -> None:
        """1,000 readings of the hour under way, so many messages a second, with a pass every quarter of a minute."""
        passed_ms = NINE
        for number in range(1_000 // len(self.sensors[0].quantities)):
            time_ms = NINE + round(number * 1_000 / a_second)
            await self.receive(number, [time_ms])
            if time_ms - passed_ms >= PASS_S * 1_000:
                passed_ms = time_ms
                await self.derivations.compute_present(time_ms)


@pytest.fixture
async def air(tmp_path: Path) -> AsyncIterator[Shore]:
    async with Shore(tmp_path, "air") as shore:
        yield shore


@pytest.mark.parametrize("a_second", [1, 10, 100])
async def test_air_of_the_hour_under_way_is_asked_of_the_store_when_it_has_ended(air: Shore, a_second: int):
    await air.trickle(a_second)
    assert air.pop_counts() == {}


async def test_rates_are_read_once_and_then_asked_of_nobody(tmp_path: Path):
    async with Shore(tmp_path, "river") as shore:
        await shore.trickle(10)
        assert shore.pop_counts()["questions"] <= 4, "what is read of twenty gauges, in the first minute, and is stored"
        for number in range(20):
            await shore.receive(number, range(NINE + 2 * MINUTE, NINE + 40 * MINUTE, MINUTE))
        await shore.derivations.compute_present(NINE + 41 * MINUTE)
        found = shore.pop_counts()
        assert found["writes"] >= 1
        assert found.get("questions", 0) <= 2, "what is stored of the rates, once"
        for number in range(20):
            await shore.receive(number, range(NINE + 41 * MINUTE, NINE + 44 * MINUTE, MINUTE))
        await shore.derivations.compute_present(NINE + 45 * MINUTE)
        found = shore.pop_counts()
        assert found["writes"] >= 1
        assert "questions" not in found


async def test_a_pass_in_which_nothing_came_costs_no_site_anything(air: Shore):
    air.derivations.look_back(NINE + MINUTE)
    await air.derivations.compute_present(NINE + MINUTE)
    air.pop_counts()
    looked_at = list[str]()
    whole = air.derivations._computation.compute

    async def noting(site: Site, starts: Starts, *, zone: ZoneInfo, now_ms: int) -> None:
        looked_at.append(site.id)
        await whole(site, starts, zone=zone, now_ms=now_ms)

    air.derivations._computation.compute = noting
    for number in range(1, 5):
        await air.derivations.compute_present(NINE + MINUTE + number * 15_000)
    assert looked_at == []
    assert air.pop_counts() == {}
    await air.derivations.compute_present(NINE + HOUR + 1_000)
    assert looked_at == ["daruba"], "of a sensor that fell silent the indices become less complete"


@pytest.mark.parametrize("sensors", [1, 20])
async def test_the_end_of_an_hour_takes_as_few_questions_for_twenty_sensors_as_for_one(tmp_path: Path, sensors: int):
    async with Shore(tmp_path, "air", sensors=sensors) as shore:
        for number in range(sensors):
            await shore.receive(number, range(NINE - HOUR, NINE, 10 * MINUTE))
        await shore.derivations.compute_present(NINE + 1_000)
        found = shore.pop_counts()
        assert found["questions"] <= 40, (
            "800 for twenty, one after the other; which go together hangs on the store's pace"
        )
        assert found["writes"] <= 40, "80 for twenty, one after the other"
        assert found["ranges"] >= 24 * sensors, "each of its series is looked at"
        for number in range(sensors):
            await shore.receive(number, range(NINE, NINE + HOUR, 10 * MINUTE))
        await shore.derivations.compute_present(NINE + HOUR + 1_000)
        found = shore.pop_counts()
        assert "questions" not in found, "readings and indices of the hours before are in hand"
        assert 0 < found["writes"] <= 40


async def test_a_start_asks_for_two_days_of_all_sensors_hour_by_hour(air: Shore):
    for number in range(20):
        await air.receive(number, range(NINE - 2 * DAY, NINE, HOUR))
    await air.derivations.compute_present(NINE)  # nothing is noted of what came before the start
    air.pop_counts()
    again = Derivations(air.derivations._registry, air.store, Newest())
    again.look_back(NINE)
    await again.compute(NINE)
    found = air.pop_counts()
    assert found["questions"] <= 170, "at least 2,000 one after the other"
    assert found["ranges"] > 2_000
