"""Derived series come out the same on every readings store."""

import asyncio
from collections.abc import Iterable

from cloud.derived.service import Derivations
from cloud.readings.blocks import Block
from cloud.readings.contract import ReadingsStore
from cloud.readings.newest import Newest
from cloud.registry.records import City, Sensor, Site
from cloud.registry.snapshot import Registry
from rules import ispu
from rules.derived import VERSION
from rules.marks import Mark
from tests.contract.test_readings_store import StoreMaker, influx, make_store, runner  # noqa: F401
from wire import Domain

HOUR = 3_600_000
MINUTE = 60_000
NINE = 1_764_028_800_000  # 2025-11-25 09:00 WIT
ZONE = "Asia/Jayapura"
REGISTRY = Registry(
    city=City("Morotai", ZONE),
    sites=[Site("daruba", "Daruba", "", 2.0, 128.0, ZONE, capacity=40)],
    gateways=(),
    sensors=[
        Sensor("air", "Air", "daruba", "gw", ("pm2_5", "pm10"), interval_s=600),
        Sensor("gate", "Gate", "daruba", "gw", ("people_in", "people_out"), interval_s=60),
    ],
)


async def series(store: ReadingsStore, sensor: str, quantity: str) -> dict[int, float]:
    return {point.time_ms: point.value for point in await store.history(sensor, quantity, start_ms=0, end_ms=NINE * 2)}


async def story(store: ReadingsStore) -> dict[str, dict[int, float]]:
    ticks = list(range(NINE - 24 * HOUR, NINE, 600_000))
    minutes = list(range(NINE - 10 * MINUTE, NINE, MINUTE))
    spike = [NINE - 61 * MINUTE]
    people = (("people_in", [3.0] * 10), ("people_out", [1.0] * 10))
    blocks = [
        Block("daruba", "air", "gw", Domain.AIR, 0, ticks, (("pm2_5", [35.45] * 144), ("pm10", [32.0] * 144))),
        Block("daruba", "air", "gw", Domain.AIR, int(Mark.SPIKE), spike, (("pm2_5", [9_000.0]),)),
        Block("daruba", "gate", "gw", Domain.FOOTFALL, 0, minutes, people),
    ]
    await store.write([store.encode(blocks)])
    told: list[Block] = []

    async def hear(found: Iterable[Block]) -> None:
        told.extend(found)

    first = Derivations(REGISTRY, store, Newest(), observe=hear)
    first.look_back(NINE)
    await first.compute(NINE)
    assert told
    told.clear()
    again = Derivations(REGISTRY, store, Newest(), observe=hear)
    again.look_back(NINE)
    await again.compute(NINE)
    assert told == [], "what is stored already is written no second time"
    names = (
        "ispu",
        "ispu_critical",
        "ispu_completeness",
        "us_aqi",
        "air_computation",
        "visitors_present",
        "capacity_used",
    )
    return {name: await series(store, "daruba", name) for name in names}


def test_a_day_becomes_the_same_series_on_every_store_and_is_written_once(
    make_store: StoreMaker,  # noqa: F811
    runner: asyncio.Runner,  # noqa: F811
):
    found = runner.run(story(make_store()))
    last = {name: values[NINE] for name, values in found.items()}
    assert last == {
        "ispu": 75, "ispu_critical": list(ispu.BREAKPOINTS).index("pm2_5"), "ispu_completeness": 100, "us_aqi": 100,
        "air_computation": VERSION, "visitors_present": 20, "capacity_used": 50,
    }  # fmt: skip
    newest = {(one.sensor, one.quantity): one.value for one in runner.run(make_store().newest())}
    assert newest["daruba", "ispu"] == 75
    assert newest["air", "ispu_pm10"] == 32
