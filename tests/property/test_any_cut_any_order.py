"""Any cut, any order, twice, and over restarts: the same readings get the same marks in the end, and mean the same."""

import asyncio
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.derived.service import Derivations
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from rules.marks import QUALITY, Mark
from rules.siaga import GaugeLimits, Limit
from tests.unit.cloud.alarms.town import T0, Town, city
from wire import Reading
from wire.durations import HOUR_MS

STEP_MS = 300_000
PM = ("pm2_5",)
AIR = (
    Sensor("air-a", "A", "daruba", "gw-daruba", PM, interval_s=300, twin="air-b"),
    Sensor("air-b", "B", "daruba", "gw-daruba", PM, interval_s=300),
)
LIMITS = GaugeLimits(Limit(120), Limit(300), Limit(400))
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


MEASURED = (("river", "water_level"), ("air-a", "pm2_5"), ("air-b", "pm2_5"))
COMPUTED = (
    ("river", "siaga"), ("river", "siaga_completeness"), ("air-a", "pm2_5_hour"), ("air-b", "pm2_5_hour"),
    ("air-a", "pm2_5_hour_completeness"), ("air-b", "us_aqi_pm2_5"), ("daruba", "us_aqi"),
)  # fmt: skip
Means = dict[tuple[str, str], list[tuple[int, float, int]]]


async def _compute(town: Town) -> None:
    """As the derived series are computed now and then: of what is stored, and of the verdicts by then."""
    derived = Derivations(town.registry, town.store, town.newest, gauges=lambda _: LIMITS)
    for sensor, quantity in MEASURED:
        derived.on_series_changed(sensor, quantity, T0, T0 + 5 * HOUR_MS)
    await derived.compute(T0 + 6 * HOUR_MS)


async def _means(town: Town) -> Means:
    """Time, value and quality marks of what was measured and of what was computed, without what was withdrawn."""
    found: Means = {}
    for sensor, quantity in (*MEASURED, *COMPUTED):
        points = await town.store.history(sensor, quantity, start_ms=0, end_ms=2 * T0)
        holds = [point for point in points if not point.marks & Mark.WITHDRAWN]
        found[sensor, quantity] = [(point.time_ms - T0, point.value, point.marks & QUALITY) for point in holds]
    return found


async def _sent(folder: Path, batches: Sequence[Sequence[Reading]], dice: random.Random) -> Means:
    """What comes of readings in `batches`, some as backfill, over some restarts, reviews and computations."""
    town = _town(folder)
    await town.__aenter__()
    for number, batch in enumerate(batches):
        town._seq = 1_000 * number
        await town.send(*batch, backfill=dice.random() < 0.3)
        if dice.random() < 0.3:
            await town.settle()
        if dice.random() < 0.2:
            await _compute(town)
        if dice.random() < 0.2:  # what was not reviewed yet is reviewed by the next process
            await town.__aexit__()
            town = _town(folder)
            await town.__aenter__()
    await town.settle()
    await _compute(town)
    found = await _means(town)
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
def test_the_same_readings_get_the_same_marks_and_derived_values_in_any_cut_and_order(day: Day):
    in_order = sorted(day.readings, key=lambda reading: reading.time_ms)
    batches, dice = _batches(day)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        plain = asyncio.run(_sent(Path(one), [in_order], random.Random(0)))
        assert asyncio.run(_sent(Path(other), batches, dice)) == plain
