"""Any cut, any order, twice, and over restarts: the same readings get the same marks in the end, and mean the same."""

import asyncio
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from rules.marks import QUALITY
from tests.unit.cloud.alarms.town import T0, Town, city
from wire import Reading

STEP_MS = 300_000
PM = ("pm2_5",)
AIR = (
    Sensor("air-a", "A", "daruba", "gw-daruba", PM, interval_s=300, twin="air-b"),
    Sensor("air-b", "B", "daruba", "gw-daruba", PM, interval_s=300),
)
LEVELS = st.sampled_from([100.0, 102.0, 104.0, 130.0, 350.0, 360.0, -200.0, 480.0])
DUST = st.sampled_from([18.0, 20.0, 22.0, 150.0, 2_960.0, 2_950.0])


class Day(NamedTuple):
    """Readings of three sensors, and the order, cuts and copies in which they come."""

    readings: list[Reading]
    seed: int
    doubles: int


@st.composite
def days(draw: st.DrawFn) -> Day:
    times = draw(st.lists(st.integers(0, 40), min_size=2, max_size=24, unique=True))
    readings = [Reading("river", "water_level", T0 + at * STEP_MS, draw(LEVELS)) for at in times]
    for sensor in ("air-a", "air-b"):
        more = draw(st.lists(st.integers(0, 40), max_size=12, unique=True))
        readings += [
            Reading(sensor, "pm2_5", T0 + at * STEP_MS + draw(st.integers(0, 90_000)), draw(DUST)) for at in more
        ]
    return Day(readings, draw(st.integers(0, 2**16)), draw(st.integers(0, 6)))


def _town(folder: Path) -> Town:
    registry: Registry = city(*AIR)
    return Town(folder, registry=registry)


async def _marks_of(town: Town) -> dict[str, list[tuple[int, int]]]:
    found = {}
    for sensor, quantity in (("river", "water_level"), ("air-a", "pm2_5"), ("air-b", "pm2_5")):
        points = await town.store.history(sensor, quantity, start_ms=0, end_ms=2 * T0)
        found[sensor] = [(point.time_ms - T0, point.marks & QUALITY) for point in points]
    return found


async def _sent(
    folder: Path, batches: Sequence[Sequence[Reading]], dice: random.Random
) -> dict[str, list[tuple[int, int]]]:
    """The marks in the end of readings that come in `batches`, some as backfill, over some restarts and reviews."""
    town = _town(folder)
    await town.__aenter__()
    for number, batch in enumerate(batches):
        town._seq = 1_000 * number
        await town.send(*batch, backfill=dice.random() < 0.3)
        if dice.random() < 0.3:
            await town.settle()
        if dice.random() < 0.2:  # what was not reviewed yet is reviewed by the next process
            await town.__aexit__()
            town = _town(folder)
            await town.__aenter__()
    await town.settle()
    found = await _marks_of(town)
    await town.__aexit__()
    return found


def _batches(day: Day) -> tuple[list[list[Reading]], random.Random]:
    dice = random.Random(day.seed)
    came = [*day.readings, *dice.choices(day.readings, k=day.doubles)]
    dice.shuffle(came)
    batches: list[list[Reading]] = []
    while came:
        most = dice.randint(1, 12)
        batches.append(came[:most])
        came = came[most:]
    return batches, dice


@settings(max_examples=12, deadline=None)
@given(days())
def test_the_same_readings_get_the_same_marks_in_any_cut_and_order(day: Day):
    in_order = sorted(day.readings, key=lambda reading: reading.time_ms)
    batches, dice = _batches(day)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        plain = asyncio.run(_sent(Path(one), [in_order], random.Random(0)))
        assert asyncio.run(_sent(Path(other), batches, dice)) == plain
