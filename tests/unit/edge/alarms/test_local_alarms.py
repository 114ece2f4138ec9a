"""Local alarms over kills, restarts, changes of the rules and steps of the clock: on a real spool, killed at any point.

The clocks are set by hand; the outputs are never driven here: what they have to do is looked at.
"""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from edge import stamping
from edge.alarms import local_alarms
from edge.alarms.cloud_requests import read_request
from edge.alarms.local_alarms import LocalAlarmsPart
from edge.clock import GatewayClock, Tick
from edge.output_settings import LcusOutput
from edge.spool.file import SpoolFile
from edge.spool.limits import Limits
from edge.spool.spool import Spool
from edge.spool.spooler import Spooler
from edge.spool.write_batch import DiskProblem, Origin
from edge.stamping import Stamper
from rules.rule import Severity
from tests.unit.edge.alarms.rivers import RIVER, RULE, START_MS, alarms_of
from wire import Clock, Reading, built_in
from wire.local_alarms import LocalAlarms, LocalRule, LocalStage, RaisedAlarm

LIMITS = Limits(max_bytes=2**30, min_free_bytes=0, fsync_s=60.0)
HOUR_MS = 3_600_000
LAMP = LcusOutput(name="lamp", kind="lcus", port="/dev/null", from_severity=Severity.MODERATE)


class Box:
    """A machine whose clocks are set by hand."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "spool.db"
        self.wall_ms, self.uptime_ms, self.boot, self.synced = START_MS, 100_000, "boot-1", True

    def tick(self, *, synced: bool) -> Tick:
        return Tick(self.wall_ms, self.uptime_ms, self.synced)

    def pass_(self, ms: int) -> None:
        self.wall_ms += ms
        self.uptime_ms += ms

    def reboot(self, *, wall_ms: int, synced: bool) -> None:
        self.wall_ms, self.uptime_ms, self.boot, self.synced = wall_ms, 10_000, f"{self.boot}+", synced


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    made = Box(tmp_path)
    monkeypatch.setattr(stamping, "tick", made.tick)
    monkeypatch.setattr(local_alarms, "boot_ms", lambda: made.uptime_ms)
    return made


class Agent:
    """A start of the agent, as far as alarms go."""

    def __init__(self, box: Box, alarms: LocalAlarms, *, path: Path | None = None) -> None:
        self.box, self.rules = box, alarms
        self.stamper = Stamper(GatewayClock(box.tick(synced=box.synced)))
        self.spool = Spool(Origin(f"s{box.uptime_ms}", box.boot, self.stamper.clock.offset_ms), LIMITS)
        self.file = SpoolFile(path or box.path)
        self.spooler = Spooler(self.spool, self.file, on_change=lambda: None)

    async def start(self) -> "Agent":
        await self.spooler.start()
        self.part = LocalAlarmsPart(
            gateway="gw-1", outputs=[LAMP], broker=None, spooler=self.spooler,
            stamper=self.stamper, quantities=built_in(), on_change=lambda: None,
        )  # fmt: skip
        self.spooler.judge = self.part.judge
        self.part.use(self.rules)
        return self

    def read(self, value: float, *, sensor: str = RIVER, after_ms: int = 60_000) -> None:
        self.box.pass_(after_ms)
        self.stamper.clock.poll(self.box.tick(synced=True))
        clock = self.stamper.clock.state
        self.spooler.append([Reading(sensor, "water_level", self.stamper.now_ms(), value, clock)])

    async def ends(self) -> None:
        await self.spooler.stop()

    @property
    def sounds(self) -> bool:
        return self.part._outputs._drivers["lamp"].duty.on

    @property
    def open(self) -> list[RaisedAlarm]:
        return [each for each in self.part.alarms if not each.closed_ms]

    def answers(self, problem: str = "") -> None:
        driver = self.part._outputs._drivers["lamp"]
        self.part._settled("lamp", driver.duty, problem, False)


async def test_killed_after_any_reading_it_sounds_again_exactly_where_it_sounded(box: Box):
    """A kill is a copy of the files as they are then: what was committed, and nothing else."""
    agent = await Agent(box, alarms_of()).start()
    for step, value in enumerate((100, 160, 260, 330, 200, 100, 100, 170)):
        agent.read(value)
        await agent.spooler.keep({})
        copy = box.path.parent / f"killed-{step}.db"
        for ending in ("", "-wal"):
            shutil.copy(f"{box.path}{ending}", f"{copy}{ending}")
        again = await Agent(box, alarms_of(), path=copy).start()
        assert (again.sounds, again.part.alarms) == (agent.sounds, agent.part.alarms), step
        assert again.sounds is (value > 140), step
        await again.ends()
    await agent.ends()


async def test_a_flood_that_began_before_the_power_cut_keeps_its_beginning_though_the_clock_starts_in_1970(box: Box):
    agent = await Agent(box, alarms_of()).start()
    agent.read(260)
    opened_ms = agent.open[0].opened_ms
    await agent.ends()
    box.reboot(wall_ms=40_000, synced=False)
    again = await Agent(box, alarms_of()).start()
    assert again.sounds
    again.read(265)
    again.answers()
    assert [each.opened_ms for each in again.open] == [opened_ms]
    box.wall_ms, box.synced = START_MS + HOUR_MS, True
    again.stamper.clock.poll(box.tick(synced=True))
    again.part.poll()
    (alarm,) = again.open
    assert alarm.opened_ms == opened_ms
    assert alarm.sounded_ms > opened_ms, "and not in 1970"
    again.read(100)
    assert not again.sounds
    assert not again.open
    await again.ends()


async def raised_in_1970(box: Box) -> tuple[Agent, int]:
    """A flood that began a minute after a start that knows no time; when that was since the machine started."""
    box.reboot(wall_ms=40_000, synced=False)
    agent = await Agent(box, alarms_of()).start()
    agent.read(260)
    assert agent.sounds, "an unknown clock makes nobody deaf"
    assert agent.stamper.clock.state is Clock.UNKNOWN
    return agent, box.uptime_ms


async def test_a_flood_that_began_before_the_time_was_known_moves_with_the_time_that_is_found(box: Box):
    agent, began_ms = await raised_in_1970(box)
    agent.answers()
    box.wall_ms, box.synced = START_MS, True
    offset_ms = START_MS - box.uptime_ms
    agent.stamper.clock.poll(box.tick(synced=True))
    agent.answers()  # before anybody has looked at the clock
    (alarm,) = agent.open
    assert (alarm.opened_ms, alarm.sounded_ms) == (offset_ms + began_ms, offset_ms + began_ms)
    await agent.ends()
    again = await Agent(box, alarms_of()).start()
    assert again.part.alarms == agent.part.alarms
    await again.ends()


@pytest.mark.parametrize("reboots", [False, True])
async def test_killed_before_the_time_was_found_it_tells_of_no_flood_in_1970(box: Box, reboots: bool):
    agent, began_ms = await raised_in_1970(box)
    await agent.ends()
    box.pass_(120_000)
    if reboots:
        box.reboot(wall_ms=START_MS, synced=True)
    box.wall_ms, box.synced = START_MS, True
    started_ms = box.wall_ms
    true_ms = started_ms if reboots else START_MS - box.uptime_ms + began_ms
    again = await Agent(box, alarms_of()).start()
    assert again.sounds
    assert [each.opened_ms for each in again.open] == [true_ms]
    again.read(100)
    assert not again.open
    await again.ends()


async def test_a_clock_that_was_an_hour_ahead_leaves_no_alarm_that_nobody_ends(box: Box):
    box.wall_ms += HOUR_MS
    agent = await Agent(box, alarms_of()).start()
    agent.read(260)
    box.wall_ms -= HOUR_MS
    agent.read(265)
    (alarm,) = agent.open
    assert alarm.opened_ms <= box.wall_ms, "the cloud believes no time that has not come yet"
    agent.read(100)
    assert not agent.open
    assert not agent.sounds
    await agent.ends()


async def test_a_step_back_by_20_s_changes_nothing_of_a_flood(box: Box):
    agent = await Agent(box, alarms_of()).start()
    agent.read(260)
    box.wall_ms -= 20_000
    agent.read(330, after_ms=1_000)
    assert agent.sounds
    assert len(agent.open) == 1
    await agent.ends()


async def test_a_rule_that_is_taken_away_and_comes_back_brings_no_flood_of_yesterday(box: Box):
    agent = await Agent(box, alarms_of()).start()
    agent.read(260)
    await agent.ends()
    again = await Agent(box, alarms_of()).start()
    assert again.sounds
    again.part.use(LocalAlarms())
    assert not again.sounds
    again.part.use(alarms_of())
    assert not again.sounds
    again.read(260)
    assert again.sounds
    await again.ends()


async def test_a_change_of_the_rule_while_it_sounds_ends_nothing_until_the_river_says_so(box: Box):
    agent = await Agent(box, alarms_of()).start()
    agent.read(260)
    levels = [{"name": "Siaga 1", "severity": "extreme", "limit": 400}]
    agent.part.use(alarms_of(rule={"levels": levels}))
    assert agent.sounds
    agent.part.use(alarms_of(rule={"kind": "no such kind"}))
    assert agent.sounds, "a mistake in a rule silences nothing"
    agent.read(260)
    assert not agent.sounds, "it is below the new limit"
    await agent.ends()


async def test_two_rules_on_one_output_are_on_until_both_are_over(box: Box):
    second = LocalRule("other", "river-2", {**RULE}, site="daruba", interval_s=60)
    agent = await Agent(box, LocalAlarms(rules=(*alarms_of().rules, second))).start()
    agent.read(260)
    agent.read(330, sensor="river-2")
    agent.read(100)
    assert agent.sounds
    agent.read(100, sensor="river-2")
    assert not agent.sounds
    await agent.ends()


async def test_a_disk_that_is_there_late_brings_the_flood_of_before(box: Box, monkeypatch: pytest.MonkeyPatch):
    agent = await Agent(box, alarms_of()).start()
    agent.read(260)
    opened_ms = agent.open[0].opened_ms
    await agent.ends()
    box.pass_(60_000)
    again = Agent(box, alarms_of())
    with monkeypatch.context() as broken:

        def refuse() -> Any:
            raise DiskProblem("the disk does not answer")

        broken.setattr(again.file, "open", refuse)
        await again.start()
        assert not again.sounds, "nobody can know yet"
        again.read(270)
        assert again.sounds
    again.spooler.spool.commit_due_s = 0.0
    async with asyncio.timeout(20):
        while not again.spooler.is_open:
            again.spooler.nudge()
            await asyncio.sleep(0.01)
    again.part.poll()
    assert [each.opened_ms for each in again.open] == [opened_ms]
    await again.ends()
    last = await Agent(box, alarms_of()).start()
    assert [each.opened_ms for each in last.open] == [opened_ms]
    await last.ends()


ASKED = (
    b'{"v":1,"command":"alarm","key":"k1","made":"2026-01-01T02:00:00Z","expires":"2026-01-01T02:10:00Z","on":true,'
    b'"severity":"extreme","alarms":[{"alarm":7,"on":true}]}'
)


async def test_what_the_cloud_asked_for_goes_on_over_a_kill(box: Box):
    agent = await Agent(box, LocalAlarms()).start()
    request = read_request(ASKED)
    assert request is not None
    assert not agent.part._request(request)
    await agent.ends()
    again = await Agent(box, LocalAlarms()).start()
    again.part.poll()
    assert again.sounds
    await again.ends()


async def test_no_weekly_test_disturbs_an_output_that_sounds(box: Box):
    stage = LocalStage("lamp", test="mon 09:00")
    agent = await Agent(box, alarms_of(outputs=(stage,))).start()
    driver = agent.part._outputs._drivers["lamp"]
    agent.read(260)
    agent.part.poll()
    assert not driver.test_begun
    agent.read(100)
    agent.part.poll()
    assert driver.test_begun
    await agent.ends()


async def test_a_stage_of_the_city_holds_at_once_and_edge_toml_again_when_it_is_taken_back(box: Box):
    agent = await Agent(box, alarms_of()).start()
    agent.read(260)  # severe, and edge.toml lets the lamp be on from moderate
    assert agent.sounds
    agent.part.use(alarms_of(outputs=(LocalStage("lamp", "extreme"), LocalStage("horn", "minor"))))
    assert not agent.sounds
    assert any("output horn is wanted and not there" in note for note in agent.part.notes)
    agent.read(400)  # extreme
    assert agent.sounds
    agent.read(260)
    agent.part.use(alarms_of())
    assert agent.sounds
    await agent.ends()
