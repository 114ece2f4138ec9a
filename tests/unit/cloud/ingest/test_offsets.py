"""Offsets of clocks: decided once, saved however long it takes, and the same after a restart."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from cloud.database.engine import Database, DatabaseUnavailable
from cloud.ingest.offsets import MOST_OF_STREAM, MOST_STREAMS, Offset, Offsets
from cloud.ingest.tables import ClockOffsetRow
from tests.registries import each_registry, registry_in

AHEAD = Offset("gw", "s", "river", 91, 120, 1_000, 2_000, -480_000)


async def opened(folder: Path) -> Database:
    database = Database(registry_in(folder))
    await database.open()
    return database


async def saved_in(database: Database) -> Offsets:
    """What a start of the cloud finds."""
    found = Offsets(database)
    await database.run(found.load)
    return found


def test_an_offset_is_for_its_stamps_and_its_readings_ends_included():
    assert [AHEAD.holds(stamp_ms) for stamp_ms in (999, 1_000, 2_000, 2_001)] == [False, True, True, False]
    assert [AHEAD.touches(*span) for span in ((80, 90), (80, 91), (120, 130), (121, 130))] == [False, True, True, False]


@each_registry
async def test_what_is_decided_is_found_after_a_restart_and_what_reaches_further_takes_its_place(tmp_path: Path):
    database = await opened(tmp_path)
    offsets = Offsets(database)
    offsets.decide(AHEAD)
    await offsets.save()
    further = replace(AHEAD, last=150, high_ms=3_000)
    offsets.decide(further)
    await offsets.save()
    assert offsets.of("gw", "s") == (further,)
    assert (await saved_in(database)).of("gw", "s") == (further,)
    assert (await saved_in(database)).of("gw", "another") == ()
    await database.close()


@each_registry
async def test_what_was_decided_before_loading_is_not_taken_back_by_what_is_saved(tmp_path: Path):
    database = await opened(tmp_path)
    before = Offsets(database)
    before.decide(AHEAD)
    await before.save()
    offsets = Offsets(database)
    further = replace(AHEAD, last=150)
    offsets.decide(further)
    await database.run(offsets.load)
    assert offsets.of("gw", "s") == (further,)
    await database.close()


@each_registry
async def test_saving_waits_for_a_database_that_is_away_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    database = await opened(tmp_path)
    offsets = Offsets(database)
    waits: list[float] = []
    offsets.decide(AHEAD)

    async def away(*_: object) -> None:
        raise DatabaseUnavailable("the registry database is away")

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            monkeypatch.undo()

    monkeypatch.setattr(database, "run", away)
    await offsets.save(sleep)
    assert len(waits) == 3
    assert (await saved_in(database)).of("gw", "s") == (AHEAD,)
    assert "the registry database is away; readings wait until it is known" in caplog.text
    await database.close()


@each_registry
async def test_two_that_save_at_once_have_both_when_either_is_done(tmp_path: Path):
    database = await opened(tmp_path)
    offsets = Offsets(database)
    for number in range(5):
        offsets.decide(replace(AHEAD, stream=f"s{number}"))
    await asyncio.gather(offsets.save(), offsets.save())
    assert [len((await saved_in(database)).of("gw", f"s{number}")) for number in range(5)] == [1] * 5
    await database.close()


@each_registry
async def test_a_gateway_that_invents_streams_fills_neither_memory_nor_table(tmp_path: Path):
    database = await opened(tmp_path)
    offsets = Offsets(database)
    for number in range(MOST_STREAMS):
        offsets.decide(replace(AHEAD, stream=f"s{number}"))
    await offsets.save()
    for number in range(MOST_STREAMS, MOST_STREAMS + 5):
        offsets.decide(replace(AHEAD, stream=f"s{number}"))
    offsets.decide(replace(AHEAD, gateway="gw-other"))
    await offsets.save()
    for held in (offsets, await saved_in(database)):
        assert [bool(held.of("gw", f"s{number}")) for number in (0, 4, 5, MOST_STREAMS + 4)] == [
            False,
            False,
            True,
            True,
        ]
    rows = await database.run(lambda connection: connection.execute(select(func.count(ClockOffsetRow.id))).scalar_one())
    assert rows == MOST_STREAMS + 1
    await database.close()


def test_a_clock_that_jumps_too_often_is_corrected_no_more_but_reaches_further():
    offsets = Offsets()
    taken = [offsets.decide(replace(AHEAD, first=number, last=number)) for number in range(MOST_OF_STREAM + 44)]
    assert taken == [True] * MOST_OF_STREAM + [False] * 44
    assert offsets.decide(replace(AHEAD, first=0, last=7)), "one that is there already may"
    assert len(offsets.of("gw", "s")) == MOST_OF_STREAM
