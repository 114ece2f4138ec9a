"""A start that leaves out where nothing was stored comes to what one comes to that looks at all of its two days.

readings of months, some sites silent ─► computed now and then, and killed ─► a start ─┬─ leaves silence out
                                                                                       └─ looks at all: the same
"""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.derived.service import Derivations
from cloud.readings.contract import Point, SeriesRange, StoredReading, StoreUnavailable
from cloud.readings.newest import Newest
from cloud.registry.records import City, Sensor
from cloud.registry.snapshot import Registry
from tests.property.test_hours_in_hand import COMPUTED, LIMITS, SENSORS, SITES, VALUES
from tests.unit.cloud.derived.examples import HOUR, NINE, ZONE, Stored

STEP = 10 * 60_000
AGO_H = st.one_of(st.integers(0, 60), st.integers(40, 160), st.integers(1, 80).map(lambda days: 24 * days))
"""Hours before the start: within what it looks back on, around its ends and what reaches over them, long ago."""


class Spell(NamedTuple):
    """A sensor that spoke every ten minutes, from so many hours ago on, so often."""

    sensor: Sensor
    ago_h: int
    values: list[float]


class Run(NamedTuple):
    """A process that computed so many hours ago what was stored by then; `past`: and what it looked back on."""

    ago_h: int
    past: bool


SPELLS = st.builds(Spell, st.sampled_from(SENSORS), AGO_H, st.lists(VALUES, min_size=1, max_size=20))
RUNS = st.builds(Run, AGO_H, st.booleans())


class Town(Stored):
    """What was stored and computed before the start."""

    def process(self, now_ms: int) -> Derivations:
        registry = Registry(city=City("Bench", ZONE), sites=SITES, gateways=(), sensors=SENSORS)
        found = Derivations(registry, self.store, Newest(), gauges=lambda _sensor: LIMITS)
        found.look_back(now_ms)
        return found

    async def live(self, story: list[Spell | Run]) -> None:
        for each in sorted(story, key=lambda each: -each.ago_h):
            then_ms = NINE - each.ago_h * HOUR
            if isinstance(each, Spell):
                for quantity in each.sensor.quantities:
                    whole = [float(round(value)) for value in each.values]
                    times_ms = [then_ms + number * STEP + 1_000 for number in range(len(whole))]
                    points = {time_ms: value for time_ms, value in zip(times_ms, whole, strict=True) if time_ms < NINE}
                    if points:
                        await self.write(each.sensor.id, each.sensor.site, quantity, points)
            else:
                process = self.process(then_ms + HOUR // 3)
                await process.compute_present(then_ms + HOUR // 3)
                if each.past:
                    await process.compute_past(then_ms + HOUR // 3)

    async def start(self, *, leaves_silence_out: bool) -> int:
        """Compute all that a start looks back on; how many ranges were asked for."""
        process, whole, asked = self.process(NINE + 60_000), self.store.histories, 0

        async def counted(ranges: Sequence[SeriesRange]) -> list[list[Point]]:
            nonlocal asked
            asked += len(ranges)
            return await whole(ranges)

        self.store.histories = counted
        if not leaves_silence_out:
            self.store.newest = _unavailable
        await process.compute(NINE + 60_000)
        self.store.histories = whole
        return asked

    async def computed(self) -> dict[tuple[str, str], list[tuple[int, float, int]]]:
        asked = [SeriesRange(name, quantity, 0, 2**45) for name, quantity in COMPUTED]
        found = await self.store.histories(asked)
        return {
            (each.sensor, each.quantity): [(point.time_ms, point.value, point.marks) for point in points]
            for each, points in zip(asked, found, strict=True)
            if points
        }


async def _unavailable(**_asked: object) -> list[StoredReading]:
    raise StoreUnavailable("no answer")


async def _started(folder: Path, story: list[Spell | Run], *, leaves_silence_out: bool) -> tuple[int, Any]:
    async with Town(folder) as town:
        await town.live(story)
        return await town.start(leaves_silence_out=leaves_silence_out), await town.computed()


def started(story: list[Spell | Run], *, leaves_silence_out: bool) -> tuple[int, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_started(Path(folder), story, leaves_silence_out=leaves_silence_out))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.one_of(SPELLS, SPELLS, RUNS), max_size=8))
def test_a_start_that_leaves_silence_out_comes_to_the_same(story: list[Spell | Run]):
    asked, found = started(story, leaves_silence_out=True)
    asked_of_all, expected = started(story, leaves_silence_out=False)
    assert found == expected
    assert asked <= asked_of_all


def test_most_is_left_out_of_a_town_in_which_one_site_speaks():
    asked, _ = started([Spell(SENSORS[7], 30, [3.0])], leaves_silence_out=True)
    asked_of_all, _ = started([Spell(SENSORS[7], 30, [3.0])], leaves_silence_out=False)
    assert 0 < asked < asked_of_all / 3
