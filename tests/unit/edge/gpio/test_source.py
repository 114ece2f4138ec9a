"""A source of a line at a simulated chip: read at once, said again, gone and back, and what is said of it."""

import asyncio
import errno
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from edge.clock import GatewayClock, Tick
from edge.gpio import source as gpio_source
from edge.gpio.abi import ACTIVE_LOW, EDGE_FALLING, EDGE_RISING, INPUT, PULL_UP, Edge
from edge.gpio.configured import configure_gpio
from edge.gpio.source import KEPT_EDGES, GpioInput
from edge.settings import SourceTable
from edge.sources.tally import SourceTally
from edge.stamping import Stamper
from tests.unit.edge.gpio.simulated_chip import SimulatedChip
from wire import BUILT_IN, Reading, SourceStatus

NOW_MS = 1_764_000_000_000


class Bench:
    """A source, its chip, and the readings that came of it."""

    def __init__(self, **options: Any) -> None:
        table = SourceTable(name="line", family="gpio", sensor="box-1", options={"line": 23, **options})
        self.chip = SimulatedChip()
        self.readings: list[Reading] = []
        self.came = asyncio.Event()
        source = msgspec.structs.replace(configure_gpio(table, BUILT_IN), chip=os.devnull)
        self.tally = SourceTally("line", silent_s=60.0, now_s=0.0, on_change=self.came.set)
        stamper = Stamper(GatewayClock(Tick(NOW_MS, time.monotonic_ns() // 1_000_000, synced=True)))
        spooler: Any = SimpleNamespace(append=self._append)
        self.input = GpioInput(source, self.tally, boot="b", stamper=stamper, spooler=spooler, ioctl=self.chip)

    def _append(self, readings: Sequence[Reading], **_: Any) -> None:
        self.readings.extend(readings)
        self.came.set()

    async def until(self, count: int) -> list[float]:
        """The values of the first `count` readings."""
        async with asyncio.timeout(5):
            while len(self.readings) < count:
                self.came.clear()
                await self.came.wait()
        return [reading.value for reading in self.readings]

    async def until_state(self, status: SourceStatus) -> str:
        async with asyncio.timeout(5):
            while self.tally.status is not status:
                self.came.clear()
                await self.came.wait()
        return self.tally.detail

    @contextmanager
    def running(self) -> Iterator[asyncio.Task[None]]:
        task = asyncio.get_running_loop().create_task(self.input.run())
        try:
            yield task
        finally:
            task.cancel()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpio_source, "GATHER_S", 0.01)
    monkeypatch.setattr(gpio_source, "PAUSES_S", (0.01,))


async def test_a_door_is_read_at_the_start_and_at_each_change():
    bench = Bench(quantity="door_open", bias="pull_up", active_low=True)
    with bench.running():
        assert await bench.until(1) == [0.0]
        flags = INPUT | EDGE_RISING | EDGE_FALLING | PULL_UP | ACTIVE_LOW
        assert (bench.chip.requested, bench.chip.debounce_us) == ((23, flags), 20_000)
        assert bench.chip.events == KEPT_EDGES
        bench.chip.level = 1
        bench.chip.give(Edge(time.monotonic_ns() - 2_000_000_000, True, 1))
        assert await bench.until(2) == [0.0, 1.0]
    late_ms = bench.readings[1].time_ms - bench.readings[0].time_ms
    assert late_ms < -1_500, "a reading is as old as its edge"
    assert {reading.quantity for reading in bench.readings} == {"door_open"}


async def test_tips_that_nobody_told_yet_are_told_when_the_agent_stops(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gpio_source, "GATHER_S", 60.0)
    bench = Bench(quantity="rainfall", per_pulse=0.2)
    with bench.running() as task:
        assert await bench.until(1) == [0.0]
        assert bench.chip.requested == (23, INPUT | EDGE_RISING)
        bench.chip.give(Edge(time.monotonic_ns(), True, 1))
        async with asyncio.timeout(5):
            while bench.tally.heard_bytes < 64:
                await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [reading.value for reading in bench.readings] == [0.0, 0.2]


async def test_a_chip_that_goes_is_said_and_opened_again():
    bench = Bench(quantity="door_open")
    with bench.running():
        await bench.until(1)
        bench.chip.refuses = errno.ENOENT
        bench.chip.unplug()
        assert "does not exist" in await bench.until_state(SourceStatus.FAILED) or bench.tally.detail
        bench.chip.refuses = 0
        await bench.until(2)
        assert bench.tally.status is SourceStatus.OK


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EBUSY, "line 23 of /dev/null is in use by w1"),
        (errno.EACCES, "add the user to the group gpio"),
        (errno.EINVAL, "is not given as it is asked for"),
    ],
)
async def test_a_line_that_is_not_given_is_one_sentence(number: int, said: str):
    bench = Bench(quantity="door_open")
    bench.chip.refuses = number
    with bench.running():
        assert said in await bench.until_state(SourceStatus.FAILED)
