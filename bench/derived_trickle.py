"""(m) What is computed beside ingest, at a trickle: CPU and questions to the store, in made-up time on a real SQLite.

sites × 8 sensors ─► a start ─► passes of 15 s: nothing comes; or 12 readings a second of each gateway, over a full hour
Told apart: what ingest pays to tell (`fold`), and what the passes pay (`derived`), each in CPU of the whole process.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import NamedTuple

from cloud.derived.service import PASS_S, Derivations
from cloud.readings.blocks import Block
from cloud.readings.contract import EncodedWrite, Point, SeriesRange, WriteResult
from cloud.readings.newest import Newest, newest_of
from cloud.readings.sqlite import SqliteStore
from cloud.registry.records import City, Gateway, Sensor, Site
from cloud.registry.snapshot import Registry
from rules.siaga import GaugeLimits, Limit
from wire import QUANTITIES
from wire.durations import HOUR_MS

NINE = 1_764_028_800_000
"""A full hour in Daruba, at which what is computed of hours falls due."""
WEATHER = ("temperature", "humidity", "pressure")
SENSORS = (
    ("air", ("pm2_5", "pm10")), ("dust", ("pm2_5", "pm10")), ("rain", ("rainfall",)), ("river", ("water_level",)),
    ("canal", ("water_level",)), ("gate", ("people_in", "people_out")), ("weather", WEATHER), ("gas", ("no2",)),
)  # fmt: skip
SPEAKING = ("air", "dust", "rain", "river", "canal", "gate", "weather")
"""12 readings a second; the last one is silent."""
LIMITS = GaugeLimits(Limit(150), Limit(250), Limit(320))


class CountingStore(SqliteStore):
    """Counts what it is asked and given."""

    questions = ranges = points = writes = 0

    async def histories(self, ranges: Sequence[SeriesRange]) -> list[list[Point]]:
        """As the store's, counted."""
        self.questions += 1
        self.ranges += len(ranges)
        found = await super().histories(ranges)
        self.points += sum(map(len, found))
        return found

    async def write(self, writes: Sequence[EncodedWrite]) -> WriteResult:
        """As the store's, counted."""
        self.writes += 1
        return await super().write(writes)


class Part(NamedTuple):
    """CPU and wall time in s of a part, and what it asked of the store."""

    cpu_s: float
    wall_s: float
    questions: int
    ranges: int
    points: int
    writes: int


class City12:
    """A city of `sites`, each with a gateway of 8 sensors."""

    def __init__(self, folder: Path, sites: int) -> None:
        self.names = [f"{number:04d}" for number in range(sites)]
        self.registry = Registry(
            city=City("Bench", "Asia/Jayapura"),
            sites=[Site(f"site-{name}", name, "", 2.0, 128.0, "Asia/Jayapura", capacity=80) for name in self.names],
            gateways=[Gateway(f"gw-{name}", name, f"site-{name}") for name in self.names],
            sensors=[
                Sensor(f"{kind}-{name}", kind, f"site-{name}", f"gw-{name}", quantities, interval_s=1.0)
                for name in self.names
                for kind, quantities in SENSORS
            ],
        )
        self.store = CountingStore(folder / "readings.db", durable=False)
        self.newest = Newest(lambda: 2**53)
        self.derivations = Derivations(
            self.registry, self.store, self.newest, gauges=lambda sensor: LIMITS if sensor.startswith("river") else None
        )
        self.fold_s = 0.0

    async def part(self, work: Awaitable[object]) -> Part:
        """Do `work`, and say what it cost."""
        store = self.store
        before = (store.questions, store.ranges, store.points, store.writes)
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        await work
        cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
        after = (store.questions, store.ranges, store.points, store.writes)
        return Part(cpu_s, wall_s, *(new - old for new, old in zip(after, before, strict=True)))

    async def take_in(self, first_ms: int, seconds: int) -> None:
        """Store so many seconds of readings, and tell of them as ingest does: each gateway, each second, a batch."""
        for second in range(seconds):
            now_ms = first_ms + second * 1_000
            batches = {f"gw-{name}": self._batch(name, now_ms) for name in self.names}
            blocks = [block for batch in batches.values() for block in batch]
            await self.store.write([self.store.encode(blocks)])
            self.newest.load(newest_of(blocks))
            began_s = time.process_time()
            for gateway, batch in batches.items():
                self._tell(gateway, now_ms, batch)
            self.fold_s += time.process_time() - began_s

    def _tell(self, gateway: str, now_ms: int, batch: list[Block]) -> None:
        self.derivations.on_stored(gateway, now_ms, now_ms + 7, batch)

    def _batch(self, name: str, now_ms: int) -> list[Block]:
        """As blocks: each list is its own, as decoding makes them."""
        blocks = []
        for number, (kind, quantities) in enumerate(SENSORS):
            if kind in SPEAKING:
                fields = tuple((quantity, [float(now_ms // 1_000 % 7)]) for quantity in quantities)
                domain = QUANTITIES[quantities[0]].domain
                sensor = f"{kind}-{name}"
                blocks.append(Block(f"site-{name}", sensor, f"gw-{name}", domain, 0, [now_ms + number], fields))
        return blocks


async def idle(city: City12) -> None:
    """A start, and a minute in which nothing comes."""
    city.derivations.look_back(NINE)
    print("start, present  ", await city.part(city.derivations.compute_present(NINE)), flush=True)
    for number in range(1, 5):
        now_ms = NINE + number * 15_000
        print(
            "pass, idle      ",
            await city.part(city.derivations.compute_present(now_ms)),
            flush=True,
        )
    print("the past        ", await city.part(city.derivations.compute_past(NINE + 60_000)), flush=True)
    later = NINE + HOUR_MS + 5_000
    print("full hour, idle ", await city.part(city.derivations.compute_present(later)), flush=True)


async def live(city: City12, before_s: int) -> None:
    """`before_s` seconds before a full hour and a minute after it."""
    first_ms, step_s = NINE - before_s * 1_000, round(PASS_S)
    city.derivations.look_back(first_ms)
    await city.derivations.compute_present(first_ms)
    for second in range(0, before_s + 75, step_s):
        await city.take_in(first_ms + second * 1_000, step_s)
        folded, city.fold_s = city.fold_s, 0.0
        now_ms = first_ms + (second + step_s) * 1_000 + 50
        if second + step_s == before_s:
            now_ms -= 100
        found = await city.part(city.derivations.compute_present(now_ms))
        print(f"{(now_ms - NINE) / 1000:7.1f} s  fold {folded / step_s:.2%}", found, flush=True)


async def main() -> None:
    """Measure what the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("load", choices=("idle", "live"))
    parser.add_argument("--sites", type=int, default=100)
    parser.add_argument("--before", type=int, default=120)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        city = City12(Path(folder), asked.sites)
        await city.store.open()
        await (idle(city) if asked.load == "idle" else live(city, asked.before))
        await city.store.close()


if __name__ == "__main__":
    asyncio.run(main())
