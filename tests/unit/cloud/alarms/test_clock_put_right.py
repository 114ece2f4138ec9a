"""This server's clock was nine hours ahead and is put right: what is remembered of then silences nobody."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from cloud.alarms.second_readings import SECOND_READINGS_KEPT
from cloud.core.latest import AHEAD_MS
from rules.marks import Mark
from tests.unit.cloud.alarms.town import T0, Town, level
from wire import Reading

AHEAD_S = 9 * 3_600
LOW = (100.0, 100.0)
ALSO = {"sensor": "rain", "quantity": "rainfall", "kind": "above", "limit": 10.0, "within_s": 600}
Scenario = Callable[[Town], Awaitable[None]]


class Dated(Town):
    """A town whose memory goes by its own clock; a new one, after a restart, begins at T0."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.latest_ms = lambda: self.now_ms + AHEAD_MS

    def set_right(self) -> None:
        self.now_ms, self._seq = T0, 10_000  # the gateway goes on counting


async def run(folder: Path, before: Scenario, after: Scenario, *, restarts: bool) -> None:
    """What happens under the wrong clock, and what after it is put right."""
    async with Dated(folder) as town:
        await before(town)
        if not restarts:
            town.set_right()
            await after(town)
    if restarts:
        async with Dated(folder) as town:
            town.set_right()
            await after(town)


async def stands(town: Town, *values: float, at: float = 0.0) -> None:
    await town.send(*(level(value, at=at + 60 * number) for number, value in enumerate(values)))


both = pytest.mark.parametrize("restarts", [False, True], ids=["running", "restarted"])


@both
async def test_a_rise_after_the_correction_is_an_alarm_that_is_not_late(tmp_path: Path, restarts: bool):
    async def before(town: Town) -> None:
        await town.rule()
        await stands(town, *LOW, at=AHEAD_S)

    async def after(town: Town) -> None:
        await stands(town, *LOW, 160, 161)
        (alarm,) = await town.alarms()
        assert (alarm.opened_ms, alarm.late, alarm.state) == (T0 + 120_000, False, "alarming")
        assert await town.events_to_tell() == ["raised"]
        (newest,) = town.newest.latest()
        assert (newest.value, newest.marks) == (161, 0)

    await run(tmp_path, before, after, restarts=restarts)


@both
async def test_an_open_alarm_is_carried_over_once_and_its_escalation_is_told(tmp_path: Path, restarts: bool):
    async def before(town: Town) -> None:
        await town.rule()
        await stands(town, 100, 160, 161, at=AHEAD_S)

    async def after(town: Town) -> None:
        await stands(town, 162, 163)
        (alarm,) = await town.alarms()
        assert (alarm.opened_ms, alarm.state, alarm.level) == (T0, "alarming", 0)
        await stands(town, 255, 256, 257, at=120)
        (alarm,) = await town.alarms()
        assert (alarm.state, alarm.level, alarm.late) == ("alarming", 1, False)
        assert await town.events_to_tell() == ["raised", "worsened"]
        await stands(town, *[100] * 10, at=600)
        (alarm,) = await town.alarms()
        assert alarm.state == "closed"
        assert alarm.closed_ms is not None
        assert alarm.closed_ms > alarm.opened_ms

    await run(tmp_path, before, after, restarts=restarts)


async def test_a_backlog_or_what_is_ahead_within_the_allowance_sets_nothing_back(tmp_path: Path):
    async def before(town: Town) -> None:
        await town.rule()
        await stands(town, 100, 160, 161, at=AHEAD_S)

    async def after(town: Town) -> None:
        await town.send(level(100, at=-600, backfill=True), backfill=True)
        town.now_ms = T0 + (AHEAD_S + 120) * 1_000 - AHEAD_MS
        await stands(town, 162, at=AHEAD_S + 60)
        (alarm,) = await town.alarms()
        assert alarm.opened_ms == T0 + (AHEAD_S + 60) * 1_000

    await run(tmp_path, before, after, restarts=False)


async def test_a_second_sensor_whose_readings_were_of_a_wrong_clock_agrees_again(tmp_path: Path):
    async def before(town: Town) -> None:
        await town.rule(also=ALSO)
        for start in range(0, SECOND_READINGS_KEPT, 256):
            await town.send(*(Reading("rain", "rainfall", T0 + (AHEAD_S + start + n) * 1_000, 0.0) for n in range(256)))

    async def after(town: Town) -> None:
        await town.send(Reading("rain", "rainfall", T0, 20.0))
        await stands(town, 160, 161, at=1)
        assert [alarm.late for alarm in await town.alarms()] == [False]

    await run(tmp_path, before, after, restarts=False)


async def test_a_sensor_that_speaks_after_the_correction_is_not_silent(tmp_path: Path):
    async def before(town: Town) -> None:
        await town.silence_rule()
        await stands(town, *LOW, at=AHEAD_S)

    async def after(town: Town) -> None:
        for minute in range(10):
            for _ in range(60):
                town.boot_ms += 1_000
                town.evaluator.listening_time.tick(listening=True)
            await stands(town, 100, at=60 * minute)
            await town.evaluator.tick()
        assert await town.alarms() == []

    await run(tmp_path, before, after, restarts=False)


@both
async def test_until_something_comes_the_reading_of_then_is_not_taken_for_one_of_now(tmp_path: Path, restarts: bool):
    async def before(town: Town) -> None:
        await town.rule()
        await stands(town, *LOW, at=AHEAD_S)

    async def after(town: Town) -> None:
        assert [each.marks for each in town.newest.latest()] in ([], [int(Mark.CLOCK_UNKNOWN)])

    await run(tmp_path, before, after, restarts=restarts)
