"""What follows from an import: once, by the process whose sensor it is, after restarts too, and a little at a time."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from cloud.derived.service import Derivations
from cloud.ingest.historical.follow_up import SPAN_MS, FollowUp
from cloud.ingest.historical.imported_ranges import READY_AFTER_MS, ImportedRange, make_ready, note_ranges
from cloud.ingest.tables import ImportedRangeRow, ReviewNoteRow
from cloud.readings.newest import Newest
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
