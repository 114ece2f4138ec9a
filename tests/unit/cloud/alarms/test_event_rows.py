"""Alarms as rows: an onset that moves takes its row along, and what is right or absent already stays."""

from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import Connection

from cloud.alarms.event_rows import AlarmEventRecord, correct_onset, sync_open, write_events
from cloud.alarms.onset_correction import OnsetCorrection
from cloud.rulebook.rule_bindings import RuleBindings
from rules.core import NOTHING_YET
from rules.engine import Event, EventKind, Phase, RuleState
from tests.registries import each_registry
from tests.unit.cloud.alarms.town import T0, Town

FAMILY = "river-level"
BEFORE = T0 + 60_000


def raised(opened_ms: int, *, level: int = 1, value: float = 160.0) -> Event:
    return Event(EventKind.RAISED, opened_ms, opened_ms, level, value)


def record(town: Town, event: Event, sensor: str = "river") -> AlarmEventRecord:
    binding = RuleBindings(town.rule_store).at(sensor, FAMILY, T0)
    known = town.registry.sensor(sensor)
    assert binding is not None
    assert known is not None
    return AlarmEventRecord(event, binding, known, late=False)


async def write(town: Town, *events: Event) -> int:
    records = [record(town, event) for event in events]
    return await town.database.run(lambda connection: write_events(connection, records, now_ms=T0))


async def correct(town: Town, before_ms: int, to: Event) -> None:
    def work(connection: Connection) -> None:
        correct_onset(connection, FAMILY, "river", OnsetCorrection(before_ms, to))

    await town.database.run(work)


async def onsets(town: Town) -> list[tuple[int, int]]:
    return sorted((alarm.opened_ms - T0, alarm.worst) for alarm in await town.alarms())


@each_registry
async def test_an_event_that_stands_already_changes_nothing_and_is_not_counted(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        assert await write(town) == 0
        worse = Event(EventKind.WORSENED, BEFORE, BEFORE + 1_000, 2, 260.0)
        assert await write(town, raised(BEFORE), worse) == 2
        assert await write(town, raised(BEFORE), worse) == 0
        assert await onsets(town) == [(60_000, 2)]


@each_registry
async def test_the_row_of_an_alarm_that_began_earlier_moves_and_keeps_the_worst_of_both(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await write(town, raised(BEFORE))
        await correct(town, BEFORE, raised(T0, level=2, value=270.0))
        assert await onsets(town) == [(0, 2)]
        assert await write(town, raised(T0, level=2, value=270.0)) == 0, "its beginning is told already"
        await correct(town, T0, raised(BEFORE))
        assert await onsets(town) == [(60_000, 2)]


@each_registry
async def test_an_onset_that_is_right_already_is_not_moved_again(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await write(town, raised(BEFORE), raised(T0, level=2))
        await correct(town, BEFORE, raised(T0))
        assert await onsets(town) == [(0, 2), (60_000, 1)]


@each_registry
async def test_an_onset_of_no_alarm_moves_none(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await write(town, raised(BEFORE))
        await correct(town, BEFORE + 1, raised(T0))
        assert await onsets(town) == [(60_000, 1)]


@each_registry
async def test_the_row_of_an_open_alarm_says_what_the_engine_says_and_no_other_s(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await write(town, raised(T0), raised(BEFORE))
        silent = RuleState(replace(NOTHING_YET, phase=Phase.SILENT, level=2, opened_ms=BEFORE))
        ended = RuleState(replace(NOTHING_YET, phase=Phase.NORMAL, level=0, opened_ms=T0))
        states = [(FAMILY, "river", silent), (FAMILY, "river", ended)]
        await town.database.run(lambda connection: sync_open(connection, states))
        assert {alarm.opened_ms: (alarm.state, alarm.level) for alarm in await town.alarms()} == {
            T0: ("alarming", 1), BEFORE: ("silent", 2),
        }  # fmt: skip
