"""What follows from an import: once, by the process whose sensor it is, after restarts too, and a little at a time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cloud.alarms.records import AlarmFilter
from cloud.alarms.rule_input import WatchedColumn
from cloud.derived.service import Derivations
from cloud.ingest.historical import follow_up as follow_up_module
from cloud.ingest.historical.follow_up import POINTS_A_TURN, SPAN_MS, FollowUp
from cloud.ingest.historical.imported_ranges import READY_AFTER_MS, ImportedRange, make_ready, note_ranges
from cloud.ingest.tables import ImportedRangeRow, ReviewNoteRow
from cloud.readings.blocks import Block
from cloud.readings.newest import Newest
from rules.marks import Mark
from tests.registries import each_registry
from tests.unit.cloud.alarms.town import T0, Town, level
from wire.durations import HOUR_MS


class Told(Derivations):
    """Derivations that note what they are told has changed."""

    def __init__(self, town: Town) -> None:
        super().__init__(town.registry, town.store, town.newest)
        self.told: list[tuple[str, str, int, int]] = []

    def on_series_changed(self, sensor: str, quantity: str, first_ms: int, last_ms: int) -> None:
        self.told.append((sensor, quantity, first_ms, last_ms))


def follow_up(town: Town, told: Told, is_own: Callable[[str], bool] = lambda _gateway: True) -> FollowUp:
    return FollowUp(
        registry=town.registry, store=town.store, database=town.database, newest=town.newest, review=town.review,
        derivations=told, evaluator=town.evaluator, is_own=is_own, clock=town.clock,
    )  # fmt: skip


async def noted(town: Town, *ranges: ImportedRange, stored: bool = True) -> None:
    ids = await town.database.run(lambda connection: note_ranges(connection, ranges, now_ms=T0))
    if stored:
        await town.database.run(lambda connection: make_ready(connection, ids, now_ms=T0))


async def left(town: Town) -> int:
    query = select(func.count()).select_from(ImportedRangeRow)
    return await town.database.run(lambda connection: connection.execute(query).scalar_one())


@each_registry
async def test_a_long_range_is_handed_on_a_piece_at_a_time_and_then_forgotten(tmp_path: Path):
    async with Town(tmp_path) as town:
        told = Told(town)
        await noted(town, ImportedRange("river", "water_level", T0, T0 + 2 * SPAN_MS))
        for _ in range(4):
            await follow_up(town, told).tick()
        assert [(first - T0, last - T0) for _, _, first, last in told.told] == [
            (0, SPAN_MS - 1), (SPAN_MS, 2 * SPAN_MS - 1), (2 * SPAN_MS, 2 * SPAN_MS)
        ]  # fmt: skip
        assert await left(town) == 0
        hours = select(func.count()).select_from(ReviewNoteRow).where(ReviewNoteRow.sensor == "river")
        noted_hours = await town.database.run(lambda connection: connection.execute(hours).scalar_one())
        assert noted_hours >= 2 * SPAN_MS // HOUR_MS


async def test_of_another_process_nothing_is_taken_and_of_nobody_it_is_forgotten(tmp_path: Path):
    async with Town(tmp_path) as town:
        told = Told(town)
        await noted(town, ImportedRange("creek", "water_level", T0, T0), ImportedRange("gone", "water_level", T0, T0))
        await follow_up(town, told, lambda gateway: gateway == "gw-daruba").tick()
        assert (told.told, await left(town)) == ([], 1)


async def test_an_import_that_was_killed_before_it_said_so_is_followed_up_all_the_same(tmp_path: Path):
    async with Town(tmp_path) as town:
        told = Told(town)
        await noted(town, ImportedRange("river", "water_level", T0, T0), stored=False)
        await follow_up(town, told).tick()
        assert told.told == []
        town.now_ms += READY_AFTER_MS
        await follow_up(town, told).tick()
        assert len(told.told) == 1


async def test_a_sensor_of_which_only_history_is_known_has_a_newest_reading(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.send(level(100, at=0))
        town.newest = Newest()
        await noted(town, ImportedRange("river", "water_level", T0, T0))
        await follow_up(town, Told(town)).tick()
        assert town.newest.series("river", "water_level").value == 100.0


class Turns:
    """Counts the turns of the loop, and what rules are shown in each."""

    def __init__(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown: Counter[int] = Counter()
        self._turn = 0
        self._show = town.evaluator.observe_past
        monkeypatch.setattr(town.evaluator, "observe_past", self._counted)

    async def _counted(self, columns: Iterable[WatchedColumn]) -> None:
        kept = list(columns)
        self.shown[self._turn] += sum(len(column.times_ms) for column in kept)
        await self._show(kept)

    async def count(self) -> None:
        while True:
            self._turn += 1
            await asyncio.sleep(0)


async def test_rules_see_no_more_past_readings_in_a_turn_of_the_loop_than_hold_it_up_briefly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(follow_up_module, "POINTS_A_QUESTION", 1_200)
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(100, at=SPAN_MS / 1_000))
        times_ms = [T0 + number * 60_000 for number in range(SPAN_MS // 60_000)]
        fields = (("water_level", [200.0] * len(times_ms)),)
        past = Block("daruba", "river", "gw-daruba", "flood", int(Mark.BACKFILL), times_ms, fields)
        await town.store.write([town.store.encode([past])])
        await noted(town, ImportedRange("river", "water_level", T0, T0 + SPAN_MS - 1))
        turns = Turns(town, monkeypatch)
        counting = asyncio.create_task(turns.count())
        await follow_up(town, Told(town)).tick()
        counting.cancel()
        assert max(turns.shown.values()) == POINTS_A_TURN
        assert sum(turns.shown.values()) == len(times_ms), "none is left out where a question has more than one answer"
        late = await town.alarm_service.alarms(AlarmFilter(late=True))
        assert [alarm.opened_ms for alarm in late] == [T0]
